"""Terraform's functions. Expected values are those of its documentation."""

import pytest

from routekey.errors import ProjectError
from routekey.projects.document import Value, parse_document
from routekey.projects.terraform.functions import FUNCTIONS


def call(name: str, *arguments: Value) -> Value:
    return FUNCTIONS[name](list(arguments), parse_document("a", file="f").place())


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("base64decode", ["aGk="], "hi"),
        ("base64encode", ["hi"], "aGk="),
        ("basename", ["a/b.txt"], "b.txt"),
        ("chomp", ["a\n"], "a"),
        ("coalesce", [None, "", "b"], "b"),
        ("compact", [["a", "", None, "b"]], ["a", "b"]),
        ("concat", [["a"], ["b"]], ["a", "b"]),
        ("contains", [["a"], "a"], True),
        ("contains", [["a"]], False),
        ("dirname", ["a/b"], "a"),
        ("dirname", ["b"], "."),
        ("distinct", [["a", "b", "a"]], ["a", "b"]),
        ("element", [["a", "b"], 3], "b"),
        ("endswith", ["abc", "bc"], True),
        ("flatten", [[["a", ["b"]], "c"]], ["a", "b", "c"]),
        (
            "format",
            ["%s-%03d %q %v%% %.1f %x", "a", 7, "b", True, 1.25, 255],
            'a-007 "b" true% 1.2 ff',
        ),
        ("format", ["%s", [1]], "[1]"),
        ("join", [",", ["a", 1]], "a,1"),
        ("jsondecode", ['{"a": 1}'], {"a": 1}),
        ("jsonencode", [{"b": "<", "a": [1, None]}], '{"a":[1,null],"b":"\\u003c"}'),
        ("keys", [{"b": 1, "a": 2}], ["a", "b"]),
        ("length", [{"a": 1}], 1),
        ("lookup", [{"a": 1}, "a"], 1),
        ("lookup", [{"a": 1}, "b", 2], 2),
        ("lower", ["A"], "a"),
        ("max", [1, 3, 2], 3),
        ("md5", ["hi"], "49f68a5c8493ec2c0bf489821c21fc3b"),
        ("merge", [{"a": 1}, None, {"a": 2, "b": 3}], {"a": 2, "b": 3}),
        ("min", [1, 3], 1),
        ("one", [[]], None),
        ("one", [["a"]], "a"),
        ("range", [1, 4], [1, 2, 3]),
        ("replace", ["wss://x", "wss://", "https://"], "https://x"),
        ("replace", ["abc", "/(b)/", "<$1>"], "a<b>c"),
        ("replace", ["abc", "/(?P<it>b)/", r"<${it}$it\$$>"], r"a<bb\$>c"),
        ("reverse", [[1, 2]], [2, 1]),
        ("sensitive", ["a"], "a"),
        ("sort", [["b", "a"]], ["a", "b"]),
        ("split", [",", "a,b"], ["a", "b"]),
        ("split", ["", "ab"], ["a", "b"]),
        ("startswith", ["abc", "b"], False),
        ("strrev", ["ab"], "ba"),
        ("substr", ["hello", 1, 3], "ell"),
        ("substr", ["hello", -3, -1], "llo"),
        ("title", ["a b"], "A B"),
        ("tobool", ["true"], True),
        ("tolist", [[1]], [1]),
        ("tomap", [{"a": 1}], {"a": 1}),
        ("tonumber", ["5"], 5),
        ("tonumber", ["1.5"], 1.5),
        ("toset", [["b", "a", "b"]], ["a", "b"]),
        ("tostring", [True], "true"),
        ("trim", ["?a!", "!?"], "a"),
        ("trimprefix", ["abc", "a"], "bc"),
        ("trimspace", [" a "], "a"),
        ("trimsuffix", ["abc", "c"], "ab"),
        ("upper", ["a"], "A"),
        ("urlencode", ["a b/"], "a+b%2F"),
        ("values", [{"b": 1, "a": 2}], [2, 1]),
        ("zipmap", [["a", "b"], [1, 2]], {"a": 1, "b": 2}),
    ],
)
def test_a_function_gives_its_value(name: str, arguments: list[Value], expected: Value) -> None:
    assert call(name, *arguments) == expected


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("upper", [], "takes more arguments"),
        ("upper", [[]], "text is expected here, not a list"),
        ("join", [",", "a"], "takes a list, not text"),
        ("keys", [3], "takes a map, not a number"),
        ("base64decode", ["%"], "not base64"),
        ("coalesce", [None], "nothing but null"),
        ("element", [[], 0], "a list that is not empty"),
        ("jsondecode", ["{"], "not JSON"),
        ("jsonencode", [], "takes a value"),
        ("length", [3], "takes text, a list or a map"),
        ("lookup", [{}, "a"], "there is no 'a'"),
        ("max", [], "takes numbers"),
        ("one", [[1, 2]], "at most one item"),
        ("range", [10**9], "gives at most 1024"),
        ("range", [0, 1, 0], "takes one to three numbers"),
        ("replace", ["a", "/(/", "b"], "is malformed"),
        ("replace", ["a" * 40 + "!", "/(a|aa)+$/", "b"], "took too long"),
        ("replace", ["abc", "/b/", "$1x"], "names no group"),
        ("replace", ["aaaa", "a", "b" * 2**20], "too long"),
        ("sensitive", [], "takes a value"),
        ("substr", ["a", "b"], "an offset and a length"),
        ("tobool", ["x"], "neither true nor false"),
        ("tonumber", ["x"], "is not a number"),
    ],
)
def test_a_wrong_argument_is_an_error(name: str, arguments: list[Value], problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        call(name, *arguments)
