"""Code that came with a request."""

import pytest

from routekey.endpoints.control_plane.packages import Package, read_package
from routekey.endpoints.control_plane.refusals import InvalidParameterValueException


def test_what_was_kept_is_a_zip_file() -> None:
    package = Package(path="/code/x.zip", sha256="abc", size=3)
    members = read_package({"package": package}, {"zip_file": b"PK"})
    assert (members["code"].path, members["code_size"]) == ("/code/x.zip", 3)


@pytest.mark.parametrize("code", [{}, {"s3_bucket": "b"}, {"image_uri": "x"}])
def test_code_that_is_elsewhere_or_missing_is_refused(code: dict[str, str]) -> None:
    with pytest.raises(InvalidParameterValueException):
        read_package({}, code)
