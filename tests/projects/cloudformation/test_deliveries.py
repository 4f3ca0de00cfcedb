"""Whom topics and rules tell here, and who is named because nobody tells him."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.resources.project import Project
from routekey.resources.service import ServiceResource

HEAD = """
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news%s}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: bus}}
"""
RULE = """
  Rule:
    Type: AWS::Events::Rule
    Properties: {Name: rule, EventBusName: !Ref Bus, %s}
"""
ENDPOINT = "arn:aws:sqs:us-east-1:000000000000:jobs"
QUEUE = "{Id: q, Arn: !GetAtt Queue.Arn}"
FUNCTION = '{Id: f, Arn: "arn:aws:lambda:us-east-1:000000000000:function:show"}'


def load(folder: Path, text: str, inline: str = "") -> Project:
    return load_template(folder, HEAD % inline + text)


def find(project: Project, kind: str) -> list[ServiceResource]:
    return [service for service in project.services if service.type == kind]


def subscription(members: str, topic: str = "!Ref Topic") -> str:
    return f"""
  S:
    Type: AWS::SNS::Subscription
    Properties: {{TopicArn: {topic}, {members}}}
"""


def test_a_subscription_is_a_part_of_its_topic(tmp_path: Path) -> None:
    members = "Protocol: sqs, Endpoint: !GetAtt Queue.Arn, FilterPolicy: {a: [b]}"
    inline = ", Subscription: [{Protocol: email, Endpoint: a@example.com}]"
    raw = subscription(f"{members}, RawMessageDelivery: true, DeliveryPolicy: {{}}")
    (topic,) = find(load(tmp_path, raw, inline), "AWS::SNS::Topic")
    assert topic.properties["Subscription"] == [
        {"Protocol": "email", "Endpoint": "a@example.com"},
        {
            "Protocol": "sqs",
            "Endpoint": ENDPOINT,
            "FilterPolicy": {"a": ["b"]},
            "RawMessageDelivery": True,
        },
    ]


@pytest.mark.parametrize(
    ("inline", "left"),
    [
        ("[{Protocol: lambda, Endpoint: x}, {Protocol: email, Endpoint: y}]", ["email"]),
        ("[{Protocol: lambda, Endpoint: x}]", []),
        ("[{Protocol: email, Endpoint: y}]", ["email"]),
        ("[]", []),
    ],
)
def test_a_topic_has_no_functions_among_its_subscribers(
    tmp_path: Path, inline: str, left: list[str]
) -> None:
    """The emulator would refuse to publish."""
    (topic,) = find(load(tmp_path, "", f", Subscription: {inline}"), "AWS::SNS::Topic")
    subscriptions = topic.properties["Subscription"]
    assert isinstance(subscriptions, list)
    assert [each["Protocol"] for each in subscriptions] == left


@pytest.mark.parametrize("topic", ["arn:aws:sns:us-east-1:000000000000:other", "nonsense"])
def test_a_subscription_to_a_topic_elsewhere_is_none(tmp_path: Path, topic: str) -> None:
    text = subscription("Protocol: sqs, Endpoint: !GetAtt Queue.Arn", topic)
    (found,) = find(load(tmp_path, text), "AWS::SNS::Topic")
    assert "Subscription" not in found.properties


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("lambda", "no function is called here for what happens to it"),
        ("email", "nobody is told by email here; queues are"),
    ],
)
def test_a_subscriber_whom_nobody_tells_is_named(tmp_path: Path, protocol: str, said: str) -> None:
    project = load(tmp_path, subscription(f"Protocol: {protocol}, Endpoint: x"))
    (notice,) = [each for each in project.notices if each.resource == "S"]
    assert notice.text == said
    (topic,) = find(project, "AWS::SNS::Topic")
    assert "Subscription" not in topic.properties


def test_a_rule_keeps_the_targets_that_are_reached(tmp_path: Path) -> None:
    targets = f"[{QUEUE}, {FUNCTION}, {{Id: b, Arn: !GetAtt Bus.Arn}}, {{Id: x, Arn: nonsense}}]"
    project = load(tmp_path, RULE % f"EventPattern: {{source: [a]}}, Targets: {targets}")
    rule = project.services[-1]
    assert rule.type == "AWS::Events::Rule"
    assert rule.properties == {
        "Name": "rule",
        "EventBusName": "bus",
        "EventPattern": {"source": ["a"]},
        "Targets": [
            {"Id": "q", "Arn": ENDPOINT},
            {"Id": "b", "Arn": "arn:aws:events:us-east-1:000000000000:event-bus/bus"},
        ],
    }
    (notice,) = [each for each in project.notices if each.resource == "Rule"]
    assert notice.text == "show is not called here for the events of a rule"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (f"EventPattern: {{}}, Targets: [{FUNCTION}]", ["show is not called here for the events"]),
        (
            f"ScheduleExpression: rate(1 minute), Targets: [{FUNCTION}]",
            ["nobody is called here by its schedule, rate(1 minute)"],
        ),
        (f"EventPattern: {{}}, State: DISABLED, Targets: [{QUEUE}]", []),
        ("EventPattern: {}", []),
    ],
)
def test_a_rule_that_reaches_nobody_is_not_made(
    tmp_path: Path, members: str, said: list[str]
) -> None:
    project = load(tmp_path, RULE % members)
    assert find(project, "AWS::Events::Rule") == []
    notices = [each.text for each in project.notices if each.resource == "Rule"]
    for notice, begin in zip(notices, said, strict=True):
        assert notice.startswith(begin)
