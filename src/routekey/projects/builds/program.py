"""Descriptions that are programs: `serverless.ts`, and the files of JavaScript that it names.

Node evaluates them, as the framework does, and what they export is read as JSON.
"""

import tempfile
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from shutil import which
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.esbuild import find_esbuild
from routekey.projects.builds.tools import run_tool
from routekey.projects.document import Document, parse_document, read_text

PROGRAMS: Final = frozenset((".cjs", ".cts", ".js", ".mjs", ".mts", ".ts"))
_SECONDS_MAX: Final = 60  # a description that takes longer waits for something
_REMEDY: Final = "Or run `npx serverless package`: what it leaves in .serverless is read"


def run_program(
    path: Path, *, cache: Path | None, environment: Mapping[str, str]
) -> tuple[Document, tuple[str, ...]]:
    """Evaluate a program, and give what it exports.

    Args:
        path: the program.
        cache: where esbuild is installed, if it has to be; None where nothing is installed.
        environment: the variables that it sees.

    Returns:
        A document without lines, since what a program makes stands nowhere; and the files that the
        program consists of.

    Raises:
        ProjectError: Node is not there, or the program fails.
    """
    node = which("node")
    if node is None:
        problem = "this is a program for Node, which is not here"
        raise ProjectError(problem, remedy=f"Install Node. {_REMEDY}", file=str(path))
    esbuild: list[str] = []
    if "ts" in path.suffix:
        if cache is None:
            raise ProjectError("this is TypeScript, and is not built here", remedy=_REMEDY)
        esbuild = [str(find_esbuild(path.parent, cache))]
    with (
        as_file(files("routekey.projects.builds") / "program.cjs") as script,
        tempfile.TemporaryDirectory(prefix="routekey-") as folder,
    ):
        output = Path(folder) / "exported.json"
        run_tool(
            [node, str(script), str(path), str(output), *esbuild],
            folder=path.parent,
            environment=environment,
            seconds_max=_SECONDS_MAX,
            remedy=_REMEDY,
        )
        written = parse_document(read_text(output), file=str(path)).value
    made = written if isinstance(written, dict) else {}
    read = made.get("files")
    sources = [str(file) for file in read] if isinstance(read, list) else []
    return Document(file=str(path), value=made.get("value")), (str(path), *sources)
