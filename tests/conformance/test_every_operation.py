"""Each operation that makes something, held against AWS's service model: generated, not written.

For each member of a request: with a value it is accepted and read back; without it, where it is
required, and out of its bounds, it is refused with 400 and nothing is made.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest
from botocore.model import Shape, StringShape, StructureShape

from endpoints.control_plane.laboratory import FUNCTION_URI, Client, Laboratory, told

ROLE: Final = "arn:aws:iam::123456789012:role/caller"
Make = Callable[[Client], Awaitable[dict[str, Any]]]

NOT_FOR_WEBSOCKET: Final = {
    "CreateApi": {"CorsConfiguration", "CredentialsArn", "RouteKey", "Target"},
    "CreateAuthorizer": {
        "AuthorizerPayloadFormatVersion",
        "AuthorizerResultTtlInSeconds",
        "EnableSimpleResponses",
        "JwtConfiguration",
    },
    "CreateDomainName": {"MutualTlsAuthentication"},
}
"""Members that AWS refuses for WebSocket APIs, whatever they say."""

ONLY_WRITTEN: Final = {"DisableSchemaValidation"}
"""CP-RESP-02."""

OPTIONAL: Final = {"IdentitySource"}
"""Required by the model, and not by AWS (CP-AUTHZ-02)."""

UNBOUNDED: Final = {"IntegrationUri"}
"""May be empty, whatever the model says (CP-INT-05)."""

VALUES: Final[dict[str, Any]] = {
    "AccessLogSettings": {"DestinationArn": "arn:aws:logs:x", "Format": "$context.requestId"},
    "ApiKeySelectionExpression": "$context.authorizer.usageIdentifierKey",
    "AuthorizationType": "CUSTOM",
    "AuthorizerCredentialsArn": ROLE,
    "AuthorizerType": "REQUEST",
    "AuthorizerUri": FUNCTION_URI,
    "AutoDeploy": False,
    "CredentialsArn": ROLE,
    "DomainName": "chat.example.com",
    "DomainNameConfigurations": [{"CertificateName": "mine", "SecurityPolicy": "TLS_1_2"}],
    "IdentitySource": ["route.request.header.Auth"],
    "IdentityValidationExpression": "[a-z]+",
    "IntegrationMethod": "PUT",
    "IntegrationResponseKey": r"/2\d\d/",
    "IntegrationType": "HTTP",
    "IntegrationUri": "https://example.com/",
    "ModelSelectionExpression": "$request.body.kind",
    "Name": "chat",
    "ProtocolType": "WEBSOCKET",
    "RequestParameters": {"integration.request.header.X": "'1'"},
    "RouteKey": "$connect",
    "RouteResponseKey": "$default",
    "RouteResponseSelectionExpression": "$default",
    "RouteSelectionExpression": "$request.body.action",
    "RouteSettings": {"$connect": {"ThrottlingBurstLimit": 7, "LoggingLevel": "INFO"}},
    "Schema": '{"type": "object"}',
    "StageName": "dev",
    "StageVariables": {"table": "messages"},
    "TemplateSelectionExpression": "${request.body.kind}",
}
"""Values that mean something; all others are made from their shapes."""


class Bench:
    """A control plane with one of everything, to make further things of."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.client = laboratory.client()
        self.places: dict[str, Any] = {}

    async def furnish(self, laboratory: Laboratory) -> None:
        client = self.client
        patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": ROLE}
        await laboratory.client("apigateway").update_account(patchOperations=[patch])
        api = await client.create_api(
            Name="chat",
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression="$request.body.action",
        )
        here = {"ApiId": api["ApiId"]}
        integration = await client.create_integration(**here, IntegrationType="MOCK")
        route = await client.create_route(**here, RouteKey="join")
        authorizer = await client.create_authorizer(
            **here,
            AuthorizerType="REQUEST",
            AuthorizerUri=FUNCTION_URI,
            IdentitySource=[],
            Name="door",
        )
        deployment = await client.create_deployment(**here)
        await client.create_stage(**here, StageName="test")
        await client.create_domain_name(DomainName="mapped.example.com")
        self.places = {
            "ApiId": api["ApiId"],
            "AuthorizerId": authorizer["AuthorizerId"],
            "DeploymentId": deployment["DeploymentId"],
            "IntegrationId": integration["IntegrationId"],
            "RouteId": route["RouteId"],
            "Target": f"integrations/{integration['IntegrationId']}",
        }

    def shape(self, operation: str) -> StructureShape:
        shape = self.client.inner.meta.service_model.operation_model(operation).input_shape
        assert isinstance(shape, StructureShape)
        return shape

    def request(self, operation: str) -> dict[str, Any]:
        """Make a request with every member that WebSocket APIs have."""
        refused = NOT_FOR_WEBSOCKET.get(operation, set())
        members = self.shape(operation).members.items()
        request = {
            name: self.value(operation, name, member)
            for name, member in members
            if name not in refused
        }
        if operation == "CreateApiMapping":
            request |= {"DomainName": "mapped.example.com", "Stage": "test"}
        if operation == "CreateDeployment":
            request["StageName"] = "test"
        return request

    def value(self, operation: str, name: str, shape: Shape) -> Any:
        if name in self.places:
            return self.places[name]
        if operation == "CreateRoute" and name == "RequestParameters":
            return {"route.request.header.Auth": {"Required": True}}
        return VALUES.get(name) if name in VALUES else example(shape)


def example(shape: Shape) -> Any:
    """Make a value of a shape."""
    if isinstance(shape, StructureShape):
        return {name: example(member) for name, member in shape.members.items()}
    match shape.type_name:
        case "list":
            return [example(shape.member)]  # type: ignore[attr-defined]  # a ListShape
        case "map":
            return {"key": example(shape.value)}  # type: ignore[attr-defined]  # a MapShape
        case "integer":
            return shape.metadata.get("min", 7)
        case "string" if isinstance(shape, StringShape) and shape.enum:
            return shape.enum[-1]
        case simple:
            return {"boolean": True, "double": 2.5, "string": "text"}[simple]


CREATING: Final = [
    "CreateApi", "CreateApiMapping", "CreateAuthorizer", "CreateDeployment", "CreateDomainName",
    "CreateIntegration", "CreateIntegrationResponse", "CreateModel", "CreateRoute",
    "CreateRouteResponse", "CreateStage", "CreateVpcLink",
]  # fmt: skip


def method_of(operation: str) -> str:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)
    return words.removeprefix("_")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Laboratory() as laboratory:
        bench = Bench(laboratory)
        await bench.furnish(laboratory)
        yield bench


@pytest.mark.parametrize("operation", CREATING)
async def test_every_member_is_accepted_and_read_back_equal(bench: Bench, operation: str) -> None:
    request = bench.request(operation)
    made = told(await getattr(bench.client, method_of(operation))(**request))
    output = bench.client.inner.meta.service_model.operation_model(operation).output_shape
    for name, value in request.items():
        if name in output.members and name not in ONLY_WRITTEN:
            assert_told(made[name], value)
    reading = method_of(operation).replace("create_", "get_")
    ids = {name: value for name, value in {**request, **made}.items() if isinstance(value, str)}
    shape = bench.shape(operation.replace("Create", "Get"))
    place = {name: ids[name] for name in shape.members}
    assert told(await getattr(bench.client, reading)(**place)) == made


def assert_told(told_value: Any, given: Any) -> None:
    """Hold what is told against what was given; AWS may tell more of a structure."""
    if isinstance(given, dict):
        for name, value in given.items():
            assert_told(told_value[name], value)
    elif isinstance(given, list):
        assert len(told_value) == len(given)
        for one, other in zip(told_value, given, strict=True):
            assert_told(one, other)
    else:
        assert told_value == given


@pytest.mark.parametrize("operation", CREATING)
async def test_each_required_member_is_missed(bench: Bench, operation: str) -> None:
    shape = bench.shape(operation)
    for name in shape.required_members:
        if name in OPTIONAL or shape.members[name].serialization.get("location") == "uri":
            continue
        request = bench.request(operation)
        del request[name]
        status, _, _ = await bench.client.refuse(method_of(operation), **request)
        assert status == 400, name


@pytest.mark.parametrize("operation", CREATING)
async def test_each_bound_holds(bench: Bench, operation: str) -> None:
    refused = NOT_FOR_WEBSOCKET.get(operation, set())
    for name, member in bench.shape(operation).members.items():
        for value in out_of_bounds(member):
            if name in refused or (name in UNBOUNDED and not value):
                continue
            request = {**bench.request(operation), name: value}
            status, _, _ = await bench.client.refuse(method_of(operation), **request)
            assert status == 400, (name, value)


def out_of_bounds(shape: Shape) -> list[Any]:
    """Make values that a shape does not have; API Gateway names string shapes by their bounds."""
    if isinstance(shape, StringShape) and shape.enum:
        return ["NOT_ONE_OF_THEM"]
    bounds = shape.name.rpartition("WithLengthBetween")[2].split("And")
    match shape.type_name, bounds:
        case "integer", _ if "min" in shape.metadata:
            return [shape.metadata["min"] - 1, shape.metadata["max"] + 1]
        case "string", [least, most]:
            longest = int(most.removesuffix("K")) * (1024 if most.endswith("K") else 1)
            return ["x" * (longest + 1), *([""] if int(least) else [])]
        case _:
            return []


@pytest.mark.parametrize(
    ("operation", "name"),
    [(operation, name) for operation, names in NOT_FOR_WEBSOCKET.items() for name in sorted(names)],
)
async def test_members_of_http_apis_are_refused(bench: Bench, operation: str, name: str) -> None:
    shape = bench.shape(operation).members[name]
    request = {**bench.request(operation), name: example(shape)}
    status, code, _ = await bench.client.refuse(method_of(operation), **request)
    assert (status, code) == (400, "BadRequestException")
