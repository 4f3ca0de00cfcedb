"""CloudFormation's functions, one by one, and what is wrong with their arguments."""

import json

import pytest

from projects.building import open_stack
from routekey.errors import ProjectError
from routekey.projects.cloudformation.intrinsics import (
    evaluate_condition,
    kind_of,
    resolve,
    to_text,
)
from routekey.projects.document import Place, Value, parse_document

TEMPLATE = """
Parameters:
  Name: {Type: String, Default: chat}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
Mappings:
  Sizes: {small: {cpu: 1, names: [x, y]}}
Conditions:
  Always: !Equals [1, "1"]
  Never: !Not [!Condition Always]
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
"""


def evaluate(text: str) -> Value:
    document = parse_document(text, file="f")
    return resolve(document.value, open_stack(TEMPLATE), document.place())


@pytest.mark.rule("CP-CFN-03", "CP-CFN-04")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref Name", "chat"),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::NotificationARNs", []),
        ("[1, !Ref AWS::NoValue]", [1]),
        ("{a: !Ref AWS::NoValue, b: 2}", {"b": 2}),
        ("!GetAtt Queue.Arn", "arn:aws:sqs:eu-west-1:000000000000:jobs"),
        ("{Fn::GetAtt: [Queue, QueueName]}", "jobs"),
        ("!Sub '${Name}-${!Name}-$connect'", "chat-${Name}-$connect"),
        ("!Sub '${Queue.QueueName} ${Names} ${ Name }'", "jobs a,b chat"),
        ("!Sub ['${x}${Name}', {x: 1}]", "1chat"),
        ("!Join ['/', [a, 1, true]]", "a/1/true"),
        ("!Split [',', 'a,b']", ["a", "b"]),
        ("!Select [1, !Ref Names]", "b"),
        ("!GetAZs ''", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ("!If [Always, 1, 2]", 1),
        ("!If [Never, 1, 2]", 2),
        ("!If [!Condition Never, 1, !Ref Name]", "chat"),
        ("!FindInMap [Sizes, small, cpu]", 1),
        ("!FindInMap [Sizes, !Sub small, names]", ["x", "y"]),
        ("!FindInMap [Sizes, huge, cpu, {DefaultValue: 4}]", 4),
        ("!Base64 hello", "aGVsbG8="),
        ("!Cidr [10.0.0.0/24, 2, 4]", ["10.0.0.0/28", "10.0.0.16/28"]),
        ("!Cidr [10.0.0.0/16, 1]", ["10.0.0.0/24"]),
        ("{Fn::Length: [1, 2]}", 2),
        ("{Fn::ToJsonString: {a: !Ref Name}}", json.dumps({"a": "chat"}, separators=(",", ":"))),
        ("!Equals [!Ref Names, [a, b]]", True),
        ("!Equals ['', null]", True),
        ("!And [!Condition Always, true]", True),
        ("!Or [!Condition Never, 'false']", False),
        ("!ImportValue elsewhere", "elsewhere"),
    ],
)
def test_a_function_gives_its_value(text: str, value: Value) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("!Ref Nam", "Did you mean Name"),
        ("!Ref [a]", "text is expected here, not a list"),
        ("!Ref AWS::Regio", "Did you mean AWS::Region"),
        ("!GetAtt Queue", "takes a resource and the name of an attribute"),
        ("!GetAtt [Queue, 3]", "not a number"),
        ("{Fn::Nothing: 1}", "Fn::Nothing is not a function"),
        ("{Fn::Sub: 3}", "Fn::Sub takes text"),
        ("!Sub ['x', 3]", "Fn::Sub takes text"),
        ("!Sub '${a b}'", r"Write \$\{!a b\}"),
        ("!Sub ['${x}', {x: [1]}]", "not a list"),
        ("!Join ['/', a]", "takes a list, not text"),
        ("!Join ['/', [[a]]]", "not a list"),
        ("!Join [a]", "Fn::Join takes a separator and a list"),
        ("!Split ['', a]", "not empty"),
        ("!Select [2, [a]]", "has no item 2: the list has 1"),
        ("!Select [x, [a]]", "has no item x"),
        ("!Select [0, a]", "takes a list"),
        ("!If [Always, 1]", "takes a condition and two values"),
        ("!If [Maybe, 1, 2]", "there is no condition Maybe"),
        ("!If [3, 1, 2]", "true or false"),
        ("!Not 3", "a list of conditions"),
        ("!And [[]]", "true or false"),
        ("!FindInMap [Sizes, small]", "takes a map and two keys"),
        ("!FindInMap [Sizes, small, ram]", "has no Sizes.small.ram"),
        ("!FindInMap [Sizes, small, ram, 3]", "has no Sizes.small.ram"),
        ("!FindInMap [Other, small, ram]", "has no Other.small.ram"),
        ("!Base64 [a]", "not a list"),
        ("!Cidr 3", "takes a block"),
        ("!Cidr [x, 1, 1]", "cannot divide x"),
        ("{Fn::Length: 3}", "takes a list, not a number"),
    ],
)
def test_a_wrong_argument_is_an_error_that_says_so(text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        evaluate(text)


def test_text_does_not_grow_without_end() -> None:
    doubling = "\n".join(
        f"  T{n}: {{Type: AWS::SNS::Topic, Properties: "
        f"{{TopicName: !Sub '${{T{n - 1}.TopicName}}${{T{n - 1}.TopicName}}'}}}}"
        for n in range(1, 60)
    )
    first = "  T0: {Type: AWS::SNS::Topic, Properties: {TopicName: x}}"
    stack = open_stack(f"Resources:\n{first}\n{doubling}")
    place = stack.template.document.place()
    with pytest.raises(ProjectError, match="larger than 1 MB"):
        stack.attribute("T59", "TopicName", place)


def test_a_condition_may_be_a_name_in_a_map(place: Place) -> None:
    assert evaluate_condition({"Condition": "Always"}, open_stack(TEMPLATE), place)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "nothing"),
        (True, "true or false"),
        (1.5, "a number"),
        ("", "text"),
        ([], "a list"),
        ({}, "a map"),
    ],
)
def test_kinds_have_names_for_people(value: Value, kind: str, place: Place) -> None:
    assert kind_of(value) == kind
    if isinstance(value, list | dict) or value is None:
        with pytest.raises(ProjectError, match=f"not {kind}"):
            to_text(value, place)
    else:
        assert to_text(value, place) in {"true", "1.5", ""}


@pytest.fixture
def place() -> Place:
    return parse_document("a", file="f").place()
