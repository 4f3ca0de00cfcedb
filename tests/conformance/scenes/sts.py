"""What `sts` asks for beyond its model."""

from hypothesis import strategies as st

from conformance.scene import Pages, Scene
from conformance.scenes.iam import IAM
from conformance.scenes.words import DOCUMENTS
from routekey.endpoints.sts import _OPERATIONS
from routekey.testing.apis import ACCOUNT_ID

STS = Scene(
    service="sts",
    operations=sorted(_OPERATIONS),
    refusal=(400, "ValidationError"),
    missing="Value null at '{}' failed to satisfy constraint: Member must not be null",
    unknown=(403, "AccessDenied"),
    pages=Pages(token="", next_token="", limit="", number=int, broken=()),
    values={
        "DurationSeconds": st.integers(900, 3600),
        "Policy": DOCUMENTS,
        "PolicyArns.item.arn": st.just("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        "ProviderArn": st.just("arn:aws:iam::aws:contextProvider/IdentityCenter"),
        "RoleArn": lambda walk: (
            f"arn:aws:iam::{ACCOUNT_ID}:role/{walk.elsewhere(IAM).place('RoleName')}"
        ),
    },
)
