"""AWS's host names as functions see them.

A function's connections to `*.amazonaws.com` arrive here, over TLS with a certificate of our own
authority (`adapters/certificates.py`). The host it asked for decides who answers: an execute-api
name is this gateway, under whatever id the URL has. Nothing else is redirected here; what comes
nevertheless gets an error that says so, and never leaves the machine.
"""

import re
from typing import Final

from routekey.endpoints.rendering import render_aws_exception
from routekey.endpoints.wire import Application, Exchange
from routekey.errors import BadRequestException
from routekey.ids import Ids

_EXECUTE_API: Final = re.compile(
    r"[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\.?(:[0-9]+)?", re.IGNORECASE
)


class FrontDoor:
    """Hand a function's request to whoever stands for its host; an `Application` of the wire.

    Args:
        execute_api: answers for WebSocket APIs and their `@connections`.
        ids: names the requests that nobody answers for.
    """

    def __init__(self, execute_api: Application, ids: Ids) -> None:
        self._execute_api = execute_api
        self._ids = ids

    def handle_request(self, exchange: Exchange) -> None:
        """Answer one request."""
        host = exchange.request.header("host") or ""
        if _EXECUTE_API.fullmatch(host):
            self._execute_api.handle_request(exchange)
            return
        error = BadRequestException(
            f"Routekey's front door stands for execute-api hosts only, not for {host!r}"
        )
        exchange.respond(render_aws_exception(error, self._ids.uuid(), self._ids.request_id()))
