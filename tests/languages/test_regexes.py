"""Java's regular expressions: their dialect, their replacements, and their time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.languages.regexes import Regex, RegexError, compile_regex

PLENTY = 10_000


def replace(pattern: str, subject: str, new: str, count: int = 0) -> str:
    return Regex(pattern).replace(subject, new, count=count, characters_max=PLENTY)


@pytest.mark.parametrize(
    ("pattern", "subject"),
    [
        ("[0-9]*", "123"),
        (r"\d{4}-\d{2}", "2020-01"),
        (r"4\d\d", "404"),
        (r"4\d{2}", "404"),
        (r"\Qa.b\E+", "a.b"),
        (r"\Qa+", "a+"),
        (r"\x{1F600}\x41", "😀A"),
        (r"\0101\cA\e", "A\x01\x1b"),
        (r"\p{Alpha}\p{javaLowerCase}\p{javaUpperCase}\p{javaWhitespace}", "zaB "),
        (r"\p{L}\h", "é "),
        (r"(?<word>a)\k<word>", "aa"),
        (r"a++(?>b)", "aab"),
        (r"[a-z&&[^b]]", "c"),
        (r"(?i)abc", "ABC"),
        (r"(?s).", "\n"),
        (r"\\\.", "\\."),
        (r"a\z", "a"),
        (r"(?s)a\Z.?", "a\n"),
    ],
)
def test_the_dialect_is_javas(pattern: str, subject: str) -> None:
    assert Regex(pattern).matches(subject)


@pytest.mark.parametrize(("pattern", "subject"), [(r"\w", "é"), (r"\d", "٣"), ("[a-z&&[^b]]", "b")])
def test_classes_are_ascii_as_in_java(pattern: str, subject: str) -> None:
    assert not Regex(pattern).matches(subject)


def test_a_match_is_of_the_whole_subject_and_a_find_of_a_part() -> None:
    assert not Regex("b").matches("abc")
    assert Regex("b").finds("abc")
    assert not Regex("d").finds("abc")
    assert Regex("B", ignore_case=True).finds("abc")


@pytest.mark.parametrize(
    ("pattern", "subject", "new", "result"),
    [
        ("ba.", "foobar123bab", "foo", "foofoo123foo"),
        ("(a)(b)?", "ab a", "<$1$2>", "<ab> <a>"),
        ("(?<x>a)", "a", "${x}${x}", "aa"),
        ("a", "a", r"\$1\\", "$1\\"),
        (r"\\'", "it\\'s", "'", "it's"),
        ("x*", "ab", "-", "-a-b-"),
    ],
)
def test_replacements_are_javas(pattern: str, subject: str, new: str, result: str) -> None:
    assert replace(pattern, subject, new) == result


def test_only_so_many_are_replaced() -> None:
    assert replace("a", "aaa", "b", count=1) == "baa"


@pytest.mark.parametrize("new", ["$", "$x", "$1", "${nope}", "$9"])
def test_a_replacement_that_names_no_group_is_refused(new: str) -> None:
    with pytest.raises(RegexError):
        replace("a", "a", new)


def test_a_replacement_has_a_bound() -> None:
    with pytest.raises(RegexError, match="longer than 5 characters"):
        Regex("a").replace("aaaa", "xx", count=0, characters_max=5)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "pattern",
    [
        "a{99999999}",
        "((a{1000}){1000}){1000}",
        "(?:[)(]{200}b){200}",
        r"(\({200}|c){200}",
        "((ab){100,}){100,200}c",
        "a{4097}",
        "(){99999}",
    ],
)
def test_a_pattern_that_the_library_would_write_out_for_hours_is_refused(pattern: str) -> None:
    with pytest.raises(RegexError, match="repeat over 4096 items"):
        Regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "subject"),
    [
        ("a{4096}", "a" * 4096),
        ("a{0,131072}b{0}", "a" * 500),
        ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "01234567-89ab-cdef-0123-456789abcdef"),
    ],
)
def test_counts_that_people_write_are_taken(pattern: str, subject: str) -> None:
    assert Regex(pattern).matches(subject)


@pytest.mark.parametrize(
    ("pattern", "subject", "limit", "parts"),
    [
        (",", "a,b,c", 0, ["a", "b", "c"]),
        (",", "a,b,,", 0, ["a", "b"]),
        (",", "a,b,,", -1, ["a", "b", "", ""]),
        (",", "a,b,c", 2, ["a", "b,c"]),
        (",", ",a", 0, ["", "a"]),
        (",", "", 0, [""]),
        (",", ",", 0, []),
        ("", "abc", 0, ["a", "b", "c"]),
        (r"\s*\|\s*", "a | b|c", 0, ["a", "b", "c"]),
        ("x", "abc", 0, ["abc"]),
    ],
)
def test_a_split_is_javas(pattern: str, subject: str, limit: int, parts: list[str]) -> None:
    assert Regex(pattern).split(subject, limit) == parts


@pytest.mark.parametrize(
    "pattern", ["(", "a**b", "[", r"\p{Nope}", "(?<1>a)", "a{2,1}", "x" * 5000]
)
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(RegexError):
        Regex(pattern)


@pytest.mark.parametrize("pattern", [r"(a|aa)+$", r"(a|aa|aaa)+$"])
def test_a_pattern_that_backtracks_is_stopped(pattern: str) -> None:
    regex = Regex(pattern)
    subject = "a" * 60 + "c"
    for attempt in (regex.matches, regex.finds, regex.split):
        with pytest.raises(RegexError, match="took too long"):
            attempt(subject)
    with pytest.raises(RegexError, match="took too long"):
        regex.replace(subject, "", count=0, characters_max=PLENTY)


def test_a_match_that_is_not_quick_is_counted_and_made_all_the_same() -> None:
    slow: list[str] = []
    regex, subject = Regex("(a|aa)+b"), "a" * 18 + "?ab"
    assert not regex.matches(subject, lambda: slow.append("matches"))
    assert regex.split(subject, 0, lambda: slow.append("split")) == ["a" * 18 + "?"]
    replaced = regex.replace(
        subject, "<$1>", count=0, characters_max=5, count_slow=lambda: slow.append("replace")
    )
    assert replaced == "a" * 18 + "?<a>"
    assert slow == ["matches", "split", "replace"]
    assert regex.matches("ab", slow.clear)
    assert slow


def test_a_pattern_is_compiled_once() -> None:
    assert compile_regex("a+b") is compile_regex("a+b")


@given(st.text(alphabet=r"ab().*+?[]{}|\\^$<>:=!0123QExpcLe,-&", max_size=20), st.text(max_size=10))
def test_no_pattern_raises_a_stranger(pattern: str, subject: str) -> None:
    try:
        regex = Regex(pattern)
        regex.matches(subject)
        regex.split(subject)
        regex.replace(subject, "x", count=0, characters_max=PLENTY)
    except RegexError:
        return


@given(st.text(alphabet="ab,", max_size=12))
def test_a_split_with_a_limit_loses_nothing(subject: str) -> None:
    assert Regex(",").split(subject, -1) == re.split(",", subject)
