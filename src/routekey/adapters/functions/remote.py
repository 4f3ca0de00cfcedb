"""Functions that run elsewhere: each is an address, set by the operator.

    NAME=http://127.0.0.1:9000     a container of AWS's base images, with its emulator (LAM-RIE-01)
    NAME=http://HOST/2015-03-31/functions/NAME/invocations      any other Invoke endpoint
    NAME=arn:aws:lambda:us-east-1:123456789012:function:NAME    AWS Lambda itself

Calls to AWS and to Invoke endpoints are signed with the gateway's own credentials, which botocore
finds where every SDK does; an emulator gets no signature. Source: LAM-INV-01, LAM-RIE-03.
"""

import asyncio
import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from routekey.adapters.functions.log import Log, LogSink
from routekey.adapters.functions.pool import QUEUE_MAX
from routekey.arn import Arn
from routekey.errors import (
    FunctionAccessDeniedError,
    FunctionInvokeError,
    FunctionNotFoundError,
    FunctionThrottledError,
    GatewayResponse,
    InputError,
)
from routekey.gateway.ports import FunctionCall, FunctionResult, HttpCall, HttpOutcome
from routekey.quotas import FUNCTION_TIMEOUT_SECONDS_MAX

Exchange = Callable[[HttpCall], Awaitable[HttpOutcome]]
"""Makes an HTTP request, once. It raises a `GatewayResponse` where no answer comes."""
FindCredentials = Callable[[], Credentials | None]
"""Finds the gateway's own credentials; may take long, and is called beside the loop."""

SETTING: Final = "functions.remote"
_EMULATOR_PATH: Final = "/2015-03-31/functions/function/invocations"
_SPARE_SECONDS: Final = 5
"""Longer than the function itself may take: its own Lambda is to say that its time is over."""
_OK: Final = 200
_FAILED: Final = "Unhandled"
_REFUSALS: Final[dict[int, type[FunctionInvokeError]]] = {
    403: FunctionAccessDeniedError,
    404: FunctionNotFoundError,
    429: FunctionThrottledError,
}
_REASON_BYTES_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where one function runs."""

    function_name: str
    url: str
    region: str | None = None
    """The region to sign for; None is that of the project."""
    is_emulator: bool = False
    """Whether it is AWS's Runtime Interface Emulator: it has no header for errors, and serves one
    call at a time."""


def parse_addresses(texts: Iterable[str]) -> dict[str, Address]:
    """Read the setting: addresses by the names of their functions.

    Raises:
        InputError: a text is no `NAME=ADDRESS`.
    """
    addresses = (_parse_address(text) for text in texts)
    return {address.function_name: address for address in addresses}


class RemoteFunction:
    """One function behind an address."""

    def __init__(
        self,
        address: Address,
        *,
        region: str,
        exchange: Exchange,
        find_credentials: FindCredentials,
        sink: LogSink,
    ) -> None:
        """Take where it is.

        Args:
            address: from the setting.
            region: the project's.
            exchange: makes HTTP requests.
            find_credentials: finds what to sign with; None leaves a call to a URL unsigned.
            sink: gets the end of each call's log, where Lambda tells it.
        """
        self._address = address
        self._region = address.region or region
        self._exchange = exchange
        self._find_credentials = find_credentials
        self._sink = sink
        self._turn = asyncio.Semaphore(1) if address.is_emulator else None
        self._waiting = 0
        """Calls that have taken no turn yet, where there are turns."""

    @property
    def notice(self) -> str:
        """Tell the user where it runs."""
        return f"{self._address.function_name}: runs at {self._address.url}"

    async def invoke(
        self,
        call: FunctionCall,
        request_id: str,
        *,
        seconds_max: int = FUNCTION_TIMEOUT_SECONDS_MAX,
    ) -> FunctionResult:
        """Run it once, and wait for its result.

        Args:
            call: what is asked; a qualifier is the address's own.
            request_id: ours, where the other side tells none.
            seconds_max: how long the function may take.

        Raises:
            FunctionInvokeError: the other side did not take the call, or is not there.
            FunctionThrottledError: too many wait for their turn already.
        """
        if self._turn is None:
            return await self._invoke(call, request_id, seconds_max)
        if self._waiting >= QUEUE_MAX:
            name = self._address.function_name
            raise FunctionThrottledError(name, "its emulator is busy and its queue is full")
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            return await self._invoke(call, request_id, seconds_max)
        finally:
            self._turn.release()

    async def _invoke(
        self, call: FunctionCall, request_id: str, seconds_max: int
    ) -> FunctionResult:
        request = HttpCall(
            method="POST",
            url=self._address.url,
            headers=await self._sign(call),
            body=call.payload,
            timeout_ms=(seconds_max + _SPARE_SECONDS) * 1000,
        )
        try:
            outcome = await self._exchange(request)
        except GatewayResponse as error:
            raise FunctionInvokeError(self._address.function_name, str(error)) from error
        return self._read(outcome, request_id)

    async def _sign(self, call: FunctionCall) -> tuple[tuple[str, str], ...]:
        headers = {"Content-Type": "application/json"}
        if call.trace_id:
            headers["X-Amzn-Trace-Id"] = " ".join(call.trace_id.split())  # from outside
        if self._address.is_emulator:
            return tuple(headers.items())
        if call.client_context:
            headers["X-Amz-Client-Context"] = b64encode(call.client_context.encode()).decode()
        headers |= {"X-Amz-Invocation-Type": "RequestResponse", "X-Amz-Log-Type": "Tail"}
        request = AWSRequest("POST", self._address.url, headers, data=call.payload)
        try:  # credentials may have to be renewed, over the network
            await asyncio.to_thread(self._add_signature, request)
        except BotoCoreError as error:
            name = self._address.function_name
            raise FunctionInvokeError(name, f"its call cannot be signed: {error}") from error
        return tuple((name, str(text)) for name, text in request.headers.items())

    def _add_signature(self, request: AWSRequest) -> None:
        credentials = self._find_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            SigV4Auth(frozen, "lambda", self._region).add_auth(request)

    def _read(self, outcome: HttpOutcome, request_id: str) -> FunctionResult:
        name = self._address.function_name
        if outcome.status != _OK:
            kind = _REFUSALS.get(outcome.status, FunctionInvokeError)
            reason = outcome.body[:_REASON_BYTES_MAX].decode("utf-8", "replace")
            raise kind(name, f"{self._address.url} answered {outcome.status}: {reason}")
        headers = {key.lower(): text for key, text in outcome.headers}
        error = headers.get("x-amz-function-error")
        payload = outcome.body
        if self._address.is_emulator and error is None:
            payload, error = _read_emulator(payload)
        return FunctionResult(
            payload=payload,
            function_error=error,
            request_id=headers.get("x-amzn-requestid", request_id),
            executed_version=headers.get("x-amz-executed-version", "$LATEST"),
            log_tail=self._keep_log(headers),
        )

    def _keep_log(self, headers: dict[str, str]) -> bytes:
        """Write down the end of the call's log, and give it."""
        try:
            tail = b64decode(headers.get("x-amz-log-result", ""))
        except Base64Error:
            return b""
        log = Log(self._address.function_name, "", self._sink)
        log.begin(headers.get("x-amzn-requestid", ""), ())
        log.take(tail)
        log.flush()
        return tail


def make_remotes(
    addresses: Iterable[str], region: str, exchange: Exchange, sink: LogSink
) -> dict[str, RemoteFunction]:
    """Make the functions of the setting, by name; see `RemoteFunction`.

    Raises:
        InputError: a text is no `NAME=ADDRESS`.
    """
    if not addresses:
        return {}  # a session takes 20 ms to make, at every start
    session = Session()  # remembers the credentials that it finds, and renews them
    return {
        name: RemoteFunction(
            address,
            region=region,
            exchange=exchange,
            find_credentials=session.get_credentials,
            sink=sink,
        )
        for name, address in parse_addresses(addresses).items()
    }


def _read_emulator(payload: bytes) -> tuple[bytes, str | None]:
    """Tell a failure from a result: the emulator answers both in one way. Source: LAM-RIE-03."""
    try:
        answer = json.loads(payload or b"null")
    except ValueError:  # `Task timed out after 3.00 seconds`, as plain text
        text = payload.decode("utf-8", "replace").strip()
        return json.dumps({"errorMessage": text, "errorType": "Sandbox.Timedout"}).encode(), _FAILED
    if isinstance(answer, dict) and {"errorMessage", "errorType"} <= answer.keys():
        return payload, _FAILED
    return payload or b"null", None


def _parse_address(text: str) -> Address:
    name, _, target = text.partition("=")
    if name and (arn := Arn.parse(target)) is not None and arn.service == "lambda":
        suffix = "amazonaws.com.cn" if arn.partition == "aws-cn" else "amazonaws.com"
        path = f"/2015-03-31/functions/{quote(target, safe='')}/invocations"
        url = f"https://lambda.{arn.region}.{suffix}{path}"
        return Address(function_name=name, url=url, region=arn.region)
    try:
        parts = urlsplit(target)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not name or not is_url:
        raise InputError(
            f"{text!r} is no function with its address",
            resource=SETTING,
            remedy="Write NAME=http://HOST:PORT, NAME=URL of an Invoke endpoint, or NAME=ARN.",
        )
    if parts.path in {"", "/"}:
        url = f"{parts.scheme}://{parts.netloc}{_EMULATOR_PATH}"
        return Address(function_name=name, url=url, is_emulator=True)
    return Address(function_name=name, url=target)
