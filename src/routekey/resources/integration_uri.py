"""What an integration's URI points at.

    arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{functionArn}/invocations
    arn:aws:apigateway:{region}:{service}:action/{Action}
    arn:aws:apigateway:{region}:{subdomain}.{service}:path/{path}
    arn:aws:lambda:…                    a bare function ARN, as people write it too
    https://…                           an HTTP backend

Source: DP-INT-35, and in the wild (§6).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from routekey.arn import Arn

_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_FUNCTION_PATH = re.compile(r"path/[0-9-]+/functions/(?P<function>.+)/invocations", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTarget:
    """A Lambda function, with its qualifier if there is one."""

    function_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """An AWS service: an action or a path, never both."""

    region: str
    service: str
    subdomain: str | None = None
    action: str | None = None
    path: str | None = None
    """Without the leading slash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlTarget:
    """An HTTP backend; `{name}` in the URL is for path parameters (DP-INT-51)."""

    url: str


IntegrationTarget = FunctionTarget | ServiceTarget | UrlTarget


def fill_stage_variables(text: str, stage_variables: Mapping[str, str]) -> str:
    """Put the stage's variables into a URI or ARN; an unknown one is empty. Source: DP-INT-08."""
    return _STAGE_VARIABLE.sub(lambda match: stage_variables.get(match[1], ""), text)


def parse_integration_uri(uri: str) -> IntegrationTarget | None:
    """Tell what a URI points at; None where it is none of the known forms."""
    if uri.startswith(("http://", "https://")):
        return UrlTarget(url=uri)
    arn = Arn.parse(uri)
    if arn is None:
        return None
    if arn.service == "lambda":
        return FunctionTarget(function_arn=uri)
    if arn.service != "apigateway":
        return None
    if match := _FUNCTION_PATH.fullmatch(arn.resource):
        return FunctionTarget(function_arn=match["function"])
    return _parse_service(arn)


def _parse_service(arn: Arn) -> ServiceTarget | None:
    # Here the account's place holds the service, with its subdomain before a dot.
    subdomain, _, service = arn.account.rpartition(".")
    kind, _, rest = arn.resource.partition("/")
    if not service or not rest or kind not in {"action", "path"}:
        return None
    return ServiceTarget(
        region=arn.region,
        service=service,
        subdomain=subdomain or None,
        action=rest if kind == "action" else None,
        path=rest if kind == "path" else None,
    )
