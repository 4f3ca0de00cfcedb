"""`routekey check-config`."""

import tomllib
from pathlib import Path

from cli.processes import assert_is_one_error, routekey
from routekey.config import SETTINGS, load_config


def test_it_prints_every_setting_as_a_file_has_it(tmp_path: Path) -> None:
    done = routekey("check-config")
    (tmp_path / "routekey.toml").write_text(done.stdout)
    assert load_config(tmp_path / "routekey.toml", {}, {}) == load_config(None, {}, {})
    printed = tomllib.loads(done.stdout)
    assert {(s.section, s.name) for s in SETTINGS} == {
        (section, name) for section, values in printed.items() for name in values
    }


def test_it_prints_what_file_and_environment_say(tmp_path: Path) -> None:
    file = tmp_path / "routekey.toml"
    file.write_text('[admin]\nport = 1\nallowed_hosts = ["grüß.example"]\n')
    done = routekey("check-config", "--config", str(file), ROUTEKEY_GATEWAY_PORT="2")
    printed = tomllib.loads(done.stdout)
    assert (printed["admin"]["port"], printed["gateway"]["port"]) == (1, 2)
    assert printed["admin"]["allowed_hosts"] == ["grüß.example"]


def test_a_wrong_file_is_one_error(tmp_path: Path) -> None:
    file = tmp_path / "routekey.toml"
    file.write_text("[gateway]\nprot = 1\n")
    assert_is_one_error(routekey("check-config", "--config", str(file)), f"{file}:2:")
