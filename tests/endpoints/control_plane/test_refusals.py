"""What AWS's management APIs answer when they refuse."""

import pytest

from routekey.endpoints.control_plane import refusals
from routekey.errors import AwsException


@pytest.mark.rule("CP-PROTO-04")
def test_each_has_its_status() -> None:
    statuses = {
        name: kind.status
        for name, kind in vars(refusals).items()
        if isinstance(kind, type) and issubclass(kind, AwsException) and hasattr(kind, "status")
    }
    assert (
        statuses.items()
        >= {
            "ConflictException": 409,
            "NotFoundException": 404,
            "TooManyRequestsException": 429,
        }.items()
    )


def test_each_names_itself() -> None:
    assert refusals.NotFoundException("gone").code == "NotFoundException"
