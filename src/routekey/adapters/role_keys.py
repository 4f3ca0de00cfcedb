"""The keys with which the gateway itself acts: for AWS integrations, those of a role or a caller.

Source: DP-INT-07, SEC-LPOL-06.
"""

from typing import Final

from routekey.adapters.credentials import GATEWAY_SESSION, IssuedCredentials
from routekey.clock import Clock
from routekey.gateway.ports import AwsServiceCall
from routekey.resources.identity import Credential, SealedCredential

_RENEW_MS: Final = 5 * 60 * 1000
"""Keys are replaced so long before they run out: longer than any call takes."""


class RoleKeys:
    """One set of keys for each role that an integration names, renewed in time."""

    def __init__(self, credentials: IssuedCredentials, clock: Clock) -> None:
        self._credentials = credentials
        self._clock = clock
        self._known: dict[str, Credential] = {}
        """By role: as many as the integrations of the project name."""

    def find_for(self, call: AwsServiceCall) -> Credential | None:
        """Give the keys to sign a call with: those of its role, or of the caller.

        None where there are none, as of an operator, whose secret is not kept.
        """
        if call.caller_key_id is None:
            return self.find(call.credentials_arn)
        credential = self._credentials.find_caller(call.caller_key_id)
        return None if isinstance(credential, SealedCredential) else credential

    def find(self, role_arn: str | None) -> Credential | None:
        """Give keys of a role that are good for a while yet; None where the role is not ours.

        So it is where none is named, and where it does not trust API Gateway.
        """
        if role_arn is None or not self._credentials.trusts_gateway(role_arn):
            return None
        known = self._known.get(role_arn)
        if known is None or (known.expires_ms or 0) < self._clock.now_ms() + _RENEW_MS:
            known = self._credentials.issue_for_role(role_arn, GATEWAY_SESSION)
            self._known[role_arn] = known
        return known
