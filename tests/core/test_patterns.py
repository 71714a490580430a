"""Path patterns (RFC 9309 §2.2.2, §2.2.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.patterns import PathPattern, comparable_path, normal_form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("/a", "/a"),
        ("/é", "/%C3%A9"),
        ("/%7euser", "/~user"),
        ("/%2f", "/%2F"),
        ("/a b", "/a%20b"),
        ("/100%", "/100%"),
        ('/{x}|"^`<>\\', "/%7Bx%7D%7C%22%5E%60%3C%3E%5C"),
        ("/\udcff", "/%FF"),
    ],
)
def test_normal_form(text: str, form: str) -> None:
    assert normal_form(text) == form


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/", "/x", True),
        ("/a", "/ab", True),
        ("/a$", "/ab", False),
        ("/a$", "/a", True),
        ("/*.pdf$", "/x/y.pdf", True),
        ("/*.pdf$", "/x.pdf?y", False),
        ("/a*b*c", "/a__b__c__", True),
        ("/a*b*c", "/a__c__b", False),
        ("/a%2Ab", "/a*b", True),
        ("/a%2Ab", "/axb", False),
        ("/a$b", "/a$b", True),
        ("/ab*b$", "/ab", False),
        ("*", "/x", True),
    ],
)
def test_matching(pattern: str, path: str, matches: bool) -> None:
    assert PathPattern(pattern).matches(comparable_path(path)) is matches


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("/", "/a", True),
        ("/a", "/a", True),
        ("/a*", "/ab*c", True),
        ("/a", "/*", False),
        ("/a/*.png", "/a/b", False),
        ("/a$", "/a/b", False),
        ("/*", "/*.pdf$", True),
    ],
)
def test_covering(wide: str, narrow: str, covers: bool) -> None:
    assert PathPattern(wide).covers(PathPattern(narrow)) is covers


_texts = st.text("/ab*$", max_size=6).map(lambda text: f"/{text}")
_paths = st.text("/ab", max_size=8).map(lambda text: f"/{text}")


@given(_texts, _texts, _paths)
def test_a_pattern_that_covers_another_matches_all_that_it_does(wide: str, narrow: str, path: str) -> None:
    one, other = PathPattern(wide), PathPattern(narrow)
    if other.matches(path):
        assert not one.covers(other) or one.matches(path)
        assert one.may_meet(other) or not one.matches(path)


@given(st.text(max_size=30))
def test_normal_form_is_ascii_and_fit_for_a_line(text: str) -> None:
    form = normal_form(text)
    assert form.isascii()
    assert form.isprintable()
