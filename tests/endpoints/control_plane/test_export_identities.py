"""Identities as a CloudFormation template: exported, and loaded again."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.routing import Route

from endpoints.control_plane.laboratory import Laboratory, ask
from routekey.endpoints.control_plane.export import create_export
from routekey.projects import LoadOptions, load
from routekey.resources.managed_identity import (
    AccessKey,
    ManagedGroup,
    ManagedIdentities,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
)
from routekey.resources.project import Project
from routekey.testing.apis import ACCOUNT_ID, REGION

ALLOW = {"Effect": "Allow", "Action": "a:b", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]})
TRUSTED = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTED]})
MINE = f"arn:aws:iam::{ACCOUNT_ID}:policy/shared/mine"
SECRET = "the secret of a key"
IDENTITIES = ManagedIdentities(
    roles=(
        ManagedRole(
            name="runner-1",
            id="AROA",
            path="/chat/",
            inline_policies={"push": DOCUMENT},
            attached_policies=(MINE, "arn:aws:iam::aws:policy/AWSLambdaExecute"),
            permissions_boundary=MINE,
            tags={"team": "chat"},
            trust_policy=TRUST,
            description="runs",
            max_session_duration=7200,
        ),
        ManagedRole(name="bare", id="AROABARE"),
    ),
    users=(
        ManagedUser(
            name="ada",
            id="AIDA",
            groups=("team",),
            access_keys=(AccessKey(access_key_id="AKIAADA", secret_access_key=SECRET),),
        ),
    ),
    groups=(ManagedGroup(name="team", id="AGPA", attached_policies=(MINE,)),),
    policies=(
        ManagedPolicy(
            name="mine", id="ANPA", path="/shared/", document=DOCUMENT, description="for all"
        ),
    ),
)


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    def more(laboratory: Laboratory) -> list[Route]:
        return create_export(laboratory.plane, laboratory.door, ACCOUNT_ID)

    async with Laboratory(more_routes=more) as laboratory:
        yield laboratory


def without_ids(identities: ManagedIdentities) -> ManagedIdentities:
    """Leave out what elsewhere is another's, and keys, whose secrets stay here."""
    return ManagedIdentities(
        roles=tuple(replace(one, id="") for one in identities.roles),
        users=tuple(replace(one, id="", access_keys=()) for one in identities.users),
        groups=tuple(replace(one, id="") for one in identities.groups),
        policies=tuple(replace(one, id="") for one in identities.policies),
    )


@pytest.mark.rule("CP-CFN-02")
async def test_everybody_is_taken_elsewhere_but_no_secret(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    project = Project(region=REGION, account_id=ACCOUNT_ID, identities=IDENTITIES)
    await laboratory.plane.load_project(project)
    _, _, body = await ask(laboratory, "GET", "/export")
    assert SECRET.encode() not in body
    assert MINE.encode() not in body  # elsewhere it is another account's
    (tmp_path / "template.json").write_bytes(body)
    options = LoadOptions(region=REGION, account_id=ACCOUNT_ID)
    loaded = load(tmp_path / "template.json", options=options)
    assert without_ids(loaded.identities) == without_ids(IDENTITIES)
