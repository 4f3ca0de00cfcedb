"""A resource in Terraform's words, and what it is in CloudFormation's."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from routekey.projects.cloudformation.forms import FORMS, UNKNOWN
from routekey.projects.cloudformation.properties import Properties
from routekey.projects.cloudformation.references import Resource, Surroundings
from routekey.projects.cloudformation.template import Declaration
from routekey.projects.document import Place, Value
from routekey.projects.terraform.functions import to_text
from routekey.projects.terraform.kinds import to_properties
from routekey.projects.terraform.resources import kind_of_resource

_RANDOM: Final[Mapping[str, tuple[str, ...]]] = {
    "random_id": ("b64_std", "b64_url", "hex", "id"),
    "random_password": ("id", "result"),
    "random_pet": ("id",),
    "random_string": ("id", "result"),
    "random_uuid": ("id", "result"),
}
"""Attributes that are drawn by lot, and have to be the same at each load."""
_PREFIXES: Final = ("bucket_prefix", "name_prefix")


class Described(ABC):
    """One resource or data source, wherever its arguments come from.

    Args:
        type_: as `aws_lambda_function`.
        address: its name in the configuration, with modules and index.
        surroundings: region, account and name of what it belongs to.
        root: the folder that relative paths start at.
    """

    def __init__(self, type_: str, address: str, surroundings: Surroundings, root: Path) -> None:
        self.type = type_
        self.address = address
        self.surroundings = surroundings
        self.root = root
        self._properties: dict[str, Value] | None = None
        self._resource: Resource | None = None

    @property
    @abstractmethod
    def place(self) -> Place:
        """Where it is written."""

    @abstractmethod
    def arguments(self) -> dict[str, Value]:
        """Give everything that is written in its block."""

    def properties(self) -> dict[str, Value]:
        """Give the properties in CloudFormation's terms, to be added to before they are read."""
        if self._properties is None:
            kind = kind_of_resource(self.type)
            self._properties = to_properties(kind, self.arguments(), self.place)
            self._name_by_prefix(self._properties)
        return self._properties

    def _name_by_prefix(self, properties: dict[str, Value]) -> None:
        """Make the name of a resource that has the beginning of one."""
        name = FORMS.get(kind_of_resource(self.type).type, UNKNOWN).name
        arguments = self.arguments()
        for argument in _PREFIXES:
            prefix = arguments.get(argument)
            if name is not None and name not in properties and isinstance(prefix, str):
                end = sha256(f"{self.surroundings.stack_name}/{self.address}".encode()).hexdigest()
                properties[name] = f"{prefix}{end[:12]}"

    def resource(self) -> Resource:
        """Give the resource in CloudFormation's terms."""
        if self._resource is None:
            properties = self.properties()
            declaration = Declaration(
                logical_id=self.address,
                type=kind_of_resource(self.type).type,
                properties=properties,
                metadata={},
                condition=None,
                place=self.place,
            )
            self._resource = Resource(
                declaration=declaration,
                properties=Properties(properties, self.place),
                surroundings=self.surroundings,
            )
        return self._resource

    def attribute(self, name: str) -> str | None:
        """Give an attribute that AWS makes up; None where it is not one of those."""
        if name in _RANDOM.get(self.type, ()):
            return sha256(f"{self.surroundings.stack_name}/{self.address}".encode()).hexdigest()[:8]
        template = kind_of_resource(self.type).attributes.get(name)
        return None if template is None else template.format_map(_Facts(self))


class _Facts(dict[str, str]):
    """What the attributes of a resource are made of."""

    def __init__(self, described: Described) -> None:
        around = described.surroundings
        super().__init__(region=around.region, account=around.account_id)
        self._described = described

    def __missing__(self, key: str) -> str:
        resource = self._described.resource()
        if key == "Ref":
            return resource.reference()
        if key[0].isupper():
            return resource.attribute(key) or ""
        return to_text(self._described.arguments().get(key, ""), self._described.place)
