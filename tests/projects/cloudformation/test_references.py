"""Ref and GetAtt as AWS gives them."""

import re

import pytest

from projects.building import SEED, open_stack
from routekey.errors import ProjectError
from routekey.projects import SEED_BYTES
from routekey.projects.document import Value

TEMPLATE = """
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
  Pinned: {Type: AWS::ApiGatewayV2::Api, Properties: {Tags: {"routekey:api-id": abc123}}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: prod}}
  Function: {Type: AWS::Lambda::Function, Properties: {Handler: a.b}}
  Named: {Type: AWS::Lambda::Function, Properties: {FunctionName: hello}}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Named}}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !GetAtt Named.Arn, Name: live, FunctionVersion: "1"}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, Path: /p/}}
  Bucket: {Type: AWS::S3::Bucket}
  Queue: {Type: AWS::SQS::Queue, Properties: {FifoQueue: "true"}}
  Broker: {Type: AWS::MQ::Broker}
  Custom: {Type: Custom::Thing}
  User: {Type: AWS::IAM::User, Properties: {UserName: ann}}
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
"""
LAMBDA = "arn:aws:lambda:eu-west-1:000000000000:function"


def get(logical_id: str, attribute: str | None = None) -> Value:
    stack = open_stack(TEMPLATE)
    place = stack.template.document.place()
    if attribute is None:
        return stack.reference(logical_id, place)
    return stack.attribute(logical_id, attribute, place)


@pytest.mark.rule("CP-CFN-01", "CP-CFN-02", "CP-ID-01")
@pytest.mark.parametrize(
    ("logical_id", "attribute", "pattern"),
    [
        ("Api", None, "[a-z0-9]{10}"),
        ("Pinned", None, "abc123"),
        ("Pinned", "ApiEndpoint", r"wss://abc123\.execute-api\.eu-west-1\.amazonaws\.com"),
        ("Stage", None, "prod"),
        ("Function", None, "stack-Function-[A-Z0-9]{12}"),
        ("Named", None, "hello"),
        ("Named", "Arn", f"{LAMBDA}:hello"),
        ("Version", None, f"{LAMBDA}:hello:1"),
        ("Alias", None, f"{LAMBDA}:hello:live"),
        ("Role", None, "r"),
        ("Role", "Arn", "arn:aws:iam::000000000000:role/p/r"),
        ("Role", "RoleId", "AROA[A-Z0-9]{17}"),
        ("Bucket", None, "stack-bucket-[a-z0-9]{12}"),
        ("Queue", "QueueName", r"stack-Queue-[A-Z0-9]{12}\.fifo"),
        ("Broker", "Arn", "arn:aws:mq:eu-west-1:000000000000:stack-Broker-[A-Z0-9]{12}"),
        ("Broker", "WssEndpoint", "https://stack-Broker-.*mq.eu-west-1.amazonaws.com"),
        ("Custom", "Anything", "stack-Custom-[A-Z0-9]{12}"),
        ("Key", None, "AKIA[A-Z2-7]{16}"),
        ("Key", "SecretAccessKey", "[A-Za-z0-9+/]{40}"),
    ],
)
def test_references_have_the_form_of_aws(
    logical_id: str, attribute: str | None, pattern: str
) -> None:
    assert re.fullmatch(pattern, str(get(logical_id, attribute)))


def test_ids_are_the_same_at_each_load() -> None:
    assert get("Api") == get("Api") != get("Function")


def key_of(*properties: str, seed: bytes = SEED) -> tuple[Value, Value]:
    """Give the id and the secret of a user's key."""
    text = ", ".join(("UserName: ann", *properties))
    stack = open_stack(
        f"Resources: {{Key: {{Type: AWS::IAM::AccessKey, Properties: {{{text}}}}}}}", seed=seed
    )
    place = stack.template.document.place()
    return stack.reference("Key", place), stack.attribute("Key", "SecretAccessKey", place)


def test_a_key_stays_until_its_serial_or_its_user_changes() -> None:
    """CloudFormation replaces it then; its status changes it in place."""
    before = key_of()
    assert key_of() == before
    assert key_of("Status: Inactive") == before
    keys = {before, key_of("Serial: 1"), key_of("Serial: 2"), key_of("UserName: bob")}
    assert len({access_key_id for access_key_id, _ in keys}) == 4
    assert len({secret for _, secret in keys}) == 4


def test_who_has_the_template_alone_does_not_have_its_keys() -> None:
    ours, theirs = key_of(), key_of(seed=bytes([1]) * SEED_BYTES)
    assert ours[0] != theirs[0]
    assert ours[1] != theirs[1]


def test_an_attribute_that_a_known_type_lacks_is_an_error() -> None:
    with pytest.raises(ProjectError, match="has no attribute Url"):
        get("Api", "Url")


@pytest.mark.parametrize("api_id", ["Upper", "a.b", "", "é"])
def test_a_tag_that_cannot_be_an_id_is_an_error(api_id: str) -> None:
    stack = open_stack(
        "Resources: {A: {Type: AWS::ApiGatewayV2::Api, "
        f"Properties: {{Tags: {{_custom_id_: '{api_id}'}}}}}}}}"
    )
    with pytest.raises(ProjectError, match="cannot be an API id"):
        stack.reference("A", stack.template.document.place())
