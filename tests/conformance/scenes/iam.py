"""What `iam` asks for beyond its model."""

from hypothesis import strategies as st

from conformance.scene import Maker, Pages, Scene
from conformance.scenes.words import DOCUMENTS, NAMES, TRUSTS, WORDS
from routekey.endpoints.control_plane.iam import _ACTIONS

LISTED = st.lists(st.fixed_dictionaries({"Key": NAMES, "Value": WORDS}), min_size=1, max_size=3)

IAM = Scene(
    service="iam",
    operations=sorted(_ACTIONS),
    refusal=(400, "ValidationError"),
    missing="Value null at '{}' failed to satisfy constraint: Member must not be null",
    unknown=(404, "NoSuchEntity"),
    pages=Pages(
        token="Marker",
        next_token="Marker",
        limit="MaxItems",
        number=int,
        broken=({"MaxItems": 0}, {"MaxItems": 1001}, {"Marker": "?"}),
    ),
    makers={
        "AccessKeyId": Maker(operation="CreateAccessKey", member="AccessKeyId"),
        "GroupName": Maker(operation="CreateGroup", member="GroupName"),
        "PolicyArn": Maker(operation="CreatePolicy", member="Arn"),
        "RoleName": Maker(operation="CreateRole", member="RoleName"),
        "UserName": Maker(operation="CreateUser", member="UserName"),
        "VersionId": Maker(operation="CreatePolicyVersion", member="VersionId"),
        "RemoveUserFromGroup.GroupName": Maker(operation="AddUserToGroup", member="GroupName"),
        **{
            f"{verb}{kind}Policy.PolicyName": Maker(
                operation=f"Put{kind}Policy", member="PolicyName"
            )
            for verb in ("Delete", "Get")
            for kind in ("Group", "Role", "User")
        },
        **{
            f"Detach{kind}Policy.PolicyArn": Maker(
                operation=f"Attach{kind}Policy", member="PolicyArn"
            )
            for kind in ("Group", "Role", "User")
        },
    },
    wanted={"CreateAccessKey": ("UserName",), "ListAccessKeys": ("UserName",)},
    values={
        "AssumeRolePolicyDocument": TRUSTS,
        "GroupName": NAMES,
        "Marker": st.just("MA=="),
        "NewGroupName": NAMES,
        "NewUserName": NAMES,
        "PermissionsBoundary": lambda walk: walk.place("PolicyArn"),
        "PolicyDocument": DOCUMENTS,
        "PolicyName": NAMES,
        "RoleName": NAMES,
        "Status": st.sampled_from(["Active", "Inactive"]),  # nobody makes one Expired
        "Tags": LISTED,
        "UpdateAssumeRolePolicy.PolicyDocument": TRUSTS,
        "UserName": NAMES,
    },
    readings={
        "AddUserToGroup": ("GetGroup",),
        "AttachGroupPolicy": ("ListAttachedGroupPolicies",),
        "AttachRolePolicy": ("ListAttachedRolePolicies",),
        "AttachUserPolicy": ("ListAttachedUserPolicies",),
        "CreateAccessKey": ("ListAccessKeys",),
        "PutRolePermissionsBoundary": ("GetRole",),
        "PutUserPermissionsBoundary": ("GetUser",),
        "SetDefaultPolicyVersion": ("GetPolicy",),
        "UpdateGroup": ("GetGroup",),
        "TagPolicy": ("ListPolicyTags",),
        "TagRole": ("ListRoleTags",),
        "TagUser": ("ListUserTags",),
        "UpdateAccessKey": ("ListAccessKeys",),
        "UpdateAssumeRolePolicy": ("GetRole",),
        "UpdateRoleDescription": ("GetRole",),
    },
    renamed={
        "CreatePolicyVersion.PolicyDocument": "Document",
        "CreatePolicyVersion.SetAsDefault": "IsDefaultVersion",
        "NewGroupName": "GroupName",
        "NewPath": "Path",
        "NewUserName": "UserName",
        "PermissionsBoundary": "PermissionsBoundaryArn",
        "SetDefaultPolicyVersion.VersionId": "DefaultVersionId",
        "UpdateAssumeRolePolicy.PolicyDocument": "AssumeRolePolicyDocument",
    },
    fillings={
        "GetAccountAuthorizationDetails": "CreateUser",
        "GetGroup": "AddUserToGroup",
        "ListAccessKeys": "CreateAccessKey",
        "ListAttachedGroupPolicies": "AttachGroupPolicy",
        "ListAttachedRolePolicies": "AttachRolePolicy",
        "ListAttachedUserPolicies": "AttachUserPolicy",
        "ListEntitiesForPolicy": "AttachUserPolicy",
        "ListGroupPolicies": "PutGroupPolicy",
        "ListGroupsForUser": "AddUserToGroup",
        "ListPolicies": "CreatePolicy",
        "ListPolicyTags": "TagPolicy",
        "ListRolePolicies": "PutRolePolicy",
        "ListRoleTags": "TagRole",
        "ListUserPolicies": "PutUserPolicy",
        "ListUserTags": "TagUser",
    },
    unpaged={"ListInstanceProfilesForRole": "there are none"},
    untold={"CreatePolicy.PolicyDocument": "told of its version (CreatePolicyVersion)"},
)
