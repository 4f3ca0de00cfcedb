"""What `routekey run` says when it serves: what was found, where it is, what to try."""

import json
import re
import shlex
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from routekey import __version__
from routekey.adapters.console import Output
from routekey.endpoints.addresses import Addresses
from routekey.resources.api import DEFAULT, Api, AuthorizationType, IntegrationType, Route
from routekey.resources.integration_uri import FunctionTarget, parse_integration_uri
from routekey.resources.project import Notice, Project

_SIMPLE_SELECTION = re.compile(r"\$\{?request\.body\.([A-Za-z_][A-Za-z0-9_]*)\}?")

_OF_FUNCTION = re.compile(r"([A-Za-z0-9_-]+): (.+)", re.DOTALL)
_NAMED_MAX = 3  # of functions and files, in one line


def print_banner(
    output: Output, project: Project, addresses: Addresses, *, is_following: bool
) -> None:
    """Print what a gateway serves, and what to try."""
    for line in _describe(output, project, addresses):
        output.print(line)
    is_followed = is_following and project.files
    output.print(f"  Ctrl-C stops.{' Saved changes are served at once.' if is_followed else ''}\n")


def list_notices(project: Project, of_functions: Iterable[str]) -> tuple[str, ...]:
    """List what a user should know of a project that works nevertheless."""
    return (*map(format_notice, project.notices), *of_functions)


def print_notices(output: Output, notices: Iterable[str]) -> None:
    """Print notices, in an order that does not depend on theirs."""
    for text in sorted(_gather(notices)):
        output.print(f"{output.paint('note', 'yellow')} {text}")


def _gather(notices: Iterable[str]) -> Iterator[str]:
    """Say once what is said of several functions."""
    subjects: defaultdict[str, list[str]] = defaultdict(list)
    for notice in sorted(notices):
        named = _OF_FUNCTION.fullmatch(notice)
        subjects[named[2] if named else notice].append(named[1] if named else "")
    for text, names in subjects.items():
        yield f"{shorten(names)}: {text}" if names[0] else text


def shorten(names: Sequence[str]) -> str:
    """Name the first few, and count the others."""
    more = f" and {len(names) - _NAMED_MAX} more" if len(names) > _NAMED_MAX else ""
    return f"{', '.join(names[:_NAMED_MAX])}{more}"


def format_notice(notice: Notice) -> str:
    """Write a notice as errors are written: `FILE:LINE: RESOURCE: text`."""
    where = _short_path(notice.file) if notice.file else ""
    if notice.line is not None:
        where += f":{notice.line}"
    return ": ".join(part for part in (where, notice.resource, notice.text) if part)


def _describe(output: Output, project: Project, addresses: Addresses) -> Iterator[str]:
    yield f"{output.paint('Routekey', 'bold')} {__version__}"
    if project.files:
        yield f"  from       {shorten([_short_path(file) for file in project.files])}"
    if project.functions:
        width = max(len(function.function_name) for function in project.functions)
        for number, function in enumerate(project.functions):
            label = "" if number else "functions"
            yield f"  {label:<10} {function.function_name:<{width}}  {function.runtime}"
    yield from _describe_apis(project, addresses)
    yield ""
    for stage in addresses.stages:
        yield f"  {output.paint(stage.url, 'green')}"
    if addresses.stages:
        yield ""
        first = addresses.stages[0]
        described = (api for api in project.apis if api.api_id == first.api_id)
        yield from _suggest(next(described, None), first.url)


def _describe_apis(project: Project, addresses: Addresses) -> Iterator[str]:
    """Describe the APIs of the project, and name those that are served beside it."""
    for api in project.apis:
        yield f"  {'api':<10} {api.name} ({api.api_id})"
        width = max((len(route.route_key) for route in api.routes), default=0)
        for route in api.routes:
            target = _describe_target(project, api, route)
            yield f"  {'':<10} {route.route_key:<{width}}  → {target}"
    described = {api.api_id for api in project.apis}
    made = {stage.api_id: None for stage in addresses.stages if stage.api_id not in described}
    for api_id in made:
        yield f"  {'api':<10} {api_id}, made through AWS's APIs"
    if not described and not made:
        yield f"  {'api':<10} none: nobody can connect before a WebSocket API is described, or made"
        yield f"  {'':<10} through AWS's APIs at {addresses.admin}"


def _describe_target(project: Project, api: Api, route: Route) -> str:
    """Name whom a route asks, and who decides before."""
    asked = _describe_integration(project, api, route)
    if route.authorization_type is AuthorizationType.AWS_IAM:
        return f"{asked}, for signed requests"
    for authorizer in api.authorizers:
        if route.authorizer_id == authorizer.authorizer_id:
            return f"{asked}, after {_name_function(project, authorizer.authorizer_uri)}"
    return asked


def _describe_integration(project: Project, api: Api, route: Route) -> str:
    for integration in api.integrations:
        if integration.integration_id == route.integration_id:
            if integration.integration_type is IntegrationType.MOCK:
                return "MOCK"
            return (
                _name_function(project, integration.integration_uri)
                or f"{integration.integration_type} {integration.integration_uri}"
            )
    return "nothing"


def _name_function(project: Project, uri: str) -> str | None:
    """Name a function, and say if it has no code here; None where the URI is of none."""
    target = parse_integration_uri(uri)
    if not isinstance(target, FunctionTarget):
        return None
    name = target.function_arn.rpartition(":function:")[2]
    has_no_code = name.partition(":")[0] in project.functions_without_code
    return f"{name} (no code here)" if has_no_code else name


def _suggest(api: Api | None, url: str) -> Iterator[str]:
    """Suggest a client, and a message that reaches a route of an API that is described."""
    yield f"  Try it:    {_program()} connect {shlex.quote(url)}"
    if api is not None and (message := suggest_message(api)):
        yield f"  then type  {message}"


def _program() -> str:
    """Name this program as the user's shell finds it: by its path, where it is not on `PATH`."""
    path = Path(sys.argv[0])
    if path.name != "routekey" or shutil.which("routekey") == str(path):
        return "routekey"
    return shlex.quote(_short_path(str(path)))


def suggest_message(api: Api) -> str | None:
    """Make a message for the first route that a client can choose; None where there is none."""
    selection = _SIMPLE_SELECTION.fullmatch(api.route_selection_expression)
    custom = [route.route_key for route in api.routes if not route.route_key.startswith("$")]
    if selection and custom:
        said = "data" if selection[1] == "message" else "message"
        return json.dumps({selection[1]: custom[0], said: "hello"})
    if any(route.route_key == DEFAULT for route in api.routes):
        return "hello"
    return None


def _short_path(path: str) -> str:
    """Name a file as seen from here, where that is shorter."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
