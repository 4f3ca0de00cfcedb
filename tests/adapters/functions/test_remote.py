"""Functions that run elsewhere: real HTTP, to servers that answer as Lambda and its emulator do."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import CredentialRetrievalError

from adapters.functions.laboratory import ACCOUNT, REGION, Lab
from routekey.adapters.functions.pool import QUEUE_MAX
from routekey.adapters.functions.remote import (
    RemoteFunction,
    make_remotes,
    parse_addresses,
)
from routekey.adapters.integrations.http import HttpIntegration, system_tls
from routekey.adapters.integrations.http_pool import HttpPool
from routekey.errors import (
    FunctionAccessDeniedError,
    FunctionInvokeError,
    FunctionNotFoundError,
    FunctionThrottledError,
    InputError,
)
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.resources.function import Permission
from scenarios.running import wait_until

KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "secret", "token")
ARN_PATH = (
    "/2015-03-31/functions/arn%3A{0}%3Alambda%3A{1}%3A123456789012%3Afunction%3Ag/invocations"
)
ROUTE = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:6behyoa40f/dev/$default"


@dataclass
class Lambda:
    """Another Lambda: it notes each request, and gives one answer to all."""

    status: int = 200
    body: bytes = b'{"statusCode":200}'
    headers: Mapping[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0
    port: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): text for name, text in pairs}
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append((head[0], headers, body))
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await self.go.wait()
        self.busy -= 1
        lines = [f"HTTP/1.1 {self.status} Whatever", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {text}" for name, text in self.headers.items()]
        lines += ["Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + self.body)
        writer.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
async def other() -> AsyncIterator[Lambda]:
    other = Lambda()
    other.go.set()
    server = await asyncio.start_server(other.answer, "127.0.0.1", 0)
    other.port = server.sockets[0].getsockname()[1]
    yield other
    server.close()


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    pool = HttpPool(allows_private=True)
    yield pool
    pool.close()


def remote(
    lab: Lab, pool: HttpPool, address: str, keys: Credentials | None = KEYS
) -> RemoteFunction:
    [(_, parsed)] = parse_addresses([address]).items()
    return RemoteFunction(
        parsed,
        region=REGION,
        exchange=HttpIntegration(pool, system_tls).invoke,
        find_credentials=lambda: keys,
        sink=lab.lines.append,
    )


async def ask(function: RemoteFunction, payload: bytes = b"{}", **changes: Any) -> FunctionResult:
    call = FunctionCall(function="f", payload=payload, **changes)
    return await function.invoke(call, "our-id", seconds_max=20)


def invoke_url(other: Lambda) -> str:
    return f"f={other.url}/2015-03-31/functions/f/invocations"


@pytest.mark.parametrize(
    ("text", "url", "region", "is_emulator"),
    [
        (
            "f=http://127.0.0.1:9000",
            "http://127.0.0.1:9000/2015-03-31/functions/function/invocations",
            None,
            True,
        ),
        ("f=https://h/a/b/invocations", "https://h/a/b/invocations", None, False),
        (
            "f=arn:aws:lambda:eu-west-1:123456789012:function:g",
            f"https://lambda.eu-west-1.amazonaws.com{ARN_PATH.format('aws', 'eu-west-1')}",
            "eu-west-1",
            False,
        ),
        (
            "f=arn:aws-cn:lambda:cn-north-1:123456789012:function:g",
            f"https://lambda.cn-north-1.amazonaws.com.cn{ARN_PATH.format('aws-cn', 'cn-north-1')}",
            "cn-north-1",
            False,
        ),
    ],
)
def test_an_address_is_a_container_a_url_or_an_arn(
    text: str, url: str, region: str | None, is_emulator: bool
) -> None:
    address = parse_addresses([text])["f"]
    assert (address.url, address.region, address.is_emulator) == (url, region, is_emulator)


@pytest.mark.parametrize(
    "text",
    [
        "f",
        "f=",
        "=http://h",
        "f=ftp://h",
        "f=http://",
        "f=http://h:x",
        "f=http://[",
        "f=arn:aws:s3:::b",
    ],
)
def test_what_is_no_address_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InputError, match=r"functions\.remote: .* is no function with its address"):
        parse_addresses([text])


@pytest.mark.rule("LAM-INV-01", "LAM-INV-09")
async def test_an_invoke_endpoint_gets_a_signed_request(
    lab: Lab, pool: HttpPool, other: Lambda
) -> None:
    other.headers = {"X-Amz-Executed-Version": "7", "x-amzn-RequestId": "their-id"}
    function = remote(lab, pool, invoke_url(other))
    more = {"trace_id": "Root=1\r\nX: y", "client_context": '{"custom":{}}'}
    result = await ask(function, b'{"a":1}', **more)
    assert result == FunctionResult(payload=other.body, request_id="their-id", executed_version="7")
    [(line, headers, body)] = other.requests
    assert line == "POST /2015-03-31/functions/f/invocations HTTP/1.1"
    assert body == b'{"a":1}'
    assert headers["x-amz-invocation-type"] == "RequestResponse"
    assert headers["x-amz-security-token"] == "token"
    assert headers["x-amzn-trace-id"] == "Root=1 X: y"
    assert headers["x-amz-client-context"] == "eyJjdXN0b20iOnt9fQ=="
    assert f"/{REGION}/lambda/aws4_request" in headers["authorization"]
    assert "secret" not in str(other.requests)


async def test_without_credentials_a_request_is_not_signed(
    lab: Lab, pool: HttpPool, other: Lambda
) -> None:
    await ask(remote(lab, pool, invoke_url(other), None))
    assert "authorization" not in other.requests[0][1]


async def test_credentials_that_cannot_be_had_are_a_failure(
    lab: Lab, pool: HttpPool, other: Lambda
) -> None:
    def refuse() -> Credentials:
        raise CredentialRetrievalError(provider="sso", error_msg="log in again")

    address = parse_addresses([invoke_url(other)])["f"]
    exchange = HttpIntegration(pool, system_tls).invoke
    function = RemoteFunction(
        address, region=REGION, exchange=exchange, find_credentials=refuse, sink=lab.lines.append
    )
    with pytest.raises(FunctionInvokeError, match=r"cannot be signed: .*log in again"):
        await ask(function)


@pytest.mark.rule("LAM-INV-01", "LAM-ERR-14")
async def test_a_failure_there_is_a_failure_here_with_its_log(
    lab: Lab, pool: HttpPool, other: Lambda
) -> None:
    other.body = b'{"errorMessage":"bad","errorType":"ValueError"}'
    tail = b64encode(b"START RequestId: i\nhello\nEND").decode()
    other.headers = {"X-Amz-Function-Error": "Unhandled", "X-Amz-Log-Result": tail}
    result = await ask(remote(lab, pool, invoke_url(other)))
    assert (result.payload, result.function_error) == (other.body, "Unhandled")
    assert result.log_tail.startswith(b"START")
    assert lab.output() == ["START RequestId: i", "hello", "END"]


async def test_a_log_that_is_no_base64_is_no_log(lab: Lab, pool: HttpPool, other: Lambda) -> None:
    other.headers = {"X-Amz-Log-Result": "a"}
    assert (await ask(remote(lab, pool, invoke_url(other)))).log_tail == b""


@pytest.mark.rule("LAM-INV-04", "LAM-INV-06")
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, FunctionAccessDeniedError),
        (404, FunctionNotFoundError),
        (429, FunctionThrottledError),
        (500, FunctionInvokeError),
    ],
)
async def test_a_refusal_there_is_a_refusal_here(
    lab: Lab, pool: HttpPool, other: Lambda, status: int, kind: type[FunctionInvokeError]
) -> None:
    other.status, other.body = status, b'{"Message":"no"}' + b"x" * 1000
    with pytest.raises(kind, match=f'answered {status}: {{"Message":"no"}}') as caught:
        await ask(remote(lab, pool, invoke_url(other)))
    assert type(caught.value) is kind
    assert len(str(caught.value)) < 700


async def test_where_nobody_listens_the_call_fails(lab: Lab, pool: HttpPool) -> None:
    with pytest.raises(FunctionInvokeError, match="f: "):
        await ask(remote(lab, pool, "f=http://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"statusCode":200}', None),
        (b'{"errorMessage":"bad","errorType":"ValueError"}', "Unhandled"),
        (b"Task timed out after 3.00 seconds", "Unhandled"),
        (b"", None),
        (b"[]", None),
    ],
)
async def test_an_emulator_tells_failures_in_the_body_alone(
    lab: Lab, pool: HttpPool, other: Lambda, body: bytes, error: str | None
) -> None:
    other.body = body
    result = await ask(remote(lab, pool, f"f={other.url}"))
    assert result.function_error == error
    assert result.request_id == "our-id"
    if body.startswith(b"Task"):
        assert json.loads(result.payload)["errorMessage"] == body.decode()
    else:
        assert result.payload == (body or b"null")
    line, headers, _ = other.requests[0]
    assert line == "POST /2015-03-31/functions/function/invocations HTTP/1.1"
    assert "authorization" not in headers


async def test_an_emulator_serves_one_call_at_a_time(
    lab: Lab, pool: HttpPool, other: Lambda
) -> None:
    other.go.clear()
    function = remote(lab, pool, f"f={other.url}")
    calls = asyncio.gather(ask(function), ask(function))
    await wait_until(lambda: other.busy == 1, "the first call")
    other.go.set()
    await calls
    assert (other.busiest, len(other.requests)) == (1, 2)


async def test_an_emulator_has_a_queue_that_can_be_full(
    lab: Lab, pool: HttpPool, other: Lambda
) -> None:
    other.go.clear()
    function = remote(lab, pool, f"f={other.url}")
    running = asyncio.gather(ask(function))
    await wait_until(lambda: other.busy == 1, "the first call")
    waiting = asyncio.gather(*(ask(function) for _ in range(QUEUE_MAX)))
    await asyncio.sleep(0)
    with pytest.raises(FunctionThrottledError, match="its emulator is busy and its queue is full"):
        await ask(function)
    waiting.cancel()
    other.go.set()
    await running
    assert (await ask(function)).payload


class TestInThePools:
    """Among the functions of a project, and instead of one."""

    @pytest.fixture
    async def remote_lab(self, lab: Lab, pool: HttpPool, other: Lambda) -> Lab:
        await lab.pools.close()
        exchange = HttpIntegration(pool, system_tls).invoke
        addresses = [f"f={other.url}", f"image={other.url}"]
        lab.remotes = make_remotes(addresses, REGION, exchange, lab.lines.append)
        lab.pools = lab.make_pools()
        return lab

    async def test_a_function_of_the_project_runs_there_and_its_code_is_not_looked_at(
        self, remote_lab: Lab, other: Lambda
    ) -> None:
        local = remote_lab.python("def handler(event, context): return 'here'", "g")
        await remote_lab.serve(local, remote_lab.function(remote_lab.folder / "nowhere", "f"))
        assert await remote_lab.call(1) == {"statusCode": 200}
        assert await remote_lab.call(1, "g") == "here"
        assert other.requests[0][2] == b"1"
        assert f"f: runs at {other.url}/2015" in remote_lab.pools.notices[0]

    async def test_a_function_that_the_project_does_not_have_runs_there_too(
        self, remote_lab: Lab
    ) -> None:
        assert await remote_lab.call(1, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:image:live")
        assert await remote_lab.call(1, "image", source_arn=ROUTE)

    @pytest.mark.rule("SEC-LPOL-01")
    async def test_the_policy_of_the_project_holds_for_it(self, remote_lab: Lab) -> None:
        closed = remote_lab.function(remote_lab.folder)
        await remote_lab.serve(closed)
        with pytest.raises(FunctionAccessDeniedError):
            await remote_lab.call(1, source_arn=ROUTE)
        opened = Permission(principal="apigateway.amazonaws.com")
        await remote_lab.serve(remote_lab.function(remote_lab.folder, permissions=(opened,)))
        assert await remote_lab.call(1, source_arn=ROUTE)
