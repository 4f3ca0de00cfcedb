"""Plans and states, as `terraform show -json` prints them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.languages.iam import AccessRequest, Decision, evaluate
from routekey.projects import LoadOptions, load
from routekey.projects.document import Value
from routekey.projects.terraform.plan import is_plan
from routekey.resources.function import PackageType
from routekey.resources.project import Project

API = "aws_apigatewayv2_api.chat"
ACCOUNT = "210987654321"


def resource(
    address: str, values: Mapping[str, Value], *, module: str = "", mode: str = "managed"
) -> dict[str, Value]:
    type_, _, name = address.removeprefix("data.").partition(".")
    return {
        "address": f"{module}{address}",
        "mode": mode,
        "type": type_,
        "name": name.partition("[")[0],
        "values": dict(values),
    }


def refer(*references: str) -> dict[str, Value]:
    return {"references": list(references)}


RESOURCES: dict[str, tuple[dict[str, Value], dict[str, Value]]] = {
    API: (
        {
            "name": "chat",
            "protocol_type": "WEBSOCKET",
            "route_selection_expression": "$request.body.action",
            "description": "",
        },
        {},
    ),
    "aws_apigatewayv2_stage.dev": ({"name": "dev"}, {"api_id": refer(f"{API}.id", API)}),
    "aws_apigatewayv2_integration.say": (
        {"integration_type": "AWS_PROXY", "credentials_arn": None},
        {
            "api_id": refer(f"{API}.id", API),
            "integration_uri": refer("aws_lambda_function.say.invoke_arn"),
        },
    ),
    "aws_apigatewayv2_route.say": (
        {"route_key": "$default", "authorizer_id": ""},
        {
            "api_id": refer(f"{API}.id", API),
            "target": refer("aws_apigatewayv2_integration.say.id"),
        },
    ),
    "aws_lambda_function.say": (
        {
            "function_name": "say",
            "handler": "app.handler",
            "runtime": "python3.12",
            "filename": "./code.zip",
            "environment": [{"variables": {"KNOWN": "yes"}}],
        },
        {
            "role": refer("aws_iam_role.say.arn", "aws_iam_role.say"),
            "environment": [
                {
                    "variables": refer(
                        "aws_sqs_queue.jobs.url", "aws_iam_role.say.arn", "local.unknown"
                    )
                }
            ],
        },
    ),
    "aws_lambda_permission.say": (
        {"action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com"},
        {
            "function_name": refer("aws_lambda_function.say.function_name"),
            "source_arn": refer(f"{API}.execution_arn", API),
        },
    ),
    "aws_sqs_queue.jobs": ({"name": "jobs"}, {}),
    "aws_iam_role.say": ({"name": "say"}, {}),
    "aws_iam_role_policy.say": (
        {"name": "say"},
        {"role": refer("aws_iam_role.say.id"), "policy": refer(f"{API}.execution_arn")},
    ),
}


def plan_of(
    resources: Mapping[str, tuple[dict[str, Value], dict[str, Value]]],
) -> dict[str, Value]:
    archive = {"source_dir": "./src", "output_path": "./code.zip", "type": "zip"}
    unknown: dict[str, Value] = {"environment": [{"variables": {"QUEUE_URL": True, "ROLE": True}}]}
    return {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {
                "resources": [resource(name, each[0]) for name, each in resources.items()]
            }
        },
        "resource_changes": [
            {"address": "aws_lambda_function.say", "change": {"after_unknown": unknown}}
        ],
        "prior_state": {
            "values": {
                "root_module": {
                    "resources": [resource("data.archive_file.code", archive, mode="data")]
                }
            }
        },
        "variables": {"region": {"value": "eu-central-1"}},
        "configuration": {
            "provider_config": {"aws": {"expressions": {"region": refer("var.region")}}},
            "root_module": {
                "resources": [
                    {"address": name, "expressions": each[1]} for name, each in resources.items()
                ]
            },
        },
    }


def load_json(folder: Path, value: Value, options: LoadOptions | None = None) -> Project:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "app.py").write_text("def handler(event, context): pass", encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps(value), encoding="utf-8")
    return load(folder, options=options or LoadOptions())


@pytest.mark.rule("CP-TF-01", "CP-TF-02", "CP-TF-06")
def test_a_plan_of_something_new_is_served(tmp_path: Path) -> None:
    project = load_json(tmp_path, plan_of(RESOURCES))
    (api,), (function,) = project.apis, project.functions
    assert project.region == "eu-central-1"
    assert [route.route_key for route in api.routes] == ["$default"]
    (integration,) = api.integrations
    assert api.routes[0].target == f"integrations/{integration.integration_id}"
    assert integration.integration_uri is not None
    assert "function:say/invocations" in integration.integration_uri
    assert [stage.stage_name for stage in api.stages] == ["dev"]
    assert function.code.package_type is PackageType.DIRECTORY
    assert function.code.path == str(tmp_path / "src")
    assert function.role == project.roles[0].arn
    assert function.permissions[0].source_arn == (
        f"arn:aws:execute-api:eu-central-1:000000000000:{api.api_id}*"
    )


def test_what_a_plan_leaves_open_is_guessed_and_said(tmp_path: Path) -> None:
    project = load_json(tmp_path, plan_of(RESOURCES))
    url = "https://sqs.eu-central-1.amazonaws.com/000000000000/jobs"
    assert project.functions[0].environment == {
        "KNOWN": "yes",
        "QUEUE_URL": url,
        "ROLE": project.roles[0].arn,
    }
    request = AccessRequest(action="execute-api:ManageConnections", resource="arn:x")
    assert evaluate(project.roles[0].policies, request) is Decision.ALLOWED
    said = "\n".join(notice.text for notice in project.notices)
    assert f"QUEUE_URL is taken to be {url}" in said
    assert "everything is allowed" in said


def test_a_key_of_a_plan_is_its_user_s_and_its_secret_is_not_said(tmp_path: Path) -> None:
    user, key, function = "aws_iam_user.ann", "aws_iam_access_key.role", "aws_lambda_function.say"
    values, expressions = RESOURCES[function]
    variables: Value = [{"variables": refer(f"{key}.secret", "aws_sqs_queue.jobs.url")}]
    resources: dict[str, tuple[dict[str, Value], dict[str, Value]]] = {
        **RESOURCES,
        user: ({"name": "ann"}, {}),
        key: ({"status": "Active"}, {"user": refer(f"{user}.name", user)}),
        function: (values, {**expressions, "environment": variables}),
    }
    project = load_json(tmp_path, plan_of(resources))
    (secret,) = project.users[0].access_keys.values()
    assert project.functions[0].environment["ROLE"] == secret
    said = "\n".join(notice.text for notice in project.notices)
    assert f"the variable ROLE is taken to be ({key}.secret)" in said
    assert str(secret) not in said


def test_a_key_of_a_state_is_the_one_that_aws_gave(tmp_path: Path) -> None:
    given = {"id": "AKIAIOSFODNN7EXAMPLE", "secret": "shhh", "user": "ann", "status": "Active"}
    resources: list[Value] = [
        resource("aws_iam_user.ann", {"name": "ann"}),
        resource("aws_iam_access_key.k", given),
    ]
    state: Value = {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}
    project = load_json(tmp_path, state)
    assert project.users[0].access_keys == {"AKIAIOSFODNN7EXAMPLE": "shhh"}


def test_where_nothing_may_be_guessed_a_policy_has_to_be_known(tmp_path: Path) -> None:
    load_json(tmp_path, plan_of(RESOURCES))
    with pytest.raises(ProjectError, match="its policy is known after `apply` only"):
        load(tmp_path, options=LoadOptions(is_guessing=False))


def test_blocks_take_what_their_references_lead_to(tmp_path: Path) -> None:
    group = "aws_cloudwatch_log_group.log"
    stage = RESOURCES["aws_apigatewayv2_stage.dev"]
    settings: Value = [{"destination_arn": refer(f"{group}.arn", group), "format": {}}]
    resources: dict[str, tuple[dict[str, Value], dict[str, Value]]] = {
        API: RESOURCES[API],
        group: ({"name": "chat"}, {}),
        "aws_apigatewayv2_stage.dev": (
            {**stage[0], "access_log_settings": [{"format": "$context.requestId"}]},
            {**stage[1], "access_log_settings": settings, "deployment_id": refer("local.x")},
        ),
    }
    (stage_made,) = load_json(tmp_path, plan_of(resources)).apis[0].stages
    assert stage_made.access_log_settings is not None
    arn = "arn:aws:logs:eu-central-1:000000000000:log-group:chat"
    assert stage_made.access_log_settings.destination_arn == arn
    assert stage_made.access_log_settings.format == "$context.requestId"


def test_references_lead_through_modules(tmp_path: Path) -> None:
    plan = plan_of({API: RESOURCES[API]})
    inner = resource("aws_apigatewayv2_stage.s[0]", {"name": "prod"}, module="module.stages[0].")
    topic = resource("aws_sns_topic.t", {"name": "t"}, module="module.stages[0].")
    role = resource("aws_iam_role_policy.p", {"name": "p", "policy": "{}"})
    root: Value = {
        "resources": [resource(API, RESOURCES[API][0]), role],
        "child_modules": [{"address": "module.stages[0]", "resources": [inner, topic]}],
    }
    call: Value = {
        "expressions": {"api": refer(f"{API}.id", API), "fixed": {"constant_value": "x"}},
        "module": {
            "resources": [
                {"address": "aws_apigatewayv2_stage.s", "expressions": {"api_id": refer("var.api")}}
            ],
            "outputs": {"topic": {"expression": refer("aws_sns_topic.t.name")}},
        },
    }
    configuration: Value = {
        "resources": [
            {
                "address": "aws_iam_role_policy.p",
                "expressions": {"role": refer("module.stages[0].topic", "each.key")},
            }
        ],
        "module_calls": {"stages": call},
    }
    plan["planned_values"] = {"root_module": root}
    plan["configuration"] = {"root_module": configuration}
    project = load_json(tmp_path, plan)
    assert [stage.stage_name for stage in project.apis[0].stages] == ["prod"]
    assert project.region == "us-east-1"


def test_a_state_keeps_its_region_and_gets_our_account_and_ids(tmp_path: Path) -> None:
    """Whatever ids AWS gave: the gateway's own stand in all places."""
    arn = f"arn:aws:lambda:eu-west-2:{ACCOUNT}:function:say"
    state: dict[str, Value] = {
        "format_version": "1.0",
        "values": {
            "root_module": {
                "resources": [
                    resource(API, {**RESOURCES[API][0], "id": "abcdefghij"}),
                    resource(
                        "aws_apigatewayv2_stage.prod",
                        {"name": "prod", "id": "prod", "api_id": "abcdefghij"},
                    ),
                    resource(
                        "aws_apigatewayv2_integration.say",
                        {
                            "id": "1234567",
                            "api_id": "abcdefghij",
                            "integration_type": "AWS_PROXY",
                            "integration_uri": "arn:aws:apigateway:eu-west-2:lambda:path/2015-03-31"
                            f"/functions/{arn}/invocations",
                        },
                    ),
                    resource(
                        "aws_apigatewayv2_route.say",
                        {
                            "id": "7654321",
                            "api_id": "abcdefghij",
                            "route_key": "$default",
                            "target": "integrations/1234567",
                        },
                    ),
                ]
            }
        },
    }
    project = load_json(tmp_path, state)
    (api,) = project.apis
    assert project.region == "eu-west-2"
    assert api.api_id != "abcdefghij"
    assert api.routes[0].target == f"integrations/{api.integrations[0].integration_id}"
    assert ACCOUNT not in str(api.integrations)


@pytest.mark.parametrize(
    "value",
    [
        {"format_version": "1.0", "values": 3},
        {"format_version": "1.0", "planned_values": {"root_module": {"resources": [3, {}]}}},
        {"format_version": "1.0", "planned_values": {}, "configuration": [], "variables": 3},
    ],
)
def test_a_plan_with_nothing_in_it_has_no_api(tmp_path: Path, value: Value) -> None:
    assert load_json(tmp_path, value).apis == ()


def test_other_json_is_no_plan() -> None:
    assert not is_plan([])
    assert not is_plan({"planned_values": {}})
    assert not is_plan({"format_version": "1.0"})
