"""The values of a template's parameters: given, or by default.

Source: CP-CFN-03 (CloudFormation User Guide, "Parameters").
"""

from collections.abc import Mapping

from routekey.projects.cloudformation.intrinsics import to_text
from routekey.projects.cloudformation.template import Template, section
from routekey.projects.document import Place, Value
from routekey.projects.notices import Notices

BYTES_MAX = 4096  # CloudFormation quotas, "parameter value"
_SSM = "AWS::SSM::Parameter::Value<"


def parameter_value(
    template: Template, name: str, given: Mapping[str, Value], notices: Notices
) -> Value:
    """Tell what a parameter is worth: text, or a list of texts.

    Raises:
        ProjectError: nothing is given and there is no default, or the value is not allowed.
    """
    place = template.document.place("Parameters", name)
    declaration = section(template.document.place("Parameters"), template.parameters, name)
    value = given.get(name, declaration.get("Default"))
    if value is None:
        raise place.error(
            f"the parameter {name} has no default, and no value was given",
            f"Give it one: --parameter {name}=VALUE",
        )
    kind = str(declaration.get("Type", "String"))
    is_list = kind == "CommaDelimitedList" or "List<" in kind
    text = ",".join(map(str, value)) if isinstance(value, list) else to_text(value, place)
    if len(text) > BYTES_MAX:
        raise place.error(f"the value of {name} is longer than {BYTES_MAX} bytes")
    _check_allowed(declaration, text, place, is_list=is_list)
    if kind.startswith(_SSM):
        notices.add(
            f"the value of {name} is in Systems Manager; the parameter's name stands for it", place
        )
    return [item.strip() for item in text.split(",")] if is_list else text


def _check_allowed(
    declaration: Mapping[str, Value], text: str, place: Place, *, is_list: bool
) -> None:
    allowed = declaration.get("AllowedValues")
    if not isinstance(allowed, list):
        return
    names = [to_text(item, place / "AllowedValues") for item in allowed]
    for item in text.split(",") if is_list else [text]:
        if item.strip() not in names and item not in names:
            raise place.error(f"{item[:100]!r} is not one of {', '.join(names)}")
