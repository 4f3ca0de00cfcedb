"""What templates, parameter mappings and selection expressions may read of an event.

Only integrations that map anything look here: a Lambda proxy never pays.
Source: DP-INT-43, DP-INT-48, DP-INT-55, DP-VTL-01 to DP-VTL-10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never
from urllib.parse import quote

import msgspec

from routekey.gateway.context import Context, build_context, find_in_context
from routekey.gateway.events import ConnectEvent, Event, MessageEvent
from routekey.gateway.handshake import MultiMap, event_headers, last_values, query_parameters
from routekey.gateway.ports import HttpOutcome, IntegrationOutcome, MockOutcome
from routekey.languages.json_text import MISSING, parse_json
from routekey.languages.selection import Source, Variable, select_from_body, stringify
from routekey.languages.vtl import Params
from routekey.resources.parameters import Origin, ParameterMapping, ParameterSource, Place
from routekey.resources.snapshot import RouteSnapshot, Snapshot

_NO_PARAMS: Final = Params()
_UNREAD: Final = object()


class Inputs(msgspec.Struct, eq=False, gc=False):
    """One event at its route, as the API's author sees it.

    Each part is read when somebody first asks for it. (Written out, as `cached_property` takes a
    lock until Python 3.12: 2 µs for each part.)
    """

    snapshot: Snapshot
    route: RouteSnapshot
    event: Event
    _context: Context | None = None
    _body: str | None = None
    _parsed_body: object = _UNREAD
    _headers: MultiMap | None = None
    _query: MultiMap | None = None
    _params: Params = _NO_PARAMS

    @property
    def stage_variables(self) -> Mapping[str, str]:
        """`$stageVariables`."""
        return self.snapshot.stage.stage_variables

    @property
    def context(self) -> Context:
        """`$context`."""
        if self._context is None:
            self._context = build_context(self.event, self.route.route.route_key)
        return self._context

    @property
    def body(self) -> str:
        """The message; empty where the event is none."""
        if self._body is None:
            event = self.event
            self._body = event.body.decode() if isinstance(event, MessageEvent) else ""
        return self._body

    @property
    def parsed_body(self) -> object:
        """The message as JSON; MISSING where it is not."""
        if self._parsed_body is _UNREAD:
            event = self.event
            self._parsed_body = (
                parse_json(event.body) if isinstance(event, MessageEvent) else MISSING
            )
        return self._parsed_body

    @property
    def headers(self) -> MultiMap:
        """Of the handshake; empty for other events (DP-EVT-01)."""
        if self._headers is None:
            event = self.event
            self._headers = (
                event_headers(event.handshake, self.snapshot.domain_name, event.trace_id)
                if isinstance(event, ConnectEvent)
                else {}
            )
        return self._headers

    @property
    def query(self) -> MultiMap:
        """Of the handshake; empty for other events."""
        if self._query is None:
            event = self.event
            self._query = (
                query_parameters(event.handshake.query) if isinstance(event, ConnectEvent) else {}
            )
        return self._query

    @property
    def params(self) -> Params:
        """`$input.params()`."""
        if self._params is _NO_PARAMS and isinstance(self.event, ConnectEvent):
            self._params = Params(
                querystring=last_values(self.query), header=last_values(self.headers)
            )
        return self._params

    def find(self, source: ParameterSource) -> tuple[str, ...]:
        """Find the values of a mapped parameter; none where the event has none (DP-INT-50)."""
        name = source.name
        match source.origin:
            case Origin.STATIC:
                return (name,)
            case Origin.HEADER:
                return _ignoring_case(self.headers, name)[-1:]
            case Origin.MULTI_VALUE_HEADER:
                return _ignoring_case(self.headers, name)
            case Origin.QUERYSTRING:
                return tuple(self.query.get(name, ()))[-1:]
            case Origin.MULTI_VALUE_QUERYSTRING:
                return tuple(self.query.get(name, ()))
            case Origin.STAGE_VARIABLE:
                value = self.stage_variables.get(name)
            case Origin.CONTEXT:
                value = find_in_context(self.context, name)
            case Origin.BODY:
                value = self._find_in_body(source)
            case _:
                assert_never(source.origin)
        return () if value is None else (value,)

    def evaluate(self, variable: Variable) -> str:
        """Look up a variable of a selection expression; empty where there is nothing."""
        match variable.source:
            case Source.REQUEST_BODY:
                return select_from_body(variable.path, self.parsed_body)
            case Source.REQUEST_HEADER:
                return next(iter(_ignoring_case(self.headers, variable.name)[-1:]), "")
            case Source.REQUEST_QUERYSTRING:
                return next(iter(self.query.get(variable.name, [])[-1:]), "")
            case Source.STAGE_VARIABLES:
                return self.stage_variables.get(variable.name, "")
            case Source.CONTEXT:
                return find_in_context(self.context, variable.name) or ""
            case _:
                return ""

    def _find_in_body(self, source: ParameterSource) -> str | None:
        if source.path is None or self.parsed_body is MISSING:
            return None
        found = source.path.find(self.parsed_body)
        return None if found is MISSING or found is None else stringify(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The parameters of one call, with their values."""

    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    path: Mapping[str, str]

    def fill(self, text: str) -> str:
        """Put path parameters into a URL or path; an unknown `{name}` stays (DP-INT-51)."""
        for name, value in self.path.items():
            text = text.replace(f"{{{name}}}", quote(value, safe="-_.~"))
        return text


def map_parameters(mappings: tuple[ParameterMapping, ...], inputs: Inputs) -> Mapped:
    """Give each mapped parameter its value; one without is left out (DP-INT-50)."""
    headers: list[tuple[str, str]] = []
    query: list[tuple[str, str]] = []
    path: dict[str, str] = {}
    for mapping in mappings:
        values = inputs.find(mapping.source)
        match mapping.place:
            case Place.HEADER:
                headers += ((mapping.name, _one_line(value)) for value in values)
            case Place.QUERYSTRING:
                query += ((mapping.name, value) for value in values)
            case Place.PATH if values:
                path[mapping.name] = values[-1]
            case _:
                pass
    return Mapped(headers=tuple(headers), query=tuple(query), path=path)


def outcome_variable(outcome: IntegrationOutcome, variable: Variable) -> str:
    """Look up a variable of an integration response's expressions. Source: DP-INT-52, DP-INT-55."""
    match variable.source:
        case Source.RESPONSE_STATUS:
            return str(outcome.status) if isinstance(outcome, HttpOutcome | MockOutcome) else "200"
        case Source.RESPONSE_HEADER if isinstance(outcome, HttpOutcome):
            return next(iter(_header_values(outcome, variable.name)[-1:]), "")
        case Source.RESPONSE_MULTI_VALUE_HEADER if isinstance(outcome, HttpOutcome):
            return stringify(_header_values(outcome, variable.name))
        case Source.RESPONSE_BODY:
            body = b"" if isinstance(outcome, MockOutcome) else outcome_body(outcome)
            return select_from_body(variable.path, parse_json(body))
        case _:
            return ""


def outcome_body(outcome: IntegrationOutcome) -> bytes:
    """Take the bytes of an answer; MOCK has none."""
    match outcome:
        case MockOutcome():
            return b""
        case HttpOutcome():
            return outcome.body
        case _:
            return outcome.payload


def _header_values(outcome: HttpOutcome, name: str) -> list[str]:
    return [value for key, value in outcome.headers if key.lower() == name.lower()]


def _ignoring_case(headers: MultiMap, name: str) -> tuple[str, ...]:
    folded = name.lower()
    return tuple(v for key, values in headers.items() if key.lower() == folded for v in values)


def _one_line(value: str) -> str:
    """Keep a client's text from ending the header that it is put into (header injection)."""
    return value.translate(_LINE_BREAKS)


_LINE_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\0": " "})
