import pytest

from routekey.gateway.directory import Directory
from routekey.ids import ApiId, StageName
from routekey.testing.apis import make_api, make_directory

ONE = make_directory(make_api({"$default": "a"}))
TWO = make_directory(
    make_api({"$default": "a"}, api_id="first00000"),
    make_api({"$default": "a"}, api_id="second0000", stage="$default"),
)
AWS_HOST = "6behyoa40f.execute-api.eu-west-2.amazonaws.com"


@pytest.mark.rule("DP-URL-01", "DP-URL-02")
@pytest.mark.parametrize(
    "host",
    [AWS_HOST, AWS_HOST.upper(), "6behyoa40f.localhost:8080", "127.0.0.1:8080", "[::1]:80", ""],
)
@pytest.mark.parametrize("path", ["/dev", "/dev/"])
def test_the_only_api_answers_under_every_host(host: str, path: str) -> None:
    address = ONE.resolve(host, path)
    assert address is not None
    assert (address.snapshot.stage_name, address.rest) == ("dev", "")
    assert address.unknown_api_id is None


def test_an_unknown_api_id_is_served_by_the_only_api_and_named() -> None:
    address = ONE.resolve("zzzzzzzzzz.execute-api.eu-west-2.amazonaws.com", "/dev")
    assert address is not None
    assert address.unknown_api_id == "zzzzzzzzzz"


@pytest.mark.rule("DP-HSK-13", "DP-MGM-09")
@pytest.mark.parametrize("path", ["/", "", "/prod", "/DEV", "//dev", "/@connections/x"])
def test_a_path_without_a_known_stage_is_nowhere(path: str) -> None:
    assert ONE.resolve(AWS_HOST, path) is None


@pytest.mark.rule("DP-URL-03")
def test_what_follows_the_stage_is_kept_raw() -> None:
    address = ONE.resolve(AWS_HOST, "/dev/%40connections/a%3D")
    assert address is not None
    assert address.rest == "%40connections/a%3D"


def test_of_several_apis_each_answers_under_its_own_host() -> None:
    address = TWO.resolve("first00000.localhost", "/dev")
    assert address is not None
    assert address.snapshot.api_id == "first00000"
    assert TWO.resolve("127.0.0.1", "/dev") is None
    assert TWO.resolve("zzzzzzzzzz.localhost", "/dev") is None


@pytest.mark.parametrize("path", ["", "/", "/$default", "/%24default", "/@connections/x"])
def test_the_stage_called_default_needs_no_path(path: str) -> None:
    address = TWO.resolve("second0000.execute-api.eu-west-2.amazonaws.com", path)
    assert address is not None
    assert address.rest == ("@connections/x" if "@" in path else "")


def test_a_stage_that_is_gone_is_not_found() -> None:
    assert ONE.find_snapshot(ApiId("6behyoa40f"), StageName("prod")) is None
    assert ONE.find_snapshot(ApiId("other00000"), StageName("dev")) is None
    assert Directory().resolve(AWS_HOST, "/dev") is None
