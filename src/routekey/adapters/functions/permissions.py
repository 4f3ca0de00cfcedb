"""A function's resource policy: who may call it. Source: SEC-LPOL-01 to SEC-LPOL-05."""

import re
from collections.abc import Sequence
from functools import lru_cache

from routekey.arn import Arn
from routekey.errors import FunctionAccessDeniedError
from routekey.resources.function import Permission

_ACTIONS = frozenset({"lambda:invokefunction", "lambda:*", "*"})


def check_permission(
    function: str, permissions: Sequence[Permission], *, source_arn: str, qualifier: str | None
) -> None:
    """Refuse a call of API Gateway that no statement allows.

    Args:
        function: its name, for the message.
        permissions: the statements of its policy.
        source_arn: the route or authorizer that calls.
        qualifier: the version or alias in the ARN that it calls, which needs its own statement.

    Raises:
        FunctionAccessDeniedError: its reason names the permission to add.
    """
    if any(_allows(permission, source_arn, qualifier) for permission in permissions):
        return
    name = f"{function}:{qualifier}" if qualifier else function
    raise FunctionAccessDeniedError(
        name,
        "no permission lets API Gateway call it. Add an AWS::Lambda::Permission, or an "
        f"aws_lambda_permission, with Action lambda:InvokeFunction, FunctionName {name}, "
        f"Principal apigateway.amazonaws.com and SourceArn {source_arn}",
    )


def _allows(permission: Permission, source_arn: str, qualifier: str | None) -> bool:
    source = Arn.parse(source_arn)
    if source is None or not permission.names_gateway(source.region):
        return False
    if permission.action.lower() not in _ACTIONS or permission.is_for_others:
        return False
    if permission.qualifier != qualifier:  # SEC-LPOL-05
        return False
    if permission.source_account not in {None, source.account}:
        return False
    return permission.source_arn is None or _is_like(permission.source_arn, source_arn)


@lru_cache(maxsize=1024)  # one a route: asked for each message
def _is_like(pattern: str, arn: str) -> bool:
    """Compare as `ArnLike` does: each of the six parts by itself, with `*` and `?`."""
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(given) and all(
        re.fullmatch(_translate(one), other, re.DOTALL)
        for one, other in zip(wanted, given, strict=True)
    )


def _translate(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
