"""The `/var/runtime` of Python functions: boto3, AWS's runtime client, and nothing else of ours.

A handler that runs here because it found a library that Routekey happens to need would fail on AWS.
So functions run on a Python without site-packages that sees this folder of links.
"""

from importlib.util import find_spec
from pathlib import Path

from routekey.errors import InputError

_PACKAGES = (
    "awslambdaric",
    "boto3",
    "botocore",
    "dateutil",
    "jmespath",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot_restore_py",
    "urllib3",
)
_OPTIONAL = ("runtime_client",)
"""awslambdaric's C++ client, for Python functions over HTTP."""
_BOOTSTRAP = Path(__file__).parent / "bootstraps" / "python"


def make_runtime_folder(folder: Path) -> None:
    """Link the packages into an existing folder.

    Raises:
        InputError: a package is not installed beside Routekey.
    """
    (folder / "routekey_runtime").symlink_to(_BOOTSTRAP, target_is_directory=True)
    for name in (*_PACKAGES, *_OPTIONAL):
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            if name in _OPTIONAL:
                continue
            raise InputError(
                f"the package {name}, which Python functions need, is not installed",
                remedy="Install Routekey again with its dependencies.",
            )
        origin = Path(spec.origin)
        target = origin.parent if spec.submodule_search_locations else origin
        (folder / target.name).symlink_to(target)
