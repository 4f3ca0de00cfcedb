"""A template, taken apart into its sections; nothing in it is evaluated yet.

Source: CP-CFN-03 (CloudFormation User Guide, "Template anatomy").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from routekey.projects.cloudformation.intrinsics import kind_of
from routekey.projects.document import Document, Place, Value

SAM = "AWS::Serverless-2016-10-31"
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
Section = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One resource, as it is written."""

    logical_id: str
    type: str
    properties: Section
    metadata: Section
    condition: str | None
    place: Place
    """Of the resource; of the one that it was made from, where a transform made it."""
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The sections of a template."""

    document: Document
    parameters: Section
    mappings: Section
    conditions: Section
    outputs: Section
    resources: Mapping[str, Declaration]


def is_template(value: Value) -> bool:
    """Tell whether a document looks like a template: it has `Resources`, or the version."""
    return isinstance(value, dict) and (
        isinstance(value.get("Resources"), dict) or "AWSTemplateFormatVersion" in value
    )


def parse_template(document: Document) -> Template:
    """Take a template apart.

    Raises:
        ProjectError: the document is not a template, or a section is not a map.
    """
    if document.value is None:
        raise document.place().error("the file is empty", "Describe your API in it")
    if not isinstance(document.value, dict):
        raise document.place().error(f"a template is a map, not {kind_of(document.value)}")
    if not isinstance(document.value.get("Resources"), dict):
        raise document.place("Resources").error(
            "the template has no Resources", "Describe your API under the key Resources"
        )
    resources = section(document.place(), document.value, "Resources")
    return Template(
        document=document,
        parameters=section(document.place(), document.value, "Parameters"),
        mappings=section(document.place(), document.value, "Mappings"),
        conditions=section(document.place(), document.value, "Conditions"),
        outputs=section(document.place(), document.value, "Outputs"),
        resources={
            logical_id: _parse_resource(document, logical_id, value)
            for logical_id, value in resources.items()
            if not logical_id.startswith("Fn::")
        },
    )


def transforms(document: Document) -> tuple[str, ...]:
    """List the transforms that a template asks for."""
    value = document.value.get("Transform") if isinstance(document.value, dict) else None
    items = value if isinstance(value, list) else [value]
    names = [item.get("Name") if isinstance(item, dict) else item for item in items]
    return tuple(name for name in names if isinstance(name, str))


def section(place: Place, value: Section, name: str) -> Section:
    """Read a map that need not be there.

    Raises:
        ProjectError: it is something else.
    """
    found = value.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise (place / name).error(f"{name} has to be a map, not {kind_of(found)}")
    return found


def _parse_resource(document: Document, logical_id: str, value: Value) -> Declaration:
    place = _place(document, logical_id)
    if not isinstance(value, dict):
        raise place.error(f"a resource is a map, not {kind_of(value)}")
    kind, condition, awaited = value.get("Type"), value.get("Condition"), value.get("DependsOn")
    if not isinstance(kind, str):
        raise place.error("the resource has no Type")
    if condition is not None and not isinstance(condition, str):
        raise (place / "Condition").error("the name of a condition is expected here")
    return Declaration(
        logical_id=logical_id,
        type=kind,
        properties=section(place, value, "Properties"),
        metadata=section(place, value, "Metadata"),
        condition=condition,
        place=place,
        depends_on=tuple(
            name
            for name in (awaited if isinstance(awaited, list) else [awaited])
            if isinstance(name, str)
        ),
    )


def _place(document: Document, logical_id: str) -> Place:
    """Point at a resource, as it was written: SAM names what it makes after what it is made of."""
    written = document.lines.children.get("Resources") if document.lines else None
    known = written.children if written else {}
    source = logical_id
    while source and source not in known:
        source = source[:-1]
    written_id = source or logical_id
    return document.place("Resources", written_id, resource=written_id)
