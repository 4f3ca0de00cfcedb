"""`AWS::IAM::*` resources as roles and users."""

from pathlib import Path

import pytest

from projects.building import API, load_template
from routekey.errors import ProjectError
from routekey.gateway.identity import Circumstances
from routekey.gateway.trust import API_GATEWAY, trusts_service
from routekey.languages.iam import AccessRequest, Decision, evaluate
from routekey.languages.iam.policy import Policy
from routekey.projects import LoadOptions
from routekey.projects.check import check

ALLOW = "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'a:%s', Resource: '*'}]}"


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
          H:
            Type: AWS::IAM::Group
            Properties: {{Policies: [{{PolicyName: g, PolicyDocument: {ALLOW % "g"}}}]}}
          J:
            Type: AWS::IAM::UserToGroupAddition
            Properties: {{GroupName: !Ref H, Users: [ann, bob]}}
          U: {{Type: AWS::IAM::User, Properties: {{UserName: ann, Groups: [g, other]}}}}
        Conditions:
          Never: !Equals [a, b]
        """,
    )
    (role,), (user,) = project.roles, project.users
    assert allowed(role.policies) == {"b", "c", "d", "e"}
    assert role.boundary is not None
    assert allowed((role.boundary,)) == {"c"}
    assert allowed(user.policies) == {"c", "f", "g"}


@pytest.mark.parametrize(
    ("service", "is_trusted"), [("apigateway.amazonaws.com", True), ("lambda.amazonaws.com", False)]
)
def test_a_role_says_who_may_take_it(tmp_path: Path, service: str, is_trusted: bool) -> None:
    project = load_template(
        tmp_path,
        f"""
        Resources:
          R:
            Type: AWS::IAM::Role
            Properties:
              MaxSessionDuration: "7200"
              Tags: [{{Key: team, Value: chat}}]
              AssumeRolePolicyDocument:
                Statement:
                  - {{Effect: Allow, Principal: {{Service: {service}}}, Action: "sts:AssumeRole"}}
        """,
    )
    (role,) = project.roles
    assert (role.max_session_duration, role.tags) == (7200, {"team": "chat"})
    assert role.trust is not None
    circumstances = Circumstances(
        source_ip="192.0.2.1", now_ms=0, region=project.region, is_secure=False
    )
    assert trusts_service(role.trust, role.arn, API_GATEWAY, circumstances) is is_trusted


MALFORMED = """
    Resources:
      R:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: {Statement: [{Effect: Allow}]}
          Policies:
            - PolicyName: bad
              PolicyDocument:
                Statement:
                  - {Effect: Allow, Action: "a:b", Resource: "*"}
                  - {Effect: Allow, Action: "a:c", Resource: {Resource: "*"}}
    """


def test_a_malformed_policy_names_file_line_and_resource(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"template.yaml:\d+: R: bad: statement 2: a value of"):
        load_template(
            tmp_path,
            MALFORMED.replace("{Statement: [{Effect: Allow}]}", "{Statement: []}"),
            options=LoadOptions(is_guessing=False),
        )


def test_a_malformed_statement_is_left_out_where_guesses_are_allowed(tmp_path: Path) -> None:
    project = load_template(tmp_path, MALFORMED)
    (role,) = project.roles
    assert allowed(role.policies) == {"b"}
    bad, trust = sorted(notice.text for notice in project.notices)
    assert bad.startswith("bad: statement 2: a value of Resource is ")
    assert trust.startswith("statement 1: it needs Principal or NotPrincipal")
    assert [finding.rule for finding in check(project)] == ["refused", "refused"]
    for text in (bad, trust):
        assert "IAM refuses such a policy; here the statement is left out" in text


def test_a_policy_that_is_no_json_allows_nothing(tmp_path: Path) -> None:
    template = """
        Resources:
          R: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: x, PolicyDocument: "{"}]}}
        """
    project = load_template(tmp_path, template)
    assert allowed(project.roles[0].policies) == set()
    assert project.notices[0].text.startswith("x: the policy is not JSON")


@pytest.mark.parametrize(
    ("kind", "members", "problem"),
    [
        (
            "ManagedPolicy",
            "{PolicyDocument: {Statement: [{Effect: Allow, Action: 'a:b', Resource: '*'}]}}",
            "Policy document must be version 2012-10-17 or greater",
        ),
        (
            "Role",
            "{AssumeRolePolicyDocument: {Statement: []}}",
            "Syntax errors in policy. Its Statement is empty",
        ),
        (
            "Role",
            """{Policies: [{PolicyName: p, PolicyDocument: {Statement:
            {Effect: Allow, Action: 'a:b', Resource: 'arn:aws:s3::shop'}}}]}""",
            "p: The policy failed legacy parsing",
        ),
    ],
)
def test_what_iam_would_refuse_is_refused_in_its_words(
    tmp_path: Path, kind: str, members: str, problem: str
) -> None:
    template = f"Resources: {{R: {{Type: AWS::IAM::{kind}, Properties: {members}}}}}"
    with pytest.raises(ProjectError) as caught:
        load_template(tmp_path, template, options=LoadOptions(is_guessing=False))
    assert "IAM refuses this policy: " in str(caught.value)
    assert str(caught.value).endswith(problem)
    (notice,) = load_template(tmp_path, template).notices
    assert notice.text.startswith("IAM refuses this policy: ")
    assert "; here it counts" in notice.text


def test_a_policy_that_nobody_knows_is_a_notice(tmp_path: Path) -> None:
    project = load_template(
        tmp_path,
        "Resources: {R: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: "
        "['arn:aws:iam::000000000000:policy/x']}}}",
    )
    assert project.roles[0].policies == ()
    assert "is not known; it allows nothing" in project.notices[0].text


@pytest.mark.rule("CP-SAM-07")
def test_policies_of_a_sam_function_allow_what_they_name(tmp_path: Path) -> None:
    """A template of SAM's for the table, and a statement for the connections."""
    project = load_template(
        tmp_path,
        "Transform: AWS::Serverless-2016-10-31\nResources:"
        + API
        + """
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: a
      Handler: index.handler
      Runtime: python3.12
      Policies:
        - DynamoDBCrudPolicy: {TableName: visits}
        - Statement:
            - Effect: Allow
              Action: execute-api:ManageConnections
              Resource: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*
""",
    )
    table = "arn:aws:dynamodb:us-east-1:000000000000:table"
    api = f"arn:aws:execute-api:us-east-1:000000000000:{project.apis[0].api_id}"
    (role,) = project.roles
    for action, resource, expected in (
        ("dynamodb:PutItem", f"{table}/visits", Decision.ALLOWED),
        ("dynamodb:PutItem", f"{table}/others", Decision.IMPLICIT_DENY),
        ("execute-api:ManageConnections", f"{api}/prod/POST/@connections/x", Decision.ALLOWED),
        ("execute-api:Invoke", f"{api}/prod/$connect", Decision.IMPLICIT_DENY),
    ):
        request = AccessRequest(action=action, resource=resource)
        assert evaluate(role.policies, request) is expected


KEYS = """
Resources:
  User: {Type: AWS::IAM::User}
  First: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
  Second: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User, Status: Inactive}}
  Others: {Type: AWS::IAM::AccessKey, Properties: {UserName: admin}}
"""


def test_a_user_has_the_keys_that_name_him(tmp_path: Path) -> None:
    project = load_template(tmp_path, KEYS)
    (user,) = project.users
    (first, secret), (_, switched_off) = user.access_keys.items()
    assert first.startswith("AKIA")
    assert secret is not None
    assert switched_off is None
    assert secret not in repr(project)
    (notice,) = project.notices
    assert (notice.resource, notice.text) == (
        "Others",
        "the user admin is not part of the project, so this key is not known here",
    )


def test_a_key_does_not_change_with_a_reload_and_is_no_guess(tmp_path: Path) -> None:
    options = LoadOptions()
    first, again = (load_template(tmp_path, KEYS, options=options) for _ in range(2))
    assert first.users == again.users
    assert load_template(tmp_path, KEYS).users != first.users


def test_a_function_gets_a_key_by_its_variables(tmp_path: Path) -> None:
    project = load_template(
        tmp_path,
        KEYS
        + """
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Role: arn:aws:iam::000000000000:role/r
      Runtime: python3.12
      Code: {ZipFile: ""}
      Environment: {Variables: {ID: !Ref First, SECRET: !GetAtt First.SecretAccessKey}}
""",
    )
    variables = project.functions[0].environment
    assert project.users[0].access_keys[variables["ID"]] == variables["SECRET"]


def test_a_user_has_two_keys_at_most(tmp_path: Path) -> None:
    third = "  Third: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}\n"
    with pytest.raises(ProjectError, match="Third: a user has 2 access keys at most"):
        load_template(tmp_path, KEYS + third)
