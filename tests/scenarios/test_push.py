"""`@connections` from functions: every way in which code in the wild names the endpoint."""

from pathlib import Path

import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.projects import API_ID, Source, node, write_project
from scenarios.running import ask

HOST = f"{API_ID}.execute-api.us-east-1.amazonaws.com"
ENDPOINTS = {
    "the event": "https://{domain}/{stage}",
    "the event, with a slash": "https://{domain}/{stage}/",
    "the API's id": "https://{api}.execute-api.us-east-1.amazonaws.com/{stage}",
    "a literal": f"https://{HOST}/dev",
    "a literal of another account": "https://6abcdefghi.execute-api.us-east-1.amazonaws.com/dev",
    "the template": "{variable}",
}
PYTHON = """
import json, os
import boto3

ENDPOINT = {endpoint!r}

def handler(event, context):
    request = event["requestContext"]
    if request["eventType"] != "MESSAGE":
        return {{"statusCode": 200}}
    endpoint = ENDPOINT.format(
        domain=request["domainName"], stage=request["stage"], api=request["apiId"],
        variable=os.environ["ENDPOINT"],
    )
    client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
    data = json.dumps("from python").encode()
    client.post_to_connection(ConnectionId=request["connectionId"], Data=data)
    return {{"statusCode": 200}}
"""
PREPARE_NODE = """
exports.handler = async (event) => {
    const request = event.requestContext;
    if (request.eventType !== "MESSAGE") return { statusCode: 200 };
    const values = { domain: request.domainName, stage: request.stage, api: request.apiId,
                     variable: process.env.ENDPOINT };
    const endpoint = ENDPOINT.replace(/{(\\w+)}/g, (_, name) => values[name]);
    await post(endpoint, request.connectionId);
    return { statusCode: 200 };
};
"""
NODE_V3 = """
const { ApiGatewayManagementApiClient, PostToConnectionCommand }
    = require("@aws-sdk/client-apigatewaymanagementapi");
const post = (endpoint, id) => new ApiGatewayManagementApiClient({ endpoint })
    .send(new PostToConnectionCommand({ ConnectionId: id, Data: "from node, v3" }));
"""
NODE_V2 = """
const AWS = require("aws-sdk");
const post = (endpoint, id) => new AWS.ApiGatewayManagementApi({ endpoint })
    .postToConnection({ ConnectionId: id, Data: "from node, v2" }).promise();
"""
NODE_ESM = """
import { ApiGatewayManagementApiClient, PostToConnectionCommand }
    from "@aws-sdk/client-apigatewaymanagementapi";

export const handler = async (event) => {
    const request = event.requestContext;
    const client = new ApiGatewayManagementApiClient(
        { endpoint: `https://${request.domainName}/${request.stage}` });
    if (request.eventType === "MESSAGE") await client.send(new PostToConnectionCommand(
        { ConnectionId: request.connectionId, Data: "from an ES module" }));
    return { statusCode: 200 };
};
"""
VARIABLE = {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/dev"}
ROUTES = {"$connect": "Push", "$default": "Push", "$disconnect": "Push"}


async def first_answer(tmp_path: Path, routekey_run: RoutekeyRun, source: Source) -> str:
    project = write_project(tmp_path / "project", {"Push": source}, ROUTES)
    running = await routekey_run(project, "--region", "us-east-1")
    async with running.connect() as client:
        return await ask(client, "hello")


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS.keys())
async def test_boto3_reaches_the_gateway(
    tmp_path: Path, routekey_run: RoutekeyRun, endpoint: str
) -> None:
    source = Source(text=PYTHON.format(endpoint=endpoint), environment={"ENDPOINT": VARIABLE})
    assert await first_answer(tmp_path, routekey_run, source) == '"from python"'


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS.keys())
async def test_the_sdk_for_javascript_v3_reaches_the_gateway(
    tmp_path: Path, routekey_run: RoutekeyRun, endpoint: str
) -> None:
    text = f"const ENDPOINT = {endpoint!r};\n{NODE_V3}{PREPARE_NODE}"
    source = node(text, environment={"ENDPOINT": VARIABLE})
    assert await first_answer(tmp_path, routekey_run, source) == "from node, v3"


@pytest.mark.parametrize(
    "endpoint", [*ENDPOINTS.values(), "{domain}/{stage}"], ids=[*ENDPOINTS.keys(), "no scheme"]
)
async def test_the_sdk_for_javascript_v2_reaches_the_gateway(
    tmp_path: Path, routekey_run: RoutekeyRun, endpoint: str
) -> None:
    """It takes an endpoint without a scheme too, and ignores `AWS_ENDPOINT_URL`."""
    text = f"const ENDPOINT = {endpoint!r};\n{NODE_V2}{PREPARE_NODE}"
    source = node(text, runtime="nodejs16.x", environment={"ENDPOINT": VARIABLE})
    assert await first_answer(tmp_path, routekey_run, source) == "from node, v2"


async def test_an_es_module_finds_the_sdk(tmp_path: Path, routekey_run: RoutekeyRun) -> None:
    source = node(NODE_ESM, file="index.mjs")
    assert await first_answer(tmp_path, routekey_run, source) == "from an ES module"
