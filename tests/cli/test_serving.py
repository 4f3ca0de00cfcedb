"""A gateway that cannot start says why, in one message."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from cli.processes import SECONDS_MAX, assert_is_one_error, routekey
from scenarios.running import descendants, is_running, wait_until


def test_a_project_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert_is_one_error(routekey("run", str(missing)), str(missing))


def test_a_folder_without_a_project_is_one_error(tmp_path: Path) -> None:
    assert_is_one_error(routekey("run", str(tmp_path)), str(tmp_path), "template")


def test_a_template_that_does_not_parse_names_file_and_line(project: Path) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text() + "  Broken: [\n")
    done = routekey("run", str(project))
    assert_is_one_error(done, f"{template}:")


def test_a_route_that_cannot_work_names_file_line_and_resource(project: Path) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("RouteKey: $default", "RouteKey: $oops"))
    done = routekey("run", str(project), "--port", "0", "--admin-port", "0")
    assert_is_one_error(done, f"{template}:", "Default", "$oops")


@pytest.mark.parametrize("flag", ["--port", "--admin-port"])
def test_a_port_in_use_is_one_error(project: Path, taken_port: int, flag: str) -> None:
    ports = {"--port": "0", "--admin-port": "0", flag: str(taken_port)}
    done = routekey("run", str(project), *(text for pair in ports.items() for text in pair))
    assert_is_one_error(done, f"port {taken_port} is in use", f"choose another with {flag}")


def test_an_address_of_another_machine_is_one_error(project: Path) -> None:
    done = routekey("run", str(project), "--host", "192.0.2.1", "--port", "0")
    assert_is_one_error(done, "cannot listen on 192.0.2.1:0")


def test_a_ready_file_that_cannot_be_written_is_one_error(project: Path, tmp_path: Path) -> None:
    ready_file = tmp_path / "missing" / "ready.json"
    done = routekey(
        "run", str(project), "--port", "0", "--admin-port", "0", "--ready-file", str(ready_file)
    )
    assert_is_one_error(done, f"{ready_file}: the ready file cannot be written")


def test_a_ready_file_that_is_none_is_one_error_before_anything_is_loaded(tmp_path: Path) -> None:
    done = routekey("run", str(tmp_path / "missing"), "--ready-file", str(tmp_path))
    assert_is_one_error(done, f"{tmp_path}: the ready file would replace what is no file")


def test_a_ready_file_of_a_killed_gateway_goes_before_the_project_is_loaded(tmp_path: Path) -> None:
    """Whoever waits for it would take the addresses of a gateway that is no more."""
    ready_file = tmp_path / "ready.json"
    ready_file.write_text("old")
    assert_is_one_error(routekey("run", str(tmp_path), "--ready-file", str(ready_file)), "template")
    assert not ready_file.exists()


SLOW_BUILD = """
Resources:
  F:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties: {Runtime: provided.al2023, Handler: x, CodeUri: src}
Transform: AWS::Serverless-2016-10-31
"""
MAKEFILE = """
build-F:
\t[ ! -e slow ] || sleep 600
\tprintf '#!/bin/sh\\n' > $(ARTIFACTS_DIR)/bootstrap
\tchmod +x $(ARTIFACTS_DIR)/bootstrap
"""


async def begin_slow_build(folder: Path, *, is_reload: bool) -> subprocess.Popen[bytes]:
    """Run a project whose function is built without end, at the first load or the next."""
    (folder / "src").mkdir()
    (folder / "template.yaml").write_text(SLOW_BUILD)
    (folder / "src" / "Makefile").write_text(MAKEFILE)
    ready_file = folder / "ready.json"
    if not is_reload:
        (folder / "src" / "slow").touch()
    ports = ["--port", "0", "--admin-port", "0", "--ready-file", str(ready_file)]
    process = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-m", "routekey", "run", str(folder), *ports],
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
        start_new_session=True,
    )
    if is_reload:
        await wait_until(ready_file.exists, "its start", SECONDS_MAX)
        (folder / "src" / "slow").touch()
    await wait_until(lambda: is_sleeping(process.pid), "the build", SECONDS_MAX)
    return process


def is_sleeping(process_id: int) -> bool:
    try:
        return any(
            b"sleep\x00600" in Path(f"/proc/{each}/cmdline").read_bytes()
            for each in descendants(process_id)
        )
    except OSError:
        return False


@pytest.mark.parametrize("is_reload", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_build_ends_with_the_gateway_that_wanted_it(
    tmp_path: Path, number: signal.Signals, *, is_reload: bool
) -> None:
    """Neither goes on without the other, and what the build has started goes too."""
    process = await begin_slow_build(tmp_path, is_reload=is_reload)
    below = descendants(process.pid)
    process.send_signal(number)
    code = await asyncio.to_thread(process.wait, SECONDS_MAX)
    assert code == (0 if is_reload else 130)
    await wait_until(
        lambda: not any(is_running(*each) for each in below.items()), "the end of every process"
    )


async def test_who_is_to_survive_the_terminal_does(project: Path) -> None:
    """As with `nohup`: SIGHUP, which stops a gateway otherwise, is nothing to it."""
    ready_file = project / "ready.json"
    command = [sys.executable, "-m", "routekey", "run", str(project), "--ready-file"]
    process = await asyncio.to_thread(
        subprocess.Popen,
        ["nohup", *command, str(ready_file), "--port", "0", "--admin-port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    await wait_until(ready_file.exists, "its start", SECONDS_MAX)
    process.send_signal(signal.SIGHUP)
    async with connect(json.loads(ready_file.read_text())["apis"][0]["url"]) as client:
        await (await client.ping())
    process.terminate()
    assert await asyncio.to_thread(process.wait, SECONDS_MAX) == 0
