"""AWS's host names as functions see them.

A function's connections to `*.amazonaws.com` arrive here, over TLS with a certificate of our own
authority (`adapters/certificates.py`). The host it asked for decides who answers: an execute-api
name or a custom domain is this gateway, under whatever id the URL has; STS is ours too, and so are
Lambda, API Gateway and IAM, whose functions, APIs and roles are served here; another service is
whoever stands for it, an emulator or another endpoint. Where nobody does, the answer is an error
that says so, and nothing leaves the machine.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Final

from routekey.endpoints.control_plane.refusals import RequestEntityTooLargeException
from routekey.endpoints.message_traces import add_trace
from routekey.endpoints.rendering import render_aws_exception
from routekey.endpoints.sts import is_sts_host
from routekey.endpoints.wire import Application, Exchange, Request, Response
from routekey.errors import AwsException, BadRequestException, GatewayResponse, InputError
from routekey.gateway.ports import HttpCall, HttpOutcome
from routekey.ids import Ids
from routekey.tasks import run_soon

logger = logging.getLogger("routekey.front_door")

_EXECUTE_API: Final = re.compile(
    r"[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\.?(:[0-9]+)?", re.IGNORECASE
)
_OWN_SERVICES: Final = re.compile(
    r"((lambda|apigateway)\.[a-z0-9-]+|iam)\.amazonaws\.com(\.cn)?\.?(:[0-9]+)?", re.IGNORECASE
)
_SERVICE_TIMEOUT_MS: Final = 60_000
"""What a service may take; SDKs wait as long."""
_NOT_PASSED: Final = frozenset(
    {"connection", "content-length", "date", "expect", "keep-alive", "transfer-encoding"}
)
"""Headers of one connection, which the other has its own of."""

Forward = Callable[[HttpCall], Awaitable[HttpOutcome]]
"""Sends a request to another endpoint."""
FindServices = Callable[[], Awaitable[str | None]]
"""Tells the URL that stands for other services; None where none does."""


class FrontDoor:
    """Hand a function's request to whoever stands for its host; an `Application` of the wire.

    Args:
        execute_api: answers for WebSocket APIs and their `@connections`.
        tokens: answers for STS: who a function is, is ours to say.
        own_services: answers for Lambda, API Gateway and IAM, so that functions call functions.
        ids: names the requests that nobody answers for.
        is_domain: tells whether a host is a custom domain of an API (DP-MGM-03).
        find_services: tells where other services are.
        forward: sends their requests there.
    """

    def __init__(  # one for each that stands behind the door
        self,
        execute_api: Application,
        tokens: Application,
        own_services: Application,
        ids: Ids,
        *,
        is_domain: Callable[[str], bool],
        find_services: FindServices,
        forward: Forward,
    ) -> None:
        self._execute_api = execute_api
        self._tokens = tokens
        self._own_services = own_services
        self._ids = ids
        self._is_domain = is_domain
        self._find_services = find_services
        self._forward = forward

    def handle_request(self, exchange: Exchange) -> None:
        """Answer one request."""
        host = exchange.request.header("host") or ""
        if _EXECUTE_API.fullmatch(host) or self._is_domain(host):
            self._execute_api.handle_request(exchange)
        elif is_sts_host(host):
            self._tokens.handle_request(exchange)
        elif _OWN_SERVICES.fullmatch(host):
            self._own_services.handle_request(exchange)
        else:
            run_soon(self._ask_service(exchange), "a request to another service")

    async def _ask_service(self, exchange: Exchange) -> None:
        request = exchange.request
        host = request.header("host") or ""
        if request.is_body_too_large:  # it was dropped as it came: nothing may arrive in its place
            problem = f"the body for {host} is too large; send it in parts"
            logger.warning("a function's request was refused: %s", problem)
            exchange.respond(self._refuse(problem, RequestEntityTooLargeException))
            return
        try:
            endpoint = await self._find_services()
            if endpoint is None:
                exchange.respond(self._refuse(f"nothing stands for {host!r} here"))
                return
            outcome = await self._forward(_build_call(request, endpoint))
        except GatewayResponse as error:
            exchange.respond(self._refuse(f"{host} did not answer: {error.reason}"))
        except InputError as error:
            exchange.respond(self._refuse(str(error)))
        else:
            headers = tuple(pair for pair in outcome.headers if pair[0].lower() not in _NOT_PASSED)
            exchange.respond(Response(status=outcome.status, headers=headers, body=outcome.body))

    def _refuse(
        self, problem: str, error_type: type[AwsException] = BadRequestException
    ) -> Response:
        error = error_type(f"Routekey's front door: {problem}")
        return render_aws_exception(error, self._ids.uuid(), self._ids.request_id())


def _build_call(request: Request, endpoint: str) -> HttpCall:
    """Send the same request, under the same host name, to another place."""
    return HttpCall(
        method=request.method,
        url=endpoint.rstrip("/") + request.target,
        headers=tuple(pair for pair in request.headers if pair[0].lower() not in _NOT_PASSED),
        body=add_trace(request),
        timeout_ms=_SERVICE_TIMEOUT_MS,
    )
