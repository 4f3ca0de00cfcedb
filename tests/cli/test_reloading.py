"""Reload on save, with a gateway in the test's own loop."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from routekey.adapters.console import Complaints, Console
from routekey.app import Gateway
from routekey.cli.reloading import Reloader
from routekey.config import load_config
from routekey.errors import ProjectError
from routekey.ids import AccountId
from routekey.resources.function import Code, Function, PackageType
from routekey.resources.project import Notice, Project
from routekey.tasks import spawn
from routekey.testing.apis import make_api
from scenarios.projects import save

SECONDS_MAX = 60
ROLE = "arn:aws:iam::123456789012:role/r"


class Shown:
    """A console, and what it shows."""

    def __init__(self) -> None:
        self._reader, writer = os.pipe()
        self.console = Console(writer, is_coloured=False)
        self._writer = writer
        self.text = ""

    async def wait_for(self, text: str) -> None:
        """Wait until a text is shown."""
        async with asyncio.timeout(SECONDS_MAX):
            while text not in self.text:
                self.text += (await asyncio.to_thread(os.read, self._reader, 65536)).decode()

    def close(self) -> None:
        self.console.close(5)
        os.close(self._writer)
        os.close(self._reader)


@dataclass
class Loader:
    """What the next load gives."""

    give: Callable[[], Project]

    def __call__(self) -> Project:
        return self.give()


@dataclass
class Scene:
    """A gateway that follows a template."""

    template: Path
    project: Project
    loader: Loader
    shown: Shown
    gateway: Gateway


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    template = tmp_path / "template.yaml"
    template.write_text("first")
    project = Project(
        region="eu-west-2",
        account_id=AccountId("123456789012"),
        apis=(make_api({"$default": None}),),
        files=(str(template),),
    )
    flags = {"gateway.port": 0, "admin.port": 0, "functions.data_folder": str(tmp_path / "data")}
    shown = Shown()
    say = shown.console.print
    gateway = Gateway(
        load_config(None, {}, flags),
        project,
        is_strict=False,
        sink=lambda line: say(line.text),
        telemetry=Complaints(say),
        say=say,
    )
    await gateway.start()
    loader = Loader(lambda: project)
    reloader = Reloader(gateway, loader, shown.console)
    await reloader.watch(project)
    following = spawn(reloader.follow(), "following")
    yield Scene(template, project, loader, shown, gateway)
    following.cancel()
    await asyncio.wait([following])
    await gateway.stop()
    shown.close()


async def test_a_saved_file_is_loaded_and_named(scene: Scene) -> None:
    notice = Notice(text="it is skipped", resource="Http")
    scene.loader.give = lambda: replace(scene.project, notices=(notice,))
    save(scene.template, "second")
    await scene.shown.wait_for("note Http: it is skipped\nReloaded: template.yaml\n")


async def test_a_project_that_does_not_load_is_said_and_not_served(scene: Scene) -> None:
    def fail() -> Project:
        raise ProjectError("it is broken", file="template.yaml", line=3)

    scene.loader.give = fail
    save(scene.template, "second")
    await scene.shown.wait_for("error: template.yaml:3: it is broken\n")
    await scene.shown.wait_for("Not reloaded (template.yaml): what was there before still serves")


async def test_a_project_that_does_not_compile_is_said_and_not_served(scene: Scene) -> None:
    scene.loader.give = lambda: replace(scene.project, apis=(make_api({"$oops": None}),))
    save(scene.template, "second")
    await scene.shown.wait_for("$oops")
    await scene.shown.wait_for("Not reloaded (template.yaml)")


async def test_a_file_that_the_new_project_reads_is_followed_too(
    scene: Scene, tmp_path: Path
) -> None:
    nested = tmp_path / "nested" / "template.yaml"
    nested.parent.mkdir()
    scene.loader.give = lambda: replace(scene.project, files=(str(scene.template), str(nested)))
    save(scene.template, "second")
    await scene.shown.wait_for("Reloaded: template.yaml\n")
    scene.shown.text = ""
    scene.loader.give = lambda: replace(scene.project, notices=(Notice(text="nested"),))
    save(nested, "third")
    await scene.shown.wait_for("note nested\nReloaded: nested/template.yaml\n")


async def test_a_file_that_appears_a_source_and_an_archive_are_followed(
    scene: Scene, tmp_path: Path
) -> None:
    source, built, archive = tmp_path / "source", tmp_path / "built", tmp_path / "code.zip"
    source.mkdir()
    built.mkdir()
    code = Code(package_type=PackageType.ZIP, path=str(archive))
    bundle = Code(package_type=PackageType.DIRECTORY, path=str(built), source_path=str(source))
    project = replace(
        scene.project,
        functions=(
            Function(function_name="f", code=code, handler="a.b", runtime="python3.12", role=ROLE),
            Function(
                function_name="g", code=bundle, handler="a.b", runtime="nodejs20.x", role=ROLE
            ),
        ),
        file_patterns=(f"{tmp_path}/*.tf",),
    )
    with ZipFile(archive, "w") as writing:
        writing.writestr("a.py", "")
    scene.loader.give = lambda: project
    save(scene.template, "second")
    await scene.shown.wait_for("Reloaded: template.yaml\n")
    for path in (tmp_path / "new.tf", source / "app.ts"):
        save(path, "new")
        await scene.shown.wait_for(f"Reloaded: {path.relative_to(tmp_path)}\n")
    with ZipFile(tmp_path / "code.new", "w") as writing:
        writing.writestr("a.py", "new = 1")
    (tmp_path / "code.new").replace(archive)
    await scene.shown.wait_for("Reloaded: code.zip\n")


async def test_files_that_changed_are_named_as_far_as_they_help(
    scene: Scene, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    code = Code(package_type=PackageType.DIRECTORY, path=str(source))
    function = Function(
        function_name="f", code=code, handler="a.b", runtime="python3.12", role=ROLE
    )
    scene.loader.give = lambda: replace(scene.project, functions=(function,))
    save(scene.template, "second")
    await scene.shown.wait_for("Reloaded: template.yaml\n")
    (source / "sedAbC").write_text("as `sed -i` and editors save")
    (source / "sedAbC").rename(source / "a.py")
    await scene.shown.wait_for("Reloaded: source/a.py\n")
    (source / "a.py").unlink()
    await scene.shown.wait_for("Reloaded: source/a.py\nReloaded: source/a.py\n")
    assert "sedAbC" not in scene.shown.text


async def test_a_stage_that_is_new_is_named_with_its_address(scene: Scene) -> None:
    live = make_api({"$default": None}, stage="live")
    both = replace(live, stages=(*scene.project.apis[0].stages, *live.stages))
    scene.loader.give = lambda: replace(scene.project, apis=(both,))
    save(scene.template, "second")
    port = scene.gateway.addresses.gateway.rpartition(":")[2]
    await scene.shown.wait_for(f"  now also ws://127.0.0.1:{port}/live\n")


async def test_a_notice_is_shown_once(scene: Scene) -> None:
    notice = Notice(text="it is skipped")
    scene.loader.give = lambda: replace(scene.project, notices=(notice,))
    save(scene.template, "second")
    await scene.shown.wait_for("note it is skipped\nReloaded: template.yaml\n")
    save(scene.template, "third")
    await scene.shown.wait_for("Reloaded: template.yaml\nReloaded: template.yaml\n")


async def test_a_fault_of_the_loader_does_not_end_the_following(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Project:
        raise ZeroDivisionError

    scene.loader.give = fail
    save(scene.template, "second")
    await scene.shown.wait_for("Not reloaded (template.yaml)")
    assert "reloading failed" in caplog.text
    scene.loader.give = lambda: scene.project
    save(scene.template, "third")
    await scene.shown.wait_for("Reloaded: template.yaml\n")
