"""Files that change."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import watchfiles

from routekey.adapters.watcher import CodeFilter, Watcher, _outermost

SECONDS_MAX = 60


class Changes:
    """What a watcher told, to be waited for."""

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self._arrived = asyncio.Event()

    def take(self, paths: frozenset[Path]) -> None:
        self.paths |= paths
        self._arrived.set()

    async def wait_for(self, path: Path) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while path not in self.paths:
                self._arrived.clear()
                await self._arrived.wait()


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
async def watcher(changes: Changes) -> AsyncIterator[Watcher]:
    watcher = Watcher(changes.take)
    yield watcher
    await watcher.close()


def save(path: Path, *, by_replacing: bool = False) -> None:
    if by_replacing:
        path.with_suffix(".tmp").write_text("new")
        path.with_suffix(".tmp").rename(path)
    else:
        path.write_text("new")


@pytest.mark.parametrize("by_replacing", [False, True])
async def test_a_saved_template_is_seen(
    tmp_path: Path, watcher: Watcher, changes: Changes, by_replacing: bool
) -> None:
    template = tmp_path / "template.yaml"
    await watcher.watch([template], [])
    save(template, by_replacing=by_replacing)
    await changes.wait_for(template)


async def test_a_description_that_appears_is_seen(
    tmp_path: Path, watcher: Watcher, changes: Changes
) -> None:
    (tmp_path / "deep").mkdir()
    await watcher.watch([], [], [tmp_path / "*.tf"])
    for name in ("notes.txt", "deep/other.tf", "new.tf"):
        save(tmp_path / name)
    await changes.wait_for(tmp_path / "new.tf")
    assert changes.paths == {tmp_path / "new.tf"}


async def test_code_is_seen_at_any_depth(
    tmp_path: Path, watcher: Watcher, changes: Changes
) -> None:
    (tmp_path / "echo" / "deep").mkdir(parents=True)
    await watcher.watch([], [tmp_path / "echo", tmp_path / "echo" / "deep", tmp_path / "missing"])
    save(tmp_path / "echo" / "deep" / "app.py")
    await changes.wait_for(tmp_path / "echo" / "deep" / "app.py")


async def test_other_files_beside_the_template_are_not_seen(
    tmp_path: Path, watcher: Watcher, changes: Changes
) -> None:
    template = tmp_path / "template.yaml"
    await watcher.watch([template], [])
    (tmp_path / "notes.txt").write_text("new")
    save(template)
    await changes.wait_for(template)
    assert changes.paths == {template}


async def test_what_the_program_itself_writes_is_not_seen(tmp_path: Path, changes: Changes) -> None:
    """Not under another name of its folder either, and with nothing else that would be told."""
    code, other_name = tmp_path / "code", tmp_path / "link"
    (code / "data").mkdir(parents=True)
    other_name.symlink_to(code)
    watcher = Watcher(changes.take, [other_name / "data", code / "output.txt"])
    await watcher.watch([], [other_name])
    save(code / "data" / "store")
    save(code / "output.txt")
    save(code / "app.py")
    await changes.wait_for(other_name / "app.py")
    await watcher.close()
    assert changes.paths == {other_name / "app.py"}


async def test_code_in_a_folder_of_the_program_is_seen_all_the_same(
    tmp_path: Path, changes: Changes
) -> None:
    watcher = Watcher(changes.take, [tmp_path])
    await watcher.watch([], [tmp_path])
    save(tmp_path / "app.py")
    await changes.wait_for(tmp_path / "app.py")
    await watcher.close()


async def test_what_is_watched_can_be_replaced(
    tmp_path: Path, watcher: Watcher, changes: Changes
) -> None:
    first, second = tmp_path / "a" / "template.yaml", tmp_path / "b" / "template.yaml"
    first.parent.mkdir()
    second.parent.mkdir()
    await watcher.watch([first], [])
    await watcher.watch([second], [])
    first.write_text("new")
    save(second)
    await changes.wait_for(second)
    assert first not in changes.paths


async def test_watching_the_same_again_changes_nothing(tmp_path: Path, watcher: Watcher) -> None:
    await watcher.watch([tmp_path / "template.yaml"], [tmp_path])
    before = list(watcher._tasks)
    await watcher.watch([tmp_path / "template.yaml"], [tmp_path])
    assert watcher._tasks == before


async def test_a_kernel_without_watches_left_means_polling(
    tmp_path: Path,
    watcher: Watcher,
    changes: Changes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    real = watchfiles.awatch

    def refuse(*paths: Path, **options: object) -> object:
        if not options["force_polling"]:
            raise OSError(28, "OS file watch limit reached")
        return real(*paths, **options)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr("routekey.adapters.watcher.awatch", refuse)
    with caplog.at_level(logging.WARNING, "routekey.watcher"):
        await watcher.watch([tmp_path / "template.yaml"], [])
        save(tmp_path / "template.yaml")
        await changes.wait_for(tmp_path / "template.yaml")
    assert "Raise fs.inotify.max_user_watches" in caplog.text


@pytest.mark.parametrize(
    ("name", "is_code"),
    [
        ("app.py", True),
        ("package.json", True),
        ("index.mjs", True),
        ("__pycache__/app.pyc", False),
        ("node_modules/ws/index.js", False),
        (".app.py.swp", False),
        ("debug.log", False),
        ("data.sqlite3-wal", False),
        ("data.db", False),
    ],
)
def test_what_is_no_source_does_not_reload(name: str, is_code: bool) -> None:
    assert CodeFilter()(watchfiles.Change.modified, f"/project/{name}") is is_code


def test_folders_in_folders_are_watched_once() -> None:
    folders = [Path("/a"), Path("/a/b/c"), Path("/d/e"), Path("/d/e")]
    assert _outermost(folders) == {Path("/a"), Path("/d/e")}
