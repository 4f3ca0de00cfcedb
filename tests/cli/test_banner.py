"""What `routekey run` says."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from routekey.adapters.console import Console
from routekey.cli.banner import (
    format_notice,
    list_notices,
    print_banner,
    print_notices,
    suggest_message,
)
from routekey.endpoints.addresses import Addresses, StageAddress
from routekey.ids import AccountId, ApiId, RouteKey, StageName
from routekey.resources.api import (
    Api,
    AuthorizationType,
    Authorizer,
    Integration,
    IntegrationType,
    Route,
)
from routekey.resources.function import Code, Function, PackageType
from routekey.resources.project import Notice, Project
from routekey.testing.apis import make_api

JOIN = '{"type": "join", "message": "hello"}'


def make_project(*apis: Api) -> Project:
    code = Code(package_type=PackageType.DIRECTORY, path="/code")
    return Project(
        region="eu-west-2",
        account_id=AccountId("123456789012"),
        apis=apis,
        functions=tuple(
            Function(
                function_name=name, code=code, handler="app.handler", runtime=runtime, role="arn"
            )
            for name, runtime in (("echo", "python3.12"), ("connect", "nodejs20.x"))
        ),
        files=(str(Path.cwd() / "template.yaml"), "/elsewhere/nested.yaml"),
    )


def make_addresses(*urls: str) -> Addresses:
    return Addresses(
        gateway="http://127.0.0.1:8080",
        admin="http://127.0.0.1:8081",
        stages=tuple(
            StageAddress(
                api_id=ApiId("6behyoa40f"), stage=StageName("dev"), url=url, callback_url="https://"
            )
            for url in urls
        ),
    )


def printed(project: Project, addresses: Addresses, *, is_following: bool = True) -> str:
    reader, writer = os.pipe()
    console = Console(writer, is_coloured=False)
    print_banner(console, project, addresses, is_following=is_following)
    console.close(5)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        return stream.read()


def test_it_shows_where_the_project_is_from() -> None:
    text = printed(make_project(), make_addresses())
    assert "from       template.yaml, /elsewhere/nested.yaml\n" in text


def test_it_says_that_saves_are_followed_only_where_they_are() -> None:
    for is_following in (True, False):
        text = printed(make_project(), make_addresses(), is_following=is_following)
        assert "Ctrl-C stops." in text
        assert ("Saved changes" in text) is is_following


def test_it_shows_the_functions_with_their_runtimes() -> None:
    text = printed(make_project(), make_addresses())
    assert "functions  echo     python3.12\n             connect  nodejs20.x\n" in text


def test_it_shows_each_route_with_its_target() -> None:
    api = make_api({"$connect": "connect", "echoMessage": "echo", "nowhere": None})
    text = printed(make_project(api), make_addresses("ws://127.0.0.1:8080/dev"))
    assert "$connect     → connect\n" in text
    assert "echoMessage  → echo\n" in text
    assert "nowhere      → nothing\n" in text


def test_it_shows_who_decides_whether_a_client_may_connect() -> None:
    api = make_api({"$connect": None})
    uri = "arn:aws:lambda:eu-west-2:123456789012:function:gate:live"
    gate = Authorizer(authorizer_id="g", name="gate", authorizer_uri=uri)
    custom, signed = (
        replace(api.routes[0], authorization_type=kind, authorizer_id=authorizer)
        for kind, authorizer in (
            (AuthorizationType.CUSTOM, "g"),
            (AuthorizationType.AWS_IAM, None),
        )
    )
    guarded = replace(api, authorizers=(replace(gate, authorizer_id="other"), gate))
    project = make_project(replace(guarded, routes=(custom,)))
    assert "$connect  → nothing, after gate:live\n" in printed(project, make_addresses())
    unbuilt = replace(project, functions_without_code=("gate",))
    assert "→ nothing, after gate:live (no code here)\n" in printed(unbuilt, make_addresses())
    project = make_project(replace(guarded, routes=(signed,)))
    assert "$connect  → nothing, for signed requests\n" in printed(project, make_addresses())


def test_it_says_that_there_is_no_api_and_where_one_is_made() -> None:
    text = printed(make_project(), make_addresses())
    assert "  api        none: nobody can connect" in text
    assert " through AWS's APIs at http://127.0.0.1:8081\n" in text


def test_it_shows_what_is_served_without_being_described() -> None:
    nothing = replace(make_project(), files=(), functions=())
    text = printed(nothing, make_addresses("ws://127.0.0.1:8080/dev"))
    assert "  api        6behyoa40f, made through AWS's APIs\n" in text
    assert "connect ws://127.0.0.1:8080/dev\n" in text
    for untrue in ("from", "nobody can connect", "then type", "Saved changes"):
        assert untrue not in text


@pytest.mark.parametrize(
    ("kind", "uri", "shown"),
    [
        (IntegrationType.MOCK, "", "MOCK"),
        (IntegrationType.HTTP_PROXY, "https://example.com/x", "HTTP_PROXY https://example.com/x"),
    ],
)
def test_it_shows_integrations_that_are_no_functions(
    kind: IntegrationType, uri: str, shown: str
) -> None:
    integration = Integration(integration_id="i", integration_type=kind, integration_uri=uri)
    route = Route(route_id="r", route_key=RouteKey("$default"), target="integrations/i")
    api = Api(
        api_id=ApiId("6behyoa40f"),
        name="api",
        route_selection_expression="$request.body.action",
        routes=(route,),
        integrations=(integration,),
    )
    assert f"$default  → {shown}\n" in printed(make_project(api), make_addresses())


def test_it_shows_a_command_and_a_message_to_try() -> None:
    api = make_api({"$connect": "connect", "echoMessage": "echo"})
    text = printed(make_project(api), make_addresses("ws://127.0.0.1:8080/$default"))
    assert "routekey connect 'ws://127.0.0.1:8080/$default'\n" in text
    assert '{"action": "echoMessage", "message": "hello"}\n' in text


@pytest.mark.parametrize(
    ("routes", "selection", "message"),
    [
        ({"$connect": "a", "join": "b"}, "$request.body.type", JOIN),
        ({"join": "b"}, "${request.body.type}", JOIN),
        ({"join": "b"}, "$request.body.message", '{"message": "join", "data": "hello"}'),
        ({"$default": "a"}, "$request.body.action", "hello"),
        ({"$default": "a", "join": "b"}, "$request.body.a.b", "hello"),
        ({"$connect": "a"}, "$request.body.action", None),
    ],
)  # fmt: skip
def test_the_message_to_try_reaches_a_route(
    routes: dict[str, str | None], selection: str, message: str | None
) -> None:
    assert suggest_message(make_api(routes, selection=selection)) == message


@pytest.mark.parametrize(
    ("notice", "text"),
    [
        (Notice(text="it is skipped"), "it is skipped"),
        (
            Notice(text="it is skipped", file="/a/template.yaml", line=3, resource="Http"),
            "/a/template.yaml:3: Http: it is skipped",
        ),
        (Notice(text="it is skipped", resource="Http"), "Http: it is skipped"),
    ],
)
def test_a_notice_is_written_as_errors_are(notice: Notice, text: str) -> None:
    assert format_notice(notice) == text


def test_what_is_said_of_several_functions_is_said_once() -> None:
    reader, writer = os.pipe()
    console = Console(writer, is_coloured=False)
    notices = [f"f{number}: runs elsewhere" for number in range(5)]
    print_notices(console, [*notices, "alone: runs here", "left out: a: b"])
    console.close(5)
    os.close(writer)
    with os.fdopen(reader) as stream:
        lines = stream.read().splitlines()
    assert lines == [
        "note alone: runs here",
        "note f0, f1, f2 and 2 more: runs elsewhere",
        "note left out: a: b",
    ]


def test_of_many_files_the_first_are_named() -> None:
    files = tuple(f"/elsewhere/{number}.tf" for number in range(5))
    text = printed(replace(make_project(), files=files), make_addresses())
    assert "from       /elsewhere/0.tf, /elsewhere/1.tf, /elsewhere/2.tf and 2 more\n" in text


def test_notices_of_the_project_and_of_its_functions_are_shown() -> None:
    reader, writer = os.pipe()
    console = Console(writer, is_coloured=False)
    project = replace(make_project(), notices=(Notice(text="it is skipped"),))
    print_notices(console, list_notices(project, ["echo: runs on another Python"]))
    console.close(5)
    os.close(writer)
    with os.fdopen(reader) as stream:
        assert stream.read() == "note echo: runs on another Python\nnote it is skipped\n"
