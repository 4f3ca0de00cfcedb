"""The passwords that Secrets Manager makes up for a secret: `GenerateSecretString`.

They are made from the installation's seed: the same at each load, and known to nobody who has only
the template. As on AWS, other settings make another password.

Source: CloudFormation's template reference, "AWS::SecretsManager::Secret GenerateSecretString";
Secrets Manager API Reference, "GetRandomPassword".
"""

import json
import string
from collections.abc import Iterator
from typing import Final, TypeVar

from routekey.projects.cloudformation.properties import Properties
from routekey.projects.cloudformation.references import Resource

T = TypeVar("T")

_LENGTH: Final = 32
_LENGTHS: Final = range(1, 4097)
_KINDS: Final = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
"""What a password is made of, and the property that leaves it out."""
_PLACE_BYTES: Final = 8
"""Of randomness for each choice, so that none of a hundred is likelier than another."""


def generate_secret_string(secret: Resource) -> str:
    """Make the value of a secret: a password, or a template of JSON with the password in it.

    Raises:
        ProjectError: no password is like that, or the template is not a JSON object.
    """
    wish = secret.properties.inner("GenerateSecretString")
    password = _make_password(secret, wish)
    template, key = (
        wish.optional_text("SecretStringTemplate"),
        wish.optional_text("GenerateStringKey"),
    )
    if template is None and key is None:
        return password
    if template is None or key is None:
        raise wish.place.error("SecretStringTemplate and GenerateStringKey go together")
    try:
        content = json.loads(template)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise (wish.place / "SecretStringTemplate").error("a JSON object is expected here")
    return json.dumps({**content, key: password}, separators=(",", ":"), ensure_ascii=False)


def _make_password(secret: Resource, wish: Properties) -> str:
    length = _read_length(wish)
    kinds = _list_kinds(wish)
    if not kinds:
        raise wish.place.error("every character is excluded")
    chances = _draw(secret, json.dumps(wish.all(), sort_keys=True, default=str))
    needed = kinds if wish.flag("RequireEachIncludedType", default=True) else []
    if len(needed) > length:
        raise wish.place.error(f"a password of {length} characters cannot have one of each type")
    everything = "".join(kinds)
    characters = [_choose(kind, chances) for kind in needed]
    characters += [_choose(everything, chances) for _ in range(length - len(needed))]
    return "".join(_shuffle(characters, chances))


def _read_length(wish: Properties) -> int:
    text = wish.text("PasswordLength", str(_LENGTH))
    if not text.isdecimal() or int(text) not in _LENGTHS:
        problem = f"a password has {_LENGTHS.start} to {_LENGTHS.stop - 1} characters"
        raise (wish.place / "PasswordLength").error(problem)
    return int(text)


def _list_kinds(wish: Properties) -> list[str]:
    """List the kinds of characters that may be part of it, without those that are excluded."""
    excluded = wish.text("ExcludeCharacters", "")
    kinds = [kind for name, kind in _KINDS.items() if not wish.flag(name, default=False)]
    if wish.flag("IncludeSpace", default=False):
        kinds.append(" ")
    left = ("".join(one for one in kind if one not in excluded) for kind in kinds)
    return [kind for kind in left if kind]


def _draw(secret: Resource, settings: str) -> Iterator[int]:
    """Draw numbers without end, always the same ones."""
    block = 0
    while True:
        content = secret.secret("password", settings, str(block))
        for start in range(0, len(content), _PLACE_BYTES):
            yield int.from_bytes(content[start : start + _PLACE_BYTES], "big")
        block += 1


def _choose(characters: str, chances: Iterator[int]) -> str:
    return characters[next(chances) % len(characters)]


def _shuffle(items: list[T], chances: Iterator[int]) -> list[T]:
    """Put items in any order, so that none tells its kind by its place."""
    return [items.pop(next(chances) % len(items)) for _ in range(len(items))]
