"""Every kind of integration behind one port: each call goes to whom it is for."""

from typing import assert_never

from routekey.adapters.integrations.aws_proxy import LambdaIntegration
from routekey.adapters.integrations.aws_service import AwsServiceIntegration
from routekey.adapters.integrations.http import HttpIntegration
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
    """All backends of the routes; it implements the port `Integrations`."""

    def __init__(
        self, functions: LambdaIntegration, http: HttpIntegration, services: AwsServiceIntegration
    ) -> None:
        self._functions = functions
        self._http = http
        self._services = services

    async def invoke(self, call: IntegrationCall) -> IntegrationOutcome:
        """Make one attempt (DP-INT-05). MOCK asks nobody (DP-INT-40)."""
        match call:
            case LambdaCall():
                return await self._functions.invoke(call)
            case MockCall():
                return MockOutcome(status=call.status)
            case HttpCall():
                return await self._http.invoke(call)
            case AwsServiceCall():
                return await self._services.invoke(call)
            case _:
                assert_never(call)
