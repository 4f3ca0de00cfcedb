"""A walk through one operation of a service: what it needs, its request, and reading it back.

A `Scene` has what the service's model does not say, as data; a `Walk` follows it.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from typing import Any, Final, TypeVar

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape
from botocore.session import get_session
from hypothesis import strategies as st

from conformance.serving import Clients
from conformance.shapes import Broken, Draw, break_value, draw_value

T = TypeVar("T")
Request = dict[str, Any]
Items = dict[str, list[Any]]
"""By the name of their list."""
Table = Mapping[str, T]
"""By path: `CreateRoute.Target`, or any end of it (`Target`), or by the name of a shape."""

_NOW_SECONDS_MAX: Final = 300
_CHANGES: Final = ("Create", "Put", "Update")
_EMPTY: Final[tuple[Any, ...]] = ("", {}, [])
"""Values that are told by saying nothing."""


@dataclass(frozen=True, kw_only=True)
class Maker:
    """How to come by what a member names."""

    operation: str
    member: str
    """Where the answer, or the request, has its name."""


@dataclass(frozen=True, kw_only=True)
class Pages:
    """How a service's lists come in pages."""

    token: str
    """The member that asks for the next page."""
    next_token: str
    """The member that tells it."""
    limit: str
    """The member that says how long a page is."""
    number: Callable[[int], Any]
    """How it says that."""
    broken: tuple[Request, ...]
    """What no page is asked for with."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Scene:
    """A service's operations, and what the model does not say of them."""

    service: str
    operations: Collection[str]
    """Those that are served."""
    refusal: tuple[int, str]
    """How a request that breaks a bound is refused."""
    refusal_of_members: tuple[int, str] | None = None
    """How a member is refused that is never taken, if otherwise."""
    missing: str
    """What is said of a member that is required and missing, `{}` being its name on the wire."""
    unknown: tuple[int, str]
    """How a request is refused that names what is not there."""
    pages: Pages
    makers: Table[Maker] = field(default_factory=dict)
    values: Table["st.SearchStrategy[Any] | Callable[[Walk], Any]"] = field(default_factory=dict)
    wanted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Members of an operation that AWS wants beside those that its model requires."""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What has to be there for an operation, though none of its members names it."""
    variants: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    """For an operation whose members do not go together: what to leave out of each request."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Members that no request here has, and which tests have them."""
    readings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Operations that read back what another one was told, if not those of its name."""
    fillings: Mapping[str, str] = field(default_factory=dict)
    """Operations that add an item to what another one lists, if not that of its name."""
    short: Mapping[str, str] = field(default_factory=dict)
    """Lists that have no second item, and why."""
    idempotent: Mapping[str, str] = field(default_factory=dict)
    """Operations that do not mind that something is not there, and why."""
    unpaged: Mapping[str, str] = field(default_factory=dict)
    """Lists that come whole, whatever the model says, and why."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """Of success, where AWS differs from its model."""
    refused: Table[str] = field(default_factory=dict)
    """Members that are refused whatever they say, and why."""
    untold: Table[str] = field(default_factory=dict)
    """Members that are not read back as they were given, and why."""
    renamed: Table[str] = field(default_factory=dict)
    """What members are called where they are read back, if something else."""
    unbounded: Table[str] = field(default_factory=dict)
    """Members whose bounds in the model are not AWS's, and why."""
    texts: Table[str] = field(default_factory=dict)
    """What AWS says of a member that breaks its bound, where that is not its framework's text."""

    @cached_property
    def _model(self) -> ServiceModel:
        return get_session().get_service_model(self.service)

    def model(self, operation: str) -> OperationModel:
        """Find an operation's model."""
        return self._model.operation_model(operation)

    def shape(self, operation: str) -> StructureShape:
        """Find the shape of an operation's request."""
        return self.model(operation).input_shape or StructureShape("Nothing", {"members": {}})

    def find_filling(self, listing: str) -> str:
        """Find what adds an item to a list."""
        noun = listing.removeprefix("Get").removeprefix("List")
        return self.fillings.get(listing, f"Create{noun.removesuffix('s')}")

    def find_maker(self, operation: str, member: str) -> str | None:
        """Find the maker of what a member names; None where it names nothing, or what is new."""
        path = f"{operation}.{member}"
        name = next((name for name in list_ends(path) if name in self.makers), None)
        return None if name is None or self.makers[name].operation == operation else name

    def list_refused(self, operation: str) -> list[str]:
        """List the members of an operation that are never taken."""
        members = self.shape(operation).members
        return [name for name in members if find(self.refused, f"{operation}.{name}") is not None]

    def list_readings(self, operation: str) -> list[str]:
        """List what reads back what an operation was told."""
        if operation in self.readings:
            return list(self.readings[operation])
        verb = next((verb for verb in _CHANGES if operation.startswith(verb)), operation)
        noun = operation.removeprefix(verb)
        return [name for name in (f"Get{noun}", f"Get{noun}s") if name in self.operations]


def find(table: Table[T], path: str, shape: Shape | None = None) -> T | None:
    """Find what a table says of a path: the longest end of it wins."""
    found = next((end for end in list_ends(path) if end in table), None)
    if found is not None:
        return table[found]
    return None if shape is None else table.get(shape.name)


def list_ends(path: str) -> Iterator[str]:
    """List the ends of a path, the longest first."""
    parts = path.split(".")
    return (".".join(parts[start:]) for start in range(len(parts)))


class Walk:
    """One operation asked, with whatever that needs; every walk makes its own things."""

    def __init__(self, scene: Scene, clients: Clients, draw: Draw) -> None:
        self.scene = scene
        self._clients = clients
        self._draw = draw
        self._places: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        """How often each operation answered."""

    def elsewhere(self, scene: Scene) -> "Walk":
        """Go through another service, for what is needed of it."""
        return Walk(scene, self._clients, self._draw)

    def place(self, name: str) -> str:
        """Name a thing that a member asks for; it is made when it is first asked for."""
        maker = self.scene.makers[name]
        place = f"{maker.operation} {maker.member}"
        if place not in self._places:
            request = self._least_request(maker.operation)
            told = {**request, **flatten(self.ask(maker.operation, request))}
            self._places[place] = told[maker.member]
        return self._places[place]

    def give(self, operation: str, member: str) -> Any:
        """Ask an operation for one thing only, and say what it was."""
        request = self._least_request(operation, member)
        self.ask(operation, request)
        return request[member]

    def request(self, operation: str, left_out: Collection[str] = ()) -> Request:
        """Make a request with every member, but for those that are left out or never taken."""
        for name in self.scene.needs.get(operation, ()):
            self.place(name)
        never = {*left_out, *self.scene.list_refused(operation)}
        members = self.scene.shape(operation).members
        return {name: self.draw(operation, name) for name in members if name not in never}

    def draw(self, operation: str, member: str) -> Any:
        """Draw a value for a member; where it names something, that is made."""
        maker = self.scene.find_maker(operation, member)
        if maker is not None:
            return self.place(maker)
        shape = self.scene.shape(operation).members[member]
        return draw_value(self._draw, shape, f"{operation}.{member}", self._known)

    def broken(self, operation: str, request: Request) -> Iterator[tuple[Broken, Request]]:
        """Break each bound of a request in turn, its members' being there included."""
        for name, member in self.scene.shape(operation).members.items():
            is_in_path = member.serialization.get("location") == "uri"
            path = f"{operation}.{name}"
            if name in self.scene.shape(operation).required_members and not is_in_path:
                left = {other: value for other, value in request.items() if other != name}
                yield Broken(path, None, self._say_missing(path, member)), left
            for broken in break_value(member, request[name], path) if name in request else ():
                if not (is_in_path and broken.value == ""):
                    yield broken, {**request, name: broken.value}

    def ask(self, operation: str, request: Request) -> Request:
        """Ask, and hold the answer's status and times."""
        answer: Request = getattr(self._clients.of(self.scene.service), xform_name(operation))(
            **request
        )
        self.asked[operation] += 1
        status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        wanted = self.scene.model(operation).http.get("responseCode", 200)
        assert status == self.scene.statuses.get(operation, wanted)
        for name, time in _list_times(answer) if operation.startswith("Create") else ():
            if name.lower().startswith(("create", "lastupdated")):
                assert abs((datetime.now(UTC) - time).total_seconds()) < _NOW_SECONDS_MAX  # noqa: TID251  # the gateway's clock is the machine's
        return answer

    def refuse(self, operation: str, request: Request) -> tuple[int, str, str]:
        """Ask what is refused; give status, name and text of the refusal."""
        try:
            self.ask(operation, request)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return status, error.response["Error"]["Code"], error.response["Error"]["Message"]
        return 0, "", "it was not refused"

    def read(self, reading: str, operation: str, told: Request) -> Request:
        """Read back what an operation was told and told itself."""
        request = {}
        for name in self.scene.shape(reading).members:
            if name not in self.scene.shape(reading).required_members and name not in told:
                continue
            maker = find(self.scene.makers, f"{reading}.{name}")
            is_new = maker is not None and maker.operation == operation
            known = told.get(maker.member if maker is not None and is_new else name)
            known = told.get(f"New{name}", known)
            request[name] = self.place(name) if known is None else known
        return self.ask(reading, request)

    def fill(self, listing: str) -> Request:
        """Make two items for a list; give a request for it."""
        filling = self.scene.find_filling(listing)
        request = self._least_request(listing)
        places = dict(self._places)
        for _ in range(1 if listing in self.scene.short else 2):
            self._places = dict(places)
            self.ask(filling, self.request(filling, *self.scene.variants.get(filling, ())[:1]))
        return request

    def list_pages(self, listing: str, request: Request, limit: int | None = None) -> list[Items]:
        """List the pages of a list: of several, where an answer has more of them."""
        pages = self.scene.pages
        size = {} if limit is None else {pages.limit: pages.number(limit)}
        answer: Request = {pages.next_token: None}
        found = []
        while pages.next_token in answer:
            token = answer[pages.next_token]
            answer = self.ask(listing, request | size | ({pages.token: token} if token else {}))
            lists = {name: one for name, one in answer.items() if isinstance(one, list)}
            maps = {name: [*one] for name, one in answer.items() if isinstance(one, dict)}
            found.append(lists or maps)
        return found

    def _least_request(self, operation: str, *more: str) -> Request:
        shape = self.scene.shape(operation)
        needed = {*shape.required_members, *self.scene.wanted.get(operation, ()), *more}
        return self.request(operation, {*shape.members} - needed)

    def _say_missing(self, path: str, member: Shape) -> str:
        name = str(member.serialization.get("name", path.rpartition(".")[2]))
        return self.scene.missing.format(name[0].lower() + name[1:])

    def _known(self, path: str, shape: Shape) -> st.SearchStrategy[Any] | None:
        known = find(self.scene.values, path, shape)
        if known is None or isinstance(known, st.SearchStrategy):
            return known
        value = known(self)
        return value if isinstance(value, st.SearchStrategy) else st.just(value)


def flatten(answer: Request) -> Request:
    """Take an answer out of the structure that is all it has."""
    values = list(answer.values())
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else answer


def merge(pages: Sequence[Items]) -> Items:
    """Put pages together."""
    return {name: [*chain.from_iterable(page[name] for page in pages)] for name in pages[0]}


def list_given(request: Request) -> Iterator[tuple[str, Any]]:
    """List what a request gives, by the member's name; that of a patch is the end of its path."""
    for name, value in request.items():
        if name != "patchOperations":
            yield name, value
        for one in value if name == "patchOperations" else ():
            is_text = not re.fullmatch(r"[\d.]+|true|false", one["value"])
            yield (
                one["path"].rpartition("/")[2],
                one["value"] if is_text else json.loads(one["value"]),
            )


def tells(told: Any, name: str, given: Any, is_free: Callable[[str], bool]) -> bool:
    """Tell whether an answer has a member with the value that was given, at any depth.

    Args:
        told: the answer.
        name: the member.
        given: its value.
        is_free: tells of a path below the member whether AWS says something else there.
    """
    match told:
        case dict() if name in told:
            return _is_told(told[name], given, name, is_free)
        case dict():
            return given in _EMPTY or any(tells(one, name, given, is_free) for one in told.values())
        case list():
            return any(tells(item, name, given, is_free) for item in told)
        case _:
            return False


def _is_told(told: Any, given: Any, path: str, is_free: Callable[[str], bool]) -> bool:
    """Hold what is told against what was given; AWS may tell more of a structure."""
    match given:
        case _ if is_free(path):
            return True
        case str() if isinstance(told, dict):  # what has an ARN, or a policy: the SDK reads it
            return bool(told["Arn"] == given if "Arn" in told else told == json.loads(given))
        case dict() if isinstance(told, dict):
            return all(
                _is_told(told.get(key), value, f"{path}.{key}", is_free)
                for key, value in given.items()
            )
        case list() if isinstance(told, list):
            pairs = zip(told, given, strict=False)
            return len(told) == len(given) and all(
                _is_told(one, other, path, is_free) for one, other in pairs
            )
        case _:
            return bool(told == given) or (told is None and given in _EMPTY)


def _list_times(value: Any, name: str = "") -> Iterator[tuple[str, datetime]]:
    match value:
        case datetime():
            yield name, value
        case dict():
            for key, item in value.items():
                yield from _list_times(item, key)
        case list():
            for item in value:
                yield from _list_times(item, name)
        case _:
            return
