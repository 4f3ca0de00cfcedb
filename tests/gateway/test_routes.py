import pytest

from routekey.errors import ResourceNotFound
from routekey.gateway.routes import select_route
from routekey.ids import StageName
from routekey.resources.snapshot import Snapshot
from routekey.testing.apis import compile_api, make_api


def snapshot(*route_keys: str, selection: str = "$request.body.action") -> Snapshot:
    api = make_api(dict.fromkeys(route_keys, "echo"), selection=selection)
    return compile_api(api)[StageName("dev")]


@pytest.mark.rule("DP-RTE-09")
def test_the_route_whose_key_the_message_names_wins() -> None:
    route = select_route(snapshot("join", "$default"), b'{"action":"join"}')
    assert route.route.route_key == "join"


@pytest.mark.rule("DP-RTE-11", "DP-RTE-12")
@pytest.mark.parametrize(
    "body",
    [b'{"action":"leave"}', b"{}", b"not json", b"1", b"", b'{"action":"$default"}'],
    ids=["unknown", "missing", "not JSON", "scalar", "empty", "$default itself"],
)
def test_everything_else_goes_to_default(body: bytes) -> None:
    assert select_route(snapshot("join", "$default"), body).route.route_key == "$default"


@pytest.mark.rule("DP-RTE-14")
def test_without_default_there_is_no_route() -> None:
    with pytest.raises(ResourceNotFound, match="no route matches"):
        select_route(snapshot("join"), b'{"action":"leave"}')


@pytest.mark.rule("DP-RTE-13", "DP-UNK-05")
@pytest.mark.parametrize("key", ["$connect", "$disconnect"])
def test_a_message_cannot_run_the_routes_of_the_connection(key: str) -> None:
    body = b'{"action":"%s"}' % key.encode()
    assert select_route(snapshot(key, "$default"), body).route.route_key == "$default"
    with pytest.raises(ResourceNotFound):
        select_route(snapshot(key), body)


@pytest.mark.rule("DP-RTE-10", "DP-UNK-27")
def test_case_is_regarded() -> None:
    assert (
        select_route(snapshot("join", "$default"), b'{"action":"Join"}').route.route_key
        == "$default"
    )


@pytest.mark.rule("DP-RTE-03", "DP-RTE-07")
def test_a_key_may_be_put_together_and_what_is_missing_is_empty() -> None:
    deployed = snapshot("chat/join", "chat/", selection="${request.body.a}/${request.body.b}")
    assert select_route(deployed, b'{"a":"chat","b":"join"}').route.route_key == "chat/join"
    assert select_route(deployed, b'{"a":"chat"}').route.route_key == "chat/"
