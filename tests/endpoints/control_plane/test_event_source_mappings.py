"""Event source mappings, through AWS's SDK."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import minimum, open_laboratory
from endpoints.control_plane.laboratory import Client, Laboratory, told
from routekey.resources.function import EventSource
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:work"
STREAM = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/notes/stream/2026"


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with open_laboratory(tmp_path) as laboratory:
        await laboratory.client("lambda").create_function(**minimum())
        yield laboratory


@pytest.fixture
def echo(laboratory: Laboratory) -> Client:
    return laboratory.client("lambda")


@pytest.mark.rule("LAM-CTL-01")
async def test_a_queue_is_read_as_soon_as_it_is_mapped(
    laboratory: Laboratory, echo: Client
) -> None:
    answer = await echo.create_event_source_mapping(
        EventSourceArn=QUEUE, FunctionName="echo", Tags={"team": "chat"}
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    made = told(answer)
    assert made == {
        "BatchSize": 10,
        "EventSourceArn": QUEUE,
        "EventSourceMappingArn": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:event-source-mapping:"
        + made["UUID"],
        "FunctionArn": ARN,
        "FunctionResponseTypes": [],
        "LastModified": made["LastModified"],
        "MaximumBatchingWindowInSeconds": 0,
        "State": "Enabled",
        "StateTransitionReason": "USER_INITIATED",
        "UUID": made["UUID"],
    }
    assert laboratory.event_sources.present == [
        EventSource(function_name=ARN, event_source_arn=QUEUE, batch_size=10)
    ]
    assert told(await echo.get_event_source_mapping(UUID=made["UUID"])) == made
    arn = made["EventSourceMappingArn"]
    await echo.tag_resource(Resource=arn, Tags={"a": "b"})
    await echo.untag_resource(Resource=arn, TagKeys=["team"])
    assert (await echo.list_tags(Resource=arn))["Tags"] == {"a": "b"}


async def test_a_filter_is_told_changed_and_taken_away(
    laboratory: Laboratory, echo: Client
) -> None:
    filters = {"Filters": [{"Pattern": '{"body": ["a"]}'}]}
    made = await echo.create_event_source_mapping(
        EventSourceArn=QUEUE, FunctionName="echo", FilterCriteria=filters
    )
    here = {"UUID": made["UUID"]}
    assert made["FilterCriteria"] == filters
    (read,) = laboratory.event_sources.present
    assert read.filter_patterns == ('{"body": ["a"]}',)
    changed = await echo.update_event_source_mapping(**here, BatchSize=1)
    assert changed["FilterCriteria"] == filters
    changed = await echo.update_event_source_mapping(**here, FilterCriteria={"Filters": []})
    assert "FilterCriteria" not in changed
    assert not laboratory.event_sources.present[0].filter_patterns


@pytest.mark.rule("LAM-CTL-01")
async def test_a_stream_tells_what_streams_have(echo: Client) -> None:
    made = await echo.create_event_source_mapping(
        EventSourceArn=STREAM,
        FunctionName=ARN,
        StartingPosition="LATEST",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=3,
    )
    wanted = {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": 3,
        "ParallelizationFactor": 1,
        "StartingPosition": "LATEST",
        "TumblingWindowInSeconds": 0,
    }
    assert {name: made[name] for name in wanted} == wanted


async def test_a_mapping_is_changed_switched_off_and_deleted(
    laboratory: Laboratory, echo: Client
) -> None:
    made = await echo.create_event_source_mapping(EventSourceArn=QUEUE, FunctionName="echo")
    here = {"UUID": made["UUID"]}
    await echo.update_event_source_mapping(
        **here, BatchSize=3, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    (present,) = laboratory.event_sources.present
    assert (present.batch_size, present.is_partial) == (3, True)
    changed = await echo.update_event_source_mapping(**here, Enabled=False)
    assert (changed["State"], changed["BatchSize"]) == ("Disabled", 3)
    assert laboratory.event_sources.present == []
    assert (await echo.delete_event_source_mapping(**here))["State"] == "Deleting"
    refusal = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
    assert await echo.refuse("get_event_source_mapping", **here) == refusal


async def test_mappings_are_listed_by_source_and_by_function(echo: Client) -> None:
    await echo.create_function(**minimum(FunctionName="other"))
    for arn, name in ((QUEUE, "echo"), (QUEUE, "other"), (f"{QUEUE}2", "echo")):
        await echo.create_event_source_mapping(EventSourceArn=arn, FunctionName=name)

    async def count(**given: Any) -> int:
        answer = await echo.list_event_source_mappings(**given)
        return len(answer["EventSourceMappings"])

    assert await count() == 3
    assert await count(EventSourceArn=QUEUE) == 2
    assert await count(FunctionName="echo") == 2
    assert await count(EventSourceArn=QUEUE, FunctionName="other") == 1
    first = await echo.list_event_source_mappings(MaxItems=2)
    assert await count(Marker=first["NextMarker"]) == 1


@pytest.mark.parametrize(
    ("members", "name", "text"),
    [
        ({"FunctionName": "no"}, "ResourceNotFoundException", "Function not found"),
        (
            {"EventSourceArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/x"},
            "InvalidParameterValueException",
            "SQS queues and DynamoDB streams only",
        ),
        ({"EventSourceArn": STREAM}, "InvalidParameterValueException", "'startingPosition'"),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["a"]}'}, {"Pattern": "{}"}]}},
            "InvalidParameterValueException",
            "Invalid filter pattern definition.",
        ),
        (
            {"FilterCriteria": {"Filters": [{}]}},
            "InvalidParameterValueException",
            "Invalid filter pattern definition.",
        ),
        (
            {"FilterCriteria": {"Filters": 6 * [{"Pattern": '{"body": ["a"]}'}]}},
            "InvalidParameterValueException",
            "up to 5 filters",
        ),
        ({"Topics": ["news"]}, "InvalidParameterValueException", "leave Topics out"),
        ({"BatchSize": 0}, "ValidationException", "greater than or equal to 1"),
    ],
)
async def test_what_cannot_be_mapped_is_refused(
    laboratory: Laboratory, echo: Client, members: dict[str, Any], name: str, text: str
) -> None:
    given = {"EventSourceArn": QUEUE, "FunctionName": "echo", **members}
    refusal = await echo.refuse("create_event_source_mapping", **given)
    assert refusal[1] == name
    assert text in refusal[2]
    assert laboratory.event_sources.present == []


async def test_a_mapping_is_there_once(echo: Client) -> None:
    given = {"EventSourceArn": QUEUE, "FunctionName": "echo"}
    made = await echo.create_event_source_mapping(**given)
    status, name, text = await echo.refuse("create_event_source_mapping", **given)
    assert (status, name) == (409, "ResourceConflictException")
    assert text.endswith(f"delete the existing mapping with UUID {made['UUID']}")
