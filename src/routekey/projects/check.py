"""What would fail or differ on AWS, said without starting anything.

Each check is a function over the loaded project and gives findings with file, line and remedy.
What cannot be told without running (a function's reply, a policy condition) is passed over: a
finding is worth reading only as long as it is true.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from routekey.arn import Arn, callback_arn, route_arn
from routekey.errors import InputError
from routekey.languages.iam import (
    AccessRequest,
    Decision,
    Policy,
    RequestPrincipal,
    evaluate,
    matches_arn,
)
from routekey.languages.selection import parse_expression
from routekey.projects.handler_files import read_handler
from routekey.projects.runtimes import is_retired
from routekey.quotas import (
    FUNCTION_LAYERS_MAX,
    FUNCTION_MEMORY_MB_MAX,
    FUNCTION_MEMORY_MB_MIN,
    FUNCTION_TIMEOUT_SECONDS_MAX,
    INTEGRATION_TIMEOUT_MS_MAX,
    INTEGRATION_TIMEOUT_MS_MIN,
)
from routekey.resources.api import (
    CONNECT,
    DISCONNECT,
    Api,
    AuthorizationType,
    Authorizer,
    Integration,
    IntegrationType,
    Origin,
    Route,
    Stage,
)
from routekey.resources.function import Function
from routekey.resources.function_variables import (
    RESERVED,
    VARIABLES_BYTES_MAX,
    are_too_long,
    find_malformed,
    write_variables,
)
from routekey.resources.identity import Role
from routekey.resources.integration_uri import (
    FunctionTarget,
    fill_stage_variables,
    parse_integration_uri,
)
from routekey.resources.project import Project
from routekey.resources.snapshot import compile_snapshot

_SERVICE = "apigateway.amazonaws.com"
_PERMISSION = (
    f"Add an AWS::Lambda::Permission, or an aws_lambda_permission, for {_SERVICE} "
    "with the source {}"
)
_ACTIONS = frozenset(("lambda:InvokeFunction", "lambda:*", "*"))
_NAMES = "A name has two letters, digits and _ or more, and a letter comes first"
_CALLS = ("post_to_connection", "PostToConnection", "postToConnection", "@connections")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that would fail or differ on AWS."""

    rule: str
    """The kind of finding, for machines: `route-without-integration`."""
    text: str
    """What is wrong, as a clause without a full stop."""
    remedy: str = ""
    file: str | None = None
    line: int | None = None
    resource: str | None = None


def check(project: Project) -> tuple[Finding, ...]:
    """List everything that would fail or differ on AWS."""
    return tuple(finding for each in _CHECKS for finding in each(project))


def _broken(project: Project) -> Iterator[Finding]:
    """Whatever does not compile: expressions, templates, schemas, URIs."""
    for api, stage in _stages(project):
        try:
            compile_snapshot(api, stage, region=project.region, account_id=project.account_id)
        except InputError as error:
            yield Finding(
                rule="broken",
                text=error.problem,
                remedy=error.remedy,
                file=error.file,
                line=error.line,
                resource=error.resource,
            )


def _routes_without_integration(project: Project) -> Iterator[Finding]:
    for api in project.apis:
        for route in api.routes:
            if route.integration_id is None and route.route_key not in {CONNECT, DISCONNECT}:
                yield _finding(
                    "route-without-integration",
                    f"the route {route.route_key} has no integration: every message ends in an "
                    "error (DP-INT-09)",
                    "Give it a Target",
                    route.origin,
                )


def _constant_expressions(project: Project) -> Iterator[Finding]:
    for api in project.apis:
        try:
            constant = parse_expression(api.route_selection_expression).constant
        except InputError:
            continue  # it is among the broken
        others = [key for key in _message_routes(api) if key not in {"$default", constant}]
        if constant is not None and others:
            yield _finding(
                "expression-never-matches",
                f"the route selection expression is always {constant!r}: no message reaches "
                f"{', '.join(others)}",
                "Begin it with a variable, as $request.body.action",
                api.origin,
            )


def _missing_permissions(project: Project) -> Iterator[Finding]:
    """Lambda refuses a caller that its resource policy does not name. Source: DP-INT-07."""
    for api, stage in _stages(project):
        for route, integration in _routed(api):
            if integration.credentials_arn:
                continue
            arn = route_arn(
                project.region, project.account_id, api.api_id, stage.stage_name, route.route_key
            )
            function = _function_of(project, integration.integration_uri, stage)
            if function is not None and not _lets_in(function, arn, project.region):
                yield _finding(
                    "missing-lambda-permission",
                    f"{function.function_name} does not let the route {route.route_key} call it",
                    _PERMISSION.format(arn),
                    route.origin,
                )
        yield from _missing_authorizer_permissions(project, api, stage)


def _missing_authorizer_permissions(project: Project, api: Api, stage: Stage) -> Iterator[Finding]:
    for authorizer in api.authorizers:
        if authorizer.authorizer_credentials_arn:
            continue
        arn = _authorizer_arn(project, api, authorizer)
        function = _function_of(project, authorizer.authorizer_uri, stage)
        if function is not None and not _lets_in(function, arn, project.region):
            yield _finding(
                "missing-lambda-permission",
                f"{function.function_name} does not let the authorizer {authorizer.name} call it",
                _PERMISSION.format(arn),
                authorizer.origin,
            )


def _lacking_authorizers(project: Project) -> Iterator[Finding]:
    """A CUSTOM route asks an authorizer, and no other route than `$connect` may (CP-ROUTE-05)."""
    for api in project.apis:
        for route in api.routes:
            kind = route.authorization_type
            if kind is not AuthorizationType.NONE and route.route_key != CONNECT:
                yield _finding(
                    "authorization-of-messages",
                    f"the route {route.route_key} asks for {kind} authorization, and AWS refuses "
                    "that on every route but $connect (CP-ROUTE-05)",
                    "Set its AuthorizationType to NONE",
                    route.origin,
                )
            elif kind is AuthorizationType.CUSTOM and route.authorizer_id is None:
                yield _finding(
                    "route-without-authorizer",
                    "the route $connect asks a Lambda authorizer and names none: nobody can "
                    "connect",
                    "Give it an AuthorizerId",
                    route.origin,
                )


def _untrusting_roles(project: Project) -> Iterator[Finding]:
    """A role for calls has to trust API Gateway. Source: DP-INT-07, SEC-LPOL-06."""
    users: list[tuple[str | None, str, Origin | None]] = []
    for api in project.apis:
        users += (
            (each.credentials_arn, "an integration", each.origin) for each in api.integrations
        )
        users += (
            (each.authorizer_credentials_arn, f"the authorizer {each.name}", each.origin)
            for each in api.authorizers
        )
    distrusting = {
        role.arn for role in project.roles if role.trust and not _trusts_gateway(role, role.trust)
    }
    for role_arn, user, origin in users:
        if role_arn in distrusting:
            yield _finding(
                "untrusting-role",
                f"{user} calls with the role {role_arn}, which does not let API Gateway take it",
                f"Name the service {_SERVICE} in its AssumeRolePolicyDocument",
                origin,
            )


def _foreign_functions(project: Project) -> Iterator[Finding]:
    for api, stage in _stages(project):
        for route, integration in _routed(api):
            name = _function_name(integration.integration_uri, stage)
            known = {function.function_name for function in project.functions}
            if name is not None and name not in known.union(project.functions_without_code):
                yield _finding(
                    "function-not-here",
                    f"the route {route.route_key} calls {name}, which is not in this project",
                    "",
                    integration.origin,
                )


def _missing_manage_connections(project: Project) -> Iterator[Finding]:
    """A function that posts needs `execute-api:ManageConnections`. Source: DP-MGM-05."""
    for function in project.functions:
        source = read_handler(function)
        if not any(call in source for call in _CALLS) or not project.apis:
            continue
        if not any(_may_post(project, function, api, stage) for api, stage in _stages(project)):
            yield _finding(
                "missing-manage-connections",
                f"{function.function_name} posts to connections, and its role may not",
                "Allow execute-api:ManageConnections on "
                "arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/*",
                function.origin,
            )


def _refused(project: Project) -> Iterator[Finding]:
    """What was read here although AWS would refuse it, such as a malformed policy."""
    for notice in project.notices:
        if notice.is_refused:
            yield Finding(
                rule="refused",
                text=notice.text,
                remedy="",
                file=notice.file,
                line=notice.line,
                resource=notice.resource,
            )


def _retired_runtimes(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if is_retired(function.runtime):
            yield _finding(
                "retired-runtime",
                f"{function.function_name} has the runtime {function.runtime}, with which AWS no "
                "longer creates functions",
                "Choose a newer one",
                function.origin,
            )


def _function_settings(project: Project) -> Iterator[Finding]:
    """What a function sets, and AWS refuses. Source: LAM-LIFE-04, LAM-ENV-02, -03, -06."""
    for function in project.functions:
        for problem, remedy in _refused_settings(function):
            text = f"{function.function_name} {problem}, which AWS refuses"
            yield _finding("function-setting", text, remedy, function.origin)


def _refused_settings(function: Function) -> Iterator[tuple[str, str]]:
    variables = function.environment
    if not 1 <= function.timeout <= FUNCTION_TIMEOUT_SECONDS_MAX:
        remedy = f"Choose 1 to {FUNCTION_TIMEOUT_SECONDS_MAX}"
        yield f"has a timeout of {function.timeout} seconds", remedy
    if not FUNCTION_MEMORY_MB_MIN <= function.memory_size <= FUNCTION_MEMORY_MB_MAX:
        remedy = f"Choose {FUNCTION_MEMORY_MB_MIN} to {FUNCTION_MEMORY_MB_MAX}"
        yield f"has a memory size of {function.memory_size} MB", remedy
    if len(function.layers) > FUNCTION_LAYERS_MAX:
        yield f"has {len(function.layers)} layers", f"Take {FUNCTION_LAYERS_MAX} at most"
    if names := ", ".join(sorted(variables.keys() & RESERVED)):
        yield f"sets what Lambda itself sets: {names}", "Leave that out"
    if names := ", ".join(find_malformed(variables.keys() - RESERVED)):
        yield f"has variables with names that are none: {names}", _NAMES
    if are_too_long(variables):
        remedy = f"Take {VARIABLES_BYTES_MAX} at most, as JSON"
        yield f"has variables of {len(write_variables(variables).encode())} bytes", remedy


def _replies_without_route_response(project: Project) -> Iterator[Finding]:
    for api in project.apis:
        for route, integration in _routed(api):
            is_lost = bool(integration.responses) and not route.is_two_way
            if is_lost and route.route_key not in {CONNECT, DISCONNECT}:
                yield _finding(
                    "reply-without-route-response",
                    f"the integration of {route.route_key} renders a reply, and the route has no "
                    "route response: nothing is sent (DP-INT-10)",
                    "Add an AWS::ApiGatewayV2::RouteResponse, or an "
                    "aws_apigatewayv2_route_response, with the key $default",
                    route.origin,
                )


def _timeouts(project: Project) -> Iterator[Finding]:
    for api in project.apis:
        for integration in api.integrations:
            timeout = integration.timeout_in_millis
            if not INTEGRATION_TIMEOUT_MS_MIN <= timeout <= INTEGRATION_TIMEOUT_MS_MAX:
                yield _finding(
                    "timeout-out-of-range",
                    f"a timeout of {timeout} ms is refused by AWS (DP-INT-04)",
                    f"Choose {INTEGRATION_TIMEOUT_MS_MIN} to {INTEGRATION_TIMEOUT_MS_MAX} ms",
                    integration.origin,
                )


def _stages_without_deployment(project: Project) -> Iterator[Finding]:
    for _, stage in _stages(project):
        if stage.deployment_id is None and not stage.auto_deploy:
            yield _finding(
                "stage-without-deployment",
                f"the stage {stage.stage_name} has no deployment: AWS serves nothing there",
                "Give it a DeploymentId, or AutoDeploy",
                stage.origin,
            )


_CHECKS: tuple[Callable[[Project], Iterator[Finding]], ...] = (
    _broken,
    _routes_without_integration,
    _constant_expressions,
    _stages_without_deployment,
    _missing_permissions,
    _untrusting_roles,
    _foreign_functions,
    _lacking_authorizers,
    _missing_manage_connections,
    _replies_without_route_response,
    _timeouts,
    _function_settings,
    _retired_runtimes,
    _refused,
)


def _finding(rule: str, text: str, remedy: str, origin: Origin | None) -> Finding:
    return Finding(
        rule=rule,
        text=text,
        remedy=remedy,
        file=origin.file if origin else None,
        line=origin.line if origin else None,
        resource=origin.logical_id if origin else None,
    )


def _stages(project: Project) -> Iterator[tuple[Api, Stage]]:
    for api in project.apis:
        for stage in api.stages:
            yield api, stage


def _routed(api: Api) -> Iterator[tuple[Route, Integration]]:
    integrations = {integration.integration_id: integration for integration in api.integrations}
    for route in api.routes:
        integration = integrations.get(route.integration_id or "")
        if integration is not None and integration.integration_type is not IntegrationType.MOCK:
            yield route, integration


def _message_routes(api: Api) -> list[str]:
    return [route.route_key for route in api.routes if route.route_key not in {CONNECT, DISCONNECT}]


def _function_name(uri: str, stage: Stage) -> str | None:
    """Tell the name of the function that is called; None where none is."""
    target = parse_integration_uri(fill_stage_variables(uri, stage.stage_variables))
    arn = Arn.parse(target.function_arn) if isinstance(target, FunctionTarget) else None
    return arn.resource.removeprefix("function:").partition(":")[0] if arn else None


def _function_of(project: Project, uri: str, stage: Stage) -> Function | None:
    name = _function_name(uri, stage)
    return next(
        (function for function in project.functions if function.function_name == name), None
    )


def _lets_in(function: Function, source_arn: str, region: str) -> bool:
    return any(
        permission.names_gateway(region)
        and permission.action in _ACTIONS
        and (permission.source_arn is None or matches_arn(permission.source_arn, source_arn))
        for permission in function.permissions
    )


def _authorizer_arn(project: Project, api: Api, authorizer: Authorizer) -> str:
    scope = f"{project.region}:{project.account_id}:{api.api_id}"
    return f"arn:aws:execute-api:{scope}/authorizers/{authorizer.authorizer_id}"


def _may_post(project: Project, function: Function, api: Api, stage: Stage) -> bool:
    role = next((role for role in project.roles if role.arn == function.role), None)
    if role is None:
        return True  # a role of somebody else's: nobody can tell
    arn = callback_arn(project.region, project.account_id, api.api_id, stage.stage_name, "POST")
    request = AccessRequest(action="execute-api:ManageConnections", resource=arn)
    return evaluate(role.policies, request) is Decision.ALLOWED


def _trusts_gateway(role: Role, trust: Policy) -> bool:
    """Tell whether API Gateway may take a role; a condition may hold, so it counts as met."""
    if trust.is_conditional:
        return True
    service = RequestPrincipal(kind="Service", names=frozenset({_SERVICE}))
    request = AccessRequest(action="sts:AssumeRole", resource=role.arn, principal=service)
    return evaluate((trust,), request) is Decision.ALLOWED
