"""`routekey keys`."""

import json
from pathlib import Path

import pytest

from cli.processes import assert_is_one_error, routekey
from routekey.adapters.operator_keys import OperatorKeys
from routekey.adapters.system import SystemClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(folder: Path, *arguments: str) -> str:
    done = routekey("keys", *arguments, ROUTEKEY_FUNCTIONS_DATA_FOLDER=str(folder))
    assert done.returncode == 0, done.stderr
    return done.stdout


def find(folder: Path, access_key_id: str) -> list[str]:
    """Name the policies of a key as a gateway reads it."""
    keys = OperatorKeys(folder / "keys", clock=SystemClock(), complain=pytest.fail)
    found = keys.find(access_key_id)
    return [] if found is None else [policy.name for policy in found.principal.policies]


def test_a_key_is_made_shown_once_listed_and_revoked(folder: Path, tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Action": "execute-api:*", "Resource": "*"}
    file = tmp_path / "push.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    printed = run(
        folder,
        *("create", "deploy", "--days", "7", "--region", "eu-west-2", "--region", "us-east-1"),
        *("--policy", "AmazonAPIGatewayAdministrator", "--policy", str(file)),
    )
    variables = dict(line.split("=", 1) for line in printed.splitlines())
    access_key_id, secret = variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]
    assert (len(access_key_id), len(secret)) == (20, 40)
    assert find(folder, access_key_id) == ["AmazonAPIGatewayAdministrator", str(file)]
    listed = run(folder, "list")
    for text in (access_key_id, "deploy", "until 2", "eu-west-2,us-east-1", str(file)):
        assert text in listed
    assert secret not in listed
    run(folder, "revoke", access_key_id)
    assert run(folder, "list") == ""
    assert find(folder, access_key_id) == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("create", "a b", "--policy", "AdministratorAccess"), "cannot be the name of a user"),
        (("create", "ann", "--policy", "NoSuchPolicy"), "is neither a managed policy"),
        (("create", "ann", "--policy", "BROKEN"), "the policy is not JSON"),
        (("revoke", "AKIAIOSFODNN7EXAMPLE"), "there is no key AKIAIOSFODNN7EXAMPLE"),
    ],
)
def test_what_is_wrong_is_one_error(
    folder: Path, tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    given = [str(broken) if argument == "BROKEN" else argument for argument in arguments]
    done = routekey("keys", *given, ROUTEKEY_FUNCTIONS_DATA_FOLDER=str(folder))
    assert_is_one_error(done, problem)
