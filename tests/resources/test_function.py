"""What a function is found by."""

import pytest

from routekey.resources.function import LATEST, Code, Function, PackageType


@pytest.mark.rule("LAM-INV-09")
@pytest.mark.parametrize(("version", "key"), [(LATEST, "echo"), ("3", "echo:3")])
def test_a_published_version_is_found_by_its_number(version: str, key: str) -> None:
    code = Code(package_type=PackageType.DIRECTORY, path="/code")
    function = Function(
        function_name="echo",
        code=code,
        handler="app.handler",
        runtime="python3.11",
        role="arn:aws:iam::123456789012:role/runner",
        version=version,
    )
    assert function.key == key
