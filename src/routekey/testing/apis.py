"""APIs in one line, for tests: route keys to function names."""

from collections.abc import Iterable, Mapping

from routekey.arn import function_arn
from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.gateway.directory import Directory
from routekey.ids import AccountId, ApiId, RouteKey, StageName
from routekey.resources.api import Api, Integration, IntegrationType, Route, RouteResponse, Stage
from routekey.resources.snapshot import Snapshot, compile_snapshot

REGION = "eu-west-2"
ACCOUNT_ID = AccountId("123456789012")


def make_api(
    routes: Mapping[str, str | None],
    *,
    api_id: str = "6behyoa40f",
    two_way: Iterable[str] = (),
    stage: str = "dev",
    stage_variables: Mapping[str, str] | None = None,
    selection: str = "$request.body.action",
) -> Api:
    """Make an API whose routes go to Lambda proxies.

    Args:
        routes: route keys to function names; None is a route without integration.
        api_id: its id.
        two_way: the keys of the routes that have a route response.
        stage: the name of its one stage.
        stage_variables: the stage's.
        selection: the route selection expression.
    """
    names = sorted({name for name in routes.values() if name is not None})
    replied = frozenset(two_way)
    return Api(
        api_id=ApiId(api_id),
        name=api_id,
        route_selection_expression=selection,
        routes=tuple(
            Route(
                route_id=f"r{index}",
                route_key=RouteKey(key),
                target=None if name is None else f"integrations/{name}",
                responses=(RouteResponse(),) if key in replied else (),
            )
            for index, (key, name) in enumerate(routes.items())
        ),
        integrations=tuple(
            Integration(
                integration_id=name,
                integration_type=IntegrationType.AWS_PROXY,
                integration_uri=function_arn(REGION, ACCOUNT_ID, name),
            )
            for name in names
        ),
        stages=(Stage(stage_name=StageName(stage), stage_variables=dict(stage_variables or {})),),
    )


def compile_api(api: Api, choices: Choices = DEFAULT_CHOICES) -> dict[StageName, Snapshot]:
    """Compile all stages of an API."""
    return {
        stage.stage_name: compile_snapshot(
            api, stage, region=REGION, account_id=ACCOUNT_ID, choices=choices
        )
        for stage in api.stages
    }


def make_directory(*apis: Api, choices: Choices = DEFAULT_CHOICES) -> Directory:
    """Compile APIs into a directory."""
    return Directory(snapshots={api.api_id: compile_api(api, choices) for api in apis})
