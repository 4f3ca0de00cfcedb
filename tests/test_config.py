"""The configuration tree."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.config import SETTINGS, Config, load_config
from routekey.errors import InputError
from routekey.quotas import Limits


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "routekey.toml"


def test_without_anything_the_defaults_hold() -> None:
    assert load_config(None, {}, {}) == Config()


def test_the_defaults_are_for_one_developer_on_loopback() -> None:
    config = Config()
    assert (config.gateway.host, config.gateway.port) == ("127.0.0.1", 8080)
    assert (config.admin.host, config.admin.port) == ("127.0.0.1", 8081)


def test_awss_limits_hold_unless_set() -> None:
    assert Config().limits == Limits()


def test_a_file_sets_values(file: Path) -> None:
    file.write_text(
        '[gateway]\nport = 9000\n[admin]\nallowed_hosts = ["a", "b"]\n[limits]\naccount_rate = 1.5'
    )
    config = load_config(file, {}, {})
    assert config.gateway.port == 9000
    assert config.admin.allowed_hosts == ("a", "b")
    assert config.limits.account_rate == 1.5


def test_the_project_in_the_same_file_is_no_setting(file: Path) -> None:
    file.write_text('[gateway]\nport = 9000\n[[route]]\nkey = "a"\n[function.f]\n')
    assert load_config(file, {}, {}).gateway.port == 9000


def test_the_environment_wins_over_the_file(file: Path) -> None:
    file.write_text("[gateway]\nport = 9000\n")
    config = load_config(file, {"ROUTEKEY_GATEWAY_PORT": "9001", "HOME": "/"}, {})
    assert config.gateway.port == 9001


def test_a_flag_wins_over_the_environment() -> None:
    environ = {"ROUTEKEY_GATEWAY_PORT": "9001", "ROUTEKEY_GATEWAY_HOST": "::1"}
    config = load_config(None, environ, {"gateway.port": 9002, "gateway.host": None})
    assert (config.gateway.host, config.gateway.port) == ("::1", 9002)


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("ROUTEKEY_ADMIN_ALLOWED_HOSTS", "a, b,", ("a", "b")),
        ("ROUTEKEY_ADMIN_ALLOWED_HOSTS", "", ()),
        ("ROUTEKEY_CHOICES_IS_IDLE_RESET_BY_PING", "true", True),
        ("ROUTEKEY_LIMITS_ACCOUNT_RATE", "0.5", 0.5),
        ("ROUTEKEY_CHOICES_PLAIN_GET_STATUS", "403", 403),
        ("ROUTEKEY_CHOICES_NULL_REPLY", "nothing", "nothing"),
        ("ROUTEKEY_PROJECT_ACCOUNT_ID", "000000000000", "000000000000"),
    ],
)
def test_a_variable_is_read_by_its_type(variable: str, text: str, value: object) -> None:
    setting = next(setting for setting in SETTINGS if setting.variable == variable)
    config = load_config(None, {variable: text}, {})
    assert getattr(getattr(config, setting.section), setting.name) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "port = 1",
            "FILE:1: there is no setting port. `routekey check-config` lists them all.",
        ),
        (
            "\n[gateway]\nprot = 1",
            "FILE:3: there is no setting gateway.prot. Did you mean gateway.port?",
        ),
        (
            "[gateway]\nport = 'x'",
            "FILE:2: gateway.port: 'x' does not fit: expected `int`, got `str`",
        ),
        (
            "[gateway]\n\n'port' = 70000",
            "FILE: gateway.port: 70000 does not fit: expected `int` <= 65535",
        ),
        (
            "[choices]\nplain_get_status = 404",
            "FILE:2: choices.plain_get_status: 404 does not fit: it takes 426 or 403",
        ),
        (
            "[choices]\nempty_post = ''",
            "FILE:2: choices.empty_post: '' does not fit: it takes 'frame' or 'nothing'",
        ),
        (
            "[gateway]\nport = = 1",
            "FILE:2: is not TOML: Invalid value (at line 2, column 8)",
        ),
        (
            "[limits]\nframe_bytes_max = 0",
            "limits: frame_bytes_max must be at least 1",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(
    file: Path, text: str, message: str
) -> None:
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_config(file, {}, {})
    assert str(caught.value).replace(str(file), "FILE") == message


def test_a_file_that_cannot_be_read_is_named(file: Path) -> None:
    with pytest.raises(InputError, match=r"routekey.toml: cannot be read: No such file"):
        load_config(file, {}, {})


def test_a_file_that_is_no_text_is_named(file: Path) -> None:
    file.write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"routekey.toml: is not UTF-8 text"):
        load_config(file, {}, {})


def test_an_unknown_variable_is_an_error() -> None:
    """A typing error in a variable would else go unnoticed for long."""
    with pytest.raises(InputError, match=r"ROUTEKEY_GATWAY_PORT\. Did you mean ROUTEKEY_GATEWAY"):
        load_config(None, {"ROUTEKEY_GATWAY_PORT": "1"}, {})


def test_a_variable_that_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match=r"^ROUTEKEY_GATEWAY_PORT: 'x' does not fit: expected"):
        load_config(None, {"ROUTEKEY_GATEWAY_PORT": "x"}, {})


def test_a_flag_that_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match=r"^gateway.port: -1 does not fit: expected `int` >= 0"):
        load_config(None, {}, {"gateway.port": -1})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_says_what_it_is(setting: object) -> None:
    assert setting in SETTINGS
    described = SETTINGS[SETTINGS.index(setting)]
    assert described.sentence.endswith((".", "`."))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_configuration_or_an_input_error(content: bytes) -> None:
    class Bytes(type(Path())):  # type: ignore[misc]  # a file without a disk
        def read_text(self, encoding: str) -> str:
            return content.decode(encoding)

    with suppress(InputError):
        load_config(Bytes("routekey.toml"), {}, {})
