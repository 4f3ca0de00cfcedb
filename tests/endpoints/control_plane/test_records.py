"""Resources and members made of each other."""

from dataclasses import dataclass, field

import pytest

from routekey.endpoints.control_plane.records import (
    change,
    describe,
    drop,
    find,
    make,
    page,
    put,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException


@dataclass(frozen=True, kw_only=True)
class Bird:
    bird_id: str
    name: str | None = None
    song: str = "tweet"
    wings: int = 2
    colours: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)


def test_a_resource_is_made_of_what_it_has_in_common_with_a_request() -> None:
    bird = make(Bird, {"name": "Ada", "colours": ["red"], "weight": 7}, bird_id="b1")
    assert bird == Bird(bird_id="b1", name="Ada", colours=("red",))


@pytest.mark.rule("CP-PROTO-05")
def test_a_change_keeps_what_it_does_not_mention() -> None:
    bird = Bird(bird_id="b1", name="Ada", wings=1)
    assert change(bird, {"song": "caw"}) == Bird(bird_id="b1", name="Ada", wings=1, song="caw")


@pytest.mark.rule("CP-AUTHZ-09")
def test_an_empty_text_removes_what_need_not_be_there() -> None:
    bird = change(Bird(bird_id="b1", name="Ada"), {"name": "", "song": ""})
    assert bird == Bird(bird_id="b1", name=None, song="")


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(BadRequestException, match="wings"):
        make(Bird, {"wings": "two"}, bird_id="b1")


def test_a_resource_needs_all_that_has_no_default() -> None:
    with pytest.raises(AssertionError, match="bird_id"):
        make(Bird, {"name": "Ada"})


@pytest.mark.rule("CP-RESP-01")
def test_what_is_not_set_is_not_told() -> None:
    assert describe(Bird(bird_id="b1", wings=0)) == {"bird_id": "b1", "song": "tweet", "wings": 0}
    kept = describe(Bird(bird_id="b1", song=""), keep=("notes",))
    assert kept == {"bird_id": "b1", "wings": 2, "notes": {}}


def test_items_are_found_put_and_dropped_by_id() -> None:
    one, two = Bird(bird_id="1"), Bird(bird_id="2")
    other = Bird(bird_id="1", name="Ada")
    assert put((one,), two, "bird_id") == (one, two)
    assert put((one, two), other, "bird_id") == (other, two)
    assert find((one, two), "bird_id", "2") is two
    assert find((one, two), "bird_id", "3") is None
    assert drop((one, two), "bird_id", "1") == (two,)


def birds(request: Members) -> Members:
    items = [Bird(bird_id=letter) for letter in "dbca"]
    return page(items, lambda bird: bird.bird_id, lambda bird: {"id": bird.bird_id}, request)


@pytest.mark.rule("CP-PROTO-06", "CP-RESP-04")
def test_a_page_tells_where_the_next_one_begins() -> None:
    first = birds({"max_results": "3"})
    assert first["items"] == [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    assert birds({"next_token": first["next_token"]}) == {"items": [{"id": "d"}]}
    assert birds({"max_results": "4"}).keys() == {"items"}


@pytest.mark.parametrize(
    "request_", [{"max_results": text} for text in ("0", "501", "x", "-1", "", "²", "9" * 5000)]
)
def test_a_page_has_1_to_500_items(request_: Members) -> None:
    with pytest.raises(BadRequestException, match="maxResults"):
        birds(request_)


@pytest.mark.parametrize("token", ["x", "?", "é", "_w=="])
def test_a_token_that_we_did_not_give_is_refused(token: str) -> None:
    with pytest.raises(BadRequestException, match="nextToken"):
        birds({"next_token": token})
