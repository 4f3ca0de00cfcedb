"""Where the resources of a project come from."""

from dataclasses import replace

from routekey.ids import AccountId
from routekey.resources.api import Origin
from routekey.resources.project import Project, with_origins
from routekey.testing.apis import make_api

API = make_api({"$default": "echo"})
PLACE = Origin(file="/project/template.yaml")


def project(*files: str) -> Project:
    return Project(
        region="eu-west-2", account_id=AccountId("123456789012"), apis=(API,), files=files
    )


def test_each_resource_comes_from_the_first_file() -> None:
    (api,) = with_origins(project(PLACE.file, "/project/nested.yaml")).apis
    origins = {api.origin, api.stages[0].origin}
    origins |= {route.origin for route in api.routes}
    origins |= {integration.origin for integration in api.integrations}
    assert origins == {PLACE}


def test_an_origin_that_is_known_stays() -> None:
    own = Origin(file="/project/nested.yaml", line=7)
    given = replace(project(PLACE.file), apis=(replace(API, origin=own),))
    (api,) = with_origins(given).apis
    assert api.origin == own
    assert {route.origin for route in api.routes} == {PLACE}


def test_a_project_without_files_is_a_project_nevertheless() -> None:
    (api,) = with_origins(project()).apis
    assert api.origin == Origin(file="project")
