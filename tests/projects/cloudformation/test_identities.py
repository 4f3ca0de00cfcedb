"""`AWS::IAM::*` resources as roles and users."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.errors import ProjectError
from routekey.languages.iam import AccessRequest, Decision, evaluate
from routekey.languages.iam.policy import Policy

ALLOW = "{Statement: [{Effect: Allow, Action: 'a:%s', Resource: '*'}]}"


def allowed(policies: tuple[Policy, ...]) -> set[str]:
    """Tell which of the actions a:b … a:h policies allow."""
    return {
        name
        for name in "bcdefgh"
        if evaluate(policies, AccessRequest(action=f"a:{name}", resource="arn:x"))
        is Decision.ALLOWED
    }


def test_policies_come_from_everywhere(tmp_path: Path) -> None:
    project = load_template(
        tmp_path,
        f"""
        Resources:
          R:
            Type: AWS::IAM::Role
            Properties:
              ManagedPolicyArns: [!Ref M]
              PermissionsBoundary: !Ref M
              Policies:
                - {{PolicyName: b, PolicyDocument: {ALLOW % "b"}}}
                - !If [Never, {{PolicyName: x, PolicyDocument: {ALLOW % "x"}}}, {{}}]
          M:
            Type: AWS::IAM::ManagedPolicy
            Properties: {{PolicyDocument: {ALLOW % "c"}, Users: [ann]}}
          P:
            Type: AWS::IAM::Policy
            Properties: {{PolicyName: d, Roles: [!Ref R], PolicyDocument: {ALLOW % "d"}}}
          RP:
            Type: AWS::IAM::RolePolicy
            Properties: {{PolicyName: e, RoleName: !Ref R, PolicyDocument: {ALLOW % "e"}}}
          G: {{Type: AWS::IAM::Group, Properties: {{GroupName: g}}}}
          GP:
            Type: AWS::IAM::GroupPolicy
            Properties: {{PolicyName: f, GroupName: g, PolicyDocument: {ALLOW % "f"}}}
          U: {{Type: AWS::IAM::User, Properties: {{UserName: ann, Groups: [g, other]}}}}
        Conditions:
          Never: !Equals [a, b]
        """,
    )
    (role,), (user,) = project.roles, project.users
    assert allowed(role.policies) == {"b", "c", "d", "e"}
    assert role.boundary is not None
    assert allowed((role.boundary,)) == {"c"}
    assert allowed(user.policies) == {"c", "f"}


def test_a_malformed_policy_names_file_line_and_resource(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"template.yaml:6: R: bad: "):
        load_template(
            tmp_path,
            """
            Resources:
              R:
                Type: AWS::IAM::Role
                Properties:
                  Policies: [{PolicyName: bad, PolicyDocument: {Statement: [{Effect: Maybe}]}}]
            """,
        )


def test_a_policy_that_nobody_knows_is_a_notice(tmp_path: Path) -> None:
    project = load_template(
        tmp_path,
        "Resources: {R: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: "
        "['arn:aws:iam::000000000000:policy/x']}}}",
    )
    assert project.roles[0].policies == ()
    assert "is not known; it allows nothing" in project.notices[0].text
