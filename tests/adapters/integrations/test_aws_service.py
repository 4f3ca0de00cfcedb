"""AWS services: the protocol they are asked in, and that the signature is right."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from adapters.integrations.conftest import Backend, answer
from routekey.adapters.integrations.aws_service import (
    AwsServiceIntegration,
    ServiceFacts,
    build_request,
    find_endpoint,
    read_facts,
)
from routekey.adapters.integrations.http import HttpIntegration
from routekey.adapters.integrations.http_pool import HttpPool
from routekey.adapters.system import SystemClock
from routekey.errors import InputError, IntegrationFailure, IntegrationTimeout
from routekey.gateway.ports import AwsServiceCall, HttpCall, HttpOutcome
from routekey.languages.sigv4 import SignedRequest, read_signature, verify
from routekey.resources.identity import Credential, Principal

FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = "application/json"
ENDPOINT = "https://service.test"
PRINCIPAL = Principal(arn="arn:aws:iam::123456789012:user/u", account="123456789012", user_id="U")
CREDENTIAL = Credential(
    access_key_id="ASIATEST", secret_access_key="secret", session_token="t", principal=PRINCIPAL
)
AWS_KEYS = dataclasses.replace(CREDENTIAL, access_key_id="ASIAFROMAWS")
PUT_ITEM = AwsServiceCall(
    region="eu-west-1",
    service="dynamodb",
    subdomain=None,
    action="PutItem",
    path=None,
    method="POST",
    query=(),
    headers=(("Content-Type", "application/json"), ("Accept", "application/json")),
    body=b'{"TableName":"t"}',
    credentials_arn="arn:aws:iam::123456789012:role/r",
    timeout_ms=29_000,
)


def request_of(call: AwsServiceCall) -> tuple[str, dict[str, str], bytes]:
    request = build_request(call, ENDPOINT, read_facts(call.service))
    return request.url, dict(request.headers), request.body


@pytest.mark.rule("DP-INT-35", "DP-INT-37")
@pytest.mark.parametrize(
    ("service", "action", "target", "version"),
    [
        ("dynamodb", "PutItem", "DynamoDB_20120810.PutItem", "1.0"),
        ("states", "StartExecution", "AWSStepFunctions.StartExecution", "1.0"),
        ("kinesis", "PutRecord", "Kinesis_20131202.PutRecord", "1.1"),
        ("events", "PutEvents", "AWSEvents.PutEvents", "1.1"),
        ("sqs", "SendMessage", "AmazonSQS.SendMessage", "1.0"),
    ],
)
def test_an_action_of_a_json_service_is_named_in_a_header(
    service: str, action: str, target: str, version: str
) -> None:
    url, headers, body = request_of(replace(PUT_ITEM, service=service, action=action))
    assert body == PUT_ITEM.body
    assert url == f"{ENDPOINT}/"
    assert headers["x-amz-target"] == target
    assert headers["content-type"] == f"application/x-amz-json-{version}"


def test_a_content_type_that_was_mapped_stays() -> None:
    _, headers, _ = request_of(replace(PUT_ITEM, headers=(("content-type", "text/json"),)))
    assert headers["content-type"] == "text/json"


@pytest.mark.rule("DP-INT-31", "DP-INT-38")
@pytest.mark.parametrize(("service", "version"), [("sns", "2010-03-31"), ("sqs", "2012-11-05")])
def test_a_form_gets_action_and_version(service: str, version: str) -> None:
    call = replace(PUT_ITEM, service=service, action="Do", headers=(FORM,), body=b"Message=a")
    url, headers, body = request_of(call)
    assert (url, body) == (f"{ENDPOINT}/", f"Message=a&Action=Do&Version={version}".encode())
    assert "x-amz-target" not in headers


@pytest.mark.rule("DP-INT-38")
def test_an_emulator_is_asked_for_json_by_a_parameter() -> None:
    call = replace(
        PUT_ITEM, service="sqs", action=None, path="1/q", headers=(FORM, ("Accept", JSON)), body=b""
    )
    facts = read_facts("sqs")
    assert build_request(call, ENDPOINT, facts).url == f"{ENDPOINT}/1/q"
    asked = build_request(call, ENDPOINT, facts, is_emulated=True)
    assert asked.url == f"{ENDPOINT}/1/q?ContentType=JSON"
    form = replace(call, body=b"Action=Do")
    asked = build_request(form, ENDPOINT, facts, is_emulated=True)
    assert (asked.url, asked.body) == (f"{ENDPOINT}/1/q", b"Action=Do&ContentType=JSON")
    xml = replace(call, headers=(FORM, ("Accept", "text/xml")))
    assert build_request(xml, ENDPOINT, facts, is_emulated=True).url == f"{ENDPOINT}/1/q"


def test_a_form_that_names_its_action_keeps_it() -> None:
    call = replace(
        PUT_ITEM, service="sns", action="Publish", headers=(FORM,), body=b"Action=Publish&A=b"
    )
    assert request_of(call)[2] == b"Action=Publish&A=b&Version=2010-03-31"
    asked = replace(call, body=b"", query=(("Action", "Publish"), ("Message", "a b+c")))
    assert request_of(asked)[0] == (
        f"{ENDPOINT}/?Action=Publish&Message=a%20b%2Bc&Version=2010-03-31"
    )


@pytest.mark.rule("DP-INT-35")
@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("123456789012/queue.fifo", f"{ENDPOINT}/123456789012/queue.fifo"),
        ("a b/é", f"{ENDPOINT}/a%20b/%C3%A9"),
        ("a?Action=Send", f"{ENDPOINT}/a?Action=Send&q=1"),
    ],
)
def test_a_path_is_sent_as_it_stands(path: str, url: str) -> None:
    query = (("q", "1"),) if "?" in path else ()
    call = replace(PUT_ITEM, service="sqs", action=None, path=path, query=query)
    assert request_of(call) == (
        url,
        {"content-type": "application/json", "accept": "application/json"},
        PUT_ITEM.body,
    )


@pytest.mark.parametrize("service", ["lambda", "s3", "nowhere"])
def test_a_service_without_named_actions_says_what_to_do(service: str) -> None:
    with pytest.raises(IntegrationFailure, match=f"{service}:path"):
        request_of(replace(PUT_ITEM, service=service))


def test_an_unknown_service_is_known_by_its_name_alone() -> None:
    assert read_facts("nowhere") == ServiceFacts(
        signing_name="nowhere",
        api_version="",
        protocols=("",),
        target_prefix="",
        json_version="1.0",
    )


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    pool = HttpPool(allows_private=True)
    yield pool
    pool.close()


@pytest.fixture
def services(pool: HttpPool, backend: Backend) -> AwsServiceIntegration:
    async def find_services() -> str:
        return backend.url

    return AwsServiceIntegration(
        HttpIntegration(pool, lambda _: None),
        lambda call: CREDENTIAL if call.credentials_arn == PUT_ITEM.credentials_arn else None,
        find_aws_keys,
        find_services,
    )


async def find_aws_keys(_: AwsServiceCall) -> Credential:
    return AWS_KEYS


def signed(backend: Backend) -> SignedRequest:
    """Give the request that the backend got, as a verifier of signatures takes it."""
    (head, body), *_ = backend.requests
    request_line, *lines = head.decode().rstrip().split("\r\n")
    method, target, _ = request_line.split(" ")
    path, _, query = target.partition("?")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    return SignedRequest(method, path, query, headers, body)


@pytest.mark.rule("DP-INT-07", "DP-INT-37")
@pytest.mark.parametrize(
    ("call", "signing_name", "region"),
    [
        (PUT_ITEM, "dynamodb", "eu-west-1"),
        (replace(PUT_ITEM, service="email", action="SendEmail"), "ses", "eu-west-1"),
        (replace(PUT_ITEM, service="iam", action="GetUser"), "iam", "us-east-1"),
        (
            replace(PUT_ITEM, service="sqs", action=None, path="1/a b", query=(("x", "a b+&"),)),
            "sqs",
            "eu-west-1",
        ),
    ],
)
async def test_the_signature_holds(
    services: AwsServiceIntegration,
    backend: Backend,
    call: AwsServiceCall,
    signing_name: str,
    region: str,
) -> None:
    backend.behave = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    assert (await services.invoke(call)).body == b"{}"
    request = signed(backend)
    assert request.body == call.body
    found = verify(
        read_signature(request),
        region=region,
        service=signing_name,
        now_ms=SystemClock().now_ms(),
        find=lambda key: CREDENTIAL if key == "ASIATEST" else None,
    )
    assert found is CREDENTIAL


async def test_a_refusal_of_the_service_is_an_answer(
    services: AwsServiceIntegration, backend: Backend
) -> None:
    backend.behave = answer(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}")
    for _ in range(2):  # the second time the service is known
        assert (await services.invoke(PUT_ITEM)).status == 400


@pytest.mark.rule("DP-INT-07")
async def test_a_role_that_cannot_be_assumed_is_a_failure(services: AwsServiceIntegration) -> None:
    with pytest.raises(IntegrationFailure, match="cannot be assumed"):
        await services.invoke(replace(PUT_ITEM, credentials_arn="arn:aws:iam::1:role/none"))


@pytest.mark.rule("DP-INT-07")
async def test_a_caller_whose_secret_is_not_kept_is_a_failure(
    services: AwsServiceIntegration,
) -> None:
    with pytest.raises(IntegrationFailure, match="nothing can be signed with the caller's AKIDOP"):
        await services.invoke(replace(PUT_ITEM, credentials_arn=None, caller_key_id="AKIDOP"))


class Exchanged(HttpIntegration):
    """Keeps the requests that would go to AWS."""

    def __init__(self) -> None:
        self.calls: list[HttpCall] = []

    async def invoke(self, call: HttpCall) -> HttpOutcome:
        self.calls.append(call)
        return HttpOutcome(status=200, headers=(), body=b"{}")


async def find_aws() -> None:
    """There is no emulator."""


@pytest.mark.rule("DP-INT-07", "DP-INT-35")
async def test_aws_itself_is_asked_with_keys_that_it_takes() -> None:
    http = Exchanged()
    services = AwsServiceIntegration(http, lambda _: CREDENTIAL, find_aws_keys, find_aws)
    await services.invoke(PUT_ITEM)
    (call,) = http.calls
    assert call.url == "https://dynamodb.eu-west-1.amazonaws.com/"
    assert "Credential=ASIAFROMAWS/" in dict(call.headers)["Authorization"]


async def test_keys_that_take_too_long_are_a_timeout() -> None:
    async def never(_: AwsServiceCall) -> Credential:
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nobody answers")

    http = Exchanged()
    services = AwsServiceIntegration(http, lambda _: CREDENTIAL, never, find_aws)
    with pytest.raises(IntegrationTimeout, match="no keys of arn"):
        await services.invoke(replace(PUT_ITEM, timeout_ms=50))
    assert http.calls == []


async def test_an_emulator_that_does_not_start_is_a_failure(pool: HttpPool) -> None:
    async def find_services() -> str:
        raise InputError("the emulator of other AWS services does not start")

    http = HttpIntegration(pool, lambda _: None)
    services = AwsServiceIntegration(http, lambda _: CREDENTIAL, find_aws_keys, find_services)
    with pytest.raises(IntegrationFailure, match="does not start") as caught:
        await services.invoke(PUT_ITEM)
    assert caught.value.status == 500


async def test_a_service_that_is_silent_is_a_timeout(
    services: AwsServiceIntegration, backend: Backend
) -> None:
    backend.behave = answer()
    with pytest.raises(IntegrationTimeout):
        await services.invoke(replace(PUT_ITEM, timeout_ms=50))


@pytest.mark.parametrize(
    ("service", "subdomain", "region", "host"),
    [
        ("dynamodb", None, "eu-west-1", "dynamodb.eu-west-1.amazonaws.com"),
        ("iot", "data", "eu-west-1", "data.iot.eu-west-1.amazonaws.com"),
        ("iam", None, "eu-west-1", "iam.amazonaws.com"),
        ("sqs", None, "cn-north-1", "sqs.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_without_another_endpoint_aws_is_asked(
    service: str, subdomain: str | None, region: str, host: str
) -> None:
    call = replace(PUT_ITEM, service=service, subdomain=subdomain, region=region)
    assert find_endpoint(call) == f"https://{host}"
