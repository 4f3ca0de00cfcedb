"""AWS integrations of other services than Lambda, such as DynamoDB, SQS, SNS, Step Functions.

`{service}:action/{Action}` is put into the service's own protocol, which botocore's models tell;
`{service}:path/{path}` is sent as it stands. Either is signed with the integration's role.

Source: DP-INT-07, DP-INT-31, DP-INT-35, DP-INT-37, DP-INT-38.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import create_loader

from routekey.adapters.integrations.http import HttpIntegration
from routekey.errors import InputError, IntegrationFailure, IntegrationTimeout
from routekey.gateway.ports import AwsServiceCall, HttpCall, HttpOutcome
from routekey.resources.identity import Credential
from routekey.tasks import within

CredentialsOf = Callable[[AwsServiceCall], Credential | None]
"""From a call to the keys of its role, or of the caller; None where there are none to sign with."""

FindAwsKeys = Callable[[AwsServiceCall], Coroutine[object, object, Credential]]
"""From a call to keys that AWS itself takes; an `IntegrationFailure` where there are none."""

FindServices = Callable[[], Awaitable[str | None]]
"""Tells the URL of an emulator of AWS's services, which may start only now; None stands for AWS."""

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
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
        http: makes the requests; it has to reach the emulator.
        credentials_of: gives the keys to sign with for an emulator.
        find_aws_keys: gives those for AWS itself.
        find_services: tells where else than at AWS the services are.
    """

    def __init__(
        self,
        http: HttpIntegration,
        credentials_of: CredentialsOf,
        find_aws_keys: FindAwsKeys,
        find_services: FindServices,
    ) -> None:
        self._http = http
        self._credentials_of = credentials_of
        self._find_aws_keys = find_aws_keys
        self._find_services = find_services
        self._facts: dict[str, ServiceFacts] = {}
        """Of the services that integrations name."""

    async def invoke(self, call: AwsServiceCall) -> HttpOutcome:
        """Make one attempt. An answer with an error is an answer.

        Raises:
            IntegrationTimeout: no answer in time, or no keys.
            IntegrationFailure: the role cannot be assumed, the service has no such protocol, or
                it was not reached; or the emulator does not start.
        """
        try:
            emulator = await self._find_services()
        except InputError as error:
            raise IntegrationFailure(str(error)) from error
        credential = await self._find_keys(call, is_emulated=emulator is not None)
        facts = self._facts.get(call.service)
        if facts is None:  # the model is read from disk, which takes up to 50 ms
            facts = await asyncio.to_thread(read_facts, call.service)
            self._facts[call.service] = facts
        request = build_request(
            call, emulator or find_endpoint(call), facts, is_emulated=emulator is not None
        )
        return await self._http.invoke(_sign(request, call, facts, credential))

    async def _find_keys(self, call: AwsServiceCall, *, is_emulated: bool) -> Credential:
        """Find what to sign with; an emulator takes the keys that we issue, AWS does not."""
        if not is_emulated:
            try:
                return await within(call.timeout_ms / 1000, self._find_aws_keys(call))
            except TimeoutError:
                reason = f"no keys of {call.credentials_arn} within {call.timeout_ms} ms"
                raise IntegrationTimeout(reason) from None
        credential = self._credentials_of(call)
        if credential is not None:
            return credential
        if call.caller_key_id is not None:
            raise IntegrationFailure(
                f"nothing can be signed with the caller's {call.caller_key_id}"
            )
        raise IntegrationFailure(f"the role {call.credentials_arn} cannot be assumed")


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
    call: AwsServiceCall, endpoint: str, facts: ServiceFacts, *, is_emulated: bool = False
) -> HttpCall:
    """Put a call into the service's protocol: the request to sign.

    A form (`Content-Type: application/x-www-form-urlencoded`) and a service without JSON get the
    query protocol, with `Action` and `Version` beside what the template wrote; all else gets
    JSON with `X-Amz-Target`. Services that have moved from the one to the other, as SQS has, still
    take both.

    Args:
        call: what is asked.
        endpoint: where the service is.
        facts: what is known of the service.
        is_emulated: whether the endpoint is not AWS's. AWS answers a form with JSON where `Accept`
            wants that (DP-INT-38); moto does so on the parameter of AWS's older clients.

    Raises:
        IntegrationFailure: the service has neither protocol, so that it is called by path.
    """
    headers = {name.lower(): value for name, value in call.headers}
    is_form = headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    added: list[tuple[str, str]] = []
    if call.action is not None and "json" in facts.protocols and not is_form:
        headers["x-amz-target"] = f"{facts.target_prefix}.{call.action}"
        if headers.get("content-type", _JSON) == _JSON:
            headers["content-type"] = f"application/x-amz-json-{facts.json_version}"
    elif call.action is not None and {"query", "ec2", "json"} & set(facts.protocols):
        added += [("Action", call.action), ("Version", facts.api_version)]
    elif call.action is not None:
        raise IntegrationFailure(
            f"{call.service} has no actions by name: its integration needs "
            f"{call.service}:path/… instead of {call.service}:action/{call.action}"
        )
    if is_emulated and is_form and headers.get("accept") == _JSON:
        added.append(("ContentType", "JSON"))
    stated = {name for name, _ in call.query} | _form_names(call.body if is_form else b"")
    added = [(name, value) for name, value in added if name not in stated]
    query, body = [*call.query], call.body
    if is_form and body:
        body = b"&".join([body, *(f"{name}={quote(value)}".encode() for name, value in added)])
    else:
        query += added
    return HttpCall(
        method=call.method,
        url=_join_url(endpoint, call.path or "", query),
        headers=tuple(headers.items()),
        body=body,
        timeout_ms=call.timeout_ms,
    )


def _join_url(endpoint: str, path: str, query: list[tuple[str, str]]) -> str:
    path, _, path_query = quote(path, safe="/%-_.~!*'()+:@,=&;$?").partition("?")
    queries = [each for each in (path_query, urlencode(query, quote_via=quote)) if each]
    return f"{endpoint.rstrip('/')}/{path}" + (f"?{'&'.join(queries)}" if queries else "")


def _form_names(body: bytes) -> set[str]:
    return {name for name, _ in parse_qsl(body.decode("utf-8", "replace"))}


def find_endpoint(call: AwsServiceCall) -> str:
    """Tell where AWS has a service: at the name that the integration's URI gives (DP-INT-35)."""
    host = f"{call.subdomain}.{call.service}" if call.subdomain else call.service
    region = "" if call.service in _GLOBAL else f".{call.region}"
    suffix = "amazonaws.com.cn" if call.region.startswith("cn-") else "amazonaws.com"
    return f"https://{host}{region}.{suffix}"


def _sign(
    request: HttpCall, call: AwsServiceCall, facts: ServiceFacts, credential: Credential
) -> HttpCall:
    signed = AWSRequest(
        method=request.method, url=request.url, headers=dict(request.headers), data=request.body
    )
    keys = Credentials(
        credential.access_key_id, credential.secret_access_key, credential.session_token
    )
    signer = S3SigV4Auth if call.service == "s3" else SigV4Auth  # S3 encodes its path once
    region = _GLOBAL_REGION if call.service in _GLOBAL else call.region
    signer(keys, facts.signing_name, region).add_auth(signed)
    headers = tuple((str(name), str(value)) for name, value in signed.headers.items())
    return msgspec.structs.replace(request, headers=headers)
