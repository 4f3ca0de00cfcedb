"""Methods: by name, number and kind of arguments."""

import pytest

from routekey.languages.vtl.methods import HostObject, call, methods
from routekey.languages.vtl.rendering import LIMITS, Rendering

TABLE = methods(
    ("none", "", lambda value: [value]),
    ("text", "s", lambda value, text: [value, text]),
    ("text", "si", lambda value, text, index: [value, text, index]),
    ("any", "o", lambda value, other: [value, other]),
    ("rendered", "rs", lambda value, rendering, text: [value, type(rendering), text]),
)


@pytest.mark.rule("VTL-MET-01")
@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("none", [], ["v"]),
        ("text", ["a"], ["v", "a"]),
        ("text", [1.0], ["v", "1.0"]),
        ("text", [{"a": 1}], ["v", "{a=1}"]),
        ("text", ["a", 1], ["v", "a", 1]),
        ("text", ["a", "1"], ""),
        ("text", ["a", True], ""),
        ("text", [], ""),
        ("any", [[1]], ["v", [1]]),
        ("rendered", [7], ["v", Rendering, "7"]),
        ("nope", [], ""),
    ],
)
def test_a_method_takes_what_fits(name: str, arguments: list[object], result: object) -> None:
    assert call(TABLE, name, "v", arguments, Rendering({}, LIMITS)) == result


def test_an_object_has_no_properties_of_itself() -> None:
    assert HostObject().get_property("anything") == ""
    assert str(HostObject()) == ""
