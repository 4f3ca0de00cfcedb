"""In which order queues are made, and which are made beside them."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.projects import LoadOptions
from routekey.resources.project import Project
from routekey.resources.service import ServiceResource

QUEUE = """
  %s:
    Type: AWS::SQS::Queue
    Properties: {QueueName: %s, RedrivePolicy: %s}
"""
LAST = "  Last: {Type: AWS::SQS::Queue, Properties: {QueueName: last}}\n"
ARN = "arn:aws:sqs:us-east-1:000000000000:"


def load(folder: Path, *texts: str, is_guessing: bool = True) -> Project:
    options = LoadOptions(is_guessing=is_guessing)
    return load_template(folder, f"Resources:\n{''.join(texts)}", options=options)


def queue(name: str, policy: str) -> str:
    return QUEUE % (name.title(), name, policy)


def named(services: tuple[ServiceResource, ...]) -> list[object]:
    return [service.properties["QueueName"] for service in services]


@pytest.mark.parametrize(
    "policy",
    [
        "{deadLetterTargetArn: !GetAtt Last.Arn, maxReceiveCount: 3}",
        f"""'{{"deadLetterTargetArn": "{ARN}last", "maxReceiveCount": 3}}'""",
    ],
)
def test_a_queue_is_made_behind_its_dead_letter_queue(tmp_path: Path, policy: str) -> None:
    second = queue("second", f"{{deadLetterTargetArn: '{ARN}first'}}")
    project = load(tmp_path, second, queue("first", policy), LAST)
    assert named(project.services) == ["last", "first", "second"]
    assert all("RedrivePolicy" in each.properties for each in project.services[1:])
    assert project.notices == ()


def test_queues_that_wait_for_each_other_are_made_as_they_are(tmp_path: Path) -> None:
    texts = [
        queue(name, f"{{deadLetterTargetArn: '{ARN}{other}'}}")
        for name, other in (("one", "two"), ("two", "one"))
    ]
    assert sorted(map(str, named(load(tmp_path, *texts).services))) == ["one", "two"]


def test_a_dead_letter_queue_of_another_stack_is_made_too(tmp_path: Path) -> None:
    project = load(tmp_path, queue("jobs", f"{{deadLetterTargetArn: '{ARN}failed'}}"))
    assert named(project.services) == ["failed", "jobs"]
    (notice,) = project.notices
    assert notice.text == "the queue failed is not part of the project; an empty one is made"


@pytest.mark.parametrize(
    "policy",
    [
        "{deadLetterTargetArn: '{{resolve:ssm:/shared/dead}}'}",
        f"{{deadLetterTargetArn: '{ARN.replace('us-east-1', 'eu-west-1')}failed'}}",
        "{deadLetterTargetArn: 1}",
        "'{'",
        "'[]'",
        pytest.param(f"'{'[' * 20_000}'", id="deep"),
    ],
)
def test_a_queue_is_made_without_a_dead_letter_queue_that_nobody_knows(
    tmp_path: Path, policy: str
) -> None:
    project = load(tmp_path, queue("jobs", policy))
    (found,) = project.services
    assert found.properties == {"QueueName": "jobs"}
    (notice,) = project.notices
    assert notice.text == "the dead-letter queue of Jobs is not known; it has none"


def test_where_nothing_is_guessed_no_queue_is_made_up(tmp_path: Path) -> None:
    text = queue("jobs", f"{{deadLetterTargetArn: '{ARN}failed'}}")
    assert named(load(tmp_path, text, is_guessing=False).services) == ["jobs"]
