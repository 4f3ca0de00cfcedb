"""What the management APIs of AWS answer when they refuse.

Each names itself on the wire by its class, as all of `errors.AwsException` do.

Source: CP-PROTO-03, CP-PROTO-04, LAM-INV-04 to LAM-INV-07.
"""

from collections.abc import Mapping
from typing import ClassVar

from routekey.errors import AwsException


class NotFoundException(AwsException):
    """What the path or the body names does not exist. Source: CP-PROTO-04."""

    status = 404


class ConflictException(AwsException):
    """It exists already, or something else still needs it. Source: CP-PROTO-04."""

    status = 409


class TooManyRequestsException(AwsException):
    """A quota is used up. Source: CP-PROTO-04."""

    status = 429


class RequestEntityTooLargeException(AwsException):
    """The body is larger than any request of this API may be."""

    status = 413


class UnknownOperationException(AwsException):
    """No such operation, or one that this gateway leaves to others."""

    status = 404


class ValidationException(AwsException):
    """A member is not what Lambda's model says."""

    status = 400


class LambdaException(AwsException):
    """An answer of Lambda, whose body also says whose fault it is."""

    more: ClassVar[Mapping[str, str]] = {"Type": "User"}
    """What the body says besides the message."""


class LambdaAccessDeniedException(LambdaException):
    """The caller may not read what his request names."""

    status, message_key = 403, "Message"

    @property
    def code(self) -> str:
        """Lambda's name for it, which is that of others as well, whose body says less."""
        return "AccessDeniedException"


class InvalidParameterValueException(LambdaException):
    """A parameter has a value that Lambda does not take."""

    status = 400


class InvalidRequestContentException(LambdaException):
    """The payload is not JSON. Source: LAM-INV-05."""

    status = 400


class PolicyLengthExceededException(LambdaException):
    """A function's resource policy has no room for another statement."""

    status = 400


class PreconditionFailedException(LambdaException):
    """The function is not the one that was meant: it has changed since."""

    status = 412


class RecursiveInvocationException(LambdaException):
    """The function's own runs have led to this call, again and again. Source: LAM-INV-07."""

    status, message_key = 400, "Message"

    def __init__(self) -> None:
        super().__init__(
            "Lambda has detected your function being invoked in a recursive loop with other Amazon "
            "Web Services resources and stopped your function's invocation."
        )


class RateExceededException(LambdaException):
    """The function's concurrency is used up. Source: LAM-INV-06."""

    status = 429
    more: ClassVar[Mapping[str, str]] = {
        "Type": "User",
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
    }

    def __init__(self) -> None:
        super().__init__("Rate Exceeded.")

    @property
    def code(self) -> str:
        """Lambda's name for it, which is API Gateway's name for something else."""
        return "TooManyRequestsException"


class RequestTooLargeException(LambdaException):
    """The payload is larger than Lambda takes. Source: LAM-INV-07."""

    status = 413


class ResourceConflictException(LambdaException):
    """A function, alias or statement of this name exists already. Source: LAM-CTL-02."""

    status = 409


class ResourceNotFoundException(LambdaException):
    """No such function, alias, version or statement. Source: LAM-INV-04."""

    status, message_key = 404, "Message"
