"""A gateway that cannot start says why, in one message."""

from pathlib import Path

import pytest

from cli.processes import assert_is_one_error, routekey


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
