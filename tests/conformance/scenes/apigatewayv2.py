"""What `apigatewayv2` asks for beyond its model, where it is about WebSocket APIs."""

from hypothesis import strategies as st

from conformance.scene import Maker, Pages, Scene
from conformance.scenes.words import FUNCTION_URI, IDENTIFIERS, NAMES, ROLES, TAGS, WORDS
from routekey.endpoints.control_plane import _V2
from routekey.testing.apis import REGION

BODY_EXPRESSIONS = WORDS.map("$request.body.{}".format)
TEMPLATE_EXPRESSIONS = WORDS.map("${{request.body.{}}}".format)
TEMPLATES = st.dictionaries(WORDS, WORDS.map('{{"kind": "{}"}}'.format), min_size=1, max_size=2)
DEPLOYED = (frozenset({"DeploymentId"}), frozenset({"AutoDeploy"}))
HTTP_ONLY = "of HTTP APIs"
SET_BY_SERVICE = "the service says it (CP-DOM-02)"
TAKEN_AWAY = "an empty text takes it away (CP-AUTHZ-09)"

APIGATEWAYV2 = Scene(
    service="apigatewayv2",
    operations=sorted(_V2),
    refusal=(400, "BadRequestException"),
    missing="is required",  # CP-ROUTE-03
    unknown=(404, "NotFoundException"),
    pages=Pages(
        token="NextToken",
        next_token="NextToken",
        limit="MaxResults",
        number=str,
        broken=({"MaxResults": "0"}, {"MaxResults": "-1"}, {"MaxResults": "x"}, {"NextToken": "?"}),
    ),
    makers={
        "ApiId": Maker(operation="CreateApi", member="ApiId"),
        "ApiMappingId": Maker(operation="CreateApiMapping", member="ApiMappingId"),
        "AuthorizerId": Maker(operation="CreateAuthorizer", member="AuthorizerId"),
        "DeploymentId": Maker(operation="CreateDeployment", member="DeploymentId"),
        "DomainName": Maker(operation="CreateDomainName", member="DomainName"),
        "IntegrationId": Maker(operation="CreateIntegration", member="IntegrationId"),
        "IntegrationResponseId": Maker(
            operation="CreateIntegrationResponse", member="IntegrationResponseId"
        ),
        "ModelId": Maker(operation="CreateModel", member="ModelId"),
        "RouteId": Maker(operation="CreateRoute", member="RouteId"),
        "RouteResponseId": Maker(operation="CreateRouteResponse", member="RouteResponseId"),
        "Stage": Maker(operation="CreateStage", member="StageName"),
        "StageName": Maker(operation="CreateStage", member="StageName"),
        "VpcLinkId": Maker(operation="CreateVpcLink", member="VpcLinkId"),
    },
    wanted={
        "CreateApi": ("RouteSelectionExpression",),
        "CreateAuthorizer": ("AuthorizerUri",),
        "CreateIntegration": ("IntegrationMethod",),
    },
    values={
        "AccessLogSettings.DestinationArn": WORDS.map(
            f"arn:aws:logs:{REGION}:123456789012:log-group:{{}}".format
        ),
        "AccessLogSettings.Format": WORDS.map("{} $context.requestId".format),
        "ApiKeySelectionExpression": st.sampled_from(
            ["$request.header.x-api-key", "$context.authorizer.usageIdentifierKey"]
        ),
        "ApiMappingKey": NAMES,
        "AuthorizationType": st.just("CUSTOM"),
        "CreateRoute.AuthorizationType": lambda walk: (
            "NONE" if walk.asked["CreateRoute"] else "CUSTOM"
        ),
        "AuthorizerCredentialsArn": ROLES,
        "AuthorizerType": st.just("REQUEST"),
        "AuthorizerUri": st.just(FUNCTION_URI),
        "CreateAuthorizer.Name": NAMES,
        "UpdateAuthorizer.Name": NAMES,
        "CreateModel.Name": NAMES,
        "UpdateModel.Name": NAMES,
        "CredentialsArn": ROLES,
        "CreateDomainName.DomainName": NAMES.map("{}.example.com".format),
        "EndpointType": st.just("REGIONAL"),
        "IdentitySource": st.lists(WORDS.map("route.request.header.{}".format), min_size=1),
        "IdentityValidationExpression": st.just("[a-z]+"),
        "IntegrationMethod": st.sampled_from(["GET", "POST", "PUT"]),
        "IntegrationResponseKey": NAMES.map("/{}/".format),
        "CreateIntegration.IntegrationType": st.just("HTTP"),
        "UpdateIntegration.IntegrationType": st.just("HTTP_PROXY"),
        "IntegrationUri": WORDS.map("https://example.com/{}".format),
        "ModelSelectionExpression": BODY_EXPRESSIONS,
        "ProtocolType": st.just("WEBSOCKET"),
        "RequestTemplates": TEMPLATES,
        "ResponseTemplates": TEMPLATES,
        "RouteKey": lambda walk: NAMES if walk.asked["CreateRoute"] else "$connect",
        "UpdateRoute.RouteKey": st.just("$connect"),
        "RouteResponseKey": st.just("$default"),
        "RouteResponseSelectionExpression": st.just("$default"),
        "RouteSelectionExpression": BODY_EXPRESSIONS,
        "RouteSettings.key": st.sampled_from(["$connect", "$default", "$disconnect"]),
        "Schema": WORDS.map('{{"title": "{}"}}'.format),
        "CreateStage.StageName": NAMES,
        "StageVariables.key": IDENTIFIERS,
        "StageVariables.value": WORDS,
        "Tags": TAGS,
        "Target": lambda walk: f"integrations/{walk.place('IntegrationId')}",
        "TemplateSelectionExpression": TEMPLATE_EXPRESSIONS,
        "TimeoutInMillis": st.integers(50, 29_000),
        "MaxResults": st.integers(1, 500).map(str),
        "NextToken": st.just("MA=="),  # so ours look; the walk through pages has real ones
        "ResourceArn": lambda walk: f"arn:aws:apigateway:{REGION}::/apis/{walk.place('ApiId')}",
        "DeleteRouteRequestParameter.RequestParameterKey": lambda walk: next(
            iter(walk.give("UpdateRoute", "RequestParameters"))
        ),
        "DeleteRouteSettings.RouteKey": lambda walk: next(
            iter(walk.give("UpdateStage", "RouteSettings"))
        ),
        "CreateRoute.RequestParameters.key": WORDS.map("route.request.header.{}".format),
        "UpdateRoute.RequestParameters.key": WORDS.map("route.request.querystring.{}".format),
        "CreateIntegration.RequestParameters.key": WORDS.map(
            "integration.request.header.{}".format
        ),
        "CreateIntegration.RequestParameters.value": WORDS.map("'{}'".format),
        "UpdateIntegration.RequestParameters.key": WORDS.map(
            "integration.request.querystring.{}".format
        ),
        "UpdateIntegration.RequestParameters.value": WORDS.map("'{}'".format),
    },
    needs={"CreateDeployment": ("RouteId",)},
    variants={"CreateStage": DEPLOYED, "UpdateStage": DEPLOYED},
    readings={
        "CreateDeployment": ("GetDeployment", "GetDeployments", "GetStage"),
        "TagResource": ("GetTags",),
    },
    short={"GetRouteResponses": "CP-ROUTE-09"},
    statuses={"UpdateRoute": 201},  # CP-PROTO-02
    refused={
        "CreateApi.CredentialsArn": HTTP_ONLY,
        "UpdateApi.CredentialsArn": HTTP_ONLY,
        "CreateApi.RouteKey": HTTP_ONLY,
        "UpdateApi.RouteKey": HTTP_ONLY,
        "CreateApi.Target": HTTP_ONLY,
        "UpdateApi.Target": HTTP_ONLY,
        "CorsConfiguration": HTTP_ONLY,
        "AuthorizerPayloadFormatVersion": "CP-AUTHZ-04",
        "AuthorizerResultTtlInSeconds": "CP-AUTHZ-04",
        "EnableSimpleResponses": "CP-AUTHZ-04",
        "JwtConfiguration": "CP-AUTHZ-04",
        "MutualTlsAuthentication": "CP-DOM-06",
    },
    untold={
        "DisableSchemaValidation": "CP-RESP-02",
        "ApiGatewayDomainName": SET_BY_SERVICE,
        "DomainNameStatus": SET_BY_SERVICE,
        "DomainNameStatusMessage": SET_BY_SERVICE,
        "HostedZoneId": SET_BY_SERVICE,
    },
    unbounded={
        "CreateAuthorizer.IdentitySource": "CP-AUTHZ-02: it may be missing",
        "IntegrationUri": "CP-INT-05: it may be empty",
        "Tags.value": "CP-TAG-01: AWS takes tags without a value",
        "UpdateApi.Version": TAKEN_AWAY,
        "UpdateIntegration.ConnectionId": TAKEN_AWAY,
        "UpdateIntegration.IntegrationSubtype": TAKEN_AWAY,
        "CreateIntegration.RequestParameters.value": "refused in other words than by its length",
        "UpdateIntegration.RequestParameters.value": TAKEN_AWAY,
        "UpdateModel.ContentType": TAKEN_AWAY,
        "UpdateRoute.OperationName": TAKEN_AWAY,
        "UpdateRoute.Target": TAKEN_AWAY,
    },
    texts={
        "AuthorizerType": "Invalid authorizer type. Only REQUEST authorizer type is supported",
        "ProtocolType": "Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]",
    },
)
