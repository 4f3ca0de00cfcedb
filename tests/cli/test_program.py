"""The program as a person starts it: verbs, help, and errors that are one message."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from routekey import __version__

SECONDS_MAX = 60


def routekey(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "routekey", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env=os.environ | {"NO_COLOR": "1"} | environ,
        check=False,
    )


def assert_is_one_error(done: subprocess.CompletedProcess[str], *texts: str) -> None:
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    for text in texts:
        assert text in done.stderr


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The smallest API that can be served: no function, one answer."""
    (tmp_path / "template.yaml").write_text(
        """
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: small, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.a}
  Default:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${Mock}"}
  Mock:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: MOCK}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: dev}
"""
    )
    return tmp_path


def test_it_tells_its_version() -> None:
    assert routekey("--version").stdout == f"routekey {__version__}\n"


def test_without_a_verb_it_helps() -> None:
    done = routekey()
    for verb in ("run", "connect"):
        assert f"  {verb} " in done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["run", "connect"])
def test_each_verb_has_examples(verb: str) -> None:
    done = routekey(verb, "--help")
    assert done.returncode == 0
    assert f"  Examples:\n    routekey {verb}" in done.stdout


def test_an_unknown_flag_is_refused() -> None:
    done = routekey("run", "--prot", "1")
    assert done.returncode == 2
    assert "--prot" in done.stderr
    assert "Traceback" not in done.stderr


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


def test_a_port_that_is_none_is_one_error(project: Path) -> None:
    done = routekey("run", str(project), "--port", "70000")
    assert_is_one_error(done, "gateway.port: 70000 does not fit")


def test_a_parameter_without_a_value_is_one_error(project: Path) -> None:
    done = routekey("run", str(project), "--parameter", "Name")
    assert_is_one_error(done, "'Name' is no parameter", "NAME=VALUE")


def test_a_setting_that_does_not_exist_is_one_error(project: Path) -> None:
    done = routekey("run", str(project), ROUTEKEY_GATEWAY_PROT="1")
    assert_is_one_error(done, "Did you mean ROUTEKEY_GATEWAY_PORT?")


def test_a_ready_file_that_cannot_be_written_is_one_error(project: Path, tmp_path: Path) -> None:
    ready_file = tmp_path / "missing" / "ready.json"
    done = routekey(
        "run", str(project), "--port", "0", "--admin-port", "0", "--ready-file", str(ready_file)
    )
    assert_is_one_error(done, f"{ready_file}: the ready file cannot be written")


def test_connecting_to_nobody_is_one_error(taken_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert port != taken_port
    assert_is_one_error(
        routekey("connect", f"ws://127.0.0.1:{port}/dev"), "cannot connect", "routekey run"
    )


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "nonsense", ""])
def test_connecting_to_no_websocket_url_is_one_error(url: str) -> None:
    assert_is_one_error(routekey("connect", url), "is no WebSocket URL")


def test_a_header_without_a_colon_is_one_error() -> None:
    done = routekey("connect", "ws://127.0.0.1:1/", "-H", "Authorization")
    assert_is_one_error(done, "'Authorization' is no header")
