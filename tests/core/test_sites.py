"""Sites: wishes as people write them, what they make of a statement, and events as they follow one another."""

from datetime import UTC, date, datetime

import pytest

from gatepost.core.crawlers import Crawler, Evidence, HonoursRobots, Purpose, SignatureSet
from gatepost.core.patterns import PathPattern
from gatepost.core.preferences import CrawlerException, PathException, PreferenceStatement, Sharing, Stance, Stances
from gatepost.core.sites import (
    MAX_EXCEPTIONS,
    Actor,
    ActorKind,
    Change,
    Event,
    HostAdded,
    RobotsTxtChanged,
    Site,
    SiteAdded,
    StatementChanged,
    Visibility,
    VisibilityChanged,
    amend,
    apply,
    present,
)
from gatepost.core.wishes import CrawlerWish, PurposeWish, SharingWish, read_wish
from gatepost.errors import ConfirmationNeeded, StatementError

EVIDENCE = Evidence(HonoursRobots.YES, "https://example.org/", date(2026, 11, 1))


def crawler(name, *purposes, mixed_use=False):
    return Crawler(name, "Example", "https://example.org/", EVIDENCE, purposes=frozenset(purposes), mixed_use=mixed_use)


SIGNATURES = SignatureSet(
    "1",
    "0" * 64,
    (
        crawler("GPTBot", Purpose.AI_TRAINING),
        crawler("Googlebot", Purpose.SEARCH, Purpose.AI_ANSWERS, mixed_use=True),
        crawler("OAI-SearchBot", Purpose.SEARCH),
    ),
)
NOTHING = PreferenceStatement()
BLOCKED = PreferenceStatement(Stances(ai_training=Stance.BLOCK))


def wished(*texts, statement=NOTHING, confirmed=False):
    wishes = [read_wish(text, SIGNATURES) for text in texts]
    return amend(statement, wishes, SIGNATURES, search_confirmed=confirmed)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("ai-training=block", PurposeWish(Purpose.AI_TRAINING, Stance.BLOCK)),
        ("archives=inherit", PurposeWish(Purpose.ARCHIVES, None)),
        ("/press/:ai-training=allow", PurposeWish(Purpose.AI_TRAINING, Stance.ALLOW, PathPattern("/press/"))),
        ("/a=b:c/*:search=ask", PurposeWish(Purpose.SEARCH, Stance.ASK, PathPattern("/a=b:c/*"))),
        ("/ü#:search=ask", PurposeWish(Purpose.SEARCH, Stance.ASK, PathPattern("/%C3%BC%23"))),
        ("gptbot=license", CrawlerWish("GPTBot", Stance.LICENSE)),
        ("partner-sharing=refuse", SharingWish(Sharing.REFUSE)),
        ("partner-sharing=inherit", SharingWish(None)),
    ],
)
def test_a_wish_reads_as_it_is_meant(text, wish):
    assert read_wish(text, SIGNATURES) == wish


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("", "statement.wish.form"),
        ("ai-training", "statement.wish.form"),
        ("=block", "statement.wish.form"),
        ("ai-dreams=block", "statement.subject.unknown"),
        ("ai-training=BLOCK", "statement.value.unknown"),
        ("ai-training=", "statement.value.unknown"),
        ("partner-sharing=block", "statement.value.unknown"),
        ("/press/:ai-dreams=block", "statement.purpose.unknown"),
        ("press/:ai-training=block", "statement.path.form"),
        ("/a\nDisallow: /:ai-training=block", "statement.path.form"),
        ("/" + "ü" * 200 + ":ai-training=block", "statement.path.length"),
    ],
)
def test_what_is_no_wish_is_refused(text, id):
    with pytest.raises(StatementError) as raised:
        read_wish(text, SIGNATURES)
    assert raised.value.id == id
    assert raised.value.remedy


def test_a_statement_holds_only_what_was_wished():
    assert wished() == PreferenceStatement()
    assert wished("ai-training=block") == BLOCKED
    assert wished("ai-training=block", "ai-training=inherit") == PreferenceStatement()
    assert wished("partner-sharing=allow", statement=BLOCKED).stances == BLOCKED.stances


def test_exceptions_are_kept_in_one_order_and_vanish_when_taken_back():
    statement = wished("/a:archives=ask", "/longer/:ai-training=allow", "OAI-SearchBot=allow", "gptbot=allow")
    assert [path.pattern.text for path in statement.paths] == ["/longer/", "/a"]
    assert [exception.crawler for exception in statement.crawlers] == ["GPTBot", "OAI-SearchBot"]
    back = wished("/a:archives=inherit", "/longer/:ai-training=inherit", statement=statement)
    assert back.paths == ()
    assert wished("GPTBot=inherit", "OAI-SearchBot=inherit", statement=back) == PreferenceStatement()


@pytest.mark.parametrize("wish", ["search=block", "/:search=ask", "Googlebot=block", "OAI-SearchBot=license"])
def test_what_touches_search_needs_a_confirmation_of_its_own_once(wish):
    with pytest.raises(ConfirmationNeeded) as raised:
        wished(wish)
    assert raised.value.id == "statement.search.unconfirmed"
    confirmed = wished(wish, confirmed=True)
    assert wished("ai-training=block", statement=confirmed).stances.ai_training is Stance.BLOCK


@pytest.mark.parametrize("wish", ["search=allow", "ai-answers=block", "GPTBot=block", "partner-sharing=refuse"])
def test_what_leaves_search_alone_needs_none(wish):
    assert wished(wish) != PreferenceStatement()


def test_a_statement_does_not_outgrow_what_readers_take():
    paths = tuple(PathException(PathPattern(f"/{n}"), BLOCKED.stances) for n in range(MAX_EXCEPTIONS - 1))
    full = PreferenceStatement(paths=paths, crawlers=(CrawlerException("GPTBot", Stance.ALLOW),))
    with pytest.raises(StatementError) as raised:
        wished("/one-more:ai-training=block", statement=full)
    assert raised.value.id == "statement.exceptions.many"


def test_a_site_is_the_sum_of_its_events():
    changes: list[Change] = [
        SiteAdded(("a.example",)),
        StatementChanged(BLOCKED),
        HostAdded("b.example"),
        RobotsTxtChanged("User-agent: *\n"),
        VisibilityChanged(Visibility.PRIVATE),
    ]
    actor, at = Actor(ActorKind.OWNER, "zoë"), datetime(2026, 11, 22, tzinfo=UTC)
    events = [Event("a", revision, at, actor, change) for revision, change in enumerate(changes, 1)]
    site = present(events)
    assert site == Site("a", ("a.example", "b.example"), BLOCKED, Visibility.PRIVATE, "User-agent: *\n", 5)
    assert site.host == "a.example"
    assert present([]) is None
    assert apply(present(events[:-1]), events[-1]) == site


@pytest.mark.parametrize(
    "change",
    [
        SiteAdded(("other.example",)),
        HostAdded("other.example"),
        RobotsTxtChanged("x"),
        *(VisibilityChanged(visibility) for visibility in Visibility),
    ],
    ids=lambda change: str(getattr(change, "visibility", change.kind)),
)
def test_nothing_but_a_statement_touches_the_statement(change):
    site = Site("a", ("a.example",), BLOCKED, revision=7)
    event = Event("a", 8, datetime(2026, 11, 22, tzinfo=UTC), Actor(ActorKind.PLATFORM, "p"), change)
    assert apply(site, event).statement == BLOCKED
