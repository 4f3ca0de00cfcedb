"""A snapshot of the emulator of other AWS services: all that moto holds, as bytes, and back.

Moto has no format of its own, and AWS's APIs cannot give back all that they took: to receive a
message changes it, an item that is put again is news to a stream, and to scan 20,000 items takes
moto half a minute. So its objects themselves are written, with pickle, in a second.

Reading a pickle that somebody else made can run any code. Reading one here cannot: a snapshot may
name what stands in `_KNOWN` and nothing else, which are plain values, and functions of this module
that make an object of a class of moto's without its constructor.

What is written is what objects are made of, so only the version of moto that wrote it can read it.
"""

import io
import pickle
import re
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cache
from importlib import import_module
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from tempfile import SpooledTemporaryFile
from threading import Condition, Lock, RLock
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from joserfc.jwk import RSAKey
from moto.core.base_backend import BackendDict, BaseBackend
from moto.utilities.utils import CaseInsensitiveDict

_MOTO: Final = "moto."
_CONTAINERS: Final = (OrderedDict, defaultdict, dict, list)
"""What moto's classes may build on: not all of a thread, say, is in its object's attributes."""
_INSENSITIVE: Any = CaseInsensitiveDict.__base__
"""A dictionary of another library, written in Python; moto uses it as it is, too."""
_ABSTRACT: Final = frozenset({"abc", "collections.abc", "typing"})
_GROUP: Final = frozenset(vars(BackendDict(BaseBackend, "")))
"""What every group of backends has; the rest is what a service needs beside them."""
_STREAM: Final = ("moto.dynamodb.models.table", "StreamShard")
_PASSING: Final = frozenset({"dynamodbstreams"})
"""It has the iterators of streams, and never forgets one."""


def take_snapshot() -> tuple[bytes, tuple[str, ...]]:
    """Write all that the emulator in this process holds, but the records of tables' streams.

    Who reads a stream begins anew after a start, and would see all of them a second time.

    Returns:
        The snapshot, and the services that are not in it, as they hold what cannot be written.
    """
    everything: Any = BackendDict  # its list is declared for no type, or for each
    used = tuple(everything._instances)  # noqa: SLF001  # moto's own tagging looks there too
    groups = tuple(group for group in used if group.service_name not in _PASSING)
    try:
        return _write(groups), ()
    except Exception:  # noqa: BLE001  # whatever an object says that cannot be written
        writable = tuple(group for group in groups if _is_writable(group))
    left_out = {group.service_name for group in groups if group not in writable}
    return _write(writable), tuple(sorted(left_out))


def restore_snapshot(content: bytes) -> None:
    """Let the emulator in this process hold what it held when a snapshot was taken.

    Raises:
        Exception: whatever bytes lead to that are no snapshot of this version.
    """
    held, shared = _Reader(io.BytesIO(content)).load()
    for backend, state in held:
        for name, value in state.items():
            fresh = vars(backend).get(name)
            if type(value) is dict and isinstance(fresh, defaultdict):
                fresh.update(value)  # what makes its missing values cannot be written
            else:
                vars(backend)[name] = value
    for group, state in shared:
        vars(group).update(state)


def _write(groups: Iterable[Any]) -> bytes:
    held, shared = [], []
    for group in groups:
        shared.append((group, {k: v for k, v in vars(group).items() if k not in _GROUP}))
        for _, _, backend in tuple(group.iter_backends()):
            state = {name: _without_factory(value) for name, value in vars(backend).items()}
            held.append((backend, state))
    stream = io.BytesIO()
    _Writer(stream, protocol=pickle.HIGHEST_PROTOCOL).dump((held, shared))
    return stream.getvalue()


def _is_writable(group: Any) -> bool:
    try:
        _write([group])
    except Exception:  # noqa: BLE001  # as above
        return False
    return True


def _without_factory(value: object) -> object:
    if isinstance(value, defaultdict) and not isinstance(value.default_factory, type):
        return dict(value)
    return value


class _Writer(pickle.Pickler):
    """Writes what `_Reader` reads."""

    def reducer_override(self, value: Any) -> Any:
        """Take apart what pickle does not know, and refuse what `_Reader` would."""
        kind = type(value)
        if isinstance(value, BackendDict):
            return _find_group, (value.backend.__module__, value.service_name)
        if isinstance(value, BaseBackend):
            group = _group_of(value)
            place = (kind.__module__, group.service_name, value.account_id, value.region_name)
            return _find_backend, place
        if kind.__module__.startswith(_MOTO):
            return _take_apart(value, kind)
        if kind in _REDUCERS:
            return _REDUCERS[kind](value)
        if isinstance(value, RSAPrivateKey | EllipticCurvePrivateKey):
            content = value.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return _read_key, (content,)
        known = value if callable(value) else kind
        if _KNOWN.get((known.__module__, known.__qualname__)) is not known:
            raise pickle.PicklingError(f"{known.__module__}.{known.__qualname__} is not known")
        return NotImplemented


class _Reader(pickle.Unpickler):
    """Reads what `_Writer` has written, and makes nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Find what a snapshot names."""
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not known") from None


def _take_apart(value: Any, kind: type) -> tuple[Any, ...]:
    """Tell how an object of moto's is made again."""
    name = (kind.__module__, kind.__qualname__)
    if isinstance(value, Enum):
        return _find_member, (*name, value.name)
    base = _base_of(*name)
    attributes = dict(vars(value))
    if name == _STREAM:
        attributes["starting_sequence_number"] += len(attributes["items"])
        attributes["items"] = []
    if base is object and not hasattr(kind, "__setstate__"):
        return _make_bare, _name_of(kind), attributes
    factory = getattr(value, "default_factory", None) if base is defaultdict else None
    return (
        _make_bare,
        _name_of(kind),
        (attributes, _contents(value, base), factory),
        None,
        None,
        _fill,
    )


def _contents(value: Any, base: Any) -> Any:
    """Give what is in a container, past its own methods."""
    if base is object:
        return None
    return list.copy(value) if base is list else dict(base.items(value))


@cache
def _name_of(kind: type) -> tuple[str, str]:
    """Name a class, always with the same tuple, which pickle then writes once."""
    return kind.__module__, kind.__qualname__


def _import(module: str) -> Any:
    if not module.startswith(_MOTO):
        raise pickle.UnpicklingError(f"{module} is not moto's")
    return import_module(module)


@cache
def _find_class(module: str, name: str) -> Any:
    """Find a class of moto's.

    Raises:
        pickle.PickleError: there is none, or an object of it is more than its attributes.
    """
    found: Any = _import(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type) or found.__module__ != module:
        raise pickle.UnpicklingError(f"moto has no {module}.{name}")
    return found


@cache
def _base_of(module: str, name: str) -> Any:
    """Find what objects of a class of moto's are made as.

    Raises:
        pickle.PickleError: they are more than their attributes.
    """
    kind = _find_class(module, name)
    foreign = {each for each in kind.__mro__ if not each.__module__.startswith(_MOTO)}
    concrete = {each for each in foreign if each.__module__ not in _ABSTRACT} - {object}
    if concrete - {*_CONTAINERS, _INSENSITIVE} or any(
        "__call__" in vars(each) for each in kind.__mro__
    ):
        raise pickle.PicklingError(f"a {module}.{name} is more than its attributes")
    return next((each for each in _CONTAINERS if each in concrete), object)


def _make_bare(module: str, name: str) -> Any:
    return _base_of(module, name).__new__(_find_class(module, name))


def _fill(value: Any, state: tuple[Mapping[str, Any], Any, Any]) -> None:
    """Give an object its attributes and contents, past its own methods."""
    attributes, contents, factory = state
    vars(value).update(attributes)
    if isinstance(value, list):
        list.extend(value, contents)
    elif isinstance(value, OrderedDict):
        OrderedDict.update(value, contents)
    elif isinstance(value, dict):
        dict.update(value, contents)
    if isinstance(value, defaultdict):
        value.default_factory = factory


def _find_member(module: str, name: str, member: str) -> Any:
    kind = _find_class(module, name)
    if not issubclass(kind, Enum):
        raise pickle.UnpicklingError(f"{module}.{name} has no members")
    return kind[member]


def _find_group(module: str, service: str) -> Any:
    for value in vars(_import(module)).values():
        if isinstance(value, BackendDict) and value.service_name == service:
            return value
    raise pickle.UnpicklingError(f"moto has no {service}")


def _find_backend(module: str, service: str, account_id: str, region: str) -> Any:
    return _find_group(module, service)[account_id][region]


def _group_of(backend: BaseBackend) -> Any:
    module = vars(import_module(type(backend).__module__))
    groups = (value for value in module.values() if isinstance(value, BackendDict))
    return next(group for group in groups if group.backend is type(backend))


def _make_lock() -> Any:
    return Lock()


def _make_rlock() -> Any:
    return RLock()


def _make_condition() -> Condition:
    return Condition()


def _make_file(content: bytes | None) -> Any:
    """Make the file of an S3 object; None is that of a deleted one, which is closed."""
    # Without a bound it is in memory, however large.
    file = SpooledTemporaryFile(max_size=0)  # noqa: SIM115  # S3 keeps it open
    if content is None:
        file.close()
    else:
        file.write(content)
    return file


def _read_file(file: Any) -> bytes | None:
    """Read such a file without its lock and its position, which another thread may hold."""
    return None if file.closed else file._file.getvalue()  # noqa: SLF001  # the buffer, see there


def _read_key(content: bytes) -> Any:
    return load_der_private_key(content, None)


def _read_web_key(members: Mapping[str, Any]) -> RSAKey:
    return RSAKey.import_key(dict(members))


_REDUCERS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {
    type(Lock()): lambda _: (_make_lock, ()),
    type(RLock()): lambda _: (_make_rlock, ()),
    Condition: lambda _: (_make_condition, ()),
    re.Pattern: lambda pattern: (re.compile, (pattern.pattern, pattern.flags)),
    RSAKey: lambda key: (_read_web_key, (dict(key.as_dict(private=True)),)),
    SpooledTemporaryFile: lambda file: (_make_file, (_read_file(file),)),
}
_KNOWN: Final[dict[tuple[str, str], Any]] = {
    (value.__module__, value.__qualname__): value
    for value in (
        *(bool, bytearray, bytes, complex, dict, float, frozenset, int, list, set, str, tuple),
        *(_INSENSITIVE, OrderedDict, defaultdict, deque),
        *(Decimal, UUID, date, datetime, time, timedelta, timezone),
        *(IPv4Address, IPv4Network, IPv6Address, IPv6Network),
        *(_find_backend, _find_group, _find_member, _fill, _make_bare),
        *(_make_condition, _make_file, _make_lock, _make_rlock, _read_key, _read_web_key),
        re.compile,
    )
}
"""All that a snapshot may name. Each of these makes a value, and does nothing."""
