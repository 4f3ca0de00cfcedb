"""The variables of serverless.yml."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.errors import ProjectError
from routekey.projects.document import Value, parse_document
from routekey.projects.notices import Notices
from routekey.projects.options import ACCOUNT_ID
from routekey.projects.serverless_framework import variables as module
from routekey.projects.serverless_framework.variables import Facts, Variables

FACTS = Facts(
    stage="dev",
    region="eu-west-1",
    account_id=ACCOUNT_ID,
    options={"name": "given"},
    params={"p": "param", "/given": "by hand"},
    environment={"HOME": "/home"},
)


def variables(
    text: str, folder: Path = Path("/nowhere"), notices: Notices | None = None
) -> Variables:
    document = parse_document(text, file=str(folder / "serverless.yml"))
    return Variables(document, FACTS, notices or Notices())


def value(
    expression: str,
    more: str = "",
    folder: Path = Path("/nowhere"),
    notices: Notices | None = None,
) -> Value:
    return variables(f"x: {expression}\n{more}", folder, notices).value("x")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("plain", "plain"),
        ("'${self:a.b}'", 1),
        ("'${self:list.1}'", "second"),
        ("'<${self:a.b}>'", "<1>"),
        ("'${opt:name}'", "given"),
        ("'${opt:stage}'", "dev"),
        ("'${opt:region}'", "eu-west-1"),
        ("\"${opt:other, 'fallback'}\"", "fallback"),
        ("'${opt:other, 3}'", 3),
        ("'${opt:other, true}'", True),
        ("'${opt:other, self:a.b}'", 1),
        ("'${env:HOME}'", "/home"),
        ("'${sls:stage}-${sls:instanceId}'", "dev-local"),
        ("'${param:p} ${param:q}'", "param staged"),
        ("'${aws:accountId} ${aws:region}'", "000000000000 eu-west-1"),
        ("'${self:a.${sls:stage}}'", "nested"),
        ("'${self:indirect.b}'", 1),
        ("\"${strToBool('true')}\"", True),
        ("'${strToBool(0)}'", False),
        ("'${AWS::Region}-${Thing.Arn}'", "${AWS::Region}-${Thing.Arn}"),
        ("'${unclosed'", "${unclosed"),
        ("'${ssm:/x, null}'", None),
        ("'${ssm:/secret}'", "/secret"),  # its name stands for it, with a notice
        ("'${cf(eu-west-1):stack.Output}'", "stack.Output"),
        ("'${ssm:/given}'", "by hand"),
        ("\"${opt:other, 'a, b'}\"", "a, b"),
        ("'${self:yes}-${self:nothing}'", "true-"),
    ],
)
def test_a_variable_has_its_value(expression: str, expected: Value) -> None:
    more = (
        "a: {b: 1, dev: nested}\nlist: [first, second]\nindirect: '${self:a}'\n"
        "params: {dev: {q: staged}}\nyes: true\nnothing: ~\n"
    )
    assert value(expression, more) == expected


def test_files_are_read_whole_or_in_part(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("b: {c: '${sls:stage}'}", encoding="utf-8")
    found = variables("x: '${file(./a.yml)}'\ny: '${file(a.yml):b.c}'", tmp_path)
    assert found.value("x") == {"b": {"c": "dev"}}
    assert found.value("y") == "dev"
    assert found.files == [str(tmp_path / "serverless.yml"), str(tmp_path / "a.yml")]
    assert value("'${file(nothing.yml), 1}'", "", tmp_path) == 1


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("'${self:nothing}'", r"the variable \$\{self:nothing\} has no value"),
        ("'${sls:nothing}'", "has no value"),
        ("'${self:x}'", "x depends on itself"),
        ("'a${self:list}'", "is not text, and stands inside text"),
        ("'${strToBool(maybe)}'", "takes true or false"),
        ("'${file(\0)}'", None),
        ("'" + "${self:" * 60 + "a" + "}" * 60 + "'", "nested deeper"),
    ],
)
def test_what_has_no_value_is_an_error(expression: str, problem: str | None) -> None:
    with pytest.raises(ProjectError, match=problem):
        value(expression, "list: [1]")


def test_what_whoever_deploys_has_to_say_is_guessed_and_said() -> None:
    notices = Notices()
    assert value("'a${env:NOTHING}-${param:more}'", notices=notices) == "aNOTHING-more"
    first, second = notices.all()
    assert "Set it in the environment: NOTHING=VALUE" in first.text
    assert "Give it: --parameter more=VALUE" in second.text


def test_a_program_gives_what_it_exports(tmp_path: Path) -> None:
    exports = "module.exports.name = async () => ({ first: process.env.HOME ? 'a' : 'b' });"
    (tmp_path / "a.js").write_text(exports, encoding="utf-8")
    assert value("'${file(a.js):name.first}'", "", tmp_path) == "a"


def test_a_file_does_not_include_itself(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("b: '${file(a.yml)}'", encoding="utf-8")
    with pytest.raises(ProjectError, match="includes itself"):
        value("'${file(a.yml)}'", "", tmp_path)


def test_references_that_double_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = "\n".join(f"l{n}: ['${{self:l{n - 1}}}', '${{self:l{n - 1}}}']" for n in range(1, 40))
    with pytest.raises(ProjectError, match="stand for more than"):
        value("'${self:l39}'", f"l0: [1]\n{lists}")
    monkeypatch.setattr(module, "TEXT_MAX", 100)
    texts = "\n".join(f"t{n}: '${{self:t{n - 1}}}${{self:t{n - 1}}}'" for n in range(1, 40))
    with pytest.raises(ProjectError, match="grows larger"):
        value("'${self:t39}'", f"t0: ab\n{texts}")


@given(st.text(alphabet="${}:,'()selfopt.x ", max_size=40))
def test_any_text_gives_a_value_or_an_error(text: str) -> None:
    document = parse_document("x: ~", file="f")
    try:
        Variables(document, FACTS, Notices()).resolve(text, document.place())
    except ProjectError as error:
        text = str(error)
    assert isinstance(text, str)
