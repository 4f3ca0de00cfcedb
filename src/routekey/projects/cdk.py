"""What `cdk synth` leaves in `cdk.out`: a manifest that names the stacks, and their templates.

A stage of the CDK is an assembly of its own in a folder below. Source: CP-CDK-01 to CP-CDK-06.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from routekey.projects.cloudformation.loading import StackSource
from routekey.projects.document import Document, Place, Value, read_document

MANIFEST = "manifest.json"
_STACK = "aws:cloudformation:stack"
_ASSEMBLY = "cdk:cloud-assembly"
_ASSEMBLIES_MAX = 100  # an assembly that names itself would never end


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The stacks of a CDK application."""

    sources: tuple[StackSource, ...]
    region: str | None
    """The region that the first stack names, if any does."""
    files: tuple[str, ...]


def is_assembly(folder: Path) -> bool:
    """Tell whether a folder is what `cdk synth` writes."""
    return (folder / MANIFEST).is_file() and (folder / "cdk.out").is_file()


def read_assembly(folder: Path, parameters: Mapping[str, Value]) -> Assembly:
    """Read the stacks of an assembly, and of those below it.

    Raises:
        ProjectError: a manifest or a template cannot be read.
    """
    manifests = list(_manifests(folder))
    stacks = [stack for manifest in manifests for stack in _stacks(manifest)]
    regions = [region for _, artifact in stacks if (region := _region(artifact)) is not None]
    return Assembly(
        sources=tuple(_source(place, artifact, parameters) for place, artifact in stacks),
        region=regions[0] if regions else None,
        files=tuple(manifest.file for manifest in manifests),
    )


def _manifests(folder: Path) -> Iterator[Document]:
    waiting = [folder]
    for count in range(_ASSEMBLIES_MAX):
        if count >= len(waiting):
            return
        manifest = read_document(waiting[count] / MANIFEST)
        yield manifest
        for place, artifact in _artifacts(manifest, _ASSEMBLY):
            directory = _properties(artifact).get("directoryName")
            if not isinstance(directory, str):
                raise place.error("the assembly has no directoryName")
            waiting.append(place.find_path(directory))


def _stacks(manifest: Document) -> list[tuple[Place, Mapping[str, Value]]]:
    return list(_artifacts(manifest, _STACK))


def _artifacts(manifest: Document, kind: str) -> Iterator[tuple[Place, Mapping[str, Value]]]:
    value = manifest.value
    artifacts = value.get("artifacts") if isinstance(value, dict) else None
    if not isinstance(artifacts, dict):
        raise manifest.place().error("the manifest has no artifacts", "Run `cdk synth` again")
    for name, artifact in artifacts.items():
        if isinstance(artifact, dict) and artifact.get("type") == kind:
            yield manifest.place("artifacts", name, resource=name), artifact


def _source(
    place: Place, artifact: Mapping[str, Value], parameters: Mapping[str, Value]
) -> StackSource:
    properties = _properties(artifact)
    file, name = properties.get("templateFile"), properties.get("stackName")
    if not isinstance(file, str):
        raise place.error("the stack has no templateFile", "Run `cdk synth` again")
    own = properties.get("parameters")
    return StackSource(
        document=read_document(place.find_path(file)),
        stack_name=name if isinstance(name, str) else str(place.resource),
        parameters={**(own if isinstance(own, dict) else {}), **parameters},
    )


def _region(artifact: Mapping[str, Value]) -> str | None:
    environment = artifact.get("environment")
    region = environment.rpartition("/")[2] if isinstance(environment, str) else ""
    return None if region in {"", "unknown-region"} else region


def _properties(artifact: Mapping[str, Value]) -> Mapping[str, Value]:
    properties = artifact.get("properties")
    return properties if isinstance(properties, dict) else {}
