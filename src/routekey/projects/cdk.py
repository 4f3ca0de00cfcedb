"""What `cdk synth` leaves in `cdk.out`: a manifest that names the stacks, and their templates.

A stage of the CDK is an assembly of its own in a folder below. An application that serves an API in
several regions has it once for each, under the same names: a gateway is in one region, and takes
what is there. Source: CP-CDK-01 to CP-CDK-06.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from routekey.projects.cloudformation.loading import StackSource
from routekey.projects.document import Document, Place, Value, read_document
from routekey.projects.notices import Notices

MANIFEST = "manifest.json"
_STACK = "aws:cloudformation:stack"
_ASSEMBLY = "cdk:cloud-assembly"
_API = "AWS::ApiGatewayV2::Api"
_ASSEMBLIES_MAX = 100  # an assembly that names itself would never end


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The stacks of a CDK application."""

    sources: tuple[StackSource, ...]
    region: str | None
    """The one whose API is served, else that of the first stack that names one."""
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stack:
    source: StackSource
    region: str | None
    """None where the application leaves it open."""

    @property
    def has_api(self) -> bool:
        template = self.source.document.value
        resources = template.get("Resources") if isinstance(template, dict) else None
        return isinstance(resources, dict) and any(
            isinstance(each, dict) and each.get("Type") == _API for each in resources.values()
        )


def is_assembly(folder: Path) -> bool:
    """Tell whether a folder is what `cdk synth` writes."""
    return (folder / MANIFEST).is_file() and (folder / "cdk.out").is_file()


def read_assembly(
    folder: Path, parameters: Mapping[str, Value], region: str | None, notices: Notices
) -> Assembly:
    """Read the stacks of an assembly, and of those below it.

    Args:
        folder: the assembly's.
        parameters: of all stacks, over their own.
        region: the operator's choice; None leaves it to the application.
        notices: takes which stacks are left out.

    Raises:
        ProjectError: a manifest or a template cannot be read.
    """
    manifests = list(_manifests(folder))
    stacks = [
        _Stack(source=_source(place, artifact, parameters), region=_region(artifact))
        for manifest in manifests
        for place, artifact in _artifacts(manifest, _STACK)
    ]
    regions = list(dict.fromkeys(each.region for each in stacks if each.region is not None))
    serving = {each.region for each in stacks if each.region is not None and each.has_api}
    if len(serving) > 1:
        chosen = region if region in serving else next(each for each in regions if each in serving)
        for other in (each for each in regions if each in serving and each != chosen):
            notices.add(
                f"the stacks for {other} are left out: a gateway is in one region, and this one "
                f"in {chosen}. --region {other} takes them"
            )
        left_out = serving - {chosen}
        stacks = [each for each in stacks if each.region not in left_out]
        regions = [chosen]
    return Assembly(
        sources=tuple(each.source for each in stacks),
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
