"""The keys of function processes: temporary ones of their roles. Source: LAM-ENV-01."""

from collections.abc import Mapping
from typing import Final

from routekey.adapters.credentials import IssuedCredentials

_SECONDS: Final = 25 * 3600
"""A process keeps the keys that it was started with: for a day at most, and one call more."""


class FunctionKeys:
    """Gives each process keys of its own. Implements `adapters.functions.ProcessKeys`."""

    def __init__(self, credentials: IssuedCredentials) -> None:
        self._credentials = credentials

    def issue(self, role_arn: str, function_name: str) -> Mapping[str, str]:
        """Give a new process its keys, in the variables that every AWS SDK reads.

        Returns:
            `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, of a session that
            has the function's name, as on AWS.
        """
        keys = self._credentials.issue_for_role(role_arn, function_name, seconds=_SECONDS)
        return {
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_SESSION_TOKEN": keys.session_token or "",
        }

    def retire(self, variables: Mapping[str, str]) -> None:
        """Take note that the process with these keys is gone."""
        self._credentials.retire(variables["AWS_ACCESS_KEY_ID"])
