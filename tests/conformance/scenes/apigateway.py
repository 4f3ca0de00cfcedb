"""What `apigateway`, the older API, asks for beyond its model: keys, plans, the account."""

import json
from typing import Any

from hypothesis import strategies as st

from conformance.scene import Maker, Pages, Scene, Walk
from conformance.scenes.apigatewayv2 import APIGATEWAYV2
from conformance.scenes.words import NAMES, ROLES, TAGS, WORDS
from routekey.endpoints.control_plane import _V1
from routekey.endpoints.control_plane.usage import make_operations
from routekey.gateway.metering import UsageMeter
from routekey.testing.apis import REGION

LIMITS = st.integers(1, 1000)
RATES = st.floats(0, 1000, width=32)


def patch(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, str]]]:
    """Replace what stands at each path, with `_` for a slash."""
    return st.fixed_dictionaries(values).map(
        lambda drawn: [
            {
                "op": "replace",
                "path": f"/{name.replace('_', '/')}",
                "value": value if isinstance(value, str) else json.dumps(value),
            }
            for name, value in drawn.items()
        ]
    )


def plan_stages(walk: Walk) -> list[Any]:
    api = walk.elsewhere(APIGATEWAYV2)
    throttle = {"join": {"burstLimit": 7, "rateLimit": 2.5}}
    return [{"apiId": api.place("ApiId"), "stage": api.place("StageName"), "throttle": throttle}]


def name_key(walk: Walk) -> str:
    return f"arn:aws:apigateway:{REGION}::/apikeys/{walk.place('apiKey')}"


def write_csv(walk: Walk) -> bytes:
    return f"name,key,enabled\nimported,{walk.draw('CreateApiKey', 'value')},true\n".encode()


APIGATEWAY = Scene(
    service="apigateway",
    operations=sorted({**_V1, **make_operations(UsageMeter())}),
    refusal=(400, "BadRequestException"),
    missing="is required",
    unknown=(404, "NotFoundException"),
    pages=Pages(
        token="position",
        next_token="position",
        limit="limit",
        number=int,
        broken=({"limit": 0}, {"limit": -1}, {"position": "?"}),
    ),
    makers={
        "apiKey": Maker(operation="CreateApiKey", member="id"),
        "CreateUsagePlanKey.keyId": Maker(operation="CreateApiKey", member="id"),
        "keyId": Maker(operation="CreateUsagePlanKey", member="id"),
        "usagePlanId": Maker(operation="CreateUsagePlan", member="id"),
    },
    wanted={"CreateUsagePlan": ("quota",)},
    values={
        "apiStages": plan_stages,
        "body": write_csv,
        "endDate": st.just("2026-01-31"),
        "startDate": st.just("2026-01-01"),
        "burstLimit": LIMITS,
        "keyType": st.just("API_KEY"),
        "limit": st.integers(1, 500),
        "offset": st.just(0),
        "period": st.sampled_from(["DAY", "WEEK", "MONTH"]),
        "position": st.just("MA=="),
        "rateLimit": RATES,
        "resourceArn": name_key,
        "tags": TAGS,
        "value": NAMES.map("a-long-enough-value-{}".format),
        "UpdateAccount.patchOperations": patch(cloudwatchRoleArn=ROLES),
        "UpdateApiKey.patchOperations": patch(
            customerId=WORDS, description=WORDS, enabled=st.booleans(), name=NAMES
        ),
        "UpdateUsage.patchOperations": patch(remaining=LIMITS),
        "UpdateUsagePlan.patchOperations": patch(
            description=WORDS,
            name=NAMES,
            productCode=WORDS,
            throttle_burstLimit=LIMITS,
            throttle_rateLimit=RATES,
            quota_limit=LIMITS,
            quota_offset=st.just(0),
            quota_period=st.sampled_from(["DAY", "WEEK", "MONTH"]),
        ),
    },
    readings={"TagResource": ("GetTags",), "UpdateUsage": ()},
    fillings={"GetUsage": "CreateUsagePlanKey"},
    unpaged={"GetTags": "the model's documentation says so"},
    untold={
        "CreateApiKey.generateDistinctId": "every id is distinct",
        "CreateApiKey.stageKeys": "told as `restApiId/stageName`",
        "CreateApiKey.value": "told to who asks for it only",
        "CreateUsagePlanKey.keyId": "told as `id`",
        "CreateUsagePlanKey.keyType": "told as `type`",
        "quota.offset": "a patch of it is told as a number, and 0 is not told",
    },
)
