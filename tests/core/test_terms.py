"""What a change asks of a partner: whoever does what the last notice asks holds nothing that its owner said no to."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern
from gatepost.core.sites import Visibility
from gatepost.core.terms import NOTHING, Action, Asked, PathTerm, Terms, asked_by, terms_of
from policies import policy, real_signatures

PATTERNS = ("/a/", "/a/b/", "/c/", "/*.pdf", "/c/x$")
PLACES = ("/x", "/x.pdf", "/a/x", "/a/b/x", "/a/b/x.pdf", "/c/x", "/c/x.pdf")
ALL, SHUT = Terms(open=True, kept=True), NOTHING


def says(kept, *paths, open=True):
    return Terms(open, kept, tuple(PathTerm(PathPattern(text), said) for text, said in paths))


@pytest.mark.parametrize(
    ("before", "now", "asked"),
    [
        (ALL, ALL, None),
        (ALL, SHUT, Asked(Action.REMOVE_PAST)),
        (SHUT, ALL, Asked(Action.RESTORE)),
        (ALL, says(True, open=False), Asked(Action.STOP)),
        (says(True, open=False), SHUT, Asked(Action.REMOVE_PAST)),
        (says(True, open=False), ALL, Asked(Action.RESTORE)),
        (ALL, says(True, ("/a/", False)), Asked(Action.REMOVE_PAST, ("/a/",))),
        (says(True, ("/a/", False)), ALL, Asked(Action.RESTORE, ("/a/",))),
        (ALL, says(False, ("/a/", True)), Asked(Action.REMOVE_PAST)),
        (SHUT, says(False, ("/a/", True)), Asked(Action.RESTORE, ("/a/",))),
        (
            says(False, ("/a/", True)),
            says(False, ("/a/", True), ("/a/b/", False)),
            Asked(Action.REMOVE_PAST, ("/a/b/",)),
        ),
        (says(False, ("/a/", True)), says(False, ("/a/", True), ("/c/", False)), None),
        (says(True, open=False), says(True, ("/a/", False), open=False), Asked(Action.REMOVE_PAST, ("/a/",))),
    ],
)
def test_a_change_asks_the_most_that_any_part_of_it_asks(before, now, asked):
    assert asked_by(before, now) == asked


def test_what_is_owed_is_asked_for_again_with_what_takes_its_place():
    owed = [Asked(Action.REMOVE_PAST, ("/a/",))]
    before, now = says(True, ("/a/", False)), says(True, ("/a/", False), ("/c/", False))
    assert asked_by(before, now, owed) == Asked(Action.REMOVE_PAST, ("/a/", "/c/"))
    assert asked_by(before, before, owed) is None, "nothing changes, and what is owed stands"
    assert asked_by(before, ALL, owed) == Asked(Action.RESTORE, ("/a/",)), "it may be kept again"


@pytest.mark.parametrize(
    ("wishes", "visibility", "open", "kept"),
    [
        (["partner-sharing=allow"], "public", True, True),
        (["partner-sharing=allow", "ai-training=license"], "public", True, True),
        (["partner-sharing=allow", "ai-training=ask"], "public", False, False),
        (["partner-sharing=refuse"], "public", False, False),
        ([], "public", False, False),
        (["partner-sharing=allow"], "suspended", False, True),
        (["partner-sharing=allow"], "coming-soon", False, True),
        (["partner-sharing=allow"], "private", False, False),
        (["partner-sharing=allow"], "password-protected", False, False),
        (["partner-sharing=allow"], "deleted", False, False),
        (["partner-sharing=allow", "ai-training=block"], "suspended", False, False),
    ],
)
def test_what_holds_follows_from_the_owners_word_and_the_life_of_the_site(wishes, visibility, open, kept):
    said = policy(real_signatures(), *wishes, visibility=Visibility(visibility))
    terms = terms_of(said, Purpose.AI_TRAINING)
    assert (terms.open, terms.kept, terms.paths) == (open, kept, ())


def kept_at(terms, place):
    """As a partner reads the terms: the longest pattern counts, of several as long the stricter."""
    found = [path for path in terms.paths if path.pattern.matches(place)]
    longest = max((path.pattern.octets for path in found), default=0)
    return all(path.kept for path in found if path.pattern.octets == longest) if found else terms.kept


@dataclass
class Partner:
    """Holds what it could once use, and does what the notices ask that reach it."""

    held: set[str] = field(default_factory=lambda: set(PLACES))

    def collect(self, terms):
        self.held |= {place for place in PLACES if terms.open and kept_at(terms, place)}

    def obey(self, asked, terms):
        patterns = [PathPattern(text) for text in asked.paths]
        if asked.action is Action.REMOVE_PAST:
            self.held -= {
                place
                for place in self.held
                if not kept_at(terms, place) and (not patterns or any(one.matches(place) for one in patterns))
            }


PATH_TERMS = st.lists(st.tuples(st.sampled_from(PATTERNS), st.booleans()), max_size=3, unique_by=lambda one: one[0])
TERMS = st.one_of(
    st.just(NOTHING),
    st.builds(lambda open, kept, paths: says(kept, *paths, open=open), st.booleans(), st.booleans(), PATH_TERMS),
)


@settings(max_examples=500)
@given(st.lists(st.tuples(TERMS, st.booleans()), min_size=1, max_size=6))
def test_whoever_gets_only_the_last_notices_holds_nothing_that_is_not_to_be_kept(changes):
    """Notices that were not delivered when the next one came are replaced, and what they asked is not lost."""
    partner, before = Partner(), ALL
    owed: list[Asked] = []
    for now, reaches in changes:
        asked = asked_by(before, now, owed)
        if asked:
            owed = [asked] if asked.action is Action.REMOVE_PAST else []
            if reaches:
                partner.obey(asked, now)
                owed = []
                partner.collect(now)
        before = now
    if owed:
        partner.obey(owed[0], before)
    assert {place for place in partner.held if not kept_at(before, place)} == set()
