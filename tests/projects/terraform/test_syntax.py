"""Trees are values: they compare by what they say."""

from routekey.projects.terraform.syntax import Attribute, Index, Literal, Name


def test_trees_compare_and_hash_by_what_they_say() -> None:
    assert Attribute(Name("a"), "b") == Attribute(Name("a"), "b")
    assert len({Index(Name("a"), Literal(1)), Index(Name("a"), Literal(1))}) == 1
