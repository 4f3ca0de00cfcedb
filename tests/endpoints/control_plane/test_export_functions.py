"""Functions and identities as a CloudFormation template: exported, and loaded again."""

import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import ECHO, minimum, open_laboratory, pack
from endpoints.control_plane.laboratory import Laboratory, ask, serve_iam
from routekey.endpoints.control_plane.export import create_export
from routekey.projects import LoadOptions, load
from routekey.resources.function import PackageType
from routekey.resources.project import Project
from routekey.testing.apis import ACCOUNT_ID, REGION

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/team/runner"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:jobs"
STREAM = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/notes/stream/2026"
PATTERN = '{"body": ["a"]}'
SOURCE = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:abcdefghij/*"
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
ALLOW = {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*"}


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    def more(self: Laboratory) -> list[Any]:
        return [*serve_iam(self), *create_export(self.plane, self.door, ACCOUNT_ID)]

    async with open_laboratory(tmp_path, more) as laboratory:
        yield laboratory


def unpack(path: str) -> str:
    with zipfile.ZipFile(path) as package:
        return package.read("app.py").decode()


async def make_everything(laboratory: Laboratory) -> None:
    iam, functions = laboratory.client("iam"), laboratory.client("lambda")
    await iam.create_role(
        RoleName="runner", Path="/team/", AssumeRolePolicyDocument=policy(STATEMENT)
    )
    await iam.put_role_policy(RoleName="runner", PolicyName="push", PolicyDocument=policy(ALLOW))
    await iam.create_user(UserName="ada", Tags=[{"Key": "a", "Value": "b"}])
    layer = await functions.publish_layer_version(
        LayerName="lib", Content={"ZipFile": pack("LIB = 1\n")}
    )
    await functions.create_function(
        **minimum(
            FunctionName="e-cho",
            Role=ROLE,
            Environment={"Variables": {"MODE": "1"}},
            Layers=[layer["LayerVersionArn"]],
            Timeout=9,
        )
    )
    here = {"FunctionName": "e-cho"}
    await functions.create_alias(**here, Name="live", FunctionVersion="$LATEST")
    permission = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    await functions.add_permission(**here, **permission, StatementId="one", SourceArn=SOURCE)
    await functions.add_permission(**here, **permission, StatementId="two", Qualifier="live")
    await functions.create_event_source_mapping(
        EventSourceArn=QUEUE,
        FunctionName="e-cho",
        BatchSize=3,
        FilterCriteria={"Filters": [{"Pattern": PATTERN}]},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    await functions.create_event_source_mapping(
        EventSourceArn=STREAM, FunctionName="e-cho:live", StartingPosition="LATEST"
    )


async def fetch(laboratory: Laboratory, folder: Path) -> Project:
    """Fetch the template and the code that it names, and load it, as an operator does."""
    status, _, body = await ask(laboratory, "GET", "/export")
    assert status == 200
    (folder / "code").mkdir(parents=True)
    for resource in json.loads(body)["Resources"].values():
        code = resource["Properties"].get("Code") or resource["Properties"].get("Content")
        if code is not None:
            status, _, package = await ask(laboratory, "GET", f"/export/{code}")
            assert status == 200
            (folder / code).write_bytes(package)
    (folder / "template.json").write_bytes(body)
    options = LoadOptions(region=REGION, account_id=ACCOUNT_ID)
    return load(folder / "template.json", options=options)


async def test_an_alias_of_a_version_goes_as_long_as_nothing_has_changed(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    functions, here = laboratory.client("lambda"), {"FunctionName": "e-cho"}
    await functions.create_function(**minimum(**here, Role=ROLE, Publish=True))
    await functions.update_function_configuration(**here, Timeout=9)
    await functions.publish_version(**here, Description="second")
    for name, number in (("old", "1"), ("live", "2"), ("next", "2")):
        await functions.create_alias(**here, Name=name, FunctionVersion=number)
    _, _, body = await ask(laboratory, "GET", "/export")
    resources = json.loads(body)["Resources"].values()
    (version,) = (one for one in resources if one["Type"] == "AWS::Lambda::Version")
    assert version["Properties"]["Description"] == "second"
    project = await fetch(laboratory, tmp_path / "elsewhere")
    (function,) = project.functions
    assert (function.timeout, set(function.aliases)) == (9, {"live", "next"})


@pytest.mark.rule("CP-CFN-02")
async def test_functions_and_identities_are_taken_elsewhere(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    await make_everything(laboratory)
    project = await fetch(laboratory, tmp_path / "elsewhere")
    (function,) = project.functions
    assert (function.function_name, function.role, function.timeout) == ("e-cho", ROLE, 9)
    assert function.environment == {"MODE": "1"}
    assert function.aliases == {"live": "$LATEST"}
    assert {(one.source_arn, one.qualifier) for one in function.permissions} == {
        (SOURCE, None),
        (None, "live"),
    }
    queue, stream = sorted(project.event_sources, key=lambda one: one.batch_size)
    assert (queue.event_source_arn, queue.batch_size, queue.is_partial) == (QUEUE, 3, True)
    assert queue.filter_patterns == (PATTERN,)
    assert (stream.event_source_arn, stream.starting_position) == (STREAM, "LATEST")
    assert stream.function_name.endswith(":function:e-cho:live")
    assert function.code.package_type is PackageType.ZIP
    assert unpack(function.code.path) == ECHO
    assert [unpack(code.path) for code in function.layers] == ["LIB = 1\n"]
    (role,), (user,) = project.roles, project.users
    assert (role.arn, len(role.policies)) == (ROLE, 1)
    assert user.arn == f"arn:aws:iam::{ACCOUNT_ID}:user/ada"


@pytest.mark.rule("CP-CFN-02")
async def test_what_names_an_api_names_it_elsewhere_too(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    """Its id is another one there."""
    api_id = (
        await laboratory.client().create_api(
            Name="chat",
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression="$request.body.action",
        )
    )["ApiId"]
    functions = laboratory.client("lambda")
    url = f"https://{api_id}.execute-api.{REGION}.amazonaws.com/dev?also={api_id}"
    await functions.create_function(**minimum(Environment={"Variables": {"URL": url}}))
    await functions.add_permission(
        FunctionName="echo",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{api_id}/*",
    )
    project = await fetch(laboratory, tmp_path / "elsewhere")
    (api,), (function,) = project.apis, project.functions
    assert api.api_id != api_id
    assert function.environment["URL"] == url.replace(api_id, api.api_id)
    (permission,) = function.permissions
    assert permission.source_arn is not None
    assert permission.source_arn.endswith(f":{api.api_id}/*")


async def test_only_code_of_functions_is_given_out(laboratory: Laboratory) -> None:
    status, headers, _ = await ask(laboratory, "GET", "/export/code/routekey.db")
    assert (status, headers["x-amzn-errortype"]) == (404, "NotFoundException")
    status, headers, _ = await ask(laboratory, "GET", "/export/code/x.zip", headers={})
    assert (status, headers["x-amzn-errortype"]) == (403, "MissingAuthenticationTokenException")
