"""Keys that AWS itself takes, for integrations and functions that ask AWS and no emulator.

API Gateway takes an integration's role as a service, and Lambda a function's. Here the gateway
takes it with credentials of its own, which botocore finds as every AWS SDK does; so the role has to
trust their owner. The keys that we issue ourselves mean nothing to AWS.

Source: DP-INT-07, LAM-ENV-01.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session

from routekey.adapters.credentials import GATEWAY_SESSION
from routekey.clock import Clock
from routekey.errors import InputError, IntegrationFailure
from routekey.gateway.ports import AwsServiceCall
from routekey.resources.identity import Credential, Principal

_RENEW_MS: Final = 5 * 60 * 1000
"""Keys are replaced so long before they run out, as AWS's SDKs do."""
_CONFIG: Final = Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=10)

MakeClient = Callable[[], Any]
"""Makes a client of STS; takes 50 ms, beside the loop."""


class AwsKeys:
    """One set of keys for each role that an integration names, renewed in time.

    Args:
        make_sts: makes the client that roles are assumed with.
        clock: tells when keys run out.
    """

    def __init__(self, make_sts: MakeClient, clock: Clock) -> None:
        self._make_sts = make_sts
        self._clock = clock
        self._known: dict[str, Credential] = {}
        """By role: as many as the integrations of the project name."""
        self._asked: dict[str, asyncio.Future[Credential]] = {}
        """What STS is asked just now, by role: once, however many messages wait for it."""

    async def find(self, call: AwsServiceCall) -> Credential:
        """Give keys that are good for a while yet.

        Raises:
            IntegrationFailure: there are none.
        """
        role_arn = call.credentials_arn
        if role_arn is None:
            raise IntegrationFailure(
                "AWS itself is asked in a role only: name one as CredentialsArn"
            )
        known = self._known.get(role_arn)
        if known is not None and (known.expires_ms or 0) >= self._clock.now_ms() + _RENEW_MS:
            return known
        asked = self._asked.get(role_arn)
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = self._asked[role_arn] = loop.run_in_executor(None, self._assume, role_arn)
            asked.add_done_callback(partial(self._take, role_arn))
        return await asyncio.shield(asked)  # who waits no longer does not stop it for the others

    def _take(self, role_arn: str, asked: asyncio.Future[Credential]) -> None:
        del self._asked[role_arn]
        if not asked.cancelled() and asked.exception() is None:
            self._known[role_arn] = asked.result()

    def _assume(self, role_arn: str) -> Credential:
        try:
            return assume_role(self._make_sts, role_arn, GATEWAY_SESSION)
        except InputError as error:
            raise IntegrationFailure(error.problem) from error


def assume_role(make_sts: MakeClient, role_arn: str, session_name: str) -> Credential:
    """Ask STS for keys of a role, good for an hour; beside the loop.

    Raises:
        InputError: the gateway has no credentials, the role does not trust their owner, or STS
            does not answer.
    """
    try:
        client = make_sts()
        answer = client.assume_role(RoleArn=role_arn, RoleSessionName=session_name)
        client.close()
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise InputError(
            f"the role {role_arn} cannot be assumed with the gateway's own credentials: {error}"
        ) from error
    keys, expires = answer["Credentials"], answer["Credentials"]["Expiration"]
    if not isinstance(expires, datetime):
        raise AssertionError("botocore reads dates")  # noqa: TRY004  # cannot be
    user = answer["AssumedRoleUser"]
    return Credential(
        access_key_id=keys["AccessKeyId"],
        secret_access_key=keys["SecretAccessKey"],
        session_token=keys["SessionToken"],
        expires_ms=int(expires.timestamp() * 1000),
        principal=Principal(
            arn=user["Arn"], account=user["Arn"].split(":")[4], user_id=user["AssumedRoleId"]
        ),
    )


def sts_of(region: str, **settings: Any) -> MakeClient:
    """Give what makes a client of STS with the credentials that the gateway finds around it."""
    return lambda: Session().create_client("sts", region_name=region, config=_CONFIG, **settings)
