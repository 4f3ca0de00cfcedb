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
        ("{Type: String}", None, "has no default, and no value was given"),
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
