"""The control plane itself: kept, published, or neither."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from endpoints.control_plane.laboratory import Laboratory
from routekey.adapters.store import MemoryStore, SqliteStore
from routekey.endpoints.control_plane.apis import create_api, get_apis
from routekey.endpoints.control_plane.deployments import create_deployment
from routekey.endpoints.control_plane.routes import create_route
from routekey.endpoints.control_plane.stages import create_stage, update_stage
from routekey.errors import InputError
from routekey.ids import ApiId, StageName
from routekey.resources.api import Origin
from routekey.resources.function import Code, Function, PackageType
from routekey.resources.project import Project
from routekey.resources.store import StoreError
from routekey.testing.apis import ACCOUNT_ID, REGION

MINIMUM = {
    "name": "chat",
    "protocol_type": "WEBSOCKET",
    "route_selection_expression": "$request.body.action",
}


async def deploy(laboratory: Laboratory) -> str:
    """Make an API with one route and deploy it."""
    run = laboratory.plane.run
    api_id = (await run(create_api, MINIMUM))["api_id"]
    await run(create_route, {"api_id": api_id, "route_key": "join"})
    await run(create_stage, {"api_id": api_id, "stage_name": "dev"})
    await run(create_deployment, {"api_id": api_id, "stage_name": "dev"})
    return str(api_id)


async def test_what_was_made_is_there_and_served_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "routekey.db"
    async with Laboratory(await SqliteStore.open(file)) as laboratory:
        api_id = await deploy(laboratory)
        before = await laboratory.plane.run(get_apis, {})
    async with Laboratory(await SqliteStore.open(file)) as laboratory:
        assert await laboratory.plane.run(get_apis, {}) == before
        snapshot = laboratory.directory.find_snapshot(ApiId(api_id), StageName("dev"))
        assert snapshot is not None
        assert list(snapshot.routes) == ["join"]


async def test_only_what_changed_is_compiled_anew(laboratory: Laboratory) -> None:
    one, two = await deploy(laboratory), await deploy(laboratory)
    before = laboratory.directory.snapshots
    variables = {"table": "messages"}
    await laboratory.plane.run(
        update_stage, {"api_id": one, "stage_name": "dev", "stage_variables": variables}
    )
    after, dev = laboratory.directory.snapshots, StageName("dev")
    assert after[ApiId(one)][dev] is not before[ApiId(one)][dev]
    assert after[ApiId(two)][dev] is before[ApiId(two)][dev]


async def test_an_edit_of_what_is_not_served_publishes_nothing(laboratory: Laboratory) -> None:
    api_id = await deploy(laboratory)
    before = len(laboratory.published)
    await laboratory.plane.run(create_route, {"api_id": api_id, "route_key": "leave"})
    await laboratory.plane.run(get_apis, {})
    assert len(laboratory.published) == before


async def test_a_reset_forgets_everything(laboratory: Laboratory) -> None:
    await deploy(laboratory)
    await laboratory.plane.reset()
    assert (await laboratory.plane.run(get_apis, {}))["items"] == []
    assert laboratory.directory.snapshots == {}


@pytest.mark.parametrize(
    ("key", "text"), [("birds/1", "of no known kind"), ("apis/1", "cannot be read")]
)
async def test_a_document_that_is_not_ours_is_told(key: str, text: str) -> None:
    store = MemoryStore()
    await store.write({key: b"{}"})
    with pytest.raises(InputError, match=text):
        await Laboratory(store).plane.open()


async def test_opening_takes_the_project_in_place_of_the_old_one(tmp_path: Path) -> None:
    """Code of a project that is gone is never started again."""
    file = tmp_path / "routekey.db"
    old, new = make_project("old"), make_project("new")
    async with Laboratory(await SqliteStore.open(file)) as laboratory:
        await laboratory.plane.load_project(old)
    laboratory = Laboratory(await SqliteStore.open(file))
    laboratory.functions.refused = "old"
    await laboratory.plane.open(new)
    assert [one.function_name for one in laboratory.functions.present] == ["new"]
    await laboratory.plane.close()
    laboratory = Laboratory(await SqliteStore.open(file))
    await laboratory.plane.open()
    assert [one.function_name for one in laboratory.functions.present] == ["new"]
    await laboratory.plane.close()


async def test_what_cannot_be_stored_does_not_run_either(laboratory: Laboratory) -> None:
    await laboratory.plane.load_project(make_project("old"))
    laboratory.plane._store = FullDisk()
    with pytest.raises(StoreError):
        await laboratory.plane.load_project(make_project("new"))
    assert [one.function_name for one in laboratory.functions.present] == ["old"]


class FullDisk(MemoryStore):
    """A store that has no room left."""

    async def write(self, changes: Mapping[str, bytes | None]) -> None:
        raise StoreError(f"no room for {len(changes)} documents")


def make_project(name: str) -> Project:
    function = Function(
        function_name=name,
        code=Code(package_type=PackageType.DIRECTORY, path=f"/{name}"),
        handler="app.handler",
        runtime="python3.11",
        role="r",
        origin=Origin(file="template.yaml"),
    )
    return Project(region=REGION, account_id=ACCOUNT_ID, functions=(function,))
