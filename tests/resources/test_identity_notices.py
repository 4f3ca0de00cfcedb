from dataclasses import replace

import pytest

from routekey.ids import AccountId
from routekey.resources.function import Code, Function, PackageType
from routekey.resources.identity_notices import find_identity_notices
from routekey.resources.managed_identity import ManagedIdentities, ManagedRole, ManagedUser
from routekey.resources.project import Project

ECHO = "arn:aws:iam::123456789012:role/Echo"
ROLE = ManagedRole(name="Echo", id="AROAECHO")
UNKNOWN = "arn:aws:iam::aws:policy/AmazonMacieFullAccess"


def describe(*roles: ManagedRole, users: tuple[ManagedUser, ...] = ()) -> Project:
    return Project(
        region="eu-west-2",
        account_id=AccountId("123456789012"),
        identities=ManagedIdentities(roles=roles, users=users),
    )


@pytest.mark.rule("SEC-MGD-01")
def test_a_policy_of_aws_that_we_do_not_have_is_named_once() -> None:
    role = replace(ROLE, attached_policies=(UNKNOWN,), permissions_boundary=UNKNOWN)
    user = ManagedUser(name="ann", id="AIDA", permissions_boundary=UNKNOWN)
    notices = find_identity_notices(describe(role, users=(user,)), trusts_foreign_roles=True)
    assert notices == tuple(
        f"{arn} has AWS's policy AmazonMacieFullAccess, whose text Routekey does not have: "
        "it allows no push and no call of a function here; the local services ask nobody"
        for arn in (ECHO, "arn:aws:iam::123456789012:user/ann")
    )


@pytest.mark.parametrize(("trusts", "may"), [(True, "everything"), (False, "nothing")])
def test_a_role_that_the_project_does_not_describe_is_named(trusts: bool, may: str) -> None:
    function = Function(
        function_name="echo",
        code=Code(package_type=PackageType.INLINE),
        handler="echo.handler",
        runtime="python3.12",
        role="arn:aws:iam::123456789012:role/Elsewhere",
    )
    own = replace(function, function_name="own", role=ECHO)
    project = replace(describe(ROLE), functions=(function, own))
    (notice,) = find_identity_notices(project, trusts_foreign_roles=trusts)
    assert "role/Elsewhere of function echo" in notice
    assert notice.endswith(f"it may do {may} here")
    third = replace(function, function_name="third")
    several = replace(project, functions=(function, own, third))
    (notice,) = find_identity_notices(several, trusts_foreign_roles=trusts)
    assert "role/Elsewhere of function echo and 1 more" in notice


def test_a_project_that_describes_its_roles_has_nothing_to_be_told() -> None:
    known = "arn:aws:iam::aws:policy/AWSLambdaExecute"
    role = replace(ROLE, attached_policies=(known,), permissions_boundary=known)
    assert find_identity_notices(describe(role), trusts_foreign_roles=True) == ()
