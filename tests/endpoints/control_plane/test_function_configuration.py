"""A function's configuration, through AWS's SDK: what is refused, kept and told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import minimum, open_laboratory
from endpoints.control_plane.laboratory import Client


@pytest.fixture
async def functions(tmp_path: Path) -> AsyncIterator[Client]:
    async with open_laboratory(tmp_path) as laboratory:
        yield laboratory.client("lambda")


async def test_a_runtime_that_lambda_never_had_is_refused_in_its_words(functions: Client) -> None:
    status, name, text = await functions.refuse("create_function", **minimum(Runtime="cobol"))
    assert (status, name) == (400, "InvalidParameterValueException")
    assert text.startswith("Value cobol at 'runtime' failed to satisfy constraint: Member must ")
    assert text.endswith("] or be a valid ARN")


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"Role": None}, "Value null at 'role' failed"),
        ({"Role": "runner"}, "regular expression pattern"),
        ({"Timeout": 0}, "greater than or equal to 1"),
        ({"FunctionName": "no spaces"}, "regular expression pattern"),
        ({"EphemeralStorage": {"Size": 3_000_000}}, "Value '3000000' at 'ephemeralStorage.size'"),
        ({"TracingConfig": {"Mode": "Loud"}}, "enum value set: [Active, PassThrough]"),
    ],
)
async def test_what_lambdas_model_does_not_allow_is_refused(
    functions: Client, members: dict[str, Any], text: str
) -> None:
    given = {name: value for name, value in minimum(**members).items() if value is not None}
    status, name, message = await functions.refuse("create_function", **given)
    assert (status, name) == (400, "ValidationException")
    assert text in message


KEPT: dict[str, Any] = {
    "Architectures": ["arm64"],
    "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-2:123456789012:dead"},
    "EphemeralStorage": {"Size": 1024},
    "FileSystemConfigs": [
        {
            "Arn": "arn:aws:elasticfilesystem:eu-west-2:123456789012:access-point/"
            "fsap-0123456789abcdef0",
            "LocalMountPath": "/mnt/files",
        }
    ],
    "KMSKeyArn": "arn:aws:kms:eu-west-2:123456789012:key/one",
    "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "mine", "SystemLogLevel": "WARN"},
    "SnapStart": {"ApplyOn": "PublishedVersions"},
    "TracingConfig": {"Mode": "Active"},
    "VpcConfig": {
        "Ipv6AllowedForDualStack": True,
        "SecurityGroupIds": ["sg-1"],
        "SubnetIds": ["subnet-1"],
    },
}


@pytest.mark.rule("LAM-CTL-01", "CP-TF-01")
async def test_what_has_no_effect_here_is_read_back(functions: Client) -> None:
    """Tools that compare, as Terraform does, must not find a difference for ever."""
    await functions.create_function(**minimum(**KEPT))
    made = await functions.get_function_configuration(FunctionName="echo")
    assert {name: made[name] for name in KEPT} == {
        **KEPT,
        "LoggingConfig": {**KEPT["LoggingConfig"], "ApplicationLogLevel": "INFO"},
        "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
    }
    taken_away = {
        "DeadLetterConfig": {"TargetArn": ""},
        "FileSystemConfigs": [],
        "KMSKeyArn": "",
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
    }
    await functions.update_function_configuration(FunctionName="echo", **taken_away)
    left = await functions.get_function_configuration(FunctionName="echo")
    assert not taken_away.keys() & left.keys()
    assert left["Architectures"] == ["arm64"]
