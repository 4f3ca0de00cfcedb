"""Templates that are nearly right: any part may be anything, and the end is still orderly."""

import copy
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.building import SEED, load_template
from routekey.errors import ProjectError
from routekey.projects.cloudformation.loading import StackSource, load_stacks
from routekey.projects.document import Document, Value, read_document
from routekey.projects.notices import Notices
from routekey.projects.options import ACCOUNT_ID
from routekey.resources.project import Project

GOLDENS = Path(__file__).parents[1] / "goldens"
TEMPLATES = ("functions", "identities", "intrinsics", "nested-stacks", "sam-websocket-api")
SOMETHING: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=10),
    st.sampled_from(["$default", "Api", "Role", "arn:aws:iam::aws:policy/x", "../..", "\0"]),
    st.sampled_from([[], {}, [None], [[]], {"Ref": "Api"}, {"Ref": []}, {"Fn::Sub": [1]}]),
    st.sampled_from(
        [{"Fn::GetAtt": ["Api", "Arn"]}, {"Fn::If": ["x", 1, 2]}, {"Fn::Select": [9, []]}]
    ),
)


@given(name=st.sampled_from(TEMPLATES), seed=st.integers(0, 2**32), put=SOMETHING)
@settings(max_examples=300, deadline=None)
def test_a_template_with_any_part_replaced_gives_a_project_or_an_error(
    name: str, seed: int, put: Value
) -> None:
    document = read_document(GOLDENS / name / "project" / "template.yaml")
    value = copy.deepcopy(document.value)
    replace_somewhere(value, put, random.Random(seed))
    changed = Document(file=document.file, value=value, lines=document.lines)
    file: str | None = document.file
    try:
        load(changed)
    except ProjectError as error:
        file = error.file
    assert file is not None


def load(document: Document) -> Project:
    return load_stacks(
        [StackSource(document=document, stack_name="project")],
        region="us-east-1",
        account_id=ACCOUNT_ID,
        seed=SEED,
        stage=None,
        notices=Notices(),
    )


def replace_somewhere(value: Value, put: Value, chance: random.Random) -> None:
    """Walk down at random, and put something where the way ends."""
    while isinstance(value, dict | list) and value:
        if isinstance(value, dict):
            key = chance.choice(list(value))
            if not isinstance(value[key], dict | list) or chance.random() < 0.2:
                value[key] = put
                return
            value = value[key]
        else:
            index = chance.randrange(len(value))
            if not isinstance(value[index], dict | list) or chance.random() < 0.2:
                value[index] = put
                return
            value = value[index]


def test_the_parts_of_a_rest_api_are_not_named_beside_it(tmp_path: Path) -> None:
    part = "  Part: {Type: AWS::ApiGateway::Deployment}\n  Other: {Type: AWS::MQ::Broker}\n"
    api = "  Rest: {Type: AWS::ApiGateway::RestApi}\n"
    texts = [
        [notice.text for notice in load_template(tmp_path, f"Resources:\n{text}").notices]
        for text in (part, api + part)
    ]
    assert texts == [
        ["not run here, and left out: AWS::ApiGateway::Deployment, AWS::MQ::Broker"],
        [
            "not run here, and left out: AWS::MQ::Broker",
            "is a REST API; only WebSocket APIs are served",
        ],
    ]


@pytest.mark.parametrize(
    ("value", "macro"),
    [("{Name: AWS::Include, Parameters: {Location: more.yaml}}", "AWS::Include"), ("1", "Fn::X")],
)
def test_a_macro_among_the_resources_is_named(tmp_path: Path, value: str, macro: str) -> None:
    name = "Fn::Transform" if macro == "AWS::Include" else macro
    (notice,) = load_template(tmp_path, f"Resources:\n  {name}: {value}\n").notices
    assert notice.text.startswith(f"the macro {macro} is not run here; the resources that it gives")
    assert notice.line == 2
