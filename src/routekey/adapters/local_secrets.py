"""Secrets in the emulator of other AWS services, whose CloudFormation does not know them.

A value that a function has put stays until the project says another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from routekey.resources.service import ServiceResource

SECRET: Final = "AWS::SecretsManager::Secret"  # noqa: S105  # a type
_VALUE: Final = "SecretString"
_SUFFIX_TAG: Final = "_custom_id_"
"""How moto is told the end of an ARN, which it would make up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSecret:
    """What the emulator is told of a secret."""

    value: str | None = field(repr=False)
    """None where it has none yet."""
    suffix: str
    """The end of its ARN, which functions are given."""


Secrets = Mapping[str, LocalSecret]
"""By name."""


def read_secrets(resources: Iterable[ServiceResource]) -> Secrets:
    """Read the secrets that a project declares."""
    return {
        str(resource.properties["Name"]): LocalSecret(
            value=str(resource.properties[_VALUE]) if _VALUE in resource.properties else None,
            suffix=resource.reference.rpartition("-")[2],
        )
        for resource in resources
        if resource.type == SECRET
    }


def make_secrets(client: Any, before: Secrets, wanted: Secrets) -> Iterator[str]:
    """Make, change and delete secrets, and give what went wrong.

    Args:
        client: boto3's, of Secrets Manager.
        before: what was made last.
        wanted: what is to be there.
    """
    for name in before.keys() - wanted.keys():
        yield from _try(client.delete_secret, SecretId=name, ForceDeleteWithoutRecovery=True)
    for name, secret in wanted.items():
        given = {} if secret.value is None else {_VALUE: secret.value}
        if name not in before:
            tags = [{"Key": _SUFFIX_TAG, "Value": secret.suffix}]
            yield from _try(client.create_secret, Name=name, Tags=tags, **given)
        elif given and secret != before[name]:
            yield from _try(client.put_secret_value, SecretId=name, **given)


def _try(call: Any, **members: Any) -> Iterator[str]:
    """Call the emulator; give its answer where it refuses."""
    try:
        call(**members)
    except (BotoCoreError, ClientError) as error:
        name = members.get("Name", members.get("SecretId"))
        yield f"the secret {name}: {str(error).partition(chr(10))[0]}"
