"""Reading YAML and JSON: values, lines and bounds."""

from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects import document as module
from routekey.projects.document import Value, parse_document, read_document


def parse(text: str) -> Value:
    return parse_document(text, file="f").value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Off", False),
        ("~", None),
        ("12", 12),
        ("-3.50", -3.5),
        ("2012-10-17", "2012-10-17"),
        ("012345678901", "012345678901"),
        ("1:30", "1:30"),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("!!bool yes", True),
        ("!!float 1", "1"),
        ("! 12", "12"),
    ],
)
def test_scalars_have_the_types_that_templates_mean(text: str, value: Value) -> None:
    assert parse(text) == value


def test_keys_are_always_text() -> None:
    assert parse("{200: a, on: b, ~: c}") == {"200": "a", "on": "b", "~": "c"}


@pytest.mark.rule("CP-CFN-03")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition A", {"Condition": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!Sub ['${x}', {x: 1}]", {"Fn::Sub": ["${x}", {"x": 1}]}),
        ("!Join ['', [!Ref A]]", {"Fn::Join": ["", [{"Ref": "A"}]]}),
    ],
)
def test_short_tags_become_their_long_form(text: str, value: Value) -> None:
    assert parse(text) == value


def test_every_value_knows_its_line() -> None:
    document = parse_document("a:\n  b:\n    - x\n    - !Sub\n      y\n", file="f")
    assert document.place("a", "b", 1).line == 4
    assert document.place("a", "b", 1, "Fn::Sub").line == 4
    assert document.place("a", "nothing").line == 1


def test_json_has_lines_too_and_its_own_escapes() -> None:
    document = parse_document('{\n"a": "\\ud83d\\ude00\\/",\n"b": 1}', file="f")
    assert document.value == {"a": "😀/", "b": 1}
    assert document.place("b").line == 3


def test_anchors_aliases_and_merge_keys_are_followed() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [*a, {z: 4}]}\n&k d: *k\n*k : e"
    assert parse(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2, "z": 4},
        "d": "e",
    }


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: *b", 1, "no value has the anchor &b"),
        ("a: &a [*a]", 1, "no value has the anchor &a"),
        ("a: 1\n--- b", 2, "a second YAML document"),
        ("[a]: b", 1, "a key has to be text"),
        ("a:\n  <<: 3", 2, "<< takes a mapping"),
        ("a: !Nonsense b", 1, "!Nonsense is not a tag"),
        ("a: [" * 30 + "[" * 90, 1, "nested deeper than 100 levels"),
        ("a: \x01", None, "not valid YAML"),
        ("a: '", 1, "not valid YAML"),
        ("a: \ud800", None, "half a surrogate pair"),
    ],
)
def test_what_cannot_be_read_names_the_line(text: str, line: int | None, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem) as error:
        parse(text)
    assert error.value.line == line


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BYTES_MAX", 3)
    (tmp_path / "f").write_bytes(b"abcd")
    with pytest.raises(ProjectError, match="larger than"):
        read_document(tmp_path / "f")


def test_a_file_that_is_not_there_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="No such file"):
        read_document(tmp_path / "nothing.yaml")
    with pytest.raises(ProjectError, match="cannot be read"):
        read_document(Path("\0"))


def test_bytes_that_are_not_utf8_name_their_line(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a: 1\nb: \xff")
    with pytest.raises(ProjectError, match="not UTF-8") as error:
        read_document(tmp_path / "f")
    assert error.value.line == 2


def test_a_path_that_cannot_be_one_is_an_error() -> None:
    with pytest.raises(ProjectError, match="is not a path"):
        parse_document("a", file="f").place().find_path("\0")
