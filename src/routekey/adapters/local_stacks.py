"""What a project declares of other AWS services, made by the emulator's CloudFormation.

Each resource is a stack of its own: where one cannot be made the others are, and one that goes and
comes back is made again, which moto forgets within a stack. Nor can it change a table, so that is
done beside it: a table keeps its items when the project describes it otherwise. Only its key stays
as it is, as on AWS.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from routekey.adapters.local_secrets import SECRET
from routekey.adapters.local_subscriptions import list_wishes, tune_subscriptions
from routekey.resources.service import ServiceResource

Template = Mapping[str, Mapping[str, Any]]
"""The resources of a template, by logical id."""
MakeClient = Callable[[str], Any]
"""Makes a client of boto3 for a service."""

_STACK: Final = "routekey-"
_TABLE: Final = "AWS::DynamoDB::Table"
_INDEX: Final = ("IndexName", "KeySchema", "Projection")
_INDEX_MADE: Final = (*_INDEX, "ProvisionedThroughput")
_REFUSALS: Final = (BotoCoreError, ClientError, ResponseParserError, KeyError, ValueError)
_FIXED: Final = (
    "the key and the local indexes of a table cannot be changed, and its items stay as they are. "
    "Give the table another name, or start anew"
)
_VIEW: Final = "the emulator cannot give the stream of a table other records; start anew"


def write_template(resources: Iterable[ServiceResource]) -> Template:
    """Describe resources as CloudFormation does; it does not know secrets."""
    return {
        resource.logical_id: {"Type": resource.type, "Properties": dict(resource.properties)}
        for resource in resources
        if resource.type != SECRET
    }


def make_stacks(make_client: MakeClient, wanted: Template) -> Iterator[str]:
    """Make what is declared, as it is declared; what was declared before and is not, goes.

    Gives what could not be done.
    """
    client = make_client("cloudformation")
    standing = {}
    try:
        before = _read_stacks(client)
        for name in before.keys() - wanted.keys():
            yield from _try("delete", name, client.delete_stack, StackName=_STACK + name)
        for name, resource in wanted.items():
            if _is_same_table(before.get(name), resource):
                standing[name] = resource
            else:
                yield from _make_stack(client, name, before.get(name), resource)
    finally:
        client.close()
    if standing:
        yield from _change_tables(make_client("dynamodb"), standing)
    if any(list_wishes(wanted)):
        yield from tune_subscriptions(make_client("sns"), wanted)


def _read_stacks(client: Any) -> Template:
    """Read what was declared before."""
    pages = client.get_paginator("describe_stacks").paginate()
    stacks = [stack["StackName"] for page in pages for stack in page["Stacks"]]
    found: dict[str, Mapping[str, Any]] = {}
    for stack in stacks:
        if stack.startswith(_STACK):
            body: Any = client.get_template(StackName=stack)["TemplateBody"]
            template = json.loads(body) if isinstance(body, str) else body
            found |= template["Resources"]
    return found


def _make_stack(
    client: Any, name: str, before: Mapping[str, Any] | None, wanted: Mapping[str, Any]
) -> Iterator[str]:
    stack = _STACK + name
    members = {"StackName": stack, "TemplateBody": json.dumps({"Resources": {name: wanted}})}
    if before == wanted:
        return
    if before is not None and not _is_table(wanted) and before["Type"] == wanted["Type"]:
        yield from _try("make", name, client.update_stack, **members)
        return
    if before is not None:
        yield from _try("delete", name, client.delete_stack, StackName=stack)
    problems = list(_try("make", name, client.create_stack, **members))
    if problems:  # moto leaves the stack there, without the resource
        list(_try("delete", name, client.delete_stack, StackName=stack))
    yield from problems


def _try(
    verb: str, name: str, call: Callable[..., object], *values: Any, **members: Any
) -> Iterator[str]:
    """Call the emulator; give its answer where it refuses."""
    try:
        call(*values, **members)
    except _REFUSALS as error:
        yield f"{verb} {name}: {str(error).partition(chr(10))[0]}"


def _is_same_table(before: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a table is there already, by its name, described so or otherwise."""
    if before is None or not _is_table(before) or not _is_table(wanted):
        return False
    return _name_of(before) == _name_of(wanted)


def _is_table(resource: Mapping[str, Any]) -> bool:
    return bool(resource["Type"] == _TABLE)


def _name_of(resource: Mapping[str, Any]) -> object:
    return resource["Properties"].get("TableName")


def _change_tables(client: Any, tables: Template) -> Iterator[str]:
    """Let tables be as they are described; gives what cannot be."""
    try:
        for name, table in tables.items():
            yield from _try("change", name, _change_table, client, table["Properties"])
    finally:
        client.close()


def _change_table(client: Any, wanted: Mapping[str, Any]) -> None:
    table = wanted["TableName"]
    found = client.describe_table(TableName=table)["Table"]
    if _fixed(found) != _fixed(wanted):
        raise ValueError(_FIXED)
    for change in _list_changes(found, wanted):
        client.update_table(TableName=table, **change)


def _fixed(table: Mapping[str, Any]) -> tuple[object, ...]:
    """Give what no table can change: its key, with the types, and the indexes made with it."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    key = [(each["AttributeName"], each["KeyType"]) for each in table["KeySchema"]]
    indexes = {
        index["IndexName"]: _pick(index, _INDEX)
        for index in table.get("LocalSecondaryIndexes") or ()
    }
    return key, [types.get(name) for name, _ in key], indexes


def _list_changes(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """List what leads from a table to its description, in calls of one change each."""
    there = {index["IndexName"]: index for index in found.get("GlobalSecondaryIndexes") or ()}
    asked = {index["IndexName"]: index for index in wanted.get("GlobalSecondaryIndexes") or ()}
    same = {
        name
        for name in there.keys() & asked.keys()
        if _pick(there[name], _INDEX) == _pick(asked[name], _INDEX)
    }
    for name in there.keys() - same:
        yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    for name in asked.keys() - same:
        yield {
            "AttributeDefinitions": wanted["AttributeDefinitions"],
            "GlobalSecondaryIndexUpdates": [{"Create": _pick(asked[name], _INDEX_MADE)}],
        }
    before, after = _view_of(found), _view_of(wanted)
    if before is None and after is not None:
        yield {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": after}}
    elif after is None and before is not None:
        yield {"StreamSpecification": {"StreamEnabled": False}}
    elif before != after:
        raise ValueError(_VIEW)


def _pick(members: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: members[name] for name in names if name in members}


def _view_of(table: Mapping[str, Any]) -> object:
    """Tell what is in the records of a table's stream; None where it has none."""
    return (table.get("StreamSpecification") or {}).get("StreamViewType")
