"""A resource in Terraform's words, and what it is in CloudFormation's."""

from abc import ABC, abstractmethod
from pathlib import Path

from routekey.projects.cloudformation.properties import Properties
from routekey.projects.cloudformation.references import Resource, Surroundings
from routekey.projects.cloudformation.template import Declaration
from routekey.projects.document import Place, Value
from routekey.projects.terraform.functions import to_text
from routekey.projects.terraform.kinds import to_properties
from routekey.projects.terraform.resources import kind_of_resource


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
        return self._properties

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
