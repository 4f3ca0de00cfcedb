"""Code as a folder, whatever it came as."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from routekey.adapters.functions.packages import cache_folder, fingerprint, open_package
from routekey.errors import ProjectError
from routekey.resources.function import Code, PackageType


def open_zip(path: Path, cache: Path) -> Path:
    code = Code(package_type=PackageType.ZIP, path=str(path))
    return open_package(code, runtime="python3.11", cache=cache)


def open_inline(text: str, runtime: str, cache: Path) -> list[str]:
    code = Code(package_type=PackageType.INLINE, text=text)
    folder = open_package(code, runtime=runtime, cache=cache)
    return [f"{file.name}: {file.read_text()}" for file in folder.iterdir()]


def make_zip(path: Path, files: dict[str, str], mode: int = 0o755) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, text)
    return path


def test_a_folder_is_read_where_it_is(tmp_path: Path) -> None:
    code = Code(package_type=PackageType.DIRECTORY, path=str(tmp_path))
    assert open_package(code, runtime="python3.11", cache=tmp_path / "cache") == tmp_path


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    code = Code(package_type=PackageType.DIRECTORY, path=str(tmp_path / "no"))
    with pytest.raises(ProjectError, match=r"code folder .*/no is not there\. Check CodeUri"):
        open_package(code, runtime="python3.11", cache=tmp_path)


def test_a_zip_file_is_unpacked_once_for_its_content(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"bin/": "", "bin/bootstrap": "#!", "app.py": "1"})
    folder = open_zip(archive, tmp_path / "cache")
    assert (folder / "app.py").read_text() == "1"
    assert os.access(folder / "bin" / "bootstrap", os.X_OK)
    assert open_zip(make_zip(tmp_path / "b.zip", {"app.py": "2"}), tmp_path / "cache") != folder
    assert open_zip(archive, tmp_path / "cache") == folder
    assert {path.parent for path in (tmp_path / "cache" / "zip").iterdir()} == {folder.parent}
    assert len(list(folder.parent.iterdir())) == 2


def test_a_zip_file_cannot_write_elsewhere(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"../../evil": "", "/etc/evil": "", "./fine": ""}, 0)
    folder = open_zip(archive, tmp_path / "cache")
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    assert found == ["etc", "etc/evil", "evil", "fine"]


@pytest.mark.rule("LAM-ENV-06", "LAM-LIFE-06")
def test_a_zip_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        for number in range(5):
            with bomb.open(str(number), "w") as file:
                for _ in range(60):
                    file.write(bytes(1024 * 1024))
    with pytest.raises(ProjectError, match="smaller than 262144000 bytes"):
        open_zip(archive, tmp_path / "cache")
    assert list((tmp_path / "cache" / "zip").iterdir()) == []


def test_what_is_no_zip_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    with pytest.raises(ProjectError, match="not a usable zip file"):
        open_zip(tmp_path / "a.zip", tmp_path)
    with pytest.raises(ProjectError, match="No such file"):
        open_zip(tmp_path / "b.zip", tmp_path)


@pytest.mark.parametrize(
    ("text", "runtime", "name"),
    [
        ("def handler(e, c): pass", "python3.12", "index.py"),
        ("exports.handler = 1", "nodejs20.x", "index.js"),
        ("export const handler = 1", "nodejs20.x", "index.mjs"),
    ],
)
def test_inline_source_becomes_the_index_module(
    tmp_path: Path, text: str, runtime: str, name: str
) -> None:
    assert open_inline(text, runtime, tmp_path) == [f"{name}: {text}"]
    assert open_inline(text, runtime, tmp_path) == [f"{name}: {text}"]


def test_a_fingerprint_shows_each_change_of_a_source(tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "x").mkdir(parents=True)
    (tmp_path / "app.py").write_text("1")
    first = fingerprint(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "node_modules" / "x" / "index.js").write_text("")
    os.utime(tmp_path / "node_modules" / "x", ns=(1, 1))
    changed = fingerprint(tmp_path)
    (tmp_path / "app.py").write_text("2")
    os.utime(tmp_path / "app.py", ns=(2, 2))  # as a later tick of the kernel's clock would
    assert len({first, changed, fingerprint(tmp_path)}) == 3


@contextmanager
def somebody() -> Iterator[None]:
    """Be no superuser, who may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_fingerprint_passes_over_a_folder_that_is_not_ours_to_read() -> None:
    """As that of a database beside the code."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "app.py").write_text("1")
        without = fingerprint(folder)
        (folder / "pgdata").mkdir(0)
        with somebody():
            locked = fingerprint(folder)
            assert fingerprint(folder) == locked != without
        (folder / "app.py").write_text("22")
        with somebody():
            assert fingerprint(folder) != locked


def test_a_fingerprint_passes_over_what_no_function_imports(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("1")
    first = fingerprint(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "__pycache__").mkdir()
    assert fingerprint(tmp_path) == first


def test_the_cache_is_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/routekey")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/routekey")
