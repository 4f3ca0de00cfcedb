"""The keys of function processes: temporary ones of their roles. Source: LAM-ENV-01.

We make them, and AWS does not know them. Where functions ask AWS itself, an operator may name a
role that the gateway assumes for each process: then AWS made the keys, and we know them as those of
the function's role. So what a function may do here is never more than its role says, and neither
the gateway's own keys nor a developer's ever come near a function.

The other ways were to sign every request anew at the front door, which breaks the URLs that
functions sign for others, and uploads in chunks; or to lend functions the keys of whoever starts
the gateway, with which nobody can tell one function from another.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from routekey.adapters.aws_keys import MakeClient, assume_role
from routekey.adapters.credentials import IssuedCredentials
from routekey.arn import Arn
from routekey.errors import InputError
from routekey.quotas import FUNCTION_TIMEOUT_SECONDS_MAX
from routekey.resources.identity import Credential

SETTING: Final = "services.role"
OWN: Final = "own"
_DAY_SECONDS: Final = 24 * 3600
_CALL_SECONDS: Final = FUNCTION_TIMEOUT_SECONDS_MAX + 100
"""The longest call, and how late an environment may be found old."""
_AWS_SECONDS: Final = 3600
"""How long a role's keys are good that another role asks for, whatever AWS lets others have."""

_ASKED_AT_ONCE_MAX: Final = 4
"""Processes for which STS is asked just now. Each takes a thread of the loop's, which are six on
two processors, and holds it for as long as STS is slow; files need the others."""


class AwsRole:
    """The role in which functions act at AWS itself."""

    def __init__(self, choice: str, make_sts: MakeClient) -> None:
        """Take what the operator chose.

        Args:
            choice: `own` is each function's, an ARN one for all; empty is none.
            make_sts: makes the client that assumes it.

        Raises:
            InputError: the choice is none of these.
        """
        arn = Arn.parse(choice)
        is_role = arn is not None and arn.service == "iam" and arn.resource.startswith("role/")
        if choice not in {"", OWN} and not is_role:
            raise InputError(
                f"{choice!r} is no role",
                resource=SETTING,
                remedy=f"Write the ARN of a role, or {OWN!r} for the role of each function.",
            )
        self._choice = choice
        self._make_sts = make_sts
        self._turn = asyncio.Semaphore(_ASKED_AT_ONCE_MAX)

    @property
    def is_none(self) -> bool:
        """Whether functions have no keys that AWS takes."""
        return not self._choice

    @property
    def notice(self) -> str:
        """Tell the user as whom functions act at AWS."""
        if self.is_none:
            return (
                "functions ask AWS itself, which refuses the keys that they have here: set "
                f"{SETTING} to a role that the gateway may assume for them"
            )
        whom = "their own roles" if self._choice == OWN else f"the role {self._choice}"
        return (
            f"functions act at AWS itself in {whom}, assumed with the credentials that the gateway "
            "finds around it"
        )

    async def assume(self, role_arn: str, function_name: str) -> Credential:
        """Get keys for a new process of a function.

        Raises:
            InputError: there are none.
        """
        role = role_arn if self._choice == OWN else self._choice
        async with self._turn:
            return await asyncio.to_thread(assume_role, self._make_sts, role, function_name)


class FunctionKeys:
    """Gives each process keys of its own. Implements `adapters.functions.ProcessKeys`.

    Args:
        credentials: knows all keys that are good here.
        at_aws: the role at AWS itself; None where functions ask an emulator, which takes any keys.
    """

    def __init__(self, credentials: IssuedCredentials, at_aws: AwsRole | None = None) -> None:
        self._credentials = credentials
        self._role = None if at_aws is None or at_aws.is_none else at_aws
        self.notices: tuple[str, ...] = () if at_aws is None else (at_aws.notice,)
        """What the user should know."""

    @property
    def age_seconds_max(self) -> int:
        """How old an environment may become, so that its keys last for one call more."""
        return _DAY_SECONDS if self._role is None else _AWS_SECONDS - _CALL_SECONDS

    async def issue(self, role_arn: str, function_name: str) -> Mapping[str, str]:
        """Give a new process its keys, in the variables that every AWS SDK reads.

        Returns:
            `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, of a session that
            has the function's name, as on AWS.

        Raises:
            InputError: the role cannot be assumed at AWS.
        """
        if self._role is None:
            seconds = _DAY_SECONDS + _CALL_SECONDS
            keys = self._credentials.issue_for_role(role_arn, function_name, seconds=seconds)
        else:
            keys = await self._role.assume(role_arn, function_name)
            self._credentials.adopt(keys, role_arn, function_name)
        return {
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_SESSION_TOKEN": keys.session_token or "",
        }

    def retire(self, variables: Mapping[str, str]) -> None:
        """Take note that the process with these keys is gone."""
        self._credentials.retire(variables["AWS_ACCESS_KEY_ID"])
