"""Templates in, a project out: stacks are opened, with those nested in them, and read together.

Stacks of one project share their exports, and an API of one may have routes in another.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from routekey.ids import AccountId
from routekey.projects.cloudformation.apis import build_apis
from routekey.projects.cloudformation.dead_letters import add_dead_letter_queues
from routekey.projects.cloudformation.deliveries import add_deliveries
from routekey.projects.cloudformation.deployments import report_missed_routes
from routekey.projects.cloudformation.domains import build_domain_names
from routekey.projects.cloudformation.dynamic import fill_in_references
from routekey.projects.cloudformation.event_invoke_configs import add_event_invoke_configs
from routekey.projects.cloudformation.event_source_services import add_event_source_services
from routekey.projects.cloudformation.event_sources import build_event_sources
from routekey.projects.cloudformation.forms import FORMS
from routekey.projects.cloudformation.functions import FUNCTION, build_functions
from routekey.projects.cloudformation.identities import build_identities
from routekey.projects.cloudformation.language_extensions import expand_loops
from routekey.projects.cloudformation.references import Resource, Surroundings
from routekey.projects.cloudformation.sam import translate_sam
from routekey.projects.cloudformation.services import build_services
from routekey.projects.cloudformation.stack import NESTED_STACK, Stack
from routekey.projects.cloudformation.template import parse_template
from routekey.projects.cloudformation.usage import build_api_keys, build_usage_plans
from routekey.projects.document import Document, Value, read_document
from routekey.projects.notices import Notices
from routekey.resources.project import Project

_REST_API: Final = "AWS::ApiGateway::RestApi"
STACKS_MAX = 100  # a template that nests itself would never end


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSource:
    """A template, and what its stack is called."""

    document: Document
    stack_name: str
    parameters: Mapping[str, Value] = field(default_factory=dict)


def load_stacks(
    sources: Sequence[StackSource],
    *,
    region: str,
    account_id: AccountId,
    seed: bytes,
    stage: str | None,
    notices: Notices,
    cache: Path | None = None,
    has_outputs: bool = False,
) -> Project:
    """Load the stacks of one project.

    Raises:
        ProjectError: a template cannot be used.
    """
    loading = _Loading(
        lambda name: Surroundings(
            stack_name=name, region=region, account_id=account_id, seed=seed, cache=cache
        ),
        notices,
    )
    stacks = [loading.open(source) for source in sources]
    for stack in stacks:
        stack.siblings = loading.stacks
    resources = [resource for stack in stacks for resource in loading.resources(stack)]
    _report_unknown(resources, notices)
    for stack in loading.stacks:
        report_missed_routes(stack.resources(), stack.template.resources, notices)
    project = assemble(
        resources,
        region=region,
        account_id=account_id,
        stage=stage,
        notices=notices,
        files=loading.files,
        given={name: value for source in sources for name, value in source.parameters.items()},
    )
    if not has_outputs:
        return project
    outputs = {stack.surroundings.stack_name: dict(stack.outputs()) for stack in stacks}
    return replace(project, outputs=outputs)


def assemble(
    resources: Sequence[Resource],
    *,
    region: str,
    account_id: AccountId,
    stage: str | None,
    notices: Notices,
    files: Sequence[str],
    given: Mapping[str, Value] | None = None,
) -> Project:
    """Put a project together from resources, whatever language they were written in.

    Args:
        resources: what there is.
        region: where it is.
        account_id: whose it is.
        stage: the name for the stage of an API that has none.
        notices: has what was said so far, and takes more.
        files: what was read.
        given: the values that the operator gave.

    Raises:
        ProjectError: a resource cannot be used.
    """
    identities = build_identities(resources, notices)
    apis = build_apis(resources, notices, stage=stage)
    event_sources = build_event_sources(resources, notices)
    declared = add_deliveries(build_services(resources, notices), resources, notices)
    read = add_event_source_services(declared, event_sources, region=region, notices=notices)
    services = add_dead_letter_queues(read, region=region, notices=notices)
    functions = fill_in_references(
        build_functions(resources, notices), services, given or {}, notices
    )
    served = {function.function_name for function in functions}
    described = (resource.name() for resource in resources if resource.type == FUNCTION)
    return Project(
        region=region,
        account_id=account_id,
        apis=apis,
        functions=add_event_invoke_configs(functions, resources, notices),
        functions_without_code=tuple(name for name in described if name not in served),
        event_sources=event_sources,
        identities=identities,
        api_keys=build_api_keys(resources),
        usage_plans=build_usage_plans(resources),
        domain_names=build_domain_names(resources, frozenset(api.api_id for api in apis)),
        services=services,
        notices=notices.all(),
        files=tuple(dict.fromkeys(files)),
    )


class _Loading:
    """The stacks that were opened so far."""

    def __init__(self, surround: Callable[[str], Surroundings], notices: Notices) -> None:
        self._surround = surround
        self._notices = notices
        self.stacks: list[Stack] = []
        self.files: list[str] = []

    def open(self, source: StackSource) -> Stack:
        """Open a stack; those nested in it follow when they are needed."""
        surroundings = self._surround(source.stack_name)
        document = translate_sam(
            expand_loops(source.document, source.parameters),
            surroundings,
            parameters=dict(source.parameters),
            notices=self._notices,
        )
        _report_macros(document, self._notices)
        stack = Stack(
            parse_template(document),
            surroundings,
            parameters=source.parameters,
            notices=self._notices,
            open_nested=self._open_nested,
        )
        self.stacks.append(stack)
        stack.siblings = self.stacks
        self.files.append(document.file)
        return stack

    def resources(self, stack: Stack) -> Iterator[Resource]:
        """Give the resources of a stack and of those nested in it."""
        for resource in stack.resources():
            yield resource
            if resource.type == NESTED_STACK and (nested := stack.nested(resource)) is not None:
                yield from self.resources(nested)

    def _open_nested(self, resource: Resource) -> Stack | None:
        place = resource.properties.place / "TemplateURL"
        asset = resource.declaration.metadata.get("aws:asset:path")  # as the CDK has it
        url = asset if isinstance(asset, str) else resource.properties.text("TemplateURL", "")
        if not url or "://" in url:
            text = f"its template {url}".strip()
            self._notices.add(f"{text} is not on this machine; it is left out", place)
            return None
        if len(self.stacks) >= STACKS_MAX:
            raise place.error(f"there are more than {STACKS_MAX} nested stacks")
        return self.open(
            StackSource(
                document=read_document(place.find_path(url)),
                stack_name=resource.name(),
                parameters=resource.properties.inner("Parameters").all(),
            )
        )


def _report_macros(document: Document, notices: Notices) -> None:
    """Name what only CloudFormation can put among the resources, such as `AWS::Include`."""
    resources = document.value.get("Resources") if isinstance(document.value, dict) else None
    for name, value in resources.items() if isinstance(resources, dict) else ():
        if name.startswith("Fn::"):
            macro = value.get("Name") if isinstance(value, dict) else None
            notices.add(
                f"the macro {macro or name} is not run here; the resources that it gives are "
                "left out. Write them into the template",
                document.place("Resources", name),
            )


def _report_unknown(resources: Sequence[Resource], notices: Notices) -> None:
    """Name the types of resources that mean nothing here, once and together."""
    types = {resource.type for resource in resources} - {NESTED_STACK}
    has_rest_api = _REST_API in types  # which is named by itself
    unknown = {
        each
        for each in types - FORMS.keys()
        if not (has_rest_api and each.startswith("AWS::ApiGateway::"))
    }
    if unknown:
        notices.add(f"not run here, and left out: {', '.join(sorted(unknown))}")
