"""Chalice applications: `chalice package` writes them as SAM templates.

Source: AWS Chalice documentation, "CLI, package"; in-the-wild 1.
"""

from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.tools import digest_of, find_tool, run_tool

CONFIGURATION: Final = ".chalice/config.json"
_STAGE: Final = "dev"
_REMEDY: Final = "Install it where the application's requirements are: pip install chalice. Or run"
_BY_HAND: Final = "`chalice package packaged`, and name packaged/sam.json"


def package_application(folder: Path, cache: Path | None, stage: str | None) -> Path:
    """Let chalice package an application.

    Args:
        folder: the application's.
        cache: where the package goes; None packages nothing.
        stage: chalice's own stage, or None for its default.

    Returns:
        The SAM template; the code lies beside it.

    Raises:
        ProjectError: chalice is not installed, or fails.
    """
    chalice = find_tool("chalice", folder)
    if chalice is None or cache is None:
        raise ProjectError(
            "this is a Chalice application, and chalice is not installed",
            remedy=f"{_REMEDY} {_BY_HAND}",
            file=str(folder / CONFIGURATION),
        )
    packaged = cache / "chalice" / digest_of(str(folder.resolve()), stage or _STAGE)
    packaged.mkdir(parents=True, exist_ok=True)
    run_tool(
        [chalice, "package", "--stage", stage or _STAGE, str(packaged)],
        folder=folder,
        environment={"AWS_DEFAULT_REGION": "us-east-1"},
        remedy=f"Run it by hand: {_BY_HAND}",
        doing="Packaging the Chalice application",
    )
    return packaged / "sam.json"
