"""Every error that we raise, and what it turns into.

RoutekeyError
├── AwsException                          an answer of an AWS API, under AWS's own name
│   ├── AccessDeniedException             403
│   ├── BadRequestException               400
│   ├── ExpiredTokenException             403
│   ├── ForbiddenException                403
│   ├── GoneException                     410
│   ├── IncompleteSignatureException      403
│   ├── InvalidSignatureException         403
│   ├── LimitExceededException            429
│   ├── MissingAuthenticationTokenException  403
│   ├── PayloadTooLargeException          413
│   └── UnrecognizedClientException       403
├── GatewayResponse                       the gateway's own word to a WebSocket client (DP-HSK-19)
│   ├── AccessDenied                      403
│   ├── ApiConfigurationError             500
│   ├── AuthorizerConfigurationError      500
│   ├── AuthorizerFailure                 500
│   ├── BadRequestBody                    400
│   ├── BadRequestParameters              400
│   ├── IntegrationFailure                500, 502 or 504
│   ├── IntegrationTimeout                504
│   ├── InvalidApiKey                     403
│   ├── QuotaExceeded                     429
│   ├── ResourceNotFound                  403 on the wire
│   ├── Throttled                         429
│   ├── Unauthorized                      401
│   └── UnsupportedMediaType              415
├── FunctionInvokeError                   Lambda could not take the call; the function did not run
│   ├── FunctionNotFoundError
│   ├── FunctionThrottledError
│   │   └── FunctionDisabledError         its reserved concurrency is zero
│   ├── FunctionAccessDeniedError
│   └── FunctionRecursionError            it is part of an endless loop
├── RegexError                            a pattern; languages/regexes.py
├── TemplateRenderError                   a template fails on this message; languages/vtl/
└── InputError                            what the operator gave us is wrong: file, line, remedy
    ├── ExpressionError                   a selection expression
    │   └── JsonPathError                 a path in one; languages/jsonpath/
    ├── PatternError                      a filter of an event source mapping
    ├── PolicyError                       a policy document
    ├── ProjectError                      a template, a handler, a setting
    ├── SchemaError                       a model's JSON schema
    └── TemplateError                     a mapping template (VTL)

An error carries data; its text is computed. `endpoints/rendering.py` alone turns the first two
families into bytes for a client, and `cli` alone prints the last one.
"""

from typing import ClassVar

from routekey.ids import ConnectionId


class RoutekeyError(Exception):
    """The root of every error of ours."""


class AwsException(RoutekeyError):
    """An answer of an AWS API: `x-amzn-ErrorType`, an HTTP status and a JSON body.

    Source: DP-MGM-09, SEC-ERR-01 to SEC-ERR-11.
    """

    status: ClassVar[int]
    message_key: ClassVar[str] = "message"
    """The body's key for the text; IAM denials spell it with a capital M (DP-MGM-09)."""
    response_type: ClassVar[str] = ""
    """Of those that a handshake can meet: as `$context.error.responseType` has it (DP-HSK-19)."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """The text for the caller; None stands for an empty body."""

    @property
    def code(self) -> str:
        """AWS's name for this error, as `x-amzn-ErrorType` has it."""
        return type(self).__name__


class AccessDeniedException(AwsException):
    """The caller is known, and no policy allows what he asks. Source: SEC-ERR-20."""

    status, message_key = 403, "Message"
    response_type = "ACCESS_DENIED"


class BadRequestException(AwsException):
    """The request is malformed, as with a corrupted connection id. Source: DP-MGM-09."""

    status = 400


class ExpiredTokenException(AwsException):
    """The session token was issued by us and has run out. Source: SEC-ERR-04."""

    status = 403
    response_type = "EXPIRED_TOKEN"

    def __init__(self) -> None:
        super().__init__("The security token included in the request is expired")


class ForbiddenException(AwsException):
    """No stage, or nothing that we serve, at this path. Source: DP-HSK-13, DP-MGM-09."""

    status = 403

    def __init__(self, message: str = "Forbidden") -> None:
        super().__init__(message)


class GoneException(AwsException):
    """The connection has closed, or is not established yet. Source: DP-MGM-09, DP-DIS-10."""

    status = 410

    def __init__(self, connection_id: ConnectionId) -> None:
        super().__init__(None)
        self.connection_id = connection_id


class IncompleteSignatureException(AwsException):
    """The Authorization header lacks a part. Source: SEC-ERR-07."""

    status = 403
    response_type = "INVALID_SIGNATURE"


class InvalidSignatureException(AwsException):
    """The signature differs, or its date is outside the window. Source: SEC-SIG-10, SEC-ERR-05."""

    status = 403
    response_type = "INVALID_SIGNATURE"


class LimitExceededException(AwsException):
    """Too many calls, or the client does not read. Source: DP-MGM-09, DP-UNK-25."""

    status = 429

    def __init__(self) -> None:
        super().__init__(None)


class MissingAuthenticationTokenException(AwsException):
    """The request is not signed, and has to be. Source: SEC-ERR-01."""

    status = 403
    response_type = "MISSING_AUTHENTICATION_TOKEN"

    def __init__(self) -> None:
        super().__init__("Missing Authentication Token")


class PayloadTooLargeException(AwsException):
    """The data is larger than a message may be. Source: DP-MGM-09."""

    status = 413

    def __init__(self) -> None:
        super().__init__(None)


class UnrecognizedClientException(AwsException):
    """The access key or the session token is unknown. Source: SEC-ERR-03."""

    status = 403
    response_type = "INVALID_SIGNATURE"

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class GatewayResponse(RoutekeyError):
    """What the gateway itself says to a WebSocket client.

    On a handshake it is the HTTP answer, on a message an error frame; both name the connection and
    the request (DP-WIRE-04, DP-HSK-15). `reason` is for the operator and never leaves the logs.
    """

    response_type: ClassVar[str]
    """The type as `$context.error.responseType` has it (DP-HSK-19)."""
    status: int
    message: str

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class AccessDenied(GatewayResponse):
    """The authorizer's policy does not allow the connection. Source: DP-AUT-06."""

    response_type, status = "ACCESS_DENIED", 403

    def __init__(self, *, is_explicit: bool, reason: str = "") -> None:
        super().__init__(reason)
        self.message = (
            "User is not authorized to access this resource with an explicit deny in an "
            "identity-based policy"
            if is_explicit
            else "User is not authorized to access this resource because no identity-based policy "
            "allows the execute-api:Invoke action"
        )


class ApiConfigurationError(GatewayResponse):
    """The API is set up in a way that cannot answer. Source: DP-HSK-19."""

    response_type, status, message = "API_CONFIGURATION_ERROR", 500, "Internal server error"


class AuthorizerConfigurationError(GatewayResponse):
    """The authorizer's answer is not a policy; AWS's message is empty. Source: DP-HSK-12."""

    response_type, status, message = "AUTHORIZER_CONFIGURATION_ERROR", 500, ""


class AuthorizerFailure(GatewayResponse):
    """The authorizer failed or could not be called. Source: DP-HSK-12."""

    response_type, status, message = "AUTHORIZER_FAILURE", 500, "Internal server error"


class BadRequestBody(GatewayResponse):
    """The message does not fit the route's model; its frame differs. Source: DP-RTE-21."""

    response_type, status, message = "BAD_REQUEST_BODY", 400, "Bad request body"


class BadRequestParameters(GatewayResponse):
    """A required header or query parameter is missing. Source: DP-INT-49."""

    response_type, status = "BAD_REQUEST_PARAMETERS", 400

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(f"missing request parameters: {', '.join(missing)}")
        self.message = f"Missing required request parameters: [{', '.join(missing)}]"


class IntegrationFailure(GatewayResponse):
    """The integration could not be called (500, 504) or failed (502). Source: DP-HSK-12."""

    response_type, message = "INTEGRATION_FAILURE", "Internal server error"

    def __init__(self, reason: str, *, status: int = 500, is_malformed: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.is_malformed = is_malformed
        """Whether there was an answer, in a form that is none: AWS's log tells it apart."""


class IntegrationTimeout(GatewayResponse):
    """The integration did not answer in its time. Source: DP-WIRE-03."""

    response_type, status, message = "INTEGRATION_TIMEOUT", 504, "Endpoint request timed out"


class InvalidApiKey(GatewayResponse):
    """The route requires an API key and there is none that counts. Source: SEC-KEY-02."""

    response_type, status, message = "INVALID_API_KEY", 403, "Forbidden"


class QuotaExceeded(GatewayResponse):
    """The usage plan's quota is used up. Source: SEC-KEY-04."""

    response_type, status, message = "QUOTA_EXCEEDED", 429, "Limit Exceeded"


class ResourceNotFound(GatewayResponse):
    """No route for this message; the wire says 403 Forbidden. Source: DP-RTE-14."""

    response_type, status, message = "RESOURCE_NOT_FOUND", 403, "Forbidden"


class Throttled(GatewayResponse):
    """Above the rate of the account, stage or route. Source: DP-LIM-12."""

    response_type, status, message = "THROTTLED", 429, "Too Many Requests"


class Unauthorized(GatewayResponse):
    """The client showed no identity, or the authorizer said "Unauthorized". Source: DP-HSK-12."""

    response_type, status, message = "UNAUTHORIZED", 401, "Unauthorized"


class UnsupportedMediaType(GatewayResponse):
    """No template matched, and the integration does not pass through. Source: DP-INT-46."""

    response_type, status, message = "UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type"


class FunctionInvokeError(RoutekeyError):
    """Lambda could not take the call, so the function did not run."""

    def __init__(self, function: str, reason: str) -> None:
        super().__init__(f"{function}: {reason}")
        self.function = function
        self.reason = reason


class FunctionNotFoundError(FunctionInvokeError):
    """No function, alias or version of this name. Source: LAM-INV-04."""


class FunctionThrottledError(FunctionInvokeError):
    """All environments are busy and the queue is full. Source: LAM-INV-06."""


class FunctionDisabledError(FunctionThrottledError):
    """It takes no calls at all until somebody gives it concurrency again. Source: LAM-ENV-08."""

    def __init__(self, function: str) -> None:
        super().__init__(function, "its reserved concurrency of 0 lets no call in")


class FunctionAccessDeniedError(FunctionInvokeError):
    """The caller may not invoke this function. Source: SEC-LPOL-01."""


class FunctionRecursionError(FunctionInvokeError):
    """Its own earlier runs have led to this call, and not for the first time."""

    def __init__(self, function: str) -> None:
        super().__init__(function, "it is invoked in a recursive loop, and was stopped")


class InputError(RoutekeyError):
    """What the operator gave us is wrong.

    One message that says what, where and what to do: it is printed as it is, without a traceback.
    """

    def __init__(
        self,
        problem: str,
        *,
        remedy: str = "",
        file: str | None = None,
        line: int | None = None,
        resource: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        """What is wrong, as a clause without a full stop."""
        self.remedy = remedy
        """What to do about it; empty where the problem says it."""
        self.file = file
        self.line = line
        """1-based; None where the file has no lines, or nobody knows."""
        self.resource = resource
        """The logical id or name of what the problem is in."""

    def __str__(self) -> str:
        """Render as `FILE:LINE: RESOURCE: problem. Remedy`."""
        where = "" if self.file is None else self.file
        if self.line is not None:
            where += f":{self.line}"
        parts = [part for part in (where, self.resource) if part]
        text = ": ".join([*parts, self.problem])
        return f"{text}. {self.remedy}" if self.remedy else text


class ExpressionError(InputError):
    """A selection expression does not parse. Source: DP-RTE-02."""


class PatternError(InputError):
    """A filter of an event source mapping is no event pattern."""


class PolicyError(InputError):
    """A policy document is malformed. Source: SEC-EVAL-11."""


class ProjectError(InputError):
    """A template, handler or setting of the project cannot be used."""


class SchemaError(InputError):
    """A model is not a JSON schema. Source: DP-RTE-20."""


class TemplateError(InputError):
    """A mapping template does not parse. Source: DP-VTL-13."""
