"""Which sources a bundle was made of, as esbuild notes it: a saved source makes a new bundle.

An application of the CDK bundles its functions itself, from wherever it likes, and its templates do
not tell from where. What esbuild writes, unless it is asked to minify, has a line above each file
that went into it, with the path as seen from the folder of the lock file.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from routekey.projects.handler_files import is_file, is_folder

_NOTED: Final = re.compile(rb"^ *// ([\w@.+/ -]+\.(?:[cm]?[jt]sx?|json))$", re.MULTILINE)
_BUNDLES: Final = ("index.js", "index.mjs", "index.cjs")
_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of a bundle, from its end: packages come first, and a whole SDK has 20 MB."""
_SOURCES_MAX: Final = 500  # of one bundle; each is watched


def find_sources(bundle: Path, application: Path) -> tuple[str, ...]:
    """Find the project's own files that went into a bundle.

    Args:
        bundle: its folder.
        application: the folder of the application that bundled it.

    Returns:
        Absolute paths; empty where the bundle does not tell.
    """
    noted = list(dict.fromkeys(_read_noted(bundle)))
    for base in _bases(application):
        found = [base / path for path in noted if is_file(base / path)]
        if found:
            return tuple(str(path.resolve()) for path in found[:_SOURCES_MAX])
    return ()


def _read_noted(bundle: Path) -> Iterator[str]:
    for name in _BUNDLES:
        file = bundle / name
        if is_file(file):
            paths = (path.decode() for path in _NOTED.findall(_read_end(file)))
            yield from (path for path in paths if "node_modules" not in Path(path).parts)


def _read_end(file: Path) -> bytes:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _BYTES_MAX))
        return stream.read(_BYTES_MAX)


def _bases(application: Path) -> Iterator[Path]:
    """Give the folders that may have the lock file, the likeliest first."""
    beside = application.parent
    yield from (application, beside)
    yield from sorted(each for each in beside.iterdir() if is_folder(each))
    yield beside.parent
