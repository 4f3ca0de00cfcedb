"""What is served: the deployed stages, compiled, each anew only when it has changed.

Source: CP-DEPLOY-01, CP-DEPLOY-02, CP-STAGE-04, CP-KEY-05.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from routekey.endpoints.control_plane.edit import Edit, Kept
from routekey.gateway.directory import Directory, make_directory
from routekey.ids import ApiId, StageName
from routekey.resources.domain import DomainName
from routekey.resources.managed import Deployment, ManagedApi, ManagedStage, deployment_key
from routekey.resources.snapshot import Snapshot, compile_snapshot
from routekey.resources.usage import ApiKey, UsagePlan


@dataclass(frozen=True, slots=True)
class ServedStage:
    """A compiled stage, and what it was compiled from."""

    deployment: Deployment
    stage: ManagedStage
    snapshot: Snapshot


Served: TypeAlias = Mapping[tuple[ApiId, StageName], ServedStage]


def compile_changes(edit: Edit, before: Served) -> Served:
    """Compile the stages of the APIs that an edit has changed; the others stay.

    Raises:
        InputError: one of them does not hold.
    """
    changed = {key: api for (kind, key), api in edit.changes.items() if kind is ManagedApi}
    if not changed:
        return before
    served = {place: one for place, one in before.items() if place[0] not in changed}
    present = (api for api in changed.values() if api is not None)
    return served | compile_stages(edit, present, before)


def compile_stages(
    edit: Edit, apis: Iterable[ManagedApi], before: Served
) -> dict[tuple[ApiId, StageName], ServedStage]:
    """Compile all stages of some APIs.

    Raises:
        InputError: one of them does not hold.
    """
    served: dict[tuple[ApiId, StageName], ServedStage] = {}
    for api in apis:
        for stage in api.stages:
            deployment = _find_deployment(edit, api, stage)
            if deployment is None:
                continue  # connecting to it is refused with 403 (CP-STAGE-04)
            place = (api.api_id, stage.stage_name)
            old = before.get(place)
            if old is None or old.stage != stage or old.deployment is not deployment:
                snapshot = compile_snapshot(
                    deployment.api,
                    stage,
                    region=edit.region,
                    account_id=edit.account_id,
                    choices=edit.choices,
                )
                old = ServedStage(deployment, stage, snapshot)
            served[place] = old
    return served


def make_served_directory(served: Served, kept: Kept) -> Directory:
    """Put together what the gateway reads: stages, and who may use them under which names."""
    snapshots: dict[ApiId, dict[StageName, Snapshot]] = {}
    for (api_id, stage), one in served.items():
        snapshots.setdefault(api_id, {})[stage] = one.snapshot
    return make_directory(
        snapshots,
        api_keys=kept[ApiKey].values(),
        usage_plans=kept[UsagePlan].values(),
        domain_names=kept[DomainName].values(),
    )


def _find_deployment(edit: Edit, api: ManagedApi, stage: ManagedStage) -> Deployment | None:
    if stage.deployment_id is None:
        return None
    return edit.find(Deployment, deployment_key(api.api_id, stage.deployment_id))
