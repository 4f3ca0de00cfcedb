"""Settings of the whole account, of the older API. Source: CP-STAGE-08, CP-KEY-01."""

from typing import Final

from routekey.arn import Arn
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.patches import Patch
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException
from routekey.quotas import ACCOUNT_BURST, ACCOUNT_RATE
from routekey.resources.usage import AccountSettings

_KEY: Final = ""
"""There is one of them."""


def get_account(edit: Edit, _: Members) -> Members:
    """GetAccount."""
    settings = edit.find(AccountSettings, _KEY) or AccountSettings()
    return {
        "api_key_version": "4",
        "cloudwatch_role_arn": settings.cloudwatch_role_arn,
        "features": ["UsagePlans"],
        "throttle_settings": {"burst_limit": ACCOUNT_BURST, "rate_limit": float(ACCOUNT_RATE)},
    }


def update_account(edit: Edit, request: Members) -> Members:
    """UpdateAccount: the role that writes logs, and nothing else."""
    for patch in Patch.read(request):
        if patch.op != "replace" or patch.path != ("cloudwatchRoleArn",):
            raise patch.refuse()
        arn = Arn.parse(patch.value)
        if patch.value and (arn is None or arn.service != "iam"):
            raise BadRequestException(
                "The role ARN does not have required permissions configured. Please grant trust "
                "permission for API Gateway and add the required role policy."
            )
        edit.put(_KEY, AccountSettings(cloudwatch_role_arn=patch.value or None))
    return get_account(edit, {})


OPERATIONS: Final = {"GetAccount": get_account, "UpdateAccount": update_account}
