"""API keys, usage plans and a custom domain, as a template describes them."""

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import ask, connect

WHO = Source(
    text="""
import json

def handler(event, context):
    request = event["requestContext"]
    told = {**request["identity"], "domainName": request["domainName"]}
    return {"statusCode": 200, "body": json.dumps(told)}
"""
)
KEY = "value-of-gold-which-is-long"
RESOURCES: dict[str, Any] = {
    "Key": {
        "Type": "AWS::ApiGateway::ApiKey",
        "Properties": {"Name": "gold", "Enabled": True, "Value": KEY},
    },
    "Plan": {
        "Type": "AWS::ApiGateway::UsagePlan",
        "Properties": {
            "UsagePlanName": "plan",
            "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": "dev"}],
            "Quota": {"Limit": 4, "Period": "MONTH"},
        },
    },
    "PlanKey": {
        "Type": "AWS::ApiGateway::UsagePlanKey",
        "Properties": {
            "KeyId": {"Ref": "Key"},
            "KeyType": "API_KEY",
            "UsagePlanId": {"Ref": "Plan"},
        },
    },
    "Domain": {
        "Type": "AWS::ApiGatewayV2::DomainName",
        "Properties": {"DomainName": "ws.example.com"},
    },
    "Mapping": {
        "Type": "AWS::ApiGatewayV2::ApiMapping",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "Stage": "dev",
            "DomainName": {"Ref": "Domain"},
            "ApiMappingKey": "chat",
        },
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = write_project(
        tmp_path / "project",
        {"Who": WHO},
        {"$connect": "Who", "$default": "Who"},
        two_way=("$default",),
    )
    (file,) = project.glob("template.*")
    template = json.loads(file.read_text())
    template["Resources"] |= RESOURCES
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGatewayV2::Route":
            resource["Properties"]["ApiKeyRequired"] = True
    file.write_text(json.dumps(template))
    return project


@pytest.mark.rule("SEC-KEY-01", "SEC-KEY-02", "SEC-KEY-05", "DP-URL-05", "DP-EVT-11")
async def test_a_template_s_keys_plans_and_domains_hold(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    running = await routekey_run(project)
    with pytest.raises(InvalidStatus) as refused:
        await connect(running.url)
    assert refused.value.response.status_code == 403
    shown: dict[str, Any] = {"additional_headers": {"x-api-key": KEY}}
    async with running.connect(**shown) as client:
        told = json.loads(await ask(client, "who am I"))
        assert told["apiKey"] == KEY
        assert told["apiKeyId"]
    host, _, port = running.addresses["gateway"].removeprefix("http://").partition(":")
    mapped = connect("ws://ws.example.com/chat", host=host, port=int(port), **shown)
    async with mapped as client:
        assert json.loads(await ask(client, "who am I"))["domainName"] == "ws.example.com"
    with pytest.raises(InvalidStatus) as exceeded:
        await connect(running.url, **shown)
    assert exceeded.value.response.status_code == 429
    assert KEY not in running.output
