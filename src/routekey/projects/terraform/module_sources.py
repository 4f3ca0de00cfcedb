"""Where the folder of a module is: beside its caller, fetched before, or one of our own.

A module of a registry or a repository is on this machine where `terraform init` has fetched it.
One that may well be a function or an API is fetched now; a network or a cluster is not needed.
Two that nearly every serverless configuration calls pack code and ask AWS while they run, so what
they come to is written down here, in HCL, under `registry/`; so are a table's and a queue's, for
those who have not run `terraform init`.
Source: Terraform language, "Module Sources".
"""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from routekey.projects.builds.terraform import ModuleFetcher
from routekey.projects.document import Place, read_text

_OWN: Final[Mapping[str, str]] = {
    "terraform-aws-modules/apigateway-v2/aws": "apigateway-v2",
    "terraform-aws-modules/lambda/aws": "lambda",
}
_OWN_UNLESS_FETCHED: Final[Mapping[str, str]] = {
    "terraform-aws-modules/dynamodb-table/aws": "dynamodb-table",
    "terraform-aws-modules/sqs/aws": "sqs",
}
REGISTRY: Final = Path(str(files("routekey.projects.terraform") / "registry"))
"""Where ours are."""
_FETCHED: Final = ".terraform/modules"
_HOST: Final = re.compile(r"^[\w-]+(\.[\w-]+)+/")
"""Of a registry; Terraform's own is named or not."""
_WANTED: Final = re.compile(
    r"lambda|function|serverless|api|gateway|socket|dynamo|sqs|queue|sns|iam|role", re.IGNORECASE
)
_STEP: Final = re.compile(r"module\.([\w-]+)")


def find_module(
    source: object, prefix: str, root: Path, place: Place, fetcher: ModuleFetcher | None = None
) -> Path | None:
    """Find the folder that a `module` block names.

    Args:
        source: what its `source` says.
        prefix: the module's address: `module.outer.module.inner.`.
        root: the folder that Terraform is run in.
        place: the block.
        fetcher: fetches modules that are not there; None fetches nothing.

    Returns:
        The folder, or None where the module is not on this machine.

    Raises:
        ProjectError: the source is no path.
    """
    if not isinstance(source, str):
        return None
    if source.startswith((".", "/")):
        return place.find_path(source)
    name = _HOST.sub("", source).partition("?")[0]
    if name in _OWN:
        return _find_own(_OWN[name])
    key = ".".join(_STEP.findall(prefix))
    folder = _find_fetched(key, "", root, root / _FETCHED)
    if folder is None and name in _OWN_UNLESS_FETCHED:
        folder = _find_own(_OWN_UNLESS_FETCHED[name])
    if folder is not None or fetcher is None or fetcher.folder is None:
        return folder
    if not _WANTED.search(f"{key} {source}"):
        return None
    folder = _find_fetched(key, source, root, fetcher.folder)
    if folder is None:
        fetcher.fetch()
        folder = _find_fetched(key, source, root, fetcher.folder)
    return folder


def _find_own(name: str) -> Path:
    return REGISTRY / name


def _find_fetched(key: str, source: str, root: Path, fetched: Path) -> Path | None:
    """Look into the list that Terraform keeps of the modules that it has fetched."""
    manifest = fetched / "modules.json"
    if not manifest.is_file():
        return None
    try:
        listed = json.loads(read_text(manifest))["Modules"]
        folders = {
            entry["Key"]: str(entry["Dir"])
            for entry in listed
            if str(entry.get("Source", "")).endswith(source)
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # a list of another version: the module counts as not fetched
    folder = root / folders[key] if key in folders else None
    return folder if folder is not None and folder.is_dir() else None
