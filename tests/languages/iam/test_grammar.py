"""What IAM refuses of a policy, in its words: each text was observed."""

import json

import pytest

from routekey.errors import PolicyError
from routekey.languages.iam import (
    check_identity_policy,
    check_trust_policy,
    managed_documents,
    parse_policy,
    parse_resource_policy,
)

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
VERSION = "Policy document must be version 2012-10-17 or greater."
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
NO_ACTIONS = "Policy statement must contain actions."
NO_RESOURCES = "Policy statement must contain resources."
SAME_SIDS = "Statement IDs (SID) in a single policy must be unique."
IAM_PATHS = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
    "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, "
    "oidc-provider/, report/, access-report/."
)
BUCKET = "arn:aws:s3:::shop"
GOOD: dict[str, object] = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET}
TRUST: dict[str, object] = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"},
}


def document(*statements: object, **elements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements, **elements})


def good(**elements: object) -> str:
    return document({**GOOD, **elements})


def when(**operators: object) -> str:
    return good(Condition=operators)


def refusal(text: str, *, is_managed: bool = True) -> str:
    with pytest.raises(PolicyError) as caught:
        check_identity_policy(text, is_managed=is_managed)
    return caught.value.problem


@pytest.mark.parametrize(
    "text",
    [
        "This is no JSON",
        "[]",
        "{}",
        document(),
        document("text"),
        document(GOOD, more="text"),
        document(GOOD, Id={}),
        document(GOOD, Version="2013-10-17"),
        document(GOOD, Version=["2012-10-17"]),
        document({"Action": "s3:*", "Resource": "*"}),
        good(more="text"),
        good(Effect="Permit"),
        good(Sid=[]),
        good(Action={}),
        good(Action=[[]]),
        good(NotAction=[]),
        good(NotResource="*"),
        good(Resource={"a": BUCKET}),
        good(Resource=["no ARN", {}]),
        good(Condition=[]),
        good(Condition="a"),
        when(a="b"),
        when(DateGreaterThan=[]),
        when(DateGreaterThan={"a": {}}),
        when(x={"a": "1"}),
        when(**{"ForAnyValue::StringEqualsIfExists": {"a": "b"}}),
    ],
)
def test_what_is_no_policy_has_syntax_errors(text: str) -> None:
    assert refusal(text) == SYNTAX


@pytest.mark.parametrize(
    "text",
    [
        good(Effect="denY"),
        good(Resource="arn:aws:s3::shop"),
        good(Resource="arn:aws::x"),
        good(Resource="arn:aws::::shop"),
        document({"Effect": "Allow", "Resource": "arn:aws:s3::shop"}),
        document({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3::shop"}),
        when(DateGreaterThan={"a": "soon"}),
        when(DateLessThanEquals={"a": ["2026-01-01", "234-13"]}),
        when(DateLessThan={"a": "9223372036854775808"}),
        when(**{"ForAnyValue:DateEqualsIfExists": {"a": "2016-12-13t2:00:00.593194+1"}}),
    ],
)
def test_what_the_older_parser_does_not_read_fails_it(text: str) -> None:
    assert refusal(text) == LEGACY


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ("no ARN", 'Resource no ARN must be in ARN format or "*".'),
        ("", 'Resource  must be in ARN format or "*".'),
        ("a:b", 'Partition "b" is not valid for resource "arn:b:*:*:*:*".'),
        ("a:b:c:d:e:f:g", 'Partition "b" is not valid for resource "arn:b:c:d:e:f:g".'),
        ("aws:s3:::shop", 'Partition "s3" is not valid for resource "arn:s3:::shop:*".'),
        ("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes."),
        ("arn:aws:iam:::shop", IAM_PATHS),
        (
            "arn:aws:iam:us-east-1::shop",
            "IAM resource arn:aws:iam:us-east-1::shop cannot contain region information.",
        ),
        (
            "arn:aws:s3:us-east-1::shop",
            "Resource arn:aws:s3:us-east-1::shop can not contain region information.",
        ),
    ],
)
def test_a_resource_is_an_arn(resource: str, text: str) -> None:
    assert refusal(good(Resource=[BUCKET, resource, "arn:error:s3::x"])) == text


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("ListBucket", NO_VENDOR),
        ("", NO_VENDOR),
        ("a a:ListBucket", "Vendor a a is not valid"),
        ("s3:List:Bucket", "Actions/Condition can contain only one colon."),
        ([], NO_ACTIONS),
    ],
)
def test_an_action_has_a_vendor(action: object, text: str) -> None:
    assert refusal(good(Action=action)) == text
    statement = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
    assert refusal(document(GOOD, statement)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (document({"Effect": "Allow"}, Version="2008-10-17"), VERSION),
        (document({**GOOD, "Effect": "allow", "Sid": "a"}, {**GOOD, "Sid": "a"}), LEGACY),
        (document({**GOOD, "Sid": "a"}, {"Effect": "Allow", "Sid": "a"}), SAME_SIDS),
        (document({"Effect": "Allow", "Resource": "no ARN"}), NO_ACTIONS),
        (good(Action="s3:3:List", Resource="x"), 'Resource x must be in ARN format or "*".'),
        (document({"Effect": "Allow", "Action": "List"}), NO_VENDOR),
        (document({"Effect": "Allow", "Action": "s3:List"}), NO_RESOURCES),
        (good(Resource=[]), NO_RESOURCES),
    ],
)
def test_of_several_faults_the_first_that_iam_looks_for_is_told(text: str, expected: str) -> None:
    assert refusal(text) == expected


def test_a_statement_id_has_letters_and_digits() -> None:
    assert refusal(good(Sid="may-list")) == (
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
        "expression [0-9A-Za-z]*"
    )


def test_a_policy_of_an_identity_has_no_principal() -> None:
    assert refusal(good(Principal="*")) == "Policy document should not specify a principal."


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}])
def test_only_a_managed_policy_has_to_name_its_version(version: dict[str, str]) -> None:
    text = json.dumps({**version, "Statement": GOOD})
    assert refusal(text) == VERSION
    check_identity_policy(text)


@pytest.mark.parametrize(
    "text",
    [
        document(GOOD, {**GOOD, "Sid": ""}, {**GOOD, "Sid": ""}, Id="x"),
        good(Action="*", Resource="*"),
        good(Action="iam: with blanks ", Resource=[BUCKET, None]),
        good(Resource="arn:aws:s3:us-west-2:123456789012:accesspoint/shop/object/*"),
        good(Resource=["arn:aws:x", "arn:*:iam::*:user/${aws:username}", "arn:aws:iam::*:*"]),
        good(Condition={}),
        when(unknown={}),
        when(DateGreaterThan={"a": []}, Null={"b": False}, NumericEquals={"c": 1}),
        when(DateGreaterThan={"a": "01T"}, DateLessThan={"a": "-292275054"}),
        when(DateLessThanEquals={"a": "2016-12-13t2:00:00.593194+23"}),
        when(**{"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": "Department"}}),
    ],
)
def test_what_iam_takes_can_be_evaluated(text: str) -> None:
    check_identity_policy(text, is_managed=True)
    parse_policy(text)


def test_aws_s_own_policies_are_policies() -> None:
    for members in managed_documents().values():
        check_identity_policy(json.dumps(members), is_managed=True)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"Effect": "permit"}, SYNTAX),
        ({"Effect": "allow"}, LEGACY),
        ({"Action": []}, NO_ACTIONS),
        ({"Action": "AssumeRole"}, NO_VENDOR),
        ({"Resource": "x"}, "Has prohibited field Resource"),
        ({"NotResource": []}, "Has prohibited field Resource"),
    ],
)
def test_a_trust_policy_is_asked_the_same(changes: dict[str, object], text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        check_trust_policy(document({**TRUST, **changes}))
    assert caught.value.problem == text


def test_a_trust_policy_names_a_principal_and_perhaps_no_version() -> None:
    old = json.dumps({"Statement": TRUST})
    check_trust_policy(old)
    parse_resource_policy(old)
    with pytest.raises(PolicyError) as caught:
        check_trust_policy(document({"Effect": "Allow", "Action": "sts:AssumeRole"}))
    assert caught.value.problem == "Missing required field Principal"
