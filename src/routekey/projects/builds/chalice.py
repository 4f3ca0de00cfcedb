"""Chalice applications: `chalice package` writes them as SAM templates.

Chalice imports the application, so it runs where the application's requirements are: in its virtual
environment, or in the cache, where both are installed once.

Source: AWS Chalice documentation, "CLI, package"; in-the-wild 1.
"""

import sys
from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.dependencies import install_python, missing_requirements
from routekey.projects.builds.tools import digest_of, find_tool, run_tool

CONFIGURATION: Final = ".chalice/config.json"
_STAGE: Final = "dev"
_PROGRAM: Final = "from chalice.cli import main; main()"
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
        ProjectError: chalice cannot be had, or fails.
    """
    if cache is None:
        raise ProjectError(
            "this is a Chalice application, and nothing is packaged here",
            remedy=f"Run {_BY_HAND}",
            file=str(folder / CONFIGURATION),
        )
    chalice = find_tool("chalice", folder)
    command, environment = ([chalice], {}) if chalice else _install(folder, cache)
    packaged = cache / "chalice" / digest_of(str(folder.resolve()), stage or _STAGE)
    packaged.mkdir(parents=True, exist_ok=True)
    run_tool(
        [*command, "package", "--stage", stage or _STAGE, str(packaged)],
        folder=folder,
        environment={"AWS_DEFAULT_REGION": "us-east-1", **environment},
        remedy=f"Run it by hand: {_BY_HAND}",
        doing="Packaging the Chalice application",
    )
    return packaged / "sam.json"


def _install(folder: Path, cache: Path) -> tuple[list[str], dict[str, str]]:
    """Install chalice and what the application requires; give the command, and its variables."""
    wanted = missing_requirements(folder)
    if not any(each.lower().startswith("chalice") for each in wanted):
        wanted = ("chalice", *wanted)
    try:
        installed = install_python(wanted, cache)
    except ProjectError as error:
        raise ProjectError(
            f"this is a Chalice application, and chalice cannot be installed: {error.problem}",
            remedy=f"Install it: pip install -r requirements.txt chalice. Or run {_BY_HAND}",
            file=str(folder / CONFIGURATION),
        ) from error
    path = str(Path(installed) / "python")
    return [sys.executable, "-c", _PROGRAM], {"PYTHONPATH": path}
