"""A template that came to life: parameters have values, conditions hold or not, names are known.

A stack is the scope that intrinsic functions are evaluated in. It evaluates on demand: what nobody
asks for cannot fail, so that a value that only AWS knows does no harm where we do not run it.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from routekey.projects.cloudformation.intrinsics import evaluate_condition, resolve, to_text
from routekey.projects.cloudformation.parameters import parameter_value
from routekey.projects.cloudformation.properties import Properties
from routekey.projects.cloudformation.references import Resource, Surroundings
from routekey.projects.cloudformation.template import Declaration, Template, section
from routekey.projects.document import Place, Value
from routekey.projects.notices import Notices

NESTED_STACK = "AWS::CloudFormation::Stack"
_STORED = "AWS::SSM::Parameter"


class Stack:
    """One template with its parameters."""

    def __init__(
        self,
        template: Template,
        surroundings: Surroundings,
        *,
        parameters: Mapping[str, Value],
        notices: Notices,
        open_nested: Callable[[Resource], "Stack | None"],
    ) -> None:
        self.template = template
        self.surroundings = surroundings
        self.notices = notices
        self.siblings: Sequence[Stack] = (self,)
        """The stacks of the same project: they import each other's exports."""
        self._given = parameters
        self._open_nested = open_nested
        self._nested: dict[str, Stack | None] = {}
        self._known: dict[tuple[str, ...], Value] = {}
        self._active: set[tuple[str, ...]] = set()

    @property
    def region(self) -> str:
        """The region that the stack is in."""
        return self.surroundings.region

    def resources(self) -> Iterator[Resource]:
        """Give the resources whose conditions hold."""
        for declaration in self.template.resources.values():
            if self._exists(declaration):
                yield self.resource(declaration)

    def resource(self, declaration: Declaration) -> Resource:
        """Give a resource with its properties, in this scope."""
        place = declaration.place / "Properties"
        return Resource(
            declaration=declaration,
            properties=Properties(declaration.properties, place, self),
            surroundings=self.surroundings,
        )

    def nested(self, resource: Resource) -> "Stack | None":
        """Open the stack that a resource stands for; None where its template is not here."""
        logical_id = resource.logical_id
        if logical_id not in self._nested:
            with self._once(("nested", logical_id), resource.place):
                self._nested[logical_id] = self._open_nested(resource)
        return self._nested[logical_id]

    def outputs(self) -> Iterator[tuple[str, str]]:
        """Give the outputs whose conditions hold, by name."""
        place = self.template.document.place("Outputs")
        for name in self.template.outputs:
            if self._is_wanted(section(place, self.template.outputs, name), place / name):
                yield name, to_text(self.output(name, place), place / name / "Value")

    def output(self, name: str, place: Place) -> Value:
        """Evaluate one of the outputs."""
        key = ("output", name)
        if key not in self._known:
            outputs = self.template.outputs
            if name not in outputs:
                raise place.error(f"the nested stack has no output {name}")
            here = self.template.document.place("Outputs", name)
            output = section(self.template.document.place("Outputs"), outputs, name)
            with self._once(key, here):
                self._known[key] = resolve(output.get("Value"), self, here / "Value")
        return self._known[key]

    def reference(self, name: str, place: Place) -> Value:
        """Evaluate `Ref`."""
        key = ("ref", name)
        if key not in self._known:
            with self._once(key, place):
                self._known[key] = self._reference(name, place)
        return self._known[key]

    def attribute(self, logical_id: str, name: str, place: Place) -> Value:
        """Evaluate `Fn::GetAtt`."""
        key = ("attribute", logical_id, name)
        if key not in self._known:
            with self._once(key, place):
                self._known[key] = self._attribute(logical_id, name, place)
        return self._known[key]

    def is_true(self, condition: str, place: Place) -> bool:
        """Evaluate a condition by its name."""
        key = ("condition", condition)
        if key not in self._known:
            conditions = self.template.conditions
            if condition not in conditions:
                raise place.error(
                    f"there is no condition {condition}", _near(condition, conditions)
                )
            here = self.template.document.place("Conditions", condition)
            with self._once(key, here):
                self._known[key] = evaluate_condition(conditions[condition], self, here)
        return bool(self._known[key])

    def mapped(self, keys: tuple[str, str, str]) -> Value:
        """Look into `Mappings`."""
        value: Value = dict(self.template.mappings)
        for key in keys:
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value

    def imported(self, name: str, place: Place) -> Value:
        """Evaluate `Fn::ImportValue`, from the stacks of this project."""
        for stack in self.siblings:
            for output in stack.template.outputs:
                if stack.export_name(output) == name:
                    return stack.output(output, place)
        self.notices.add(
            f"{name} is exported by a stack that is not here; its name stands for its value", place
        )
        return name

    def export_name(self, output: str) -> str | None:
        """Tell under which name an output is exported."""
        key = ("export", output)
        if key not in self._known:
            here = self.template.document.place("Outputs", output)
            value = section(here, self.template.outputs, output)
            export = section(here, value, "Export")
            with self._once(key, here):
                self._known[key] = (
                    to_text(resolve(export.get("Name"), self, here / "Export"), here)
                    if "Name" in export and self._is_wanted(value, here)
                    else None
                )
        name = self._known[key]
        return name if isinstance(name, str) else None

    def _is_wanted(self, value: Mapping[str, Value], place: Place) -> bool:
        condition = value.get("Condition")
        return not isinstance(condition, str) or self.is_true(condition, place)

    def _exists(self, declaration: Declaration) -> bool:
        condition = declaration.condition
        return condition is None or self.is_true(condition, declaration.place / "Condition")

    def _reference(self, name: str, place: Place) -> Value:
        if name.startswith("AWS::"):
            return self._pseudo_parameter(name, place)
        if name in self.template.parameters:
            return parameter_value(
                self.template, name, self._given, self.notices, self._find_stored
            )
        resource = self._find(name, place)
        if not resource.is_known(None):
            self._say_guess(resource, "Ref", resource.reference())
        return resource.reference()

    def _find_stored(self, name: str) -> str | None:
        """Find a parameter of Systems Manager: given by that name, or declared by the project."""
        if name in self._given:
            return str(self._given[name])
        for stack in self.siblings:
            for resource in stack.resources():
                if resource.type == _STORED and resource.name() == name:
                    return resource.properties.text("Value", "")
        return None

    def _attribute(self, logical_id: str, name: str, place: Place) -> Value:
        resource = self._find(logical_id, place)
        if resource.type == NESTED_STACK and (nested := self.nested(resource)) is not None:
            return nested.output(name.removeprefix("Outputs."), place)
        value = resource.attribute(name)
        if value is None:
            raise place.error(f"{logical_id}, of the type {resource.type}, has no attribute {name}")
        if not resource.is_known(name):
            self._say_guess(resource, name, value)
        return value

    def _say_guess(self, resource: Resource, what: str, value: str) -> None:
        self.notices.add(
            f"{resource.type} is not run here; its {what} is taken to be {value}", resource.place
        )

    def _find(self, logical_id: str, place: Place) -> Resource:
        declaration = self.template.resources.get(logical_id)
        if declaration is None:
            names = [*self.template.resources, *self.template.parameters]
            raise place.error(
                f"{logical_id} is neither a parameter nor a resource", _near(logical_id, names)
            )
        if not self._exists(declaration):
            raise place.error(f"{logical_id} does not exist: its condition does not hold")
        return self.resource(declaration)

    def _pseudo_parameter(self, name: str, place: Place) -> Value:
        around = self.surroundings
        stack = f"arn:aws:cloudformation:{around.region}:{around.account_id}:stack"
        values: dict[str, Value] = {
            "AWS::AccountId": around.account_id,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": around.region,
            "AWS::StackId": f"{stack}/{around.stack_name}/00000000-0000-0000-0000-000000000000",
            "AWS::StackName": around.stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name not in values:
            raise place.error(f"there is no pseudo parameter {name}", _near(name, values))
        return values[name]

    @contextmanager
    def _once(self, key: tuple[str, ...], place: Place) -> Iterator[None]:
        """Evaluate something that must not lead back to itself."""
        if key in self._active:
            raise place.error(f"{'.'.join(key[1:])} depends on itself")
        self._active.add(key)
        try:
            yield
        finally:
            self._active.discard(key)


def _near(name: str, names: Sequence[str] | Mapping[str, object]) -> str:
    found = difflib.get_close_matches(name[:100], list(names), n=1)
    return f"Did you mean {found[0]}?" if found else ""
