"""What widens: the table, every place and every name, against the decision itself."""

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.consent import statement_widens, widened
from gatepost.core.crawlers import Match, Purpose, Standing
from gatepost.core.policy import Reason, SitePolicy, decide
from gatepost.core.preferences import (
    CrawlerException,
    Level,
    LevelStatement,
    PreferenceStatement,
    Sharing,
    Stance,
    Stances,
    resolve,
    strictness,
)
from gatepost.core.sites import Site, Visibility, amend
from gatepost.core.wishes import read_wish
from policies import real_signatures, statement, statements

SIGNATURES = real_signatures()
NOW = datetime(2026, 11, 22, tzinfo=UTC)
PATHS = ("/", "/a", "/axb", "/blog", "/blog/x", "/blog/y.pdf", "/p", "/press/", "/press/old/1", "/x.pdf", "/%C3%A9/")


def allowing_classes():
    """One crawler for each way in which crawlers differ to a policy."""
    found = {(one.purposes, one.mixed_use): one for one in SIGNATURES.crawlers}
    return list(found.values())


CLASSES = allowing_classes()


def withheld(policy, crawler, path):
    """How much a decision withholds."""
    decision = decide(policy, [Match(crawler, crawler.name, Standing.CLAIMED)], [path])
    return 0 if decision.reason is Reason.SERVICE else strictness(decision.stance)


def opened(before, after):
    """Every crawler and path for which the decision withholds less than before."""
    named = {one.value.crawler.lower() for one in (*before.crawlers, *after.crawlers)}
    crawlers = [*CLASSES, *(SIGNATURES.by_name[name] for name in named)]
    then, now = SitePolicy(before), SitePolicy(after)
    return [
        (crawler.name, path)
        for crawler, path in product(crawlers, PATHS)
        if withheld(now, crawler, path) < withheld(then, crawler, path)
    ]


def preferences(platform, site):
    return resolve([LevelStatement(Level.PLATFORM, platform), LevelStatement(Level.SITE, site)])


def widening(before, after, *platform):
    above = [LevelStatement(Level.PLATFORM, one) for one in platform]
    return statement_widens(Site("a", ("a",), before), after, above, SIGNATURES, NOW)


said = statements(SIGNATURES)


@given(said, said, said)
def test_what_is_not_called_a_widening_opens_nothing_anywhere(platform, before, after):
    then, now = preferences(platform, before), preferences(platform, after)
    if not widened(then, now, SIGNATURES):
        assert opened(then, now) == []


@given(said, said, st.sampled_from(Purpose), st.sampled_from([None, *Stance]))
def test_what_opens_something_is_called_a_widening(platform, site, purpose, stance):
    """The other way round, for small changes, of which more are no widening."""
    after = PreferenceStatement(site.stances.with_stance(purpose, stance), site.paths, site.crawlers)
    then, now = preferences(platform, site), preferences(platform, after)
    assert widened(then, now, SIGNATURES) or not opened(then, now)


@given(said, said)
def test_what_stays_as_it_is_does_not_widen(platform, site):
    assert widening(site, site, platform) == []


@given(said, st.sampled_from(Purpose))
def test_a_stricter_stance_is_never_held_up(site, purpose):
    stricter = PreferenceStatement(site.stances.with_stance(purpose, Stance.BLOCK), site.paths, site.crawlers)
    assert widening(site, stricter) == []


STANCES = [Stance.ALLOW, None, Stance.ASK, Stance.LICENSE, Stance.BLOCK]


@pytest.mark.parametrize(("before", "after"), [*product(STANCES, STANCES)])
def test_the_table_of_stances(before, after):
    then, now = (PreferenceStatement(Stances(ai_training=stance)) for stance in (before, after))
    assert bool(widening(then, now)) == (STANCES.index(after) < STANCES.index(before))


SHARING = [Sharing.ALLOW, None, Sharing.REFUSE]


@pytest.mark.parametrize(("before", "after"), [*product(SHARING, SHARING)])
def test_the_table_of_partner_sharing(before, after):
    then, now = (PreferenceStatement(partner_sharing=sharing) for sharing in (before, after))
    assert bool(widening(then, now)) == (SHARING.index(after) < SHARING.index(before))


@pytest.mark.parametrize(
    ("before", "wishes", "opens"),
    [
        ((), ["ai-training=block"], []),
        ((), ["GPTBot=block"], []),
        ((), ["/x/:archives=ask"], []),
        ((), ["facebookexternalhit=allow"], []),
        (["ai-training=block"], ["/press/:ai-training=allow"], ["/press/:ai-training"]),
        (["ai-training=block"], ["GPTBot=ask"], ["GPTBot"]),
        (["ai-training=block", "GPTBot=block"], ["GPTBot=inherit"], []),
        (["GPTBot=block"], ["GPTBot=inherit"], ["GPTBot"]),
        (["facebookexternalhit=block"], ["facebookexternalhit=inherit"], ["facebookexternalhit"]),
        (["/a/:ai-training=block"], ["/a/:ai-training=inherit"], ["ai-training"]),
        (["/a/:ai-training=block"], ["/b/:ai-training=ask", "/b/:archives=ask"], []),
        (["/a/:ai-training=block"], ["/b/:archives=ask"], []),
        (["/a/:ai-training=block"], ["/a/b/:archives=ask"], []),
        (["/*.pdf$:ai-training=block"], ["/a/long/path/:archives=block"], []),
        (["GPTBot=allow", "/x/:ai-training=block"], ["/x/:ai-training=inherit"], ["GPTBot", "ai-training"]),
        (["ai-training=block", "/x/:ai-training=block"], ["/x/:ai-training=inherit"], []),
    ],
)
def test_every_place_and_every_name_counts(before, wishes, opens):
    then = statement(SIGNATURES, *before)
    now = amend(then, [read_wish(wish, SIGNATURES) for wish in wishes], SIGNATURES, search_confirmed=True)
    assert widening(then, now) == opens


def test_a_crawler_that_no_signature_knows_any_more_keeps_its_no():
    gone = PreferenceStatement(crawlers=(CrawlerException("GoneBot", Stance.BLOCK),))
    assert widening(gone, PreferenceStatement()) == ["GoneBot"]
    assert widening(PreferenceStatement(), gone) == []


def test_more_paths_than_can_be_compared_are_held_to_widen():
    then, now = (
        statement(SIGNATURES, *(f"/{letter}{number}:ai-training=block" for number in range(400))) for letter in "ab"
    )
    assert "path exceptions" in widening(then, now)


def test_an_opt_out_is_not_taken_back_unseen_because_a_level_above_says_the_same():
    block = statement(SIGNATURES, "ai-training=block")
    assert widening(block, PreferenceStatement(), block) == ["ai-training"]


def test_nothing_is_opened_behind_a_closed_door():
    """A private site refuses everybody; what is allowed there would open when it goes public."""
    assert SitePolicy(resolve([]), Visibility.PRIVATE).zones == ()
    assert widening(PreferenceStatement(), statement(SIGNATURES, "archives=allow"))
