"""Subscriptions of topics, and rules beside them, in the real emulator."""

import json
from dataclasses import replace

import pytest

from adapters.emulated import ACCOUNT, REGION, Local
from routekey.adapters.local_subscriptions import list_wishes
from routekey.resources.service import ServiceResource

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
JOBS = ServiceResource(type="AWS::SQS::Queue", logical_id="Jobs", properties={"QueueName": "jobs"})
RULE = ServiceResource(
    type="AWS::Events::Rule",
    logical_id="Rule",
    properties={
        "Name": "rule",
        "EventPattern": {"detail-type": ["Entity Updated"]},
        "Targets": [{"Id": "a", "Arn": QUEUE}],
    },
)


def topic(**subscription: object) -> ServiceResource:
    subscribed = {"Protocol": "sqs", "Endpoint": QUEUE, **subscription}
    properties = {"TopicName": "news", "Subscription": [subscribed]}
    return ServiceResource(type="AWS::SNS::Topic", logical_id="News", properties=properties)


async def receive(local: Local) -> list[str]:
    url = (await local.call("sqs", "get_queue_url", QueueName="jobs"))["QueueUrl"]
    answer = await local.call("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", ())]


async def test_a_queue_gets_what_is_published_as_it_was(local: Local) -> None:
    await local.services.make([JOBS, topic(RawMessageDelivery=True)])
    await local.call("sns", "publish", TopicArn=TOPIC, Message="hello")
    assert await receive(local) == ["hello"]
    assert local.said == []


async def test_a_queue_gets_what_is_published_in_an_envelope(local: Local) -> None:
    await local.services.make([JOBS, topic(RawMessageDelivery=False)])
    await local.call("sns", "publish", TopicArn=TOPIC, Message="hello")
    (body,) = await receive(local)
    assert json.loads(body)["Message"] == "hello"


@pytest.mark.parametrize("is_text", [False, True])
async def test_a_queue_gets_what_its_filter_lets_through(local: Local, is_text: bool) -> None:
    policy: object = {"kind": ["wanted"]}
    await local.services.make(
        [
            JOBS,
            topic(
                RawMessageDelivery=True,
                FilterPolicy=json.dumps(policy) if is_text else policy,
                FilterPolicyScope="MessageBody",
            ),
        ]
    )
    for kind in ("other", "wanted"):
        message = json.dumps({"kind": kind})
        await local.call("sns", "publish", TopicArn=TOPIC, Message=message)
    assert await receive(local) == ['{"kind": "wanted"}']
    assert local.said == []


async def test_an_attribute_that_the_emulator_refuses_is_said(local: Local) -> None:
    await local.services.make([JOBS, topic(FilterPolicy={"kind": [{"nonsense": 1}]})])
    (said,) = local.said
    assert said.startswith("note the local services cannot set FilterPolicy of a subscription to")


def test_a_subscription_that_is_not_there_is_passed_over() -> None:
    """It could not be made, which was said."""
    template = {"News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}}}
    assert list(list_wishes(template)) == []


async def test_a_queue_gets_the_events_of_a_rule_until_it_goes(local: Local) -> None:
    async def put_event() -> None:
        entry = {"Source": "me", "DetailType": "Entity Updated", "Detail": '{"id": 7}'}
        await local.call("events", "put_events", Entries=[entry])

    await local.services.make([JOBS, RULE])
    await put_event()
    (body,) = await receive(local)
    assert json.loads(body)["detail"] == {"id": 7}
    other = {**RULE.properties, "EventPattern": {"source": ["you"]}}
    await local.services.make([JOBS, replace(RULE, properties=other)])
    await put_event()
    await local.services.make([JOBS])
    assert (await local.call("events", "list_rules"))["Rules"] == []
    await put_event()
    assert await receive(local) == []
    assert local.said == []


@pytest.mark.parametrize("subscription", [5, "sqs", {"RawMessageDelivery": True, "Endpoint": {}}])
def test_what_is_no_subscription_has_no_attributes(subscription: object) -> None:
    properties = {"TopicName": "news", "Subscription": [subscription]}
    assert list(list_wishes({"T": {"Type": "AWS::SNS::Topic", "Properties": properties}})) == []
