"""Secrets in the emulator of other AWS services, whose CloudFormation does not know them.

A value that a function has put stays until the project says another. What it said is in a tag of
the secret, as a digest, so that a start that finds kept secrets knows.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from routekey.resources.service import ServiceResource

SECRET: Final = "AWS::SecretsManager::Secret"  # noqa: S105  # a type
_VALUE: Final = "SecretString"
_SUFFIX_TAG: Final = "_custom_id_"
"""How moto is told the end of an ARN, which it would make up."""
_DECLARED_TAG: Final = "routekey:declared"


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


def make_secrets(make_client: Callable[[str], Any], wanted: Secrets) -> Iterator[str]:
    """Make, change and delete secrets, and give what went wrong.

    Args:
        make_client: makes a client of boto3 for a service.
        wanted: what is to be there, beside what functions have made.
    """
    client = make_client("secretsmanager")
    try:
        yield from _make_secrets(client, wanted)
    finally:
        client.close()


def _make_secrets(client: Any, wanted: Secrets) -> Iterator[str]:
    declared = _find_declared(client)
    for name in declared.keys() - wanted.keys():
        yield from _try(client.delete_secret, SecretId=name, ForceDeleteWithoutRecovery=True)
    for name, secret in wanted.items():
        given = {} if secret.value is None else {_VALUE: secret.value}
        tag = {"Key": _DECLARED_TAG, "Value": _digest(secret.value)}
        if name not in declared:
            tags = [{"Key": _SUFFIX_TAG, "Value": secret.suffix}, tag]
            yield from _try(client.create_secret, Name=name, Tags=tags, **given)
        elif tag["Value"] != declared[name]:
            if given:
                yield from _try(client.put_secret_value, SecretId=name, **given)
            yield from _try(client.tag_resource, SecretId=name, Tags=[tag])


def _find_declared(client: Any) -> Mapping[str, str]:
    """Find the secrets that the project has declared before, and digests of what it said."""
    pages = client.get_paginator("list_secrets").paginate()
    return {
        secret["Name"]: tag["Value"]
        for page in pages
        for secret in page["SecretList"]
        for tag in secret.get("Tags", ())
        if tag["Key"] == _DECLARED_TAG
    }


def _digest(value: str | None) -> str:
    return "" if value is None else hashlib.sha256(value.encode()).hexdigest()


def _try(call: Any, **members: Any) -> Iterator[str]:
    """Call the emulator; give its answer where it refuses."""
    try:
        call(**members)
    except (BotoCoreError, ClientError) as error:
        name = members.get("Name", members.get("SecretId"))
        yield f"make the secret {name}: {str(error).partition(chr(10))[0]}"
