"""Every kind of integration behind one port: each call goes to whom it is for."""

from routekey.adapters.integrations.aws_proxy import LambdaIntegration
from routekey.gateway.ports import (
    AwsServiceCall,
    HttpCall,
    IntegrationCall,
    IntegrationOutcome,
    LambdaCall,
    MockCall,
    MockOutcome,
)


class Backends:
    """Implements the port `Integrations`."""

    def __init__(self, functions: LambdaIntegration) -> None:
        self._functions = functions

    async def invoke(self, call: IntegrationCall) -> IntegrationOutcome:
        """Make one attempt."""
        match call:
            case LambdaCall():
                return await self._functions.invoke(call)
            case MockCall():
                return MockOutcome(status=call.status)
            case HttpCall() | AwsServiceCall():
                raise AssertionError("wired later")
