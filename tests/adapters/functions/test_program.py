"""What a new process is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.functions.laboratory import Lab
from routekey.adapters.functions.program import (
    FrontDoor,
    Program,
    find_refused_variables,
    plan_process,
)
from routekey.adapters.functions.zygote import ProcessPlan, Zygote
from routekey.resources.function_variables import RESERVED

BUNDLE = Path("/ca.pem")
DOOR = FrontDoor(host="127.0.0.1", port=1234, ca_bundle=BUNDLE)


def plan(lab: Lab, front_door: FrontDoor | None = None, **changes: Any) -> ProcessPlan:
    settings: dict[str, Any] = {
        "function": lab.function(lab.folder),
        "arn": "arn",
        "region": "eu-west-2",
        "code_folder": lab.folder,
        "zygote": Zygote("python", lab.folder, lab.folder),
        "runtime_folder": Path("/runtime"),
        "argv": None,
        "paths": ("/code",),
        "variables": {},
        "environment": {},
        "fingerprint": "",
        **changes,
    }
    return plan_process(
        Program(**settings),
        stream="stream",
        scratch=Path("/scratch"),
        credentials={"AWS_ACCESS_KEY_ID": "A"},
        front_door=front_door,
    )


@pytest.mark.rule("LAM-ENV-02")
def test_reserved_names_cannot_be_set_by_a_function(lab: Lab) -> None:
    plain = plan(lab).env
    own = plan(lab, environment={**dict.fromkeys(RESERVED, "mine"), "TABLE": "t"}).env
    assert own == {**plain, "TABLE": "t"}


def test_a_function_may_set_everything_else(lab: Lab) -> None:
    own = {"TZ": "Europe/Berlin", "HOME": "/mine", "AWS_CA_BUNDLE": "/mine.pem"}
    env = plan(lab, DOOR, environment=own).env
    assert {name: env[name] for name in own} == own


def test_every_tls_library_trusts_the_front_door(lab: Lab) -> None:
    names = {"AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}
    assert {plan(lab, DOOR).env[name] for name in names} == {"/ca.pem"}
    assert not names & plan(lab).env.keys()


@pytest.mark.rule("LAM-LOG-04", "LAM-ENV-04")
def test_a_log_format_is_told_only_where_it_is_json(lab: Lab) -> None:
    assert "AWS_LAMBDA_LOG_FORMAT" not in plan(lab).env
    env = plan(lab, function=lab.function(lab.folder, log_format="JSON", log_level="WARN")).env
    assert env["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
    assert env["AWS_LAMBDA_LOG_LEVEL"] == "WARN"


def test_a_fork_is_told_beside_its_variables(lab: Lab) -> None:
    made = plan(lab, DOOR)
    assert made.function is not None
    assert made.function["handler"] == "app.handler"
    assert made.function["front_door"] == {
        "host": "127.0.0.1",
        "port": 1234,
        "patterns": ("*.execute-api.*.amazonaws.com",),
    }
    assert "ROUTEKEY_BOOTSTRAP" not in made.env


def test_a_bootstrap_of_ours_is_told_in_a_variable(lab: Lab) -> None:
    function = lab.function(lab.folder, runtime="nodejs20.x")
    made = plan(lab, argv=("node",), function=function)
    assert made.function is None
    assert json.loads(made.env["ROUTEKEY_BOOTSTRAP"])["paths"] == ["/code"]


def test_a_program_of_somebody_else_s_is_told_nothing_of_ours(lab: Lab) -> None:
    function = lab.function(lab.folder, runtime="provided.al2023")
    made = plan(lab, argv=("bootstrap",), function=function)
    assert not any("ROUTEKEY" in name for name in made.env)


@pytest.mark.rule("LAM-ENV-03")
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"AB": "x" * 4000, "a_1": ""}, ""),
        ({}, ""),
        ({"A": "", "1A": "", "A-B": "", "OK": ""}, "AWS refuses the variables 1A, A, A-B"),
        ({"AB": "x" * 4100}, "its variables take 4109 bytes, and AWS refuses more than 4096"),
    ],
)
def test_variables_that_aws_would_refuse_are_told(environment: dict[str, str], said: str) -> None:
    assert find_refused_variables(environment) == said


@pytest.mark.rule("LAM-ENV-03")
async def test_a_function_with_such_variables_runs_here_with_a_notice(lab: Lab) -> None:
    source = "import os\ndef handler(event, context): return len(os.environ['LONG'])"
    await lab.serve(lab.python(source, environment={"LONG": "x" * 5000}))
    assert await lab.call() == 5000
    assert lab.pools.notices == (
        "f: its variables take 5011 bytes, and AWS refuses more than 4096",
    )
