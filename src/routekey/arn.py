"""Amazon Resource Names: taking them apart, and the ones that a gateway makes."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from routekey.ids import AccountId, ApiId, RouteKey, StageName

_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """`arn:partition:service:region:account:resource`, where the resource may hold colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Take an ARN apart; None where the text is not one."""
        parts = text.split(":", _PARTS - 1)
        if len(parts) != _PARTS or parts[0] != "arn":
            return None
        _, partition, service, region, account, resource = parts
        return cls(
            partition=partition, service=service, region=region, account=account, resource=resource
        )

    def __str__(self) -> str:
        """Put the ARN together again."""
        scope = f"{self.partition}:{self.service}:{self.region}:{self.account}"
        return f"arn:{scope}:{self.resource}"


def route_arn(
    region: str, account: AccountId, api_id: ApiId, stage: StageName, route_key: RouteKey
) -> str:
    """Name a route as IAM, authorizers and Lambda permissions do. Source: DP-AUT-02, DP-INT-07."""
    return f"arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{route_key}"


def authorizer_arn(region: str, account: AccountId, api_id: ApiId, authorizer_id: str) -> str:
    """Name a Lambda authorizer, as its function's permission does. Source: DP-AUT-12."""
    return f"arn:aws:execute-api:{region}:{account}:{api_id}/authorizers/{authorizer_id}"


def callback_arn(
    region: str, account: AccountId, api_id: ApiId, stage: StageName, method: str
) -> str:
    """Name a callback as IAM does: the literal template, never the id. Source: DP-MGM-05."""
    return (
        f"arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{method}"
        "/@connections/{connectionId}"
    )


def function_arn(region: str, account: AccountId, name: str, qualifier: str | None = None) -> str:
    """Name a Lambda function, or one of its versions or aliases."""
    suffix = f":{qualifier}" if qualifier else ""
    return f"arn:aws:lambda:{region}:{account}:function:{name}{suffix}"


def runtime_arn(region: str, runtime: str) -> str:
    """Name a runtime's version: Lambda's is a hash of it, and ours has one version."""
    return f"arn:aws:lambda:{region}::runtime:{sha256(runtime.encode()).hexdigest()}"


def mask_account(arn: str) -> str:
    """Hide all but the last four digits of the account, as denials do. Source: SEC-ERR-20."""
    parsed = Arn.parse(arn)
    if parsed is None or not parsed.account:
        return arn
    return arn.replace(f":{parsed.account}:", f":{'*' * 8}{parsed.account[-4:]}:", 1)
