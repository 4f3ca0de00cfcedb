"""A project's identities in IAM: visible, editable, and read again without harm to what is edited.

Each test describes, edits through AWS's SDK, saves the project (which loads it again), reads back.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam, told
from routekey.errors import ProjectError
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


def allow(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


AWSS = "arn:aws:iam::aws:policy/AWSLambdaExecute"
MINE = f"arn:aws:iam::{ACCOUNT_ID}:policy/shared/mine"
SECRET = "the secret of a template's key"
ROLE = ManagedRole(
    name="runner",
    id="AROARUNNER",
    path="/chat/",
    inline_policies={"push": allow("execute-api:ManageConnections")},
    attached_policies=(AWSS, MINE),
    trust_policy=trust("lambda.amazonaws.com"),
    tags={"team": "chat"},
)
USER = ManagedUser(
    name="ada",
    id="AIDAADA",
    inline_policies={"read": allow("apigateway:GET")},
    access_keys=(AccessKey(access_key_id="AKIATEMPLATEOFADA", secret_access_key=SECRET),),
    groups=("team",),
)
GROUP = ManagedGroup(name="team", id="AGPATEAM", attached_policies=(MINE,))
POLICY = ManagedPolicy(name="mine", id="ANPAMINE", path="/shared/", document=allow("lambda:Get*"))
DESCRIBED = ManagedIdentities(roles=(ROLE,), users=(USER,), groups=(GROUP,), policies=(POLICY,))
RUNNER, ADA = {"RoleName": "runner"}, {"UserName": "ada"}


async def load(laboratory: Laboratory, **changes: Any) -> None:
    """Save the project, with other identities of some kind."""
    identities = replace(DESCRIBED, **changes)
    project = Project(region=REGION, account_id=ACCOUNT_ID, identities=identities)
    await laboratory.plane.load_project(project)


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        await load(laboratory)
        yield laboratory


@pytest.fixture
def iam(laboratory: Laboratory) -> Client:
    return laboratory.client("iam")


def ada_client(laboratory: Laboratory, **key: str) -> Client:
    """Sign as Ada does, with the key of the template where no other is given."""
    given = {
        "aws_access_key_id": "AKIATEMPLATEOFADA",
        "aws_secret_access_key": SECRET,
        **key,
    }
    return laboratory.client(**given)


async def test_a_role_is_told_as_it_is_described(iam: Client) -> None:
    role = (await iam.get_role(**RUNNER))["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/chat/runner"
    assert role["AssumeRolePolicyDocument"] == json.loads(trust("lambda.amazonaws.com"))
    assert role["Tags"] == [{"Key": "team", "Value": "chat"}]
    assert role["CreateDate"].year > 1970
    del role["Tags"]
    assert (await iam.list_roles())["Roles"] == [role]
    assert (await iam.list_role_policies(**RUNNER))["PolicyNames"] == ["push"]
    inline = await iam.get_role_policy(**RUNNER, PolicyName="push")
    assert inline["PolicyDocument"] == json.loads(allow("execute-api:ManageConnections"))
    attached = (await iam.list_attached_role_policies(**RUNNER))["AttachedPolicies"]
    assert attached == [
        {"PolicyArn": AWSS, "PolicyName": "AWSLambdaExecute"},
        {"PolicyArn": MINE, "PolicyName": "mine"},
    ]


async def test_a_user_is_told_with_his_groups_and_keys_and_no_secret(iam: Client) -> None:
    assert (await iam.get_user(**ADA))["User"]["UserId"] == "AIDAADA"
    (key,) = (await iam.list_access_keys(**ADA))["AccessKeyMetadata"]
    assert (key["AccessKeyId"], key["Status"]) == ("AKIATEMPLATEOFADA", "Active")
    assert key["CreateDate"].year > 1970
    assert "SecretAccessKey" not in key
    (group,) = (await iam.list_groups_for_user(**ADA))["Groups"]
    assert group["GroupId"] == "AGPATEAM"


async def test_a_name_of_the_project_is_taken(iam: Client) -> None:
    """In any case: IAM's names differ in more than that."""
    text = trust("lambda.amazonaws.com")
    refused = await iam.refuse("create_role", RoleName="Runner", AssumeRolePolicyDocument=text)
    assert refused == (409, "EntityAlreadyExists", "Role with name Runner already exists.")
    assert (await iam.refuse("create_user", **ADA))[:2] == (409, "EntityAlreadyExists")
    assert (await iam.refuse("create_group", GroupName="team"))[0] == 409


async def test_an_edit_counts_at_once_and_survives_a_save(
    laboratory: Laboratory, iam: Client
) -> None:
    ada = ada_client(laboratory)
    assert (await ada.get_apis())["Items"] == []
    await iam.delete_user_policy(**ADA, PolicyName="read")
    assert (await ada.refuse("get_apis"))[1] == "AccessDeniedException"
    await load(laboratory)
    assert (await ada.refuse("get_apis"))[1] == "AccessDeniedException"
    await iam.put_user_policy(**ADA, PolicyName="mine", PolicyDocument=allow("apigateway:*"))
    await load(laboratory)
    assert (await ada.get_apis())["Items"] == []


async def test_a_policy_of_the_project_can_be_attached_by_its_whole_arn(
    laboratory: Laboratory, iam: Client
) -> None:
    await iam.attach_user_policy(**ADA, PolicyArn=MINE)
    (ada,) = laboratory.identities.users
    assert [policy.name for policy in ada.policies] == ["read", MINE, MINE]
    wrong = MINE.replace("/shared/", "/")
    text = f"Policy {wrong} does not exist or is not attachable."
    refused = await iam.refuse("attach_role_policy", **RUNNER, PolicyArn=wrong)
    assert refused == (404, "NoSuchEntity", text)


async def test_another_text_of_a_policy_is_a_version_of_it(
    laboratory: Laboratory, iam: Client
) -> None:
    """And the oldest go where there are too many, as with CloudFormation."""
    here = {"PolicyArn": MINE}
    assert (await iam.get_policy(**here))["Policy"]["UpdateDate"].year > 1970
    await iam.create_policy_version(**here, PolicyDocument=allow("a:edited"), SetAsDefault=True)
    await load(laboratory)
    default = await iam.get_policy_version(**here, VersionId="v2")
    assert default["PolicyVersion"]["Document"] == json.loads(allow("a:edited"))
    assert default["PolicyVersion"]["IsDefaultVersion"]
    for number in range(3, 8):
        changed = replace(POLICY, document=allow(f"a:{number}"))
        await load(laboratory, policies=(changed,))
    listed = (await iam.list_policy_versions(**here))["Versions"]
    assert [one["VersionId"] for one in listed] == ["v7", "v6", "v5", "v4", "v3"]
    default = await iam.get_policy_version(**here, VersionId="v7")
    assert default["PolicyVersion"]["Document"] == json.loads(allow("a:7"))
    assert default["PolicyVersion"]["IsDefaultVersion"]


async def test_every_edit_of_a_role_survives_a_save(laboratory: Laboratory, iam: Client) -> None:
    await iam.put_role_policy(**RUNNER, PolicyName="push", PolicyDocument=allow("a:b"))
    await iam.put_role_policy(**RUNNER, PolicyName="more", PolicyDocument=allow("a:c"))
    await iam.detach_role_policy(**RUNNER, PolicyArn=AWSS)
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    await iam.attach_role_policy(**RUNNER, PolicyArn=other)
    await iam.tag_role(**RUNNER, Tags=[{"Key": "groups", "Value": "two"}])
    await iam.update_role(**RUNNER, Description="runs", MaxSessionDuration=7200)
    await iam.update_assume_role_policy(**RUNNER, PolicyDocument=trust("ec2.amazonaws.com"))
    before = told(await iam.get_role(**RUNNER))
    laboratory.clock.advance(60)
    await load(laboratory)
    assert told(await iam.get_role(**RUNNER)) == before
    assert (await iam.list_role_policies(**RUNNER))["PolicyNames"] == ["more", "push"]
    inline = await iam.get_role_policy(**RUNNER, PolicyName="push")
    assert inline["PolicyDocument"] == json.loads(allow("a:b"))
    attached = (await iam.list_attached_role_policies(**RUNNER))["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [MINE, other]


async def test_what_the_project_says_anew_counts_beside_it(
    laboratory: Laboratory, iam: Client
) -> None:
    await iam.put_role_policy(**RUNNER, PolicyName="more", PolicyDocument=allow("a:c"))
    await iam.put_role_policy(**RUNNER, PolicyName="push", PolicyDocument=allow("a:d"))
    changed = replace(
        ROLE,
        inline_policies={"push": allow("a:new")},
        attached_policies=(MINE,),
        trust_policy=trust("apigateway.amazonaws.com"),
    )
    await load(laboratory, roles=(changed,))
    inline = await iam.get_role_policy(**RUNNER, PolicyName="push")
    assert inline["PolicyDocument"] == json.loads(allow("a:new"))
    assert (await iam.list_role_policies(**RUNNER))["PolicyNames"] == ["more", "push"]
    attached = (await iam.list_attached_role_policies(**RUNNER))["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [MINE]
    role = (await iam.get_role(**RUNNER))["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(trust("apigateway.amazonaws.com"))


async def test_a_save_without_a_change_writes_nothing(laboratory: Laboratory) -> None:
    before = laboratory.plane._edit()
    laboratory.clock.advance(60)
    await load(laboratory)
    after = laboratory.plane._edit()
    for kind in (ManagedRole, ManagedUser, ManagedGroup, ManagedPolicy):
        assert after.all(kind) == before.all(kind)


async def test_a_key_of_the_api_and_one_of_the_template_live_side_by_side(
    laboratory: Laboratory, iam: Client
) -> None:
    made = (await iam.create_access_key(**ADA))["AccessKey"]
    await iam.update_access_key(**ADA, AccessKeyId="AKIATEMPLATEOFADA", Status="Inactive")
    await load(laboratory)
    assert (await ada_client(laboratory).refuse("get_apis"))[0] == 403
    own = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
    }
    assert (await ada_client(laboratory, **own).get_apis())["Items"] == []
    await iam.delete_access_key(**ADA, AccessKeyId="AKIATEMPLATEOFADA")
    await load(laboratory)
    (key,) = (await iam.list_access_keys(**ADA))["AccessKeyMetadata"]
    assert key["AccessKeyId"] == made["AccessKeyId"]


async def test_who_is_no_longer_described_goes(laboratory: Laboratory, iam: Client) -> None:
    await iam.tag_role(**RUNNER, Tags=[{"Key": "a", "Value": "b"}])
    await load(laboratory, roles=(), users=(), groups=(), policies=())
    assert (await iam.list_roles())["Roles"] == []
    assert (await iam.list_users())["Users"] == []
    assert (await iam.list_groups())["Groups"] == []
    assert laboratory.identities.users == ()


async def test_who_has_something_of_the_api_stays_with_that_alone(
    laboratory: Laboratory, iam: Client
) -> None:
    made = (await iam.create_access_key(**ADA))["AccessKey"]
    await load(laboratory, users=())
    assert (await iam.list_user_policies(**ADA))["PolicyNames"] == []
    assert (await iam.list_groups_for_user(**ADA))["Groups"] == []
    (key,) = (await iam.list_access_keys(**ADA))["AccessKeyMetadata"]
    assert key["AccessKeyId"] == made["AccessKeyId"]
    with pytest.raises(ProjectError, match="a user with the name ada exists already"):
        await load(laboratory)


async def test_a_name_that_the_api_gave_out_is_not_taken_over(
    laboratory: Laboratory, iam: Client
) -> None:
    await iam.create_user(UserName="Bob")
    bob = ManagedUser(name="bob", id="AIDABOB")
    with pytest.raises(ProjectError, match="a user with the name bob exists already") as caught:
        await load(laboratory, users=(USER, bob))
    assert caught.value.remedy == "Delete it, or give this one another name."
    assert [user["UserName"] for user in (await iam.list_users())["Users"]] == ["Bob", "ada"]


async def test_what_is_deleted_comes_back_with_the_next_save(
    laboratory: Laboratory, iam: Client
) -> None:
    """As a function does: the file describes it still."""
    await iam.delete_role_policy(**RUNNER, PolicyName="push")
    refused = await iam.refuse("delete_role", **RUNNER)
    assert refused[:2] == (409, "DeleteConflict")
    for arn in (AWSS, MINE):
        await iam.detach_role_policy(**RUNNER, PolicyArn=arn)
    await iam.delete_role(**RUNNER)
    assert laboratory.identities.roles == ()
    await load(laboratory)
    assert (await iam.list_role_policies(**RUNNER))["PolicyNames"] == ["push"]


async def test_functions_start_with_the_roles_that_come_with_them(laboratory: Laboratory) -> None:
    """Their code may sign a request before they are ready."""
    known: list[tuple[str, ...]] = []

    class Watching:
        async def replace(self, _: object) -> None:
            known.append(tuple(role.arn for role in laboratory.identities.roles))
            if len(known) > 1:
                raise ProjectError("its runtime is not installed")

    laboratory.plane._functions = Watching()
    one, two = (ManagedRole(name=name, id=f"AROA{name}") for name in ("one", "two"))
    await load(laboratory, roles=(one,))
    with pytest.raises(ProjectError):
        await load(laboratory, roles=(two,))
    assert known == [(one.arn(ACCOUNT_ID),), (two.arn(ACCOUNT_ID),)]
    assert [role.arn for role in laboratory.identities.roles] == [one.arn(ACCOUNT_ID)]
