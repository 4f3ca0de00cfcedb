"""Dynamic references in the variables of functions: `{{resolve:ssm:/chat/table}}`.

What the project declares itself is filled in; what is on AWS stays as it is written, and is said.
Source: CloudFormation User Guide, "Using dynamic references to specify template values".
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from routekey.projects.notices import Notices
from routekey.resources.function import Function
from routekey.resources.service import ServiceResource

_REFERENCE: Final = re.compile(
    r"\{\{resolve:(?P<kind>ssm|ssm-secure|secretsmanager):(?P<name>(?:arn:aws:[^}]*?:secret:)?[^:}]+)"
    r"(?::(?P<rest>[^}]*))?\}\}"
)
_SECRET_SUFFIX: Final = re.compile(r"-\w{6}\Z")


def fill_in_references(
    functions: Iterable[Function],
    services: Iterable[ServiceResource],
    given: Mapping[str, object],
    notices: Notices,
) -> tuple[Function, ...]:
    """Fill in what the variables of functions ask of parameters and secrets.

    Args:
        functions: whose variables are filled in.
        services: what the project declares.
        given: values of parameters and secrets by their names, which win.
        notices: takes what is left as it is written.
    """
    values = _Values(services, given, notices)
    return tuple(
        replace(
            function,
            environment={
                name: _REFERENCE.sub(values.find, text)
                for name, text in function.environment.items()
            },
        )
        for function in functions
    )


class _Values:
    """The parameters and secrets of a project."""

    def __init__(
        self, services: Iterable[ServiceResource], given: Mapping[str, object], notices: Notices
    ) -> None:
        self._notices = notices
        self._parameters: dict[str, str] = {}
        self._secrets: dict[str, str] = {}
        for service in services:
            properties = service.properties
            if service.type == "AWS::SSM::Parameter":
                self._parameters[str(properties.get("Name"))] = str(properties.get("Value", ""))
            elif service.type == "AWS::SecretsManager::Secret" and "SecretString" in properties:
                self._secrets[str(properties.get("Name"))] = str(properties["SecretString"])
        texts = {name: str(value) for name, value in given.items()}
        self._parameters |= texts
        self._secrets |= texts

    def find(self, reference: re.Match[str]) -> str:
        """Give the value of a reference, or the reference itself."""
        name = reference["name"]
        if reference["kind"] == "secretsmanager":
            value = self._find_secret(name.rpartition(":secret:")[2], reference["rest"] or "")
        else:
            value = self._parameters.get(name)
        if value is None:
            self._notices.add(
                f"{reference[0]} is kept on AWS, and is not looked up there. "
                f"Give it: --parameter {name}=VALUE"
            )
            return reference[0]
        return value

    def _find_secret(self, name: str, rest: str) -> str | None:
        text = self._secrets.get(name, self._secrets.get(_SECRET_SUFFIX.sub("", name)))
        key = rest.removeprefix("SecretString").lstrip(":").partition(":")[0]
        if text is None or not key:
            return text
        try:
            content = json.loads(text)
        except ValueError:
            return None
        value = content.get(key) if isinstance(content, Mapping) else None
        return None if value is None else str(value)
