"""Applications of the CDK: `cdk synth` writes them as templates.

Only a `cdk` that is there is run: the application needs its own packages anyway. Assets stay where
they are, so functions run from their sources; what the application bundles itself goes into the
cache. Source: AWS CDK Developer Guide, "cdk synth".
"""

from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.tools import digest_of, find_tool, run_tool, upwards

CONFIGURATION: Final = "cdk.json"
_SOURCES: Final = ("*.py", "*.ts", "bin/*.ts", "lib/*.ts", "*/*_stack.py")
_BY_HAND: Final = "run `npx cdk synth`; what it leaves in cdk.out is read"
_SEARCH_PATH: Final = (".venv/bin", "venv/bin", "node_modules/.bin")


def synthesize_application(folder: Path, cache: Path | None, search_path: str) -> Path:
    """Let the CDK write an application's templates.

    Args:
        folder: the application's.
        cache: where they go; None runs nothing.
        search_path: where programs are found, `PATH`.

    Returns:
        The folder with the manifest.

    Raises:
        ProjectError: the CDK is not installed, or fails.
    """
    cdk = _find_cdk(folder)
    if cdk is None or cache is None:
        raise ProjectError(
            "this is a CDK application, and its cdk is not installed",
            remedy=f"Install its packages, as with `npm install`. Or elsewhere: {_BY_HAND}",
            file=str(folder / CONFIGURATION),
        )
    assembly = cache / "cdk" / digest_of(str(folder.resolve()))
    assembly.mkdir(parents=True, exist_ok=True)
    own = ":".join(str(folder / name) for name in _SEARCH_PATH)
    run_tool(
        [cdk, "synth", "--quiet", "--no-staging", "--output", str(assembly)],
        folder=folder,
        environment={"PATH": f"{own}:{search_path}", "CDK_DISABLE_VERSION_CHECK": "1"},
        remedy=f"Or {_BY_HAND}",
        doing="Synthesizing the CDK application",
    )
    return assembly


def source_patterns(folder: Path) -> tuple[str, ...]:
    """Tell where the application is usually written: a change there makes new templates."""
    return tuple(f"{folder}/{pattern}" for pattern in _SOURCES)


def _find_cdk(folder: Path) -> str | None:
    for parent in upwards(folder):
        path = parent / "node_modules" / ".bin" / "cdk"
        if path.is_file():
            return str(path)
    return find_tool("cdk", folder)
