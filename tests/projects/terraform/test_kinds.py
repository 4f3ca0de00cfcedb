"""What the tables of Terraform's types consist of."""

from routekey.projects.document import Value, parse_document
from routekey.projects.terraform.kinds import Kind, blocks, document, first_block, pascal
from routekey.projects.terraform.kinds import to_properties as convert

PLACE = parse_document("a", file="f").place()


def test_arguments_are_spelt_as_properties() -> None:
    kind = Kind(type="T", renamed={"name": "StageName"})
    arguments: dict[str, Value] = {"name": "s", "auto_deploy": True, "description": None}
    assert convert(kind, arguments, PLACE) == {"StageName": "s", "AutoDeploy": True}
    assert pascal("a_bc") == "ABc"


def test_blocks_may_be_one_many_or_none() -> None:
    assert first_block([{"a": 1}, {"a": 2}]) == {"a": 1}
    assert first_block({"a": 1}) == {"a": 1}
    assert first_block(3) == {}
    assert blocks([{"a": 1}, 2]) == [{"a": 1}]
    assert blocks(None) == []


def test_policies_are_json_text() -> None:
    assert document('{"a": 1}') == {"a": 1}
    assert document({"a": 1}) == {"a": 1}
    assert document("{") == "{"
