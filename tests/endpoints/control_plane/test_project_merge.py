"""What a project says now, put together with what the API made since."""

from typing import Any

import pytest

from routekey.endpoints.control_plane.project_merge import is_same, merge

Case = dict[str, Any]


@pytest.mark.parametrize(
    ("before", "now", "kept", "merged"),
    [
        ({"a": 1}, {"a": 1}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": 3}, {"a": 1}, {"a": 3}),
        ({"a": 1}, {"a": 3}, {"a": 2}, {"a": 3}),
        ({}, {"a": 1}, {"a": 2}, {"a": 1}),
        ({}, {}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {}, {"a": 2}, {}),
        ({"a": 1}, {"a": 1}, {}, {}),
        ({"a": 1}, {"a": 3}, {}, {"a": 3}),
    ],
    ids=[
        "nobody changed it",
        "the API changed it",
        "the project changed it",
        "both changed it",
        "both made it",
        "the API made it",
        "the project dropped it",
        "the API deleted it",
        "the API deleted it and the project changed it",
    ],
)
def test_the_news_of_each_side_counts_and_the_projects_first(
    before: Case, now: Case, kept: Case, merged: Case
) -> None:
    assert merge(before, now, kept) == merged
    assert merge({"tags": before}, {"tags": now}, {"tags": kept}) == {"tags": merged}


def test_parts_are_known_by_their_ids() -> None:
    def part(route_id: str, key: str) -> Case:
        return {"route_id": route_id, "route_key": key}

    before = {"routes": (part("a", "one"), part("b", "two"))}
    now = {"routes": (part("a", "one"), part("b", "deux"), part("c", "three"))}
    kept = {"routes": (part("a", "uno"), part("b", "two"), part("d", "mine"))}
    assert merge(before, now, kept)["routes"] == (
        part("a", "uno"),
        part("b", "deux"),
        part("d", "mine"),
        part("c", "three"),
    )


def test_what_has_no_name_is_known_by_all_that_it_says() -> None:
    named, bare = {"statement_id": "x", "principal": "a"}, {"statement_id": "", "principal": "b"}
    before, now = {"permissions": (bare,)}, {"permissions": ({**bare, "principal": "c"},)}
    kept = {"permissions": (bare, named)}
    assert merge(before, now, kept)["permissions"] == (named, {**bare, "principal": "c"})


def test_an_alias_may_have_a_permission_of_the_same_id() -> None:
    one = {"statement_id": "x", "qualifier": None, "principal": "a"}
    other = {**one, "qualifier": "live"}
    before, now = {"permissions": (one,)}, {"permissions": ({**one, "principal": "b"},)}
    kept = {"permissions": (one, other)}
    assert merge(before, now, kept)["permissions"] == ({**one, "principal": "b"}, other)


def test_a_list_without_names_counts_as_a_whole_and_so_does_code() -> None:
    zipped = {"code": {"package_type": "ZIP", "path": "/a.zip"}}
    old, new = ({"code": {"package_type": "FOLDER", "path": path}} for path in ("/a", "/b"))
    assert merge(old, new, zipped) == new
    assert merge(old, old, zipped) == zipped
    before, now, kept = {"layers": ("a",)}, {"layers": ("b",)}, {"layers": ("a", "c")}
    assert merge(before, now, kept) == now
    assert merge(before, before, kept) == kept


def test_where_something_stands_is_no_news_but_is_kept() -> None:
    before: Case = {"routes": ({"route_id": "a", "key": 1, "origin": {"line": 1}},), "origin": 1}
    now: Case = {"routes": ({"route_id": "a", "key": 1, "origin": {"line": 2}},), "origin": 2}
    kept: Case = {"routes": ({"route_id": "a", "key": 5, "origin": {"line": 1}},), "origin": 1}
    assert is_same(before, now)
    assert not is_same(before, kept)
    assert merge(before, now, kept) == {
        "routes": ({"route_id": "a", "key": 5, "origin": {"line": 2}},),
        "origin": 2,
    }
    assert merge(before, now, {"routes": (), "origin": 1}) == {"routes": (), "origin": 2}


@pytest.mark.parametrize("name", ["origin", "routes"])
def test_a_name_that_somebody_chose_means_nothing(name: str) -> None:
    """A tag may be called as a member is."""
    before, now = {"tags": {name: "a"}}, {"tags": {name: "b"}}
    kept = {"tags": {name: "c"}}
    assert merge(before, before, kept) == kept
    assert merge(before, now, kept) == now
