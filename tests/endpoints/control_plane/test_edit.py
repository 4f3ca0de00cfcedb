"""One change of the account, before it is committed."""

import re

import pytest

from routekey.endpoints.control_plane.edit import FOLDERS, Edit, Kept
from routekey.resources.usage import ApiKey
from routekey.resources.vpc_link import VpcLink
from routekey.testing.apis import ACCOUNT_ID, REGION

OLD = ApiKey(id="old", value="1")
NEW = ApiKey(id="new", value="2")


@pytest.fixture
def kept() -> Kept:
    return {**{kind: {} for kind in FOLDERS.values()}, ApiKey: {"old": OLD}}


@pytest.fixture
def edit(kept: Kept) -> Edit:
    return Edit(
        kept,
        region=REGION,
        account_id=ACCOUNT_ID,
        now=7,
        entropy=lambda size: bytes(range(256 - size, 256)),
    )


def test_an_edit_sees_what_is_kept_and_its_own_changes(edit: Edit) -> None:
    edit.put("new", NEW)
    assert edit.find(ApiKey, "new") is NEW
    assert edit.find(ApiKey, "old") is OLD
    assert edit.all(ApiKey) == [OLD, NEW]
    edit.remove(ApiKey, "old")
    assert edit.find(ApiKey, "old") is None
    assert edit.all(ApiKey) == [NEW]
    assert edit.all(VpcLink) == []


def test_nobody_else_sees_them(edit: Edit, kept: Kept) -> None:
    edit.put("new", NEW)
    edit.remove(ApiKey, "old")
    assert kept[ApiKey] == {"old": OLD}
    assert edit.changes == {(ApiKey, "new"): NEW, (ApiKey, "old"): None}


@pytest.mark.rule("CP-ID-08")
def test_an_id_is_lower_case_letters_and_digits(edit: Edit) -> None:
    assert re.fullmatch("[a-z0-9]{6}", edit.new_id(6))


@pytest.mark.rule("CP-ARN-01")
def test_an_arn_has_no_account(edit: Edit) -> None:
    assert edit.arn("apis/a") == f"arn:aws:apigateway:{REGION}::/apis/a"
