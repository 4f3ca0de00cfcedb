"""AWS integrations of other services than Lambda, such as DynamoDB, SQS, SNS, Step Functions.

`{service}:action/{Action}` is put into the service's own protocol, which botocore's models tell;
`{service}:path/{path}` is sent as it stands. Either is signed with the integration's role.

Source: DP-INT-07, DP-INT-31, DP-INT-35, DP-INT-37, DP-INT-38.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import create_loader

from routekey.adapters.integrations.http import HttpIntegration
from routekey.errors import IntegrationFailure
from routekey.gateway.ports import AwsServiceCall, HttpCall, HttpOutcome
from routekey.resources.identity import Credential

CredentialsOf = Callable[[str | None], Credential | None]
"""From the integration's role, or None, to keys; None where the role cannot be assumed."""

EndpointOf = Callable[[str, str], str | None]
"""From service and region to the URL of another endpoint than AWS's; None stands for AWS."""

_FORM: Final = "application/x-www-form-urlencoded"
_GLOBAL_REGION: Final = "us-east-1"
_GLOBAL: Final = frozenset({"cloudfront", "iam", "organizations", "route53"})
"""Services with one endpoint for all regions."""
_BOTOCORE_NAMES: Final[Mapping[str, str]] = {
    "email": "ses",
    "entitlement.marketplace": "marketplace-entitlement",
    "metering.marketplace": "meteringmarketplace",
    "models.lex": "lex-models",
    "monitoring": "cloudwatch",
    "runtime.lex": "lex-runtime",
    "runtime.sagemaker": "sagemaker-runtime",
    "states": "stepfunctions",
    "streams.dynamodb": "dynamodbstreams",
    "tagging": "resourcegroupstaggingapi",
}
"""Where botocore's name of a service is not the one in its host name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """What has to be known of a service to call one of its actions."""

    signing_name: str
    api_version: str
    protocols: tuple[str, ...]
    target_prefix: str
    json_version: str


class AwsServiceIntegration:
    """Ask an AWS service, once, and not longer than the route allows.

    Args:
        http: makes the requests; it has to reach the endpoints of `endpoint_of`.
        credentials_of: gives the keys to sign with.
        endpoint_of: tells where else than at AWS a service is.
    """

    def __init__(
        self, http: HttpIntegration, credentials_of: CredentialsOf, endpoint_of: EndpointOf
    ) -> None:
        self._http = http
        self._credentials_of = credentials_of
        self._endpoint_of = endpoint_of
        self._facts: dict[str, ServiceFacts] = {}
        """Of the services that integrations name."""

    async def invoke(self, call: AwsServiceCall) -> HttpOutcome:
        """Make one attempt. An answer with an error is an answer.

        Raises:
            IntegrationTimeout: no answer in time.
            IntegrationFailure: the role cannot be assumed, the service has no such protocol, or
                it was not reached.
        """
        credential = self._credentials_of(call.credentials_arn)
        if credential is None:
            raise IntegrationFailure(f"the role {call.credentials_arn} cannot be assumed")
        facts = self._facts.get(call.service)
        if facts is None:  # the model is read from disk, which takes up to 50 ms
            facts = await asyncio.to_thread(read_facts, call.service)
            self._facts[call.service] = facts
        endpoint = self._endpoint_of(call.service, call.region) or find_endpoint(call)
        url, headers = build_request(call, endpoint, facts)
        request = AWSRequest(method=call.method, url=url, headers=headers, data=call.body)
        _sign(request, call, facts, credential)
        return await self._http.invoke(
            HttpCall(
                method=call.method,
                url=url,
                headers=tuple((str(name), str(value)) for name, value in request.headers.items()),
                body=call.body,
                timeout_ms=call.timeout_ms,
            )
        )


def read_facts(service: str) -> ServiceFacts:
    """Read what botocore knows of a service; of an unknown one only its name is used."""
    metadata: dict[str, Any] = {}
    try:
        name = _BOTOCORE_NAMES.get(service, service)
        metadata = create_loader().load_service_model(name, "service-2")["metadata"]
    except (UnknownServiceError, DataNotFoundError):
        pass
    protocols = metadata.get("protocols") or [metadata.get("protocol", "")]
    return ServiceFacts(
        signing_name=metadata.get("signingName") or metadata.get("endpointPrefix", service),
        api_version=metadata.get("apiVersion", ""),
        protocols=tuple(protocols),
        target_prefix=metadata.get("targetPrefix", ""),
        json_version=metadata.get("jsonVersion", "1.0"),
    )


def build_request(
    call: AwsServiceCall, endpoint: str, facts: ServiceFacts
) -> tuple[str, dict[str, str]]:
    """Put a call into the service's protocol: the URL and the headers to sign.

    A form (`Content-Type: application/x-www-form-urlencoded`) and a service without JSON get the
    query protocol, with `Action` and `Version` beside what the template wrote; all else gets
    JSON with `X-Amz-Target`. Services that have moved from the one to the other, as SQS has, still
    take both.

    Raises:
        IntegrationFailure: the service has neither protocol, so that it is called by path.
    """
    headers = {name.lower(): value for name, value in call.headers}
    query = list(call.query)
    path = quote(call.path or "", safe="/%-_.~!*'()+:@,=&;$?")
    if call.action is not None:
        is_form = headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        if "json" in facts.protocols and not is_form:
            headers["x-amz-target"] = f"{facts.target_prefix}.{call.action}"
            if headers.get("content-type", "application/json") == "application/json":
                headers["content-type"] = f"application/x-amz-json-{facts.json_version}"
        elif {"query", "ec2", "json"} & set(facts.protocols):
            stated = {name for name, _ in query} | _form_names(call.body if is_form else b"")
            added = (("Action", call.action), ("Version", facts.api_version))
            query += [(name, value) for name, value in added if name not in stated]
        else:
            raise IntegrationFailure(
                f"{call.service} has no actions by name: its integration needs "
                f"{call.service}:path/… instead of {call.service}:action/{call.action}"
            )
    path, _, path_query = path.partition("?")
    queries = [each for each in (path_query, urlencode(query, quote_via=quote)) if each]
    url = f"{endpoint.rstrip('/')}/{path}" + (f"?{'&'.join(queries)}" if queries else "")
    return url, headers


def _form_names(body: bytes) -> set[str]:
    return {name for name, _ in parse_qsl(body.decode("utf-8", "replace"))}


def find_endpoint(call: AwsServiceCall) -> str:
    """Tell where AWS has a service: at the name that the integration's URI gives (DP-INT-35)."""
    host = f"{call.subdomain}.{call.service}" if call.subdomain else call.service
    region = "" if call.service in _GLOBAL else f".{call.region}"
    suffix = "amazonaws.com.cn" if call.region.startswith("cn-") else "amazonaws.com"
    return f"https://{host}{region}.{suffix}"


def _sign(
    request: AWSRequest, call: AwsServiceCall, facts: ServiceFacts, credential: Credential
) -> None:
    keys = Credentials(
        credential.access_key_id, credential.secret_access_key, credential.session_token
    )
    signer = S3SigV4Auth if call.service == "s3" else SigV4Auth  # S3 encodes its path once
    region = _GLOBAL_REGION if call.service in _GLOBAL else call.region
    signer(keys, facts.signing_name, region).add_auth(request)
