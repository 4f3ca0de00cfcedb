"""Where a gateway is reached."""

import errno
import socket

import pytest

from routekey.endpoints.addresses import (
    Addresses,
    list_addresses,
    listening_errors,
    name_host,
)
from routekey.errors import InputError
from routekey.ids import ApiId, StageName

GATEWAY, ADMIN = ("127.0.0.1", 8080), ("127.0.0.1", 8081)
REMEDY = "Stop the program that listens on it, or choose another with"


def listed(**served: list[str]) -> Addresses:
    stages = {ApiId(api_id): map(StageName, names) for api_id, names in served.items()}
    return list_addresses(stages, "eu-west-2", GATEWAY, ADMIN)


def test_the_only_api_is_at_the_bare_host() -> None:
    addresses = listed(**{"6behyoa40f": ["dev"]})
    assert (addresses.gateway, addresses.admin) == (
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8081",
    )
    (stage,) = addresses.stages
    assert (stage.api_id, stage.stage) == ("6behyoa40f", "dev")
    assert stage.url == "ws://127.0.0.1:8080/dev"
    assert stage.callback_url == "https://6behyoa40f.execute-api.eu-west-2.amazonaws.com/dev"


def test_of_several_apis_each_has_its_id_in_the_path() -> None:
    assert [stage.url for stage in listed(one=["dev"], two=["dev"]).stages] == [
        "ws://127.0.0.1:8080/one/dev",
        "ws://127.0.0.1:8080/two/dev",
    ]


def test_every_stage_is_listed() -> None:
    assert [stage.stage for stage in listed(one=["dev", "live"]).stages] == ["dev", "live"]


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("localhost", "localhost"),
        ("10.0.0.1", "10.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::", "[::1]"),
        ("fe80::1", "[fe80::1]"),
    ],
)
def test_a_host_is_named_so_that_it_can_be_reached(host: str, named: str) -> None:
    assert name_host(host) == named


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            OSError(errno.EADDRINUSE, "in use"),
            f"port 80 is in use. {REMEDY} --port.",
        ),
        (OSError(errno.EACCES, "no"), "cannot listen on example:80: Permission denied"),
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            "cannot listen on example:80: [Errno -2] Name or service not known",
        ),
        (OSError("strange"), "cannot listen on example:80: strange"),
    ],
)
def test_a_failure_to_listen_is_said_in_words(error: OSError, message: str) -> None:
    with pytest.raises(InputError) as caught, listening_errors("port", "example", 80):
        raise error
    assert str(caught.value) == message
