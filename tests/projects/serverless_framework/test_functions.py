"""Functions and roles of a service."""

from pathlib import Path

import pytest

from routekey.adapters.functions.packages import cache_folder
from routekey.languages.iam import AccessRequest, Decision, evaluate
from routekey.projects import LoadOptions, load
from routekey.resources.function import PackageType
from routekey.resources.identity import Role
from routekey.resources.project import Project

HEAD = "service: chat\n"


def load_service(folder: Path, text: str) -> Project:
    (folder / "serverless.yml").write_text(HEAD + text, encoding="utf-8")
    (folder / "app.py").touch()
    (folder / "app.js").touch()
    return load(folder)


def allows(role: Role, action: str) -> bool:
    resource = "arn:aws:execute-api:us-east-1:000000000000:a/dev/POST/@connections/x"
    request = AccessRequest(action=action, resource=resource)
    return evaluate(role.policies, request) is Decision.ALLOWED


def test_defaults_are_the_frameworks(tmp_path: Path) -> None:
    project = load_service(tmp_path, "functions: {f: {handler: app.handler}}")
    (function,) = project.functions
    assert (function.function_name, function.memory_size, function.timeout) == (
        "chat-dev-f",
        1024,
        6,
    )
    assert project.roles[0].arn.endswith(":role/chat-dev-us-east-1-lambdaRole")


@pytest.mark.rule("CP-SF-04")
def test_functions_with_websocket_events_may_post(tmp_path: Path) -> None:
    text = "functions: {f: {handler: app.handler, events: [%s]}}"
    (role,) = load_service(tmp_path, text % "websocket: a").roles
    assert allows(role, "execute-api:ManageConnections")
    (role,) = load_service(tmp_path, text % "schedule: rate(1 minute)").roles
    assert not allows(role, "execute-api:ManageConnections")


@pytest.mark.parametrize(
    ("provider", "line"),
    [
        ("  iam:\n    role:\n      statements:\n        - {Effect: Maybe}\n", 6),
        ("  stage: dev\n  iamRoleStatements:\n    - {Effect: Maybe}\n", 5),
    ],
)
def test_a_statement_that_iam_refuses_is_told_where_it_is_written(
    tmp_path: Path, provider: str, line: int
) -> None:
    text = f"provider:\n  name: aws\n{provider}functions: {{f: {{handler: app.handler}}}}"
    (notice,) = load_service(tmp_path, text).notices
    assert (notice.line, notice.is_refused) == (line, True)


@pytest.mark.parametrize(
    "provider",
    [
        "{iamRoleStatements: [{Effect: Allow, Action: 'a:b', Resource: '*'}]}",
        "{iam: {role: {statements: [{Effect: Allow, Action: 'a:b', Resource: '*'}]}}}",
    ],
)
def test_statements_stand_in_the_old_or_the_new_place(tmp_path: Path, provider: str) -> None:
    project = load_service(
        tmp_path, f"provider: {provider}\nfunctions: {{f: {{handler: app.handler}}}}"
    )
    assert allows(project.roles[0], "a:b")


@pytest.mark.parametrize(
    ("provider", "function", "arn"),
    [
        ("{role: 'arn:x'}", "", "arn:x"),
        ("{iam: {role: 'arn:y'}}", "", "arn:y"),
        ("{iam: {role: !Sub 'arn:${AWS::Region}'}}", "", "arn:us-east-1"),
        ("{}", ", role: 'arn:z'", "arn:z"),
        ("{}", ", role: Own", "arn:aws:iam::000000000000:role/own"),
    ],
)
def test_a_role_may_be_brought(tmp_path: Path, provider: str, function: str, arn: str) -> None:
    project = load_service(
        tmp_path,
        f"provider: {provider}\nfunctions: {{f: {{handler: app.handler{function}}}}}\n"
        "resources: {Resources: {Own: {Type: AWS::IAM::Role, Properties: {RoleName: own}}}}",
    )
    assert project.functions[0].role == arn


def test_a_function_may_have_statements_of_its_own(tmp_path: Path) -> None:
    statement = "[{Effect: Allow, Action: '%s', Resource: '*'}]"
    project = load_service(
        tmp_path,
        f"provider: {{iamRoleStatements: {statement % 'a:shared'}}}\n"
        f"functions: {{f: {{handler: app.handler, iamRoleStatementsInherit: true, "
        f"iamRoleStatements: {statement % 'a:own'}}}}}",
    )
    own = next(role for role in project.roles if role.arn == project.functions[0].role)
    assert allows(own, "a:own")
    assert allows(own, "a:shared")
    assert not allows(project.roles[0], "a:own")


def test_archives_layers_and_images_are_known(tmp_path: Path) -> None:
    (tmp_path / "f.zip").touch()
    (tmp_path / "layer").mkdir()
    project = load_service(
        tmp_path,
        "layers: {shared: {path: layer}}\n"
        "functions:\n"
        "  f: {handler: app.handler, package: {artifact: f.zip},\n"
        "    layers: [!Ref SharedLambdaLayer]}\n"
        "  g: {image: 'x:y'}\n",
    )
    (function,) = project.functions
    assert function.code.package_type is PackageType.ZIP
    assert [layer.path for layer in function.layers] == [str(tmp_path / "layer")]
    assert "container image" in project.notices[-1].text


def test_the_settings_of_esbuild_are_the_services(tmp_path: Path) -> None:
    (tmp_path / "say.ts").write_text(
        'import sharp from "sharp"; export const handler = () => [sharp, WORD];', encoding="utf-8"
    )
    text = (
        "service: chat\ncustom: {esbuild: {exclude: [sharp], define: {WORD: '\"spoken\"'}}}\n"
        "functions: {f: {handler: say.handler, runtime: nodejs20.x}}"
    )
    (tmp_path / "serverless.yml").write_text(text, encoding="utf-8")
    project = load(tmp_path, options=LoadOptions(cache=cache_folder()))
    made = (Path(project.functions[0].code.path) / "say.js").read_text(encoding="utf-8")
    assert 'require("sharp")' in made
    assert "spoken" in made


def test_settings_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    project = load_service(
        tmp_path,
        "custom: {esbuild: '${self:custom.nothing}'}\nfunctions: {f: {handler: app.handler}}",
    )
    assert len(project.functions) == 1
