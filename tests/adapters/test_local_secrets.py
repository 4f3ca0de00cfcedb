"""Secrets that a project declares, in the real emulator."""

import pytest
from botocore.exceptions import ClientError

from adapters.emulated import ACCOUNT, REGION, Local
from routekey.resources.service import ServiceResource


def secret(name: str, **more: str) -> ServiceResource:
    return ServiceResource(
        type="AWS::SecretsManager::Secret",
        logical_id=name,
        properties={"Name": name, **more},
        reference=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-a1b2c3",
    )


async def test_a_secret_is_there_by_its_name_and_by_the_arn_that_functions_get(
    local: Local,
) -> None:
    await local.services.make([secret("chat/key", SecretString="s3cret"), secret("empty")])
    assert await local.read_secret("chat/key") == "s3cret"
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:chat/key-a1b2c3"
    assert await local.read_secret(arn) == "s3cret"
    described = await local.call("secretsmanager", "describe_secret", SecretId="empty")
    assert described["Name"] == "empty"
    assert local.said == []


async def test_what_a_function_put_stays_until_the_project_says_another_value(
    local: Local,
) -> None:
    await local.services.make([secret("a", SecretString="1")])
    await local.call("secretsmanager", "put_secret_value", SecretId="a", SecretString="put")
    await local.services.make([secret("a", SecretString="1"), secret("b", SecretString="2")])
    assert await local.read_secret("a") == "put"
    await local.services.make([secret("a", SecretString="3"), secret("b", SecretString="2")])
    assert await local.read_secret("a") == "3"


async def test_a_secret_that_is_no_longer_declared_goes(local: Local) -> None:
    await local.services.make([secret("a", SecretString="1")])
    await local.services.make([])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        await local.read_secret("a")
    await local.services.make([secret("a", SecretString="2")])
    assert await local.read_secret("a") == "2"


async def test_what_the_emulator_refuses_is_said_without_the_value(local: Local) -> None:
    await local.services.make([secret("", SecretString="s3cret"), secret("b", SecretString="2")])
    (said,) = local.said
    assert said.startswith("note the local services cannot make the secret : ")
    assert "s3cret" not in said
    assert await local.read_secret("b") == "2"
