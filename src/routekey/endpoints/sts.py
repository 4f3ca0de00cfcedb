"""AWS STS: who am I, and may I be somebody else? `GetCallerIdentity` and `AssumeRole`.

Handlers and SDKs ask it for themselves: a function that takes another role, a profile with
`role_arn`, a tool that prints the account. It answers at the admin listener, and behind the front
door to whatever asks for `sts.amazonaws.com` or `sts.{region}.amazonaws.com`.

Errors have STS's own names and statuses, which differ from execute-api's.
"""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response as AdminResponse
from starlette.routing import Route

from routekey.clock import format_iso
from routekey.endpoints.control_plane.http import read_body, sign_form
from routekey.endpoints.control_plane.iam import read_request
from routekey.endpoints.control_plane.refusals import RequestEntityTooLargeException
from routekey.endpoints.control_plane.shapes import load_service
from routekey.endpoints.query_protocol import (
    Members,
    QueryAnswer,
    QueryError,
    parse_form,
    read_list,
    render_error,
    render_result,
)
from routekey.endpoints.session_wishes import read_wish
from routekey.endpoints.wire import Exchange, Response
from routekey.errors import AccessDeniedException, AwsException
from routekey.gateway.identity import Circumstances, identify
from routekey.gateway.trust import RoleSessions
from routekey.gateway.world import World
from routekey.languages.sigv4 import SignedRequest
from routekey.resources.identity import Principal

logger = logging.getLogger("routekey.sts")

_NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
_VERSION: Final = "2011-06-15"
_HOST: Final = re.compile(r"sts(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?\.?(:[0-9]+)?", re.IGNORECASE)
_BODY_BYTES_MAX: Final = 64 * 1024
"""The longest form: a policy of 2,048 characters and fifty tags, percent-encoded."""
_CODES: Final[Mapping[str, tuple[str, int]]] = {
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
}
"""What STS calls the refusals of a signature."""


def is_sts_host(host: str) -> bool:
    """Tell whether a Host header names STS, global or of a region."""
    return _HOST.fullmatch(host) is not None


class TokenService:
    """STS. An `Application` of the wire, for the front door.

    Args:
        world: who is known, and the time.
        sessions: gives out sessions of roles.
        region: of the account, for policies.
    """

    def __init__(self, world: World, sessions: RoleSessions, region: str) -> None:
        self._world = world
        self._sessions = sessions
        self._region = region

    def handle_request(self, exchange: Exchange) -> None:
        """Answer a request that came over the wire."""
        request = exchange.request
        path, _, query = request.target.partition("?")
        signed = SignedRequest(request.method, path, query, request.headers, request.body)
        answer = self.answer(signed, source_ip=request.source_ip, is_secure=request.is_tls)
        exchange.respond(Response(status=answer.status, headers=answer.headers, body=answer.body))

    def answer(self, request: SignedRequest, *, source_ip: str, is_secure: bool) -> QueryAnswer:
        """Answer a request, whatever it is."""
        request_id = self._world.ids.uuid()
        circumstances = Circumstances(
            source_ip=source_ip,
            now_ms=self._world.clock.now_ms(),
            region=self._region,
            is_secure=is_secure,
            headers=request.headers,
        )
        try:
            action, result = self._run(request, circumstances)
        except QueryError as error:
            return render_error(error, namespace=_NAMESPACE, request_id=request_id)
        except AwsException as error:
            return render_error(_rename(error), namespace=_NAMESPACE, request_id=request_id)
        return render_result(action, result, namespace=_NAMESPACE, request_id=request_id)

    def _run(self, request: SignedRequest, circumstances: Circumstances) -> tuple[str, Members]:
        caller = identify(
            request,
            circumstances,
            self._world.credentials,
            service="sts",
            is_any_region=True,  # SDKs sign for us-east-1 where they use the global endpoint
            stranger=self._world.stranger,
        )
        form = parse_form(request.query, request.body)
        name = form.get("Action")
        if name is None:
            raise QueryError("MissingAction", "Missing Action")
        operation = _OPERATIONS.get(name)
        if operation is None or form.get("Version") != _VERSION:
            raise QueryError(
                "InvalidAction",
                f"Could not find operation {name} for version {form.get('Version')}",
            )
        return name, operation(self, form, caller, circumstances)

    def _get_caller_identity(
        self, _form: Mapping[str, str], caller: Principal, _circumstances: Circumstances
    ) -> Members:
        """Tell who signed; nobody needs a permission for that, and no policy can deny it."""
        return (("Arn", caller.arn), ("UserId", caller.user_id), ("Account", caller.account))

    def _assume_role(
        self, form: Mapping[str, str], caller: Principal, circumstances: Circumstances
    ) -> Members:
        read_request(load_service("sts", _VERSION), "AssumeRole", form)
        policy_arns = tuple(item.get("arn", "") for item in read_list(form, "PolicyArns"))
        tags = read_list(form, "Tags")
        wish = read_wish(form, policy_arns, tags)
        role = self._sessions.find_role(wish.role_arn)
        _check_span(wish.seconds, role.max_session_duration if role else None, caller)
        credential = self._sessions.assume(caller, wish, circumstances)
        principal = credential.principal
        if credential.session_token is None or credential.expires_ms is None:
            raise AssertionError("sessions have temporary keys")
        return (
            (
                "AssumedRoleUser",
                (("AssumedRoleId", principal.user_id), ("Arn", principal.arn)),
            ),
            (
                "Credentials",
                (
                    ("AccessKeyId", credential.access_key_id),
                    ("SecretAccessKey", credential.secret_access_key),
                    ("SessionToken", credential.session_token),
                    ("Expiration", f"{format_iso(credential.expires_ms)[:19]}Z"),
                ),
            ),
        )


def make_sts_routes(service: TokenService) -> list[Route]:
    """Make the admin listener's route: `POST /`, where the query protocol is spoken."""

    async def answer(request: Request) -> AdminResponse:
        try:
            body = await read_body(request, _BODY_BYTES_MAX)
        except ClientDisconnect:
            return AdminResponse(status_code=400)
        except RequestEntityTooLargeException:
            return AdminResponse(status_code=413)
        given = service.answer(
            sign_form(request, body),
            source_ip=request.client.host if request.client else "",
            is_secure=request.url.scheme == "https",
        )
        return AdminResponse(given.body, given.status, headers=dict(given.headers))

    return [Route("/", answer, methods=["POST"])]


_Operation = Callable[[TokenService, Mapping[str, str], Principal, Circumstances], Members]
_OPERATIONS: Final[Mapping[str, _Operation]] = {
    "AssumeRole": TokenService._assume_role,  # noqa: SLF001  # its own table
    "GetCallerIdentity": TokenService._get_caller_identity,  # noqa: SLF001  # the same
}

_CHAINED_SECONDS_MAX: Final = 3600


def _check_span(seconds: int, seconds_max: int | None, caller: Principal) -> None:
    """Refuse sessions that would last too long.

    Raises:
        QueryError: longer than the role allows, or than a role that was taken by a role.
    """
    if caller.role_arn is not None and seconds > _CHAINED_SECONDS_MAX:
        raise QueryError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining",
        )
    if seconds_max is not None and seconds > seconds_max:
        raise QueryError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )


def _rename(error: AwsException) -> QueryError:
    code, status = _CODES.get(error.code, (error.code, error.status))
    if isinstance(error, AccessDeniedException):
        logger.warning("%s", error.message)
    message = error.message or ""
    if code == "MissingAuthenticationToken":
        message = "Request is missing Authentication Token"
    return QueryError(code, message, status)
