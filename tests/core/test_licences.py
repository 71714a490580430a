"""Licences: what they open, and above all what they never do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.core.crawlers import Match, Purpose, Standing
from gatepost.core.licences import Licence, Licences
from gatepost.core.partners import Partner
from gatepost.core.periods import Span, at
from gatepost.core.policy import Action, Reason, SitePolicy, decide
from gatepost.core.preferences import Level, Origin, Resolved, Sharing, Stance
from policies import policies, policy, real_signatures

NOW = datetime(2026, 11, 28, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
NAMES = [crawler.name for crawler in real_signatures().crawlers]
PATHS = ("/", "/press/x", "/blog/x", "/a/b.pdf", "/p")


def mostly(usual, others):
    """Each strategy as often as the other, so that all that a licence needs comes together often enough."""
    return st.booleans().flatmap(lambda chosen: st.just(usual) if chosen else others)


@st.composite
def sites(draw) -> SitePolicy:
    """Any policy, more often one that asks for licences and shares."""
    licensing = policy(real_signatures(), *(f"{purpose}=license" for purpose in Purpose))
    one = draw(mostly(licensing, policies(real_signatures())))
    sharing = Resolved(draw(mostly(Sharing.ALLOW, st.sampled_from(Sharing))), Origin(Level.SITE))
    return SitePolicy(replace(one.preferences, partner_sharing=sharing), one.visibility)


@st.composite
def matches(draw) -> list[Match]:
    by_name = real_signatures().by_name
    named = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
    return [
        Match(by_name[name.lower()], name, draw(mostly(Standing.VERIFIED, st.sampled_from(Standing)))) for name in named
    ]


@st.composite
def licences(draw, named) -> list[Licence]:
    names = [match.crawler.name.lower() for match in named]
    crawlers = mostly(frozenset(names), st.frozensets(st.sampled_from(names)))
    purposes = mostly(frozenset(Purpose), st.frozensets(st.sampled_from(Purpose)))
    return [
        Licence(f"p{number}", "P", draw(purposes), draw(crawlers), NOW) for number in range(draw(st.integers(0, 3)))
    ]


@settings(max_examples=400)  # of which some twenty are opened
@given(site=sites(), asking=matches(), path=st.sampled_from(PATHS), given_=st.data())
def test_a_licence_opens_nothing_but_a_demand_for_one(site, asking, path, given_):
    held = given_.draw(licences(asking))
    without, decision = decide(site, asking, [path]), decide(site, asking, [path], held)
    if decision == without:
        return
    assert without.action is Action.LICENSE
    assert site.public
    assert site.preferences.partner_sharing.value is Sharing.ALLOW
    if decision.licence is None:  # the other crawler of the request is judged alone
        return
    name = str(decision.crawler).lower()
    crawler = real_signatures().by_name[name]
    assert (decision.action, decision.reason, decision.standing) == (Action.ALLOW, Reason.LICENSED, Standing.VERIFIED)
    assert decision.licence in held
    assert name in decision.licence.crawlers
    said = {purpose: site.zones_at(path)[0].of(purpose).value for purpose in crawler.counting_purposes}
    if len(site.zones_at(path)) == 1:
        assert not {Stance.ASK, Stance.BLOCK} & set(said.values())
        assert {purpose for purpose, stance in said.items() if stance is Stance.LICENSE} <= decision.licence.purposes
    assert not any(match.standing is Standing.FORGED and match.crawler is crawler for match in asking)


@pytest.mark.parametrize(
    ("purposes", "action"),
    [
        ({Purpose.AI_TRAINING, Purpose.AI_ANSWERS}, Action.ALLOW),
        ({Purpose.AI_TRAINING}, Action.LICENSE),
        (set(Purpose), Action.ALLOW),
    ],
)
def test_it_has_to_cover_every_purpose_that_is_withheld(purposes, action):
    site = policy(real_signatures(), "ai-training=license", "ai-answers=license", "partner-sharing=allow")
    crawler = next(
        one
        for one in real_signatures().crawlers
        if one.counting_purposes == (Purpose.AI_ANSWERS, Purpose.AI_TRAINING) and not one.robots_only
    )
    licence = Licence("p", "P", frozenset(purposes), frozenset({crawler.name.lower()}), NOW)
    assert decide(site, [Match(crawler, crawler.name, Standing.CLAIMED)], ["/"], [licence]).action is action


PARTNER = Partner(
    "p",
    "P",
    frozenset({Purpose.AI_TRAINING}),
    NOW,
    NOW + DAY,
    crawlers=("GPTBot",),
    networks=("192.0.2.0/25", "192.0.2.128/25", "2001:db8::/32"),
)
GPTBOT = [Match(real_signatures().by_name["gptbot"], "GPTBot", Standing.CLAIMED)]


@pytest.mark.parametrize(
    ("peer", "proven"),
    [
        ("192.0.2.0", True),
        ("192.0.2.127", True),
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("192.0.1.255", False),
        ("2001:db8::", True),
        ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", True),
        ("2001:db9::", False),
        (None, False),
    ],
)
def test_where_it_comes_from(peer, proven):
    assert bool(Licences([PARTNER]).proven(GPTBOT, peer, at(NOW))) is proven


@pytest.mark.parametrize(
    ("span", "holds"),
    [
        (at(NOW), True),
        (at(NOW - SECOND), False),
        (at(NOW + DAY - SECOND), True),
        (at(NOW + DAY), False),
        (Span(NOW - SECOND, NOW + SECOND), False),
        (Span(NOW + SECOND, NOW + DAY), False),
    ],
)
def test_when_the_time_is_in_doubt_it_does_not_hold(span, holds):
    licences = Licences([PARTNER])
    assert bool(licences.claimed(GPTBOT, span)) is holds
    assert bool(licences.proven(GPTBOT, "192.0.2.1", span)) is holds
