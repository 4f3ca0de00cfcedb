"""Projects that are described in a file of our own."""

from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load
from routekey.resources.project import Project

CHAT = """
[gateway]
port = 9000

[api]
name = "chat"
id = "6behyoa40f"
region = "eu-west-1"
stage = "prod"
route_selection_expression = "$request.body.type"

[function.say-it]
handler = "app.handler"
runtime = "python3.12"
timeout = 7
environment = { TABLE = "visits" }

[function.guard]
code = "guard"
handler = "app.handler"
runtime = "python3.12"

[authorizer.guard]
function = "guard"
identity_sources = ["route.request.header.Auth"]

[table.visits]
key = "id"
sort_key = "at"

[[route]]
key = "$connect"
answer = "{}"
authorizer = "guard"

[[route]]
key = "$default"
function = "say-it"
reply = true

[[route]]
key = "forward"
url = "https://example.com/forward"
"""


def load_text(folder: Path, text: str) -> Project:
    (folder / "guard").mkdir(exist_ok=True)
    for name in ("app.py", "guard/app.py"):
        (folder / name).touch()
    (folder / "routekey.toml").write_text(text, encoding="utf-8")
    return load(folder, options=LoadOptions())


def test_a_file_describes_api_functions_and_tables(tmp_path: Path) -> None:
    project = load_text(tmp_path, CHAT)
    (api,) = project.apis
    assert (project.region, api.api_id, api.name) == ("eu-west-1", "6behyoa40f", "chat")
    assert api.route_selection_expression == "$request.body.type"
    assert [stage.stage_name for stage in api.stages] == ["prod"]
    kinds = [str(integration.integration_type) for integration in api.integrations]
    assert kinds == ["MOCK", "AWS_PROXY", "HTTP_PROXY"]
    assert [route.route_key for route in api.routes] == ["$connect", "$default", "forward"]
    two_way = [route.route_response_selection_expression for route in api.routes]
    assert two_way == ["$default", "$default", None]
    assert api.routes[0].authorizer_id == api.authorizers[0].authorizer_id
    say, guard = project.functions
    assert (say.function_name, say.timeout, say.environment) == ("say-it", 7, {"TABLE": "visits"})
    assert guard.code.path == str(tmp_path / "guard")
    assert project.services[0].properties["KeySchema"] == [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ]
    assert project.files == (str(tmp_path / "routekey.toml"),)
    assert project.notices == ()


def test_an_api_is_called_after_its_folder_and_the_function_lies_beside(tmp_path: Path) -> None:
    text = (
        '[function.f]\nhandler = "app.handler"\nruntime = "python3.12"\n'
        '[[route]]\nkey = "$default"\nfunction = "f"\n'
    )
    project = load_text(tmp_path, text)
    assert project.apis[0].name == tmp_path.name
    assert project.functions[0].code.path == str(tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[route]]\nkey = 'a'\n", "routekey.toml:1: a route has a key, and one of"),
        ("[[route]]\nkey = 'a'\nfunction = 'f'\n", "there is no [function.f]"),
        ("[[route]]\nkey = 'a'\nurl = 'u'\n[[route]]\nkye = 'b'\n", ":4: kye means nothing here"),
        ("[[route]]\nkey = 'a'\nurl = 'u'\nauthorizer = 'x'", "there is no [authorizer.x]"),
        ("route = [1]", "0 is a table"),
        ("route = [1]\nfunction = 2", "function is a table of tables"),
        ("[[route]]\n[function.f]\nhandler = 'a.b'", ":2: f: the function has no runtime"),
        ("[[route]]\n[table.t]", "the table has no key"),
        ("[[route]]\n[api]\nnam = 'x'", "nam means nothing here"),
        ("[[route", "not valid TOML"),
    ],
)
def test_what_means_nothing_is_an_error_with_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ProjectError) as raised:
        load_text(tmp_path, text)
    assert problem in str(raised.value)


def test_a_file_of_settings_alone_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="there is no project in this folder"):
        load_text(tmp_path, "[gateway]\nport = 9000\n")
