"""Data sources: what a configuration asks AWS or this machine about.

What is known here is answered; the rest gets its own name as its value, with a notice.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from routekey.languages.iam import managed_documents
from routekey.projects.cloudformation.references import Surroundings
from routekey.projects.document import Place, Value
from routekey.projects.notices import Notices
from routekey.projects.terraform.files import Ground, render_template

ASKED: Final = frozenset(("aws_iam_policy",))
"""Types of resources that a data source knows otherwise than the project's own resource."""

_STATEMENT: Final = {
    "sid": "Sid",
    "effect": "Effect",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


class Asker(Ground, Protocol):
    """What a data source may know."""

    @property
    def surroundings(self) -> Surroundings:
        """The region and the account."""
        ...

    @property
    def notices(self) -> Notices:
        """Where guesses are said."""
        ...


def read_data(
    kind: str, name: str, arguments: dict[str, Value], asker: Asker, place: Place
) -> Value:
    """Give an attribute of a data source."""
    around = asker.surroundings
    region, account = around.region, around.account_id
    known: dict[tuple[str, str], Value] = {
        ("aws_availability_zones", "names"): [f"{region}{letter}" for letter in "abc"],
        ("aws_caller_identity", "account_id"): account,
        ("aws_caller_identity", "arn"): f"arn:aws:iam::{account}:root",
        ("aws_caller_identity", "id"): account,
        ("aws_partition", "dns_suffix"): "amazonaws.com",
        ("aws_partition", "partition"): "aws",
        ("aws_region", "id"): region,
        ("aws_region", "name"): region,
        ("aws_region", "region"): region,
    }
    if (kind, name) in known:
        return known[kind, name]
    if (kind, name) in _MADE:
        return _MADE[kind, name](arguments, asker, place)
    if kind == "archive_file" and name.startswith("output_") and name != "output_path":
        return "0"  # a digest or a size, which only decides whether to upload
    if name in arguments:
        return arguments[name]
    guess = f"{kind}-{name}"
    asker.notices.add(f"{kind}.{name} is known to AWS only; it is taken to be {guess}", place)
    return guess


def _policy_arn(arguments: dict[str, Value], _: Asker, __: Place) -> Value:
    """Find a policy by its name.

    One that is looked up is not of the project, and most often AWS's own.
    """
    name = str(arguments.get("name"))
    paths = (path for path in managed_documents() if path.rpartition("/")[2] == name)
    return arguments.get("arn") or f"arn:aws:iam::aws:policy/{next(paths, name)}"


def _policy_text(arguments: dict[str, Value], _: Asker, __: Place) -> Value:
    return json.dumps(policy_document(arguments))


def _filled_in(arguments: dict[str, Value], asker: Asker, place: Place) -> Value:
    names = arguments.get("vars")
    given = names if isinstance(names, dict) else {}
    text = str(arguments.get("template", ""))
    return render_template(text, given, asker, place, file=place.document.file)


_MADE: Final[Mapping[tuple[str, str], Callable[[dict[str, Value], Asker, Place], Value]]] = {
    ("aws_iam_policy", "arn"): _policy_arn,
    ("aws_iam_policy_document", "json"): _policy_text,
    ("template_file", "rendered"): _filled_in,
}
"""Attributes that are made of a data source's arguments."""


def policy_document(arguments: dict[str, Value]) -> Value:
    """Write the statements of `aws_iam_policy_document` as a policy has them."""
    statements = arguments.get("statement")
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement(statement)
            for statement in (statements if isinstance(statements, list) else [])
            if isinstance(statement, dict)
        ],
    }


def _statement(statement: dict[str, Value]) -> Value:
    made: dict[str, Value] = {"Effect": "Allow"}
    made |= {
        _STATEMENT[key]: item
        for key, item in statement.items()
        if key in _STATEMENT and item is not None
    }
    for key, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        principals = _maps(statement.get(key))
        if principals:
            made[element] = {str(each.get("type")): each.get("identifiers") for each in principals}
    conditions: dict[str, Value] = {}
    for each in _maps(statement.get("condition")):
        of_test = conditions.setdefault(str(each.get("test")), {})
        if isinstance(of_test, dict):
            of_test[str(each.get("variable"))] = each.get("values")
    if conditions:
        made["Condition"] = conditions
    return made


def _maps(value: Value) -> list[dict[str, Value]]:
    return [item for item in (value if isinstance(value, list) else []) if isinstance(item, dict)]
