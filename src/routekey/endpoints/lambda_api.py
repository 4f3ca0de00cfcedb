"""Lambda's API: functions made and changed by program, and invoked.

What changes functions are operations of the control plane (`control_plane/functions.py` and its
neighbours); `Invoke` goes to where the functions run.

Source: LAM-INV-01 to LAM-INV-09, LAM-CTL-01.
"""

import json
import logging
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from routekey.arn import function_arn
from routekey.endpoints.control_plane import (
    event_source_mappings,
    function_aliases,
    function_events,
    function_policies,
    function_tags,
    function_versions,
    functions,
    layer_policies,
    layers,
)
from routekey.endpoints.control_plane.functions import split_name
from routekey.endpoints.control_plane.http import (
    Door,
    read_body,
    render_failure,
    render_refusal,
    respond,
    to_wire,
)
from routekey.endpoints.control_plane.plane import Action, ControlPlane
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    InvalidRequestContentException,
    RateExceededException,
    RecursiveInvocationException,
    RequestTooLargeException,
    ResourceNotFoundException,
    UnknownOperationException,
    ValidationException,
)
from routekey.endpoints.control_plane.shapes import Members, load_service
from routekey.endpoints.control_plane.values import ShapeError
from routekey.endpoints.lambda_packages import LambdaPackages, refuse_object
from routekey.errors import (
    AccessDeniedException,
    AwsException,
    BadRequestException,
    FunctionNotFoundError,
    FunctionRecursionError,
    FunctionThrottledError,
)
from routekey.gateway.ports import FunctionCall, FunctionResult, Functions
from routekey.ids import AccountId
from routekey.resources.function import LATEST
from routekey.resources.identity import Principal

logger = logging.getLogger("routekey.lambda_api")

BODY_BYTES_MAX: Final = 70 * 1024 * 1024
"""A zip file of 50 MB, Lambda's largest, in base64 with something around it."""
PAYLOAD_BYTES_MAX: Final = 6 * 1024 * 1024
"""Of an invocation. Source: LAM-INV-03."""
EVENT_BYTES_MAX: Final = 1024 * 1024
"""Of an asynchronous invocation. Source: LAM-INV-03."""

_ACTIONS: Final[dict[str, Action]] = {
    **event_source_mappings.OPERATIONS,
    **function_aliases.OPERATIONS,
    **function_events.OPERATIONS,
    **function_policies.OPERATIONS,
    **function_tags.OPERATIONS,
    **function_versions.OPERATIONS,
    **functions.OPERATIONS,
    **layer_policies.OPERATIONS,
    **layers.OPERATIONS,
}
_PATH_SEGMENTS: Final = 2
"""A date and a noun; the dates are of no other service."""
_STATUS: Final = {"DeleteFunction": 204}
"""Where live AWS differs from its own model. Source: LAM-CTL-01."""
_CLIENT_CONTEXT_CHARACTERS_MAX: Final = 3583
_BODY_STATUS: Final = {"DryRun": 204, "Event": 202}


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaApi:
    """Lambda's API on the resources of one account.

    Args:
        plane: the resources.
        door: who may ask.
        functions: runs them.
        packages: takes and gives their code.
        account_id: the account's.
    """

    plane: ControlPlane
    door: Door
    functions: Functions
    packages: LambdaPackages
    account_id: AccountId

    def routes(self) -> list[Route]:
        """Make the routes, for the admin application."""
        methods = ["GET", "POST", "PUT", "DELETE"]
        paths = load_service("lambda", "2015-03-31").list_paths(_PATH_SEGMENTS)
        own = [Route(path, self._answer, methods=methods) for path in paths]
        return [*own, *self.packages.routes()]

    async def _answer(self, request: Request) -> Response:
        request_id = self.door.ids.uuid()
        try:
            return await self._serve(request, request_id)
        except ClientDisconnect:
            return Response(status_code=400)
        except BadRequestException as error:
            return render_refusal(InvalidParameterValueException(error.message), request_id)
        except AwsException as error:
            return render_refusal(error, request_id)
        except Exception:
            logger.exception("a request to Lambda's API failed")
            return render_failure(request_id)

    async def _serve(self, request: Request, request_id: str) -> Response:
        self.door.greet(request)
        body = await read_body(request, BODY_BYTES_MAX)
        wire = to_wire(request, body)
        operation = load_service("lambda", "2015-03-31").find(wire)
        name = operation.name if operation is not None else f"{wire.method} {wire.path}"
        try:
            members = operation.parse(wire) if operation is not None else {}
        except ShapeError as error:
            raise ValidationException(error.validation) from error
        caller = self.door.admit(
            request,
            body,
            action=f"lambda:{'InvokeFunction' if name == 'Invoke' else name}",
            resource=self._resource(members),
        )
        if role := members.get("role"):
            self.door.check_role(caller, request, role, "lambda.amazonaws.com")
        if operation is not None and name == "Invoke":
            trace_id = request.headers.get("x-amzn-trace-id", "")
            return await self._invoke(members, request_id, trace_id)
        action = _ACTIONS.get(name)
        if operation is None or action is None:
            raise UnknownOperationException(f"This gateway does not have the operation {name}")
        await self._keep_code(caller, request, members)
        answer = await self.plane.run(action, members)
        for told in (answer.get("code"), answer.get("content")):
            if isinstance(told, dict):
                told["location"] = self.packages.link(request, told.pop("path") or "")
        status = _STATUS.get(name, operation.status)
        content = b"" if status == _STATUS["DeleteFunction"] else operation.render(answer)
        return respond(content, status, request_id)

    def _resource(self, members: Members) -> str:
        """Name what is acted on, for policies; listing acts on everything."""
        if "layer_name" in members:
            number = members.get("version_number")
            arn = layers.layer_arn(self.door.region, self.account_id, members["layer_name"])
            return arn if number is None else f"{arn}:{number}"
        named = members.get("function_name") or members.get("resource")  # that bears tags
        if named is None:
            return "*"
        name, qualifier = split_name(named)
        qualifier = members.get("qualifier") or qualifier
        return function_arn(self.door.region, self.account_id, name, qualifier or None)

    async def _keep_code(self, caller: Principal, request: Request, members: Members) -> None:
        """Put the zip file of a request away, and say where it is.

        What lies in S3 is read for the caller, who has to be allowed that as well.
        """
        source: Members = members.get("code") or members.get("content") or members
        if "s3_bucket" in source and "s3_key" in source:
            bucket, key = source["s3_bucket"], source["s3_key"]
            try:
                self.door.check(caller, request, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
            except AccessDeniedException as error:
                raise refuse_object(bucket, key) from error
        package = await self.packages.keep(source)
        if package is not None:
            members["package"] = package

    async def _invoke(self, members: Members, request_id: str, trace_id: str) -> Response:
        """Invoke. Source: LAM-INV-01, LAM-INV-02."""
        payload = _check_payload(members)
        kind = members.get("invocation_type", "RequestResponse")
        arn = self._resource(members)
        if kind == "DryRun":
            await self.plane.run(functions.get_function_configuration, members)
            return respond(b"", _BODY_STATUS[kind], request_id)
        call = FunctionCall(
            function=arn,
            payload=payload,
            trace_id=trace_id,
            is_async=kind == "Event",
            client_context="" if kind == "Event" else _read_client_context(members),
        )
        try:
            result = await self.functions.invoke(call)
        except FunctionNotFoundError as error:
            _, qualifier = split_name(arn)
            full = arn if qualifier else f"{arn}:{LATEST}"
            raise ResourceNotFoundException(f"Function not found: {full}") from error
        except FunctionThrottledError as error:
            raise RateExceededException from error
        except FunctionRecursionError as error:
            raise RecursiveInvocationException from error
        if kind == "Event":
            return respond(b"", _BODY_STATUS[kind], request_id)
        return _render_result(result, members.get("log_type"), request_id)


def _read_client_context(members: Members) -> str:
    """Read what the caller says of himself: JSON in base64. Source: LAM-INV-01."""
    text: str = members.get("client_context") or ""
    if not text:
        return ""
    try:
        value = json.loads(b64decode(text, validate=True))
    except ValueError:
        value = None
    if len(text) > _CLIENT_CONTEXT_CHARACTERS_MAX or not isinstance(value, dict):
        raise InvalidRequestContentException(
            "Client context must be a valid Base64-encoded JSON object."
        )
    return json.dumps(value, separators=(",", ":"))


def _check_payload(members: Members) -> bytes:
    """Hold a payload against its bounds; none at all is an empty event. Source: LAM-INV-05."""
    payload: bytes = members.get("payload") or b"{}"
    is_event = members.get("invocation_type") == "Event"
    bytes_max = EVENT_BYTES_MAX if is_event else PAYLOAD_BYTES_MAX
    if len(payload) > bytes_max:
        raise RequestTooLargeException(
            f"Request must be smaller than {bytes_max} bytes for the InvokeFunction operation"
        )
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestContentException(
            "Could not parse request body into json: Could not parse payload into json: "
            f"{error.msg}"
        ) from error
    return payload


def _render_result(result: FunctionResult, log_type: Any, request_id: str) -> Response:
    response = respond(result.payload, 200, result.request_id or request_id)
    response.headers["X-Amz-Executed-Version"] = result.executed_version
    if result.function_error is not None:
        response.headers["X-Amz-Function-Error"] = result.function_error
    if log_type == "Tail":
        response.headers["X-Amz-Log-Result"] = b64encode(result.log_tail).decode("ascii")
    return response
