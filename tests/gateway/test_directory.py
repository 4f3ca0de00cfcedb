from dataclasses import replace

import pytest

from routekey.gateway.directory import Directory
from routekey.gateway.directory import make_directory as compile_directory
from routekey.ids import ApiId, StageName
from routekey.resources.domain import ApiMapping, DomainName
from routekey.testing.apis import compile_api, make_api, make_directory

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


@pytest.mark.parametrize("path", ["/dev//@connections/x", "/dev///@connections/x"])
def test_slashes_that_an_sdk_doubles_are_one(path: str) -> None:
    address = ONE.resolve(AWS_HOST, path)
    assert address is not None
    assert address.rest == "@connections/x"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "example.com", "[::1]:80", ""])
@pytest.mark.parametrize(
    ("path", "stage", "rest"),
    [
        ("/first00000/dev", "dev", ""),
        ("/first00000/dev/@connections/x", "dev", "@connections/x"),
        ("/second0000", "$default", ""),
        ("/second0000/@connections/x", "$default", "@connections/x"),
    ],
)
def test_of_several_apis_each_answers_under_a_path_with_its_id(
    host: str, path: str, stage: str, rest: str
) -> None:
    """Names below `localhost` are unknown to most resolvers."""
    address = TWO.resolve(host, path)
    assert address is not None
    assert address.snapshot.api_id == path[1:11]
    assert (address.snapshot.stage_name, address.rest) == (stage, rest)


def test_the_only_api_answers_under_a_path_with_its_id_too() -> None:
    """A URL goes on when the other APIs have gone."""
    address = ONE.resolve("127.0.0.1:8080", "/6behyoa40f/dev/@connections/x")
    assert address is not None
    assert (address.snapshot.stage_name, address.rest) == ("dev", "@connections/x")
    alike = make_directory(make_api({"$default": "a"}, stage="6behyoa40f"))
    address = alike.resolve("127.0.0.1:8080", "/6behyoa40f/dev")
    assert address is not None
    assert address.rest == "dev"


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("127.0.0.1", "/dev"),
        ("127.0.0.1", "/zzzzzzzzzz/dev"),
        ("127.0.0.1", "/first00000"),
        ("127.0.0.1", "/first00000/prod"),
        ("zzzzzzzzzz.localhost", "/first00000/dev"),
        ("first00000.execute-api.eu-west-2.amazonaws.com", "/first00000/dev"),
    ],
)
def test_a_path_without_an_api_that_is_there_is_nowhere(host: str, path: str) -> None:
    assert TWO.resolve(host, path) is None


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


def with_domain(*mappings: tuple[str, str], name: str = "ws.example.com") -> Directory:
    """Make the directory of two APIs under a custom domain; mappings are key and API."""
    apis = [make_api({"$default": "a"}, api_id=api_id) for api_id in ("first00000", "second0000")]
    domain = DomainName(
        domain_name=name,
        mappings=tuple(
            ApiMapping(
                api_mapping_id=key or "root",
                api_id=ApiId(api_id),
                stage=StageName("dev"),
                api_mapping_key=key,
            )
            for key, api_id in mappings
        ),
    )
    return compile_directory({api.api_id: compile_api(api) for api in apis}, domain_names=[domain])


@pytest.mark.rule("DP-URL-05", "DP-MGM-03", "CP-DOM-05")
@pytest.mark.parametrize(
    ("path", "api_id", "rest"),
    [
        ("/", "first00000", ""),
        ("", "first00000", ""),
        ("/chat", "second0000", ""),
        ("/chat/", "second0000", ""),
        ("/c%68at", "second0000", ""),
        ("/@connections/abc%3D", "first00000", "@connections/abc%3D"),
        ("/chat/%40connections/abc%3D", "second0000", "%40connections/abc%3D"),
        ("/dev", "first00000", "dev"),
    ],
)
def test_a_custom_domain_has_mapping_keys_in_the_path_and_no_stage(
    path: str, api_id: str, rest: str
) -> None:
    directory = with_domain(("", "first00000"), ("chat", "second0000"))
    address = directory.resolve("WS.example.com:443", path)
    assert address is not None
    assert (address.snapshot.api_id, address.rest) == (api_id, rest)


@pytest.mark.rule("DP-EVT-11", "DP-EVT-12")
def test_events_have_the_custom_domain_and_the_stage() -> None:
    address = with_domain(("chat", "first00000")).resolve("ws.example.com", "/chat")
    assert address is not None
    assert address.snapshot.domain_name == "ws.example.com"
    assert address.snapshot.stage_name == "dev"


@pytest.mark.rule("DP-URL-05")
def test_a_custom_domain_without_a_fitting_mapping_is_nowhere() -> None:
    directory = with_domain(("chat", "first00000"), ("gone", "third00000"))
    for path in ("/", "/dev", "/other", "/gone", "//chat"):
        assert directory.resolve("ws.example.com", path) is None


@pytest.mark.rule("DP-URL-07")
@pytest.mark.parametrize("key", ["ping", "sping"])
def test_the_paths_of_health_checks_are_never_mapped(key: str) -> None:
    directory = with_domain(("", "first00000"), (key, "first00000"))
    assert directory.resolve("ws.example.com", f"/{key}") is None


@pytest.mark.rule("CP-DOM-07", "DP-EVT-11")
def test_a_wildcard_stands_for_one_label_and_events_have_the_name_that_was_used() -> None:
    directory = with_domain(("", "first00000"), name="*.example.com")
    address = directory.resolve("ann.example.com", "/")
    assert address is not None
    assert address.snapshot.domain_name == "ann.example.com"
    assert directory.resolve("a.b.example.com", "/") is None
    assert directory.resolve("example.com", "/") is None


@pytest.mark.rule("DP-URL-10")
def test_an_api_can_switch_aws_s_own_host_off() -> None:
    api = replace(make_api({"$default": "a"}), disable_execute_api_endpoint=True)
    directory = make_directory(api)
    assert directory.resolve(AWS_HOST, "/dev") is None
    assert directory.resolve(f"{AWS_HOST}.", "/dev/@connections/x") is None
    assert directory.resolve("6behyoa40f.localhost", "/dev") is not None
    assert directory.resolve("127.0.0.1", "/dev") is not None
    strict = replace(directory, is_strict=True)
    for host in (AWS_HOST, "6behyoa40f.localhost", "127.0.0.1", "ws.example.com", ""):
        assert strict.resolve(host, "/dev") is None


@pytest.mark.rule("DP-URL-10")
def test_an_api_that_switched_aws_s_host_off_has_its_domains() -> None:
    strict = replace(with_domain(("", "first00000")), is_strict=True)
    (name,) = strict.domains
    mapped = replace(
        strict,
        domains={
            name: {
                key: replace(found, api=replace(found.api, disable_execute_api_endpoint=True))
                for key, found in strict.domains[name].items()
            }
        },
    )
    assert mapped.resolve(name, "/") is not None


@pytest.mark.rule("CP-DOM-07")
def test_a_domain_is_known_by_its_name_or_its_wildcard() -> None:
    directory = with_domain(("", "first00000"), name="*.example.com")
    assert directory.has_domain("Ann.example.com:443")
    assert not directory.has_domain("example.com")
    assert not directory.has_domain(AWS_HOST)
