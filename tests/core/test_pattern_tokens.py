"""A pattern becomes tokens only where these say the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.pattern_tokens import literals_of, tokens_of

EXACT = {
    "ExampleBot": ("ExampleBot",),
    r"ExampleBot\/": ("ExampleBot",),
    r"Mail\.Example_Bot": ("Mail.Example_Bot",),
    "[eE]xample[bB]ot": ("exampleBot",),
    "Example(Bot|Audit)": ("ExampleBot", "ExampleAudit"),
    "Example|Sample": ("Example", "Sample"),
    "(example|EXAMPLE) [cC]rawler": ("example crawler",),
    "Minor's Crawler": ("Minor's Crawler",),
}
INEXACT = [
    "^Example", "Example$", "Example.", r"Example\d", "Example([^-]|$)", "Ex*ample", "Example+", "Examples?", "E{2}x",
    r"(?i)example", r"(^| )example\/", r"Example[\s\S]*example\.com", "Exam[a-z]le", "Exam[^a]le", "(a",
    "a)", "[a", "\\", "", "a|", "|a", "[abcdefghijklmnopqrs]x", "x" * 101, "(" * 100, r"\bExample", "Exam[]ple",
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "tokens"), EXACT.items())
def test_a_pattern_of_literals_gives_its_tokens(pattern, tokens):
    found = tokens_of(pattern) or ()
    assert [token.lower() for token in found] == [token.lower() for token in tokens]
    assert all(re.search(pattern, token + "/") for token in found)


@pytest.mark.parametrize("pattern", INEXACT)
def test_a_pattern_that_says_more_gives_none(pattern):
    assert tokens_of(pattern) is None


def test_a_version_stays_in_the_token_so_that_lint_refuses_it():
    assert tokens_of(r"Example\/1\.") == ("Example/1.",)


@given(st.text("aB[]()|\\/.^$*+?{}-", max_size=12))
def test_literals_are_what_the_pattern_matches(pattern):
    literals = literals_of(pattern)
    if literals is not None:
        assert all(re.fullmatch(pattern, literal) for literal in literals)
