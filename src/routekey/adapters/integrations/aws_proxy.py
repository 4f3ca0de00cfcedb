"""Lambda integrations: proxy, and non-proxy with a rendered payload."""

from routekey.errors import FunctionInvokeError, IntegrationFailure, IntegrationTimeout
from routekey.gateway.ports import (
    FunctionCall,
    Functions,
    InvokePermissions,
    LambdaCall,
    LambdaOutcome,
)
from routekey.tasks import within


class LambdaIntegration:
    """Ask a function, once, and not longer than the route allows (DP-INT-04, DP-INT-05)."""

    def __init__(self, functions: Functions, permissions: InvokePermissions) -> None:
        self._functions = functions
        self._permissions = permissions

    async def invoke(self, call: LambdaCall) -> LambdaOutcome:
        """Invoke the function of a call.

        When the time is over the client is told, and the function runs on to its own limit
        (LAM-PROXY-06).

        Raises:
            IntegrationTimeout: no result in time.
            IntegrationFailure: 500; Lambda did not take the call (DP-HSK-12, DP-INT-16).
        """
        role, caller = call.credentials_arn, call.caller_key_id
        if caller is not None and not self._permissions.may_caller_invoke(
            caller, call.function_arn
        ):
            raise IntegrationFailure(
                f"who opened the connection, with {caller}, may not invoke {call.function_arn}: "
                "allow him lambda:InvokeFunction on this function"
            )
        if role is not None and not self._permissions.may_invoke(role, call.function_arn):
            raise IntegrationFailure(
                f"the role {role} may not invoke {call.function_arn}: allow it "
                "lambda:InvokeFunction on this function"
            )
        asked = FunctionCall(
            function=call.function_arn,
            payload=call.payload,
            source_arn=call.source_arn if role is None and caller is None else None,
            trace_id=call.trace_id,
            is_async=call.is_async,
        )
        try:
            result = await within(call.timeout_ms / 1000, self._functions.invoke(asked))
        except TimeoutError:
            reason = f"{call.function_arn} did not answer within {call.timeout_ms} ms"
            raise IntegrationTimeout(reason) from None
        except FunctionInvokeError as error:
            raise IntegrationFailure(error.reason) from error
        return LambdaOutcome(
            payload=result.payload,
            function_error=result.function_error,
            request_id=result.request_id,
        )
