"""What can be published, without a socket."""

from dataclasses import replace

import pytest

from routekey.endpoints.control_plane.edit import FOLDERS, Edit
from routekey.endpoints.control_plane.publishing import find_version, publish
from routekey.endpoints.control_plane.refusals import InvalidParameterValueException
from routekey.ids import AccountId
from routekey.resources.function import Code, PackageType
from routekey.resources.managed import ManagedFunction

FUNCTION = ManagedFunction(
    function_name="echo",
    code=Code(package_type=PackageType.ZIP, path="/code.zip"),
    handler="app.handler",
    runtime="python3.12",
    role="arn:aws:iam::123456789012:role/runner",
    code_sha256="",
    code_size=0,
    last_modified=0,
    revision_id="",
)


@pytest.fixture
def edit() -> Edit:
    return Edit(
        {kind: {} for kind in FOLDERS.values()},
        region="eu-west-2",
        account_id=AccountId("123456789012"),
        now=0,
        entropy=bytes,
    )


def test_a_folder_of_a_project_is_not_published(edit: Edit) -> None:
    function = replace(FUNCTION, code=Code(package_type=PackageType.DIRECTORY, path="/src"))
    with pytest.raises(InvalidParameterValueException, match="a folder of the project"):
        publish(edit, function)


def test_a_version_holds_nothing_of_what_all_share(edit: Edit) -> None:
    function = replace(FUNCTION, aliases={"live": "$LATEST"}, tags={"team": "chat"})
    (version,) = publish(edit, function).versions
    assert (version.aliases, version.tags, version.version) == ({}, {}, "1")


def test_a_projects_number_is_the_latest(edit: Edit) -> None:
    function = publish(edit, replace(FUNCTION, aliases={"live": "7", "new": "1"}))
    assert find_version(function, "live") == function
    assert find_version(function, "new") == function.versions[0]
    assert find_version(function, "8") is None
