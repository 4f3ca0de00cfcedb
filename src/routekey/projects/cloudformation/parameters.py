"""The values of a template's parameters: given, by default, or guessed.

Source: CP-CFN-03 (CloudFormation User Guide, "Parameters").
"""

from collections.abc import Callable, Mapping

from routekey.projects.cloudformation.intrinsics import to_text
from routekey.projects.cloudformation.template import Template, section
from routekey.projects.document import Place, Value
from routekey.projects.notices import Notices

BYTES_MAX = 4096  # CloudFormation quotas, "parameter value"
_SSM = "AWS::SSM::Parameter::Value<"


def parameter_value(
    template: Template,
    name: str,
    given: Mapping[str, Value],
    notices: Notices,
    find_stored: Callable[[str], str | None],
) -> Value:
    """Tell what a parameter is worth: text, or a list of texts.

    Args:
        template: declares it.
        name: its name.
        given: the values that are given.
        notices: takes what is guessed.
        find_stored: gives the value of a parameter of Systems Manager, or None.

    Raises:
        ProjectError: there is no value and none may be guessed, or the value is not allowed.
    """
    place = template.document.place("Parameters", name)
    declaration = section(template.document.place("Parameters"), template.parameters, name)
    value = given.get(name, declaration.get("Default"))
    kind = str(declaration.get("Type", "String"))
    if value is None:
        value = _guess(name, kind, declaration)
        notices.guess(
            f"the parameter {name} has no default, and no value was given",
            f"it is taken to be {value}",
            place,
            f"Give it one: --parameter {name}=VALUE",
        )
    is_list = kind == "CommaDelimitedList" or "List<" in kind
    text = ",".join(map(str, value)) if isinstance(value, list) else to_text(value, place)
    if len(text) > BYTES_MAX:
        raise place.error(f"the value of {name} is longer than {BYTES_MAX} bytes")
    _check_allowed(declaration, text, place, is_list=is_list)
    if kind.startswith(_SSM):
        stored = find_stored(text)
        if stored is None:
            notices.guess(
                f"the value of {name} is in Systems Manager at AWS, as {text}",
                "that name stands for it",
                place,
                f"Give it: --parameter {text}=VALUE",
            )
        text = text if stored is None else stored
    return [item.strip() for item in text.split(",")] if is_list else text


def _guess(name: str, kind: str, declaration: Mapping[str, Value]) -> Value:
    """Take the first that is allowed, a small number, or the parameter's own name."""
    allowed = declaration.get("AllowedValues")
    if isinstance(allowed, list) and allowed:
        return allowed[0]
    return declaration.get("MinValue", 1) if kind == "Number" else name


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
