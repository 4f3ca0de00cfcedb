"""A function's code as a folder: as it is, unpacked from a zip file, or written from a template.

What is unpacked lies in a cache, in a folder named by its content's hash, so it is made once.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from routekey.errors import ProjectError
from routekey.resources.function import Code, PackageType

UNPACKED_BYTES_MAX = 262_144_000  # LAM-ENV-06: code and layers together
_HASH_CHARACTERS = 32
_ENTRIES_MAX = 50_000  # of a fingerprint: more would hold up each reload
_BLOCK_BYTES = 1024 * 1024


def cache_folder() -> Path:
    """Find where the user's caches are, by the XDG base directory specification."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".cache") / "routekey"


def open_package(code: Code, *, runtime: str, cache: Path) -> Path:
    """Give the folder with a function's or a layer's files.

    Args:
        code: where they are.
        runtime: names the language of INLINE code.
        cache: where unpacked code is kept.

    Raises:
        ProjectError: it is not there, is no zip file, or is too large.
    """
    match code.package_type:
        case PackageType.DIRECTORY:
            folder = Path(code.path)
            if not folder.is_dir():
                raise ProjectError(
                    f"its code folder {folder} is not there",
                    remedy="Check CodeUri, or build the project first.",
                )
            return folder
        case PackageType.ZIP:
            return _open_zip(Path(code.path), cache)
        case PackageType.INLINE:
            return _write_inline(code.text, runtime, cache)
    assert_never(code.package_type)


def fingerprint(folder: Path) -> str:
    """Sum up a folder's files by name, size and time, so that a change of one shows.

    Hidden folders and Python's bytecode are no part of it; of a node_modules only the list counts,
    since npm renews the folder of each package that it touches.
    """
    digest = hashlib.sha256()
    stack, left = [(folder, False)], _ENTRIES_MAX
    while stack and left > 0:
        current, is_list_only = stack.pop()
        for entry in _list(current):
            left -= 1
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            with contextlib.suppress(OSError):  # it went away this moment
                found = entry.stat()
                digest.update(f"{entry.path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
                if entry.is_dir(follow_symlinks=False) and not is_list_only:
                    stack.append((Path(entry.path), entry.name == "node_modules"))
    return digest.hexdigest()


def _list(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []  # not ours to read, as a database's folder beside the code, or gone this moment


def _write_inline(text: str, runtime: str, cache: Path) -> Path:
    """Write source text as `index`, as CloudFormation's ZipFile is (LAM-LIFE-06)."""
    if runtime.startswith("python"):
        name = "index.py"
    else:  # an ES module can be told by its words only
        is_module = any(line.startswith(("import ", "export ")) for line in text.splitlines())
        name = "index.mjs" if is_module else "index.js"
    digest = hashlib.sha256(f"{name}\0{text}".encode()).hexdigest()

    def write(folder: Path) -> None:
        (folder / name).write_text(text, encoding="utf-8")

    return _keep(cache / "inline" / digest[:_HASH_CHARACTERS], write)


def _open_zip(path: Path, cache: Path) -> Path:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ProjectError(
            f"its package {path} cannot be read: {error.strerror}",
            remedy="Check CodeUri, or build the project first.",
        ) from error

    def unpack(folder: Path) -> None:
        try:
            with zipfile.ZipFile(path) as archive:
                _extract(archive, folder)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise ProjectError(f"its package {path} is not a usable zip file: {error}") from error

    return _keep(cache / "zip" / digest[:_HASH_CHARACTERS], unpack)


def _extract(archive: zipfile.ZipFile, folder: Path) -> None:
    """Unpack, counting real bytes: the sizes that an archive states may lie."""
    left = UNPACKED_BYTES_MAX
    for member in archive.infolist():
        target = _safe_path(folder, member.filename)
        (target if member.is_dir() else target.parent).mkdir(parents=True, exist_ok=True)
        if member.is_dir():
            continue
        with archive.open(member) as source, target.open("wb") as sink:
            while block := source.read(_BLOCK_BYTES):
                left -= len(block)
                if left < 0:
                    raise ProjectError(
                        f"Unzipped size must be smaller than {UNPACKED_BYTES_MAX} bytes"
                    )
                sink.write(block)
        mode = (member.external_attr >> 16) & 0o777
        if mode:
            target.chmod(mode | 0o600)  # `bootstrap` has to stay executable


def _safe_path(folder: Path, name: str) -> Path:
    parts = [part for part in name.split("/") if part not in {"", ".", ".."}]
    return folder.joinpath(*parts)


def _keep(folder: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder once: under another name first, so that a half-made one is never seen."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        make(draft)
        draft.chmod(0o755)
        with contextlib.suppress(OSError):  # another gateway was first
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder
