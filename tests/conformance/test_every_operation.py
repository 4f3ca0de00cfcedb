"""Every operation that is served, held against AWS's service models: generated, not written.

Each is asked through boto3 with random values in every member, which are accepted and read back
equal; then without each member that is required, and with each bound broken, and is refused.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conformance.scene import Scene, Walk, find, flatten, list_ends, list_given, merge, tells
from conformance.scenes.apigateway import APIGATEWAY
from conformance.scenes.apigatewayv2 import APIGATEWAYV2
from conformance.scenes.iam import IAM
from conformance.scenes.lambda_ import LAMBDA
from conformance.scenes.sts import STS
from conformance.serving import Clients, serve
from conformance.shapes import list_paths
from routekey.testing.apis import ACCOUNT_ID

LOGS_ROLE: Final = f"arn:aws:iam::{ACCOUNT_ID}:role/logs"
SCENES: Final = [APIGATEWAYV2, APIGATEWAY, IAM, LAMBDA, STS]
EVERY_OPERATION: Final = pytest.mark.parametrize(
    ("scene", "operation"),
    [
        pytest.param(scene, name, id=f"{scene.service}-{name}")
        for scene in SCENES
        for name in scene.operations
    ],
)
EVERY_LIST: Final = pytest.mark.parametrize(
    ("scene", "operation"),
    [
        pytest.param(scene, name, id=f"{scene.service}-{name}")
        for scene in SCENES
        for name in scene.operations
        if scene.pages.token in scene.shape(name).members and name not in scene.unpaged
    ],
)


def draws(count: int) -> settings:
    """Draw so many requests for each operation."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=count,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=checks,
    )


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    with serve(tmp_path_factory.mktemp("data")) as clients:
        role = {"op": "replace", "path": "/cloudwatchRoleArn", "value": LOGS_ROLE}  # CP-STAGE-08
        clients.of("apigateway").update_account(patchOperations=[role])
        yield clients


@pytest.mark.rule("CP-PROTO-02", "CP-PROTO-05")
@EVERY_OPERATION
@draws(2)
@given(data=st.data())
def test_every_member_is_accepted_and_read_back_equal(
    clients: Clients, scene: Scene, operation: str, data: st.DataObject
) -> None:
    for left_out in scene.variants.get(operation, (frozenset(),)):
        walk = Walk(scene, clients, data.draw)
        request = walk.request(operation, left_out)
        told = {**request, **flatten(walk.ask(operation, request))}
        names = scene.list_readings(operation)
        readings = [walk.read(name, operation, told) for name in names]
        addresses = {name for reading in names for name in scene.shape(reading).members}
        for reading in readings[1:2]:
            assert flatten(readings[0]) in reading.get("Items", [flatten(readings[0])])

        def is_free(path: str) -> bool:
            return find(scene.untold, f"{operation}.{path}") is not None

        untold = {
            name: value
            for name, value in (list_given(request) if readings else ())
            if name not in addresses
            and not is_free(name)
            and not tells(
                readings, find(scene.renamed, f"{operation}.{name}") or name, value, is_free
            )
        }
        assert not untold, (sorted(untold), readings)


@EVERY_OPERATION
@draws(1)
@given(data=st.data())
def test_each_bound_holds(
    clients: Clients, scene: Scene, operation: str, data: st.DataObject
) -> None:
    walk = Walk(scene, clients, data.draw)
    left_out = scene.variants.get(operation, (frozenset(),))[0]
    request = walk.request(operation, left_out)
    for broken, refused in walk.broken(operation, request):
        if find(scene.unbounded, broken.path) is None:
            status, code, text = walk.refuse(operation, refused)
            assert (status, code) == scene.refusal, (broken, text)
            texts = {} if broken.value is None else scene.texts
            assert (find(texts, broken.path) or broken.constraint) in text, broken


@pytest.mark.rule("CP-PROTO-04")
@EVERY_OPERATION
@draws(1)
@given(data=st.data())
def test_what_is_not_there_is_not_found(
    clients: Clients, scene: Scene, operation: str, data: st.DataObject
) -> None:
    walk = Walk(scene, clients, data.draw)
    required = scene.shape(operation).required_members
    names = [name for name in required if scene.find_maker(operation, name)]
    left_out = scene.variants.get(operation, (frozenset(),))[0]
    request = walk.request(operation, left_out) if names else {}
    for name in names:
        if isinstance(request[name], str):
            asked = {**request, name: name_another(request[name])}
            status, code, text = walk.refuse(operation, asked)
            is_fine = status == 0 and operation in scene.idempotent
            assert is_fine or (status, code) == scene.unknown, (name, text)


def name_another(name: str) -> str:
    """Name what nobody made; a UUID keeps its length."""
    return f"99999999{name[8:]}" if name.count("-") == 4 else f"{name}99999"


@EVERY_OPERATION
@draws(1)
@given(data=st.data())
def test_members_that_are_never_taken_are_refused(
    clients: Clients, scene: Scene, operation: str, data: st.DataObject
) -> None:
    walk = Walk(scene, clients, data.draw)
    refused = scene.list_refused(operation)
    request = walk.request(operation) if refused else {}
    for name in refused:
        asked = {**request, name: walk.draw(operation, name)}
        status, code, text = walk.refuse(operation, asked)
        assert (status, code) == (scene.refusal_of_members or scene.refusal), (name, text)


@pytest.mark.rule("CP-PROTO-06")
@EVERY_LIST
@draws(1)
@given(data=st.data())
def test_lists_come_in_pages(
    clients: Clients, scene: Scene, operation: str, data: st.DataObject
) -> None:
    walk = Walk(scene, clients, data.draw)
    request = walk.fill(operation)
    items = merge(walk.list_pages(operation, request))
    pages = walk.list_pages(operation, request, max(1, sum(map(len, items.values())) // 2))
    assert merge(pages) == items
    assert len(pages) >= 2 or operation in scene.short
    for broken in scene.pages.broken:
        status, code, text = walk.refuse(operation, request | broken)
        assert (status, code) == scene.refusal, (broken, text)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.service)
def test_every_exception_is_of_a_member_that_there_is(scene: Scene) -> None:
    paths = {
        path
        for operation in scene.operations
        for path in list_paths(scene.shape(operation), operation)
    }
    ends = {end for path in paths for end in list_ends(path)}
    tables = (
        scene.values,
        scene.refused,
        scene.untold,
        scene.unbounded,
        scene.texts,
        scene.renamed,
    )
    assert set(chain(*tables)) <= ends
    by_operation = (
        scene.fillings,
        scene.idempotent,
        scene.needs,
        scene.readings,
        scene.short,
        scene.statuses,
        scene.unpaged,
        scene.variants,
        scene.wanted,
    )
    assert set(chain(*by_operation)) <= set(scene.operations)
    for operation, variants in scene.variants.items():
        never = frozenset.intersection(*variants)
        assert never <= scene.elsewhere.keys(), (operation, never)
