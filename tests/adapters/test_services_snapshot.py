"""Snapshots of the emulator in this process.

That what services hold comes back is in test_kept_services.py, with the real program.
"""

import os
import pickle
import re
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Network
from pathlib import Path
from tempfile import SpooledTemporaryFile
from threading import Condition, Lock, RLock, Thread
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from joserfc.jwk import RSAKey
from moto.batch.models import Job
from moto.core.base_backend import BackendDict
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.s3.notifications import S3NotificationEvent
from moto.sqs.models import Queue, sqs_backends
from moto.ssm.models import ParameterDict, ssm_backends
from moto.utilities.utils import CaseInsensitiveDict, LowercaseDict

from routekey.adapters import services_snapshot
from routekey.adapters.services_snapshot import restore_snapshot, take_snapshot

ACCOUNT, REGION = "123456789012", "eu-west-2"


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    yield
    BackendDict.reset()


def backend() -> Any:
    return sqs_backends[ACCOUNT][REGION]


def keep(value: object) -> Any:
    """Let the emulator hold a value, forget it, and read it from a snapshot."""
    backend().value = value
    content, left_out = take_snapshot()
    assert left_out == ()
    BackendDict.reset()
    assert not hasattr(backend(), "value")
    restore_snapshot(content)
    return backend().value


def lowercase() -> LowercaseDict:
    made = LowercaseDict()
    made["Content-Type"] = "text/plain"
    return made


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(
            {"a": [1, 2.5, None, True, b"\x00", ("x",), {"s"}, frozenset({1})]}, id="plain"
        ),
        pytest.param(OrderedDict([("b", 1), ("a", 2)]), id="ordered dictionary"),
        pytest.param(deque([1, 2], maxlen=3), id="deque"),
        pytest.param([Decimal("1.50"), UUID(int=1), IPv4Network("10.0.0.0/8")], id="values"),
        pytest.param(
            [datetime(2026, 1, 2, tzinfo=UTC), date(2026, 1, 2), timedelta(1)], id="times"
        ),
        pytest.param(re.compile("a+", re.IGNORECASE), id="pattern"),
        pytest.param(S3NotificationEvent.OBJECT_CREATED_PUT_EVENT, id="member of an enum"),
        pytest.param(CaseInsensitiveDict(Name="a"), id="case-insensitive dictionary"),
        pytest.param(DynamoType({"M": {"a": {"N": "1"}}}), id="object of moto's"),
    ],
)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    back = keep(value)
    assert type(back) is type(value)
    assert back == value


def test_an_object_of_moto_comes_back_with_its_attributes() -> None:
    back = keep(lowercase())
    assert back["content-type"] == "text/plain"


def test_a_dictionary_goes_on_making_what_is_missing() -> None:
    back = keep(defaultdict(list, a=[1]))
    assert back["b"] == []
    own = keep(ParameterDict(ACCOUNT, REGION))
    assert own["/none"] == []
    assert own.account_id == ACCOUNT


def test_a_dictionary_of_a_backend_keeps_a_factory_that_cannot_be_written() -> None:
    tags = ssm_backends[ACCOUNT][REGION]._resource_tags
    tags["Parameter"]["/a"]["name"] = "value"
    keep("anything")
    back = ssm_backends[ACCOUNT][REGION]._resource_tags
    assert back == {"Parameter": {"/a": {"name": "value"}}}
    assert back["new"]["/b"] == {}


def test_one_object_in_two_places_stays_one() -> None:
    queue: Any = backend().create_queue("jobs")
    first, second, holder = keep([queue, {"again": queue}, backend()])
    assert first is second["again"]
    assert holder is backend()
    assert keep(sqs_backends) is sqs_backends


@pytest.mark.parametrize("make", [Lock, RLock, Condition])
def test_a_lock_comes_back_free(make: Callable[[], Any]) -> None:
    lock = make()
    with lock:
        back = keep(lock)
    assert type(back) is type(lock)
    assert back.acquire(blocking=False)
    back.release()


def test_the_file_of_an_object_comes_back_and_a_closed_one_is_closed() -> None:
    with SpooledTemporaryFile(max_size=0) as file:
        file.write(b"content")
        file.seek(2)
        with keep(file) as back:
            back.seek(0)
            assert back.read() == b"content"
        assert file.tell() == 2
    assert keep(file).closed


def test_a_private_key_comes_back() -> None:
    key = generate_private_key(SECP256R1())
    assert keep(key).private_numbers() == key.private_numbers()
    web_key = RSAKey.generate_key(2048)
    assert keep(web_key).as_dict(private=True) == web_key.as_dict(private=True)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(Thread, id="a thread"),
        pytest.param(lambda: object.__new__(Job), id="a thread of moto's"),
        pytest.param(lambda: lambda: None, id="a function"),
        pytest.param(lambda: os.mkdir, id="a function of the system"),
        pytest.param(lambda: backend().reset, id="a method"),
        pytest.param(lambda: Queue, id="a class of moto's"),
        pytest.param(lambda: Path, id="a class"),
        pytest.param(lambda: SimpleNamespace(a=1), id="an object of others"),
        pytest.param(lambda: object.__new__(DomainDispatcherApplication), id="an application"),
        pytest.param(lambda: [defaultdict(lambda: 1)], id="a dictionary further in"),
    ],
)
def test_a_service_that_holds_more_than_data_is_left_out_by_name(
    make: Callable[[], object],
) -> None:
    backend().value = make()
    vars(ssm_backends[ACCOUNT][REGION])["value"] = "kept"
    content, left_out = take_snapshot()
    assert left_out == ("sqs",)
    BackendDict.reset()
    restore_snapshot(content)
    assert not hasattr(backend(), "value")
    assert vars(ssm_backends[ACCOUNT][REGION])["value"] == "kept"


class Named:
    """Is pickled as a call, as somebody may who writes a snapshot himself."""

    def __init__(self, called: Callable[..., Any], *values: object) -> None:
        self._reduced = called, values

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return self._reduced


@pytest.mark.parametrize(
    ("called", "values"),
    [
        pytest.param(os.mkdir, ("made",), id="the system"),
        pytest.param(eval, ("1",), id="eval"),
        pytest.param(getattr, (object, "__subclasses__"), id="getattr"),
        pytest.param(Queue, ("jobs", REGION, ACCOUNT), id="a constructor of moto's"),
        pytest.param(services_snapshot._make_bare, ("subprocess", "Popen"), id="another module"),
        pytest.param(services_snapshot._make_bare, ("moto.core", "none"), id="nothing"),
        pytest.param(
            services_snapshot._make_bare, ("moto.sqs.models", "Thread"), id="a class from elsewhere"
        ),
        pytest.param(
            services_snapshot._make_bare,
            ("moto.moto_server.werkzeug_app", "DomainDispatcherApplication"),
            id="what can be called",
        ),
        pytest.param(
            services_snapshot._find_member, ("moto.sqs.models", "Queue", "x"), id="no enum"
        ),
        pytest.param(services_snapshot._find_group, ("moto.sqs.models", "x"), id="no service"),
        pytest.param(services_snapshot._find_group, ("os", "sqs"), id="no service's module"),
    ],
)
def test_what_a_snapshot_may_not_name_is_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: Callable[..., Any], values: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pickle.PickleError):
        restore_snapshot(pickle.dumps(Named(called, *values)))
    assert list(tmp_path.iterdir()) == []
