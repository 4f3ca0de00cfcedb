"""JSON patches, one step at a time."""

import pytest

from routekey.endpoints.control_plane.patches import Patch
from routekey.errors import BadRequestException


def patch(path: str, value: str = "") -> Patch:
    (read,) = Patch.read({"patch_operations": [{"op": "replace", "path": path, "value": value}]})
    return read


def test_a_path_is_taken_apart_and_unescaped() -> None:
    assert patch("/apiStages/a:b/throttle/~1x~0y").path == ("apiStages", "a:b", "throttle", "/x~y")
    assert patch("/productCode").field == "product_code"
    assert patch("").field == patch("/").field == ""


def test_no_patches_are_none() -> None:
    assert Patch.read({}) == []


def test_what_is_missing_is_empty() -> None:
    (read,) = Patch.read({"patch_operations": [{}]})
    assert (read.op, read.path, read.value) == ("", (), "")
    assert str(read.refuse()) == "Invalid patch path '/' specified for op ''"


def test_numbers_are_read_from_text() -> None:
    assert patch("/x", "7").integer() == 7
    assert patch("/x", "7.5").number() == 7.5


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "²", "9" * 5000])
def test_a_text_that_is_no_whole_number_is_refused(value: str) -> None:
    with pytest.raises(BadRequestException, match="integer"):
        patch("/x", value).integer()


@pytest.mark.parametrize("value", ["", "x", "-1", "inf", "nan"])
def test_a_text_that_is_no_rate_is_refused(value: str) -> None:
    with pytest.raises(BadRequestException, match="number"):
        patch("/x", value).number()
