"""What is served of what is kept."""

from dataclasses import replace

import pytest

from routekey.endpoints.control_plane.edit import FOLDERS, Edit, Kept
from routekey.endpoints.control_plane.serving import (
    compile_changes,
    compile_stages,
    make_served_directory,
)
from routekey.errors import InputError
from routekey.ids import ApiId, RouteKey, StageName
from routekey.resources.managed import Deployment, ManagedApi, ManagedRoute, ManagedStage
from routekey.testing.apis import ACCOUNT_ID, REGION

DEV, TEST = StageName("dev"), StageName("test")


def make_stage(name: StageName, deployment_id: str | None) -> ManagedStage:
    return ManagedStage(
        stage_name=name, deployment_id=deployment_id, created_date=1, last_updated_date=1
    )


def make_api(api_id: str) -> ManagedApi:
    route = ManagedRoute(route_id="r", route_key=RouteKey("join"))
    return ManagedApi(
        api_id=ApiId(api_id),
        name="chat",
        route_selection_expression="$request.body.action",
        created_date=1,
        routes=(route,),
        stages=(make_stage(DEV, "d1"), make_stage(TEST, None)),
    )


def make_kept(*apis: ManagedApi) -> Kept:
    kept: Kept = {kind: {} for kind in FOLDERS.values()}
    for api in apis:
        deployment = Deployment(deployment_id="d1", api=replace(api, stages=()), created_date=1)
        kept[ManagedApi][api.api_id] = api
        kept[Deployment][deployment.key] = deployment
    return kept


def begin(kept: Kept) -> Edit:
    return Edit(kept, region=REGION, account_id=ACCOUNT_ID, now=7, entropy=bytes)


@pytest.mark.rule("CP-STAGE-04", "CP-DEPLOY-01")
def test_only_deployed_stages_are_served() -> None:
    api = make_api("a")
    kept = make_kept(api)
    served = compile_stages(begin(kept), [api], {})
    assert list(served) == [(api.api_id, DEV)]
    directory = make_served_directory(served, kept)
    assert list(directory.snapshots[api.api_id]) == [DEV]


def test_what_an_edit_does_not_touch_stays_as_it_is() -> None:
    one, other = make_api("a"), make_api("b")
    kept = make_kept(one, other)
    before = compile_stages(begin(kept), [one, other], {})
    assert compile_changes(begin(kept), before) is before
    edit = begin(kept)
    changed = replace(make_stage(DEV, "d1"), stage_variables={"a": "1"})
    edit.put("a", replace(one, stages=(changed, make_stage(TEST, "d1"))))
    after = compile_changes(edit, before)
    assert after[ApiId("b"), DEV] is before[ApiId("b"), DEV]
    assert after[ApiId("a"), DEV] is not before[ApiId("a"), DEV]
    assert (ApiId("a"), TEST) in after


def test_an_edit_that_changes_no_stage_compiles_none() -> None:
    api = make_api("a")
    kept = make_kept(api)
    before = compile_stages(begin(kept), [api], {})
    edit = begin(kept)
    edit.put("a", replace(api, description="a chat"))
    assert compile_changes(edit, before)[api.api_id, DEV] is before[api.api_id, DEV]


def test_an_api_that_is_removed_is_not_served() -> None:
    api = make_api("a")
    kept = make_kept(api)
    before = compile_stages(begin(kept), [api], {})
    edit = begin(kept)
    edit.remove(ManagedApi, "a")
    assert compile_changes(edit, before) == {}


def test_what_does_not_compile_is_told() -> None:
    api = replace(make_api("a"), route_selection_expression="${request")
    with pytest.raises(InputError):
        compile_stages(begin(make_kept(api)), [api], {})
