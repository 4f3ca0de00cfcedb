"""What `Ref` and `Fn::GetAtt` give for a resource, as AWS gives it.

Names and ids that AWS would make up are made from the stack's name and the logical id, so that a
restart finds the same URLs. Secrets are made from a seed too, which only this installation has: who
has the template must not have the keys. Source: CP-CFN-01, CP-CFN-02 and the template reference of
each type.
"""

import hmac
import json
import re
from base64 import b32encode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from routekey.arn import function_arn
from routekey.ids import AccountId
from routekey.projects.cloudformation.forms import FORMS, UNKNOWN
from routekey.projects.cloudformation.properties import Properties
from routekey.projects.cloudformation.template import Declaration
from routekey.projects.document import Place

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NAME_PART_MAX = 24  # two parts, two hyphens and a suffix of 12 fit the 64 of functions and roles
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")  # Terraform's addresses have dots and brackets
_API_ID_TAGS = ("routekey:api-id", "_custom_id_")
_FIFO = {"AWS::SNS::Topic": "FifoTopic", "AWS::SQS::Queue": "FifoQueue"}
"""The property that asks for a name that ends in `.fifo`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The stack that a resource is in."""

    stack_name: str
    region: str
    account_id: AccountId
    seed: bytes = field(repr=False)
    """What secrets are made from."""
    cache: Path | None = None
    """Where code is built that cannot run as it is; None builds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of a stack, whose condition holds."""

    declaration: Declaration
    properties: Properties
    surroundings: Surroundings

    @property
    def logical_id(self) -> str:
        """The name in the template."""
        return self.declaration.logical_id

    @property
    def type(self) -> str:
        """The type, as `AWS::Lambda::Function`."""
        return self.declaration.type

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.declaration.place

    def digest(self, length: int) -> str:
        """Make an id of lower-case letters and digits, the same at each load."""
        whose = f"{self.surroundings.stack_name}/{self.logical_id}".encode(errors="replace")
        return _write_digits(sha256(whose).digest(), length)

    def secret(self, *what: str) -> bytes:
        """Make 32 bytes that nobody can know who has only the template, the same at each load.

        Args:
            what: what it is for, and whatever has to change for AWS to make another.
        """
        whose = json.dumps((self.surroundings.stack_name, self.logical_id, *what)).encode()
        return hmac.digest(self.surroundings.seed, whose, "sha256")

    def secret_text(self, length: int, *what: str) -> str:
        """Make a secret of lower-case letters and digits, 40 at most."""
        return _write_digits(self.secret(*what), length)

    def name(self) -> str:
        """Tell the name: the one given, or the one that CloudFormation would make up."""
        form = FORMS.get(self.type, UNKNOWN)
        if form.name is not None and form.name in self.properties:
            return self.properties.text(form.name)
        stack = self.surroundings.stack_name[:_NAME_PART_MAX]
        part = _NOT_IN_A_NAME.sub("-", self.logical_id)[:_NAME_PART_MAX]
        made = f"{stack}-{part}-{self.digest(12).upper()}"
        if self.properties.text(_FIFO.get(self.type, ""), "").lower() == "true":
            made += ".fifo"
        return made.lower() if form.is_lower_case else made

    def reference(self) -> str:
        """Evaluate `Ref`."""
        return FORMS.get(self.type, UNKNOWN).ref.format_map(_Facts(self))

    def attribute(self, name: str) -> str | None:
        """Evaluate `Fn::GetAtt`; None where the type is known, and not to have it."""
        form = FORMS.get(self.type, UNKNOWN)
        if (template := form.attributes.get(name)) is None:
            if form.is_complete:
                return None
            template = self._guess(name)
        return template.format_map(_Facts(self))

    def is_known(self, attribute: str | None) -> bool:
        """Tell whether a value is AWS's own form, and not a guess."""
        form = FORMS.get(self.type)
        return form is not None and (attribute is None or attribute in form.attributes)

    def _guess(self, attribute: str) -> str:
        if attribute.endswith("Arn"):
            return "arn:aws:{service}:{region}:{account}:{name}"
        if attribute.endswith(("Url", "URL", "Uri", "Endpoint", "Endpoint.Address")):
            return "https://{name}.{service}.{region}.amazonaws.com"
        return "{name}"


def _write_digits(content: bytes, length: int) -> str:
    number = int.from_bytes(content, "big")
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)


class _Facts(dict[str, str]):
    """What a form can mention: properties by their names, and the facts below."""

    def __init__(self, resource: Resource) -> None:
        around = resource.surroundings
        super().__init__(region=around.region, account=around.account_id, stack=around.stack_name)
        self._resource = resource

    def __missing__(self, key: str) -> str:
        if (fact := _FACTS.get(key)) is not None:
            return fact(self._resource)
        if key.startswith("id"):
            return self._resource.digest(int(key[2:]))
        if key.startswith("ID"):
            return self._resource.digest(int(key[2:])).upper()
        return self._resource.properties.text(key, "")


def _service(resource: Resource) -> str:
    return resource.type.split("::")[1].lower() if "::" in resource.type else "custom"


def _function_arn(resource: Resource) -> str:
    name = resource.properties.text("FunctionName")
    if name.startswith("arn:"):
        return name
    around = resource.surroundings
    return function_arn(around.region, around.account_id, name)


def _uuid(resource: Resource) -> str:
    raw = sha256(resource.digest(20).encode()).hexdigest()
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-8{raw[17:20]}-{raw[20:32]}"


def _api_id(resource: Resource) -> str:
    """Tell an API's id: pinned by a tag, or made."""
    tags = resource.properties.inner("Tags")
    for tag in _API_ID_TAGS:
        if tag in tags:
            api_id = tags.text(tag)
            if api_id.isascii() and api_id.isalnum() and api_id == api_id.lower():
                return api_id
            raise (tags.place / tag).error(
                f"{api_id[:40]!r} cannot be an API id",
                "An API id is part of a host name: 10 lower-case letters and digits",
            )
    return resource.digest(10)


def _access_key_id(key: Resource) -> str:
    """Tell the id of an IAM user's key. A state of Terraform's has it; a template cannot."""
    made = f"AKIA{b32encode(_key_secret(key, 'id')[:10]).decode('ascii')}"
    return key.properties.text("AccessKeyId", made)


def _secret_access_key(key: Resource) -> str:
    made = b64encode(_key_secret(key, "secret")[:30]).decode("ascii")
    return key.properties.text("SecretAccessKey", made)


def _key_secret(key: Resource, part: str) -> bytes:
    """Make a part of a key; CloudFormation makes a new key for another user or serial."""
    user, serial = key.properties.text("UserName", ""), key.properties.text("Serial", "")
    return key.secret(part, user, serial)


_FACTS: Final[Mapping[str, Callable[[Resource], str]]] = {
    "access_key_id": _access_key_id,
    "api_id": _api_id,
    "function_arn": _function_arn,
    "name": Resource.name,
    "path": lambda resource: resource.properties.text("Path", "/"),
    "secret_access_key": _secret_access_key,
    "service": _service,
    "uuid": _uuid,
}
