"""Parameters: given, by default, and wrong."""

import pytest

from projects.building import open_stack
from routekey.errors import ProjectError
from routekey.projects.document import Value


def value(declaration: str, given: Value = None) -> Value:
    stack = open_stack(
        f"{{Parameters: {{P: {declaration}}}, Resources: {{}}}}",
        {} if given is None else {"P": given},
    )
    return stack.reference("P", stack.template.document.place())


@pytest.mark.rule("CP-CFN-03")
@pytest.mark.parametrize(
    ("declaration", "given", "expected"),
    [
        ("{Type: String, Default: a}", None, "a"),
        ("{Type: String, Default: a}", "b", "b"),
        ("{Type: Number, Default: 5}", None, "5"),
        ("{Type: CommaDelimitedList, Default: 'a, b'}", None, ["a", "b"]),
        ("{Type: List<Number>}", "1,2", ["1", "2"]),
        ("{Type: String}", ["a", "b"], "a,b"),
        ("{Type: String, AllowedValues: [a, 1]}", "1", "1"),
        ("{Type: CommaDelimitedList, AllowedValues: [a, b]}", "a,b", ["a", "b"]),
        ("{Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}", None, "/x"),
    ],
)
def test_a_parameter_has_a_value(declaration: str, given: Value, expected: Value) -> None:
    assert value(declaration, given) == expected


@pytest.mark.parametrize(
    ("declaration", "given", "problem"),
    [
        ("{Type: String, AllowedValues: [a]}", "b", "'b' is not one of a"),
        ("{Type: String}", "x" * 4097, "longer than 4096 bytes"),
        ("{Type: String, Default: {}}", None, "not a map"),
        ("3", None, "P has to be a map"),
    ],
)
def test_a_parameter_without_a_proper_value_is_an_error(
    declaration: str, given: Value, problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem):
        value(declaration, given)


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("{Type: String}", "P"),
        ("{Type: String, AllowedValues: [first, second]}", "first"),
        ("{Type: Number}", "1"),
        ("{Type: Number, MinValue: 5}", "5"),
        ("{Type: CommaDelimitedList}", ["P"]),
    ],
)
def test_what_nobody_has_given_is_guessed_and_said(declaration: str, expected: Value) -> None:
    stack = open_stack(f"{{Parameters: {{P: {declaration}}}, Resources: {{}}}}")
    assert stack.reference("P", stack.template.document.place()) == expected
    (notice,) = stack.notices.all()
    assert "the parameter P has no default, and no value was given" in notice.text
    assert "Give it one: --parameter P=VALUE" in notice.text


STORED = """
Parameters:
  Table: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /chat/table}
  Rooms: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /chat/rooms}
Resources:
  Stored: {Type: AWS::SSM::Parameter, Properties: {Name: /chat/table, Value: visits}}
"""


@pytest.mark.rule("CP-CFN-03")
def test_a_parameter_of_systems_manager_is_the_projects_own_or_given() -> None:
    stack = open_stack(STORED, {"/chat/rooms": "a,b"})
    place = stack.template.document.place()
    assert stack.reference("Table", place) == "visits"
    assert stack.reference("Rooms", place) == ["a", "b"]
    assert stack.notices.all() == ()


def test_a_parameter_of_systems_manager_that_nobody_knows_is_said() -> None:
    stack = open_stack(STORED)
    assert stack.reference("Rooms", stack.template.document.place()) == ["/chat/rooms"]
    (notice,) = stack.notices.all()
    assert "Give it: --parameter /chat/rooms=VALUE" in notice.text
