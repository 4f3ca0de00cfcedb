"""A service of the Serverless Framework becomes a CloudFormation template, as it makes one.

What the framework itself decides (names, roles, permissions, defaults) is made here; everything
under `resources` is taken as it is. Source: CP-SF-01 to CP-SF-05.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from routekey.projects.cloudformation.intrinsics import kind_of
from routekey.projects.cloudformation.loading import StackSource
from routekey.projects.document import Document, Lines, Path_, Value
from routekey.projects.notices import Notices
from routekey.projects.options import LoadOptions
from routekey.projects.serverless_framework.dotenv import find_preloaded, read_dotenv
from routekey.projects.serverless_framework.event_sources import (
    destination_resources,
    event_source_resources,
)
from routekey.projects.serverless_framework.events import report_events
from routekey.projects.serverless_framework.functions import (
    ROLE,
    function_resources,
    role_resources,
)
from routekey.projects.serverless_framework.variables import Facts, Variables, read_or_run
from routekey.projects.serverless_framework.websockets import (
    DEPLOYMENT,
    WebsocketEvent,
    api_resources,
    event_resources,
    function_id,
    log_resources,
    read_events,
    route_id,
)

STAGE = "dev"
REGION = "us-east-1"
_SECTIONS = ("Resources", "Outputs", "Conditions", "Parameters", "Mappings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service, compiled."""

    source: StackSource
    region: str
    files: tuple[str, ...]


def is_service(value: Value) -> bool:
    """Tell whether a document looks like a service, whatever its file is called."""
    return isinstance(value, dict) and "service" in value and "provider" in value


def load_service(path: Path, options: LoadOptions, notices: Notices) -> Service:
    """Read a `serverless.yml`, or evaluate a `serverless.ts`.

    Raises:
        ProjectError: the file cannot be used, with the line.
    """
    dotenv, dotenv_files = read_dotenv(path.parent, options.stage or STAGE)
    options = replace(options, environment={**dotenv, **options.environment})
    first = Facts(
        stage=STAGE,
        region=REGION,
        account_id=options.account_id,
        environment=options.environment,
        cache=options.cache,
    )
    document, files = read_or_run(path, first)
    if not isinstance(document.value, dict):
        raise document.place().error(f"a service is a map, not {kind_of(document.value)}")
    facts = _find_facts(document, options, notices)
    variables = Variables(document, facts, notices)
    variables.files += (*files[1:], *dotenv_files)
    return _Compiler(document, variables, facts, notices).compile(dotenv)


def _find_facts(document: Document, options: LoadOptions, notices: Notices) -> Facts:
    """Settle stage and region, which other variables may depend on."""
    given = {"stage": options.stage, "region": options.region} | dict(options.parameters)
    facts = Facts(
        stage=options.stage or STAGE,
        region=options.region or REGION,
        account_id=options.account_id,
        options={name: value for name, value in given.items() if value is not None},
        params=options.parameters,
        environment=options.environment,
        cache=options.cache,
    )
    provider = Variables(document, facts, notices)
    stage = options.stage or provider.value("provider", "stage") or STAGE
    region = options.region or provider.value("provider", "region") or REGION
    return replace(facts, stage=str(stage), region=str(region))


class _Compiler:
    """Makes the template, and notes on which line of the service each resource stands."""

    def __init__(
        self, document: Document, variables: Variables, facts: Facts, notices: Notices
    ) -> None:
        self._document = document
        self._variables = variables
        self._facts = facts
        self._notices = notices
        self._resources: dict[str, Value] = {}
        self._lines: dict[str | int, Lines] = {}
        self._paths: dict[str, Path_] = {}
        """Where each function is written: `functions` may be a list of maps."""

    def compile(self, dotenv: Mapping[str, str]) -> Service:
        """Compile the whole service."""
        preloaded = find_preloaded(self._variables, dotenv)
        name = self._service_name()
        stack_name = f"{name}-{self._facts.stage}"
        functions = self._functions()
        shared = role_resources(self._variables, functions, stack_name, self._facts.region)
        for logical_id, resource in shared.items():
            path = self._find_statements() if logical_id == ROLE else ("layers",)
            self._add({logical_id: resource}, path)
        for key, function in functions.items():
            resources = function_resources(self._variables, key, function, stack_name, preloaded)
            self._add(resources, self._paths[key])
            self._add_events(key, function, functions)
            self._point_at_handler(key)
        events = list(self._events(functions))
        if events:
            self._add_api(events, functions, name)
        template = self._template()
        return Service(
            source=StackSource(
                document=template,
                stack_name=str(self._variables.value("provider", "stackName") or stack_name),
            ),
            region=self._facts.region,
            files=tuple(self._variables.files),
        )

    def _service_name(self) -> str:
        name = self._variables.value("service")
        if isinstance(name, dict):
            name = name.get("name")
        if not isinstance(name, str) or not name:
            raise self._document.place("service").error(
                "the service has no name", "Write one: service: my-service"
            )
        return name

    def _functions(self) -> dict[str, Mapping[str, Value]]:
        value = self._variables.value("functions")
        functions: dict[str, Mapping[str, Value]] = {}
        for index, part in enumerate(value if isinstance(value, list) else [value]):
            base: Path_ = ("functions", index) if isinstance(value, list) else ("functions",)
            if part is None:
                continue
            if not isinstance(part, dict):
                raise self._document.place("functions").error(
                    f"functions are a map, not {kind_of(part)}"
                )
            for key, function in part.items():
                if not isinstance(function, dict):
                    raise self._document.place(*base, key, resource=key).error(
                        f"a function is a map, not {kind_of(function)}"
                    )
                functions[key] = function
                self._paths[key] = (*base, key)
        return functions

    def _find_statements(self) -> Path_:
        """Tell where the permissions of the role are written: `iam` is the newer place."""
        value = self._document.value
        provider = value.get("provider") if isinstance(value, dict) else None
        if isinstance(provider, dict) and "iam" in provider:
            return ("provider", "iam", "role", "statements")
        return ("provider", "iamRoleStatements")

    def _add_events(
        self, key: str, function: Mapping[str, Value], functions: Mapping[str, object]
    ) -> None:
        place = self._document.place(*self._paths[key], "events", resource=key)
        sources = event_source_resources(key, function.get("events"), place)
        self._add(sources, place.path)
        self._add(destination_resources(key, function, functions), self._paths[key])

    def _events(self, functions: Mapping[str, Mapping[str, Value]]) -> Iterator[WebsocketEvent]:
        for key, function in functions.items():
            place = self._document.place(*self._paths[key], "events", resource=key)
            report_events(function.get("events"), place, self._notices)
            yield from read_events(key, function.get("events"), place)

    def _add_api(
        self,
        events: list[WebsocketEvent],
        functions: Mapping[str, Mapping[str, Value]],
        service: str,
    ) -> None:
        value, stage = self._variables.value, self._facts.stage
        if value("provider", "apiGateway", "websocketApiId") is not None:
            place = self._document.place("provider", "apiGateway", "websocketApiId")
            self._notices.add("the API of another stack is not here; one of its own is made", place)
        logs, logging = log_resources(value("provider", "logs", "websocket"), service, stage)
        resources = logs | api_resources(
            value("provider", "websocketsApiName")
            or value("provider", "websocketApiName")  # of the first plugin, in 2018
            or f"{stage}-{service}-websockets",
            value("provider", "websocketsApiRouteSelectionExpression")
            or value("provider", "websocketApiRouteSelectionExpression")
            or "$request.body.action",
            value("provider", "websocketsDescription") or "Serverless Websockets",
            stage,
            logging,
        )
        self._add(resources, ("provider",))
        for event in events:
            self._add(event_resources(event, dict.fromkeys(functions)), event.place.path)
        deployment = self._resources[DEPLOYMENT]
        if isinstance(deployment, dict):
            deployment["DependsOn"] = [route_id(event.route) for event in events]

    def _template(self) -> Document:
        """Put the service's own `resources` over what the framework makes."""
        template: dict[str, Value] = {"Resources": self._resources}
        value = self._variables.value("resources")
        parts = value if isinstance(value, list) else [value]
        for index, part in enumerate(parts):
            if not isinstance(part, dict):
                continue
            base: Path_ = ("resources", index) if isinstance(value, list) else ("resources",)
            for name in _SECTIONS:
                self._overlay(template, part, name, name, base)
            self._overlay(template, part, "extensions", "Resources", base)
        lines = self._document.lines
        return Document(
            file=self._document.file,
            value=_with_pseudo_parameters(template),
            lines=Lines(1, {"Resources": Lines(1, self._lines)}) if lines else None,
        )

    def _overlay(
        self,
        template: dict[str, Value],
        part: Mapping[str, Value],
        name: str,
        target: str,
        base: Path_,
    ) -> None:
        section = part.get(name)
        if section is None:
            return
        here = template.setdefault(target, {})
        if not isinstance(section, dict) or not isinstance(here, dict):
            raise self._document.place(*base, name).error(f"{name} has to be a map")
        for key, value in section.items():
            made = here.get(key)
            is_both = isinstance(made, dict) and isinstance(value, dict)
            here[key] = _merged(made, value) if is_both else value
            if name == "Resources" and not is_both:
                self._note(key, (*base, name, key))

    def _add(self, resources: Mapping[str, Value], path: Path_) -> None:
        for logical_id, resource in resources.items():
            self._resources[logical_id] = resource
            self._note(logical_id, path)

    def _note(self, logical_id: str, path: Path_) -> None:
        if self._document.lines is not None:
            self._lines[logical_id] = self._document.lines.at(path)

    def _point_at_handler(self, key: str) -> None:
        """Let a message about a missing handler point at its line."""
        if self._document.lines is None:
            return
        lines = self._document.lines.at(self._paths[key])
        handler = self._document.lines.at((*self._paths[key], "handler"))
        inner = Lines(lines.line, {"Handler": handler})
        self._lines[function_id(key)] = Lines(lines.line, {"Properties": inner})


def _with_pseudo_parameters(value: Value) -> Value:
    """Write `#{AWS::Region}`, as a plugin of the framework has it, as CloudFormation does."""
    if isinstance(value, str) and "#{AWS::" in value:
        return {"Fn::Sub": value.replace("#{AWS::", "${AWS::")}
    if isinstance(value, list):
        return [_with_pseudo_parameters(item) for item in value]
    if not isinstance(value, dict):
        return value
    members = {key: _with_pseudo_parameters(item) for key, item in value.items()}
    inner = members.get("Fn::Sub")
    if isinstance(inner, dict) and "Fn::Sub" in inner:  # it was a substitution already
        return inner
    return members


def _merged(made: Value, written: Value) -> Value:
    """Lay a map over another, down to their leaves, as the framework merges resources."""
    if not isinstance(made, dict) or not isinstance(written, dict):
        return written
    return {
        key: _merged(made.get(key), written[key]) if key in written else made[key]
        for key in made | written
    }
