"""What the control plane keeps, where it decides anything."""

from dataclasses import replace

import msgspec
import pytest

from routekey.resources.function import LATEST, Code, PackageType
from routekey.resources.managed import ManagedFunction

VERSION = ManagedFunction(
    function_name="echo",
    code=Code(package_type=PackageType.ZIP, path="/code.zip"),
    handler="app.handler",
    runtime="python3.12",
    role="arn:aws:iam::123456789012:role/runner",
    code_sha256="",
    code_size=0,
    last_modified=0,
    revision_id="",
    version="1",
)


@pytest.mark.rule("LAM-INV-09")
def test_what_can_be_called_has_what_all_versions_share() -> None:
    function = replace(
        VERSION,
        version=LATEST,
        versions=(VERSION,),
        aliases={"live": "1"},
        reserved_concurrent_executions=3,
    )
    latest, version = function.list_callable()
    assert (latest.key, version.key) == ("echo", "echo:1")
    assert latest.versions == ()
    assert version.aliases == {"live": "1"}
    assert version.reserved_concurrent_executions == 3


def test_versions_are_kept_with_their_function() -> None:
    function = replace(VERSION, version=LATEST, versions=(VERSION,))
    assert msgspec.json.decode(msgspec.json.encode(function), type=ManagedFunction) == function
