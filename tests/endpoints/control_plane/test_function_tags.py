"""Tags of functions, through AWS's SDK."""

import pytest

from endpoints.control_plane.functions_laboratory import minimum
from endpoints.control_plane.laboratory import Client


@pytest.mark.rule("LAM-CTL-01")
async def test_tags_are_added_replaced_and_removed(functions: Client) -> None:
    made = await functions.create_function(**minimum(Tags={"a": "1"}))
    here = {"Resource": made["FunctionArn"]}
    await functions.tag_resource(**here, Tags={"a": "2", "b": "3"})
    assert (await functions.list_tags(**here))["Tags"] == {"a": "2", "b": "3"}
    await functions.untag_resource(**here, TagKeys=["a", "unknown"])
    assert (await functions.list_tags(**here))["Tags"] == {"b": "3"}
    found = await functions.get_function(FunctionName="echo")
    assert found["Tags"] == {"b": "3"}


async def test_tags_out_of_bounds_are_refused(functions: Client) -> None:
    made = await functions.create_function(**minimum())
    status, name, _ = await functions.refuse(
        "tag_resource", Resource=made["FunctionArn"], Tags={"aws:a": "1"}
    )
    assert (status, name) == (400, "InvalidParameterValueException")


async def test_what_is_no_function_has_none(functions: Client) -> None:
    made = await functions.create_function(**minimum())
    other = made["FunctionArn"].replace("echo", "other")
    status, name, _ = await functions.refuse("list_tags", Resource=other)
    assert (status, name) == (404, "ResourceNotFoundException")
    topic = made["FunctionArn"].replace(":lambda:", ":sns:")
    status, name, _ = await functions.refuse("list_tags", Resource=topic)
    assert status == 400
