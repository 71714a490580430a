"""The owners' use cases, on a real store in memory."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.test_sites import SIGNATURES
from gatepost.core.crawlers import Purpose
from gatepost.core.own_robots import MAX_ROBOTS_TXT
from gatepost.core.patterns import PathPattern
from gatepost.core.preferences import PreferenceStatement, Sharing, Stance, Stances
from gatepost.core.sites import PLATFORM, Actor, ActorKind, RobotsTxtChanged, StatementChanged, Visibility, present
from gatepost.core.wishes import CrawlerWish, PurposeWish, SharingWish
from gatepost.errors import ConfirmationNeeded, HostTaken, RevisionConflict, SiteUnknown, StatementError
from gatepost.service.owners import BY_ID, Owners, confirmed
from gatepost.storage import open_store

ZOE = Actor(ActorKind.OWNER, "zoë")
HOST = Actor(ActorKind.PLATFORM, "hosting")
NO_TRAINING = [PurposeWish(Purpose.AI_TRAINING, Stance.BLOCK)]
BLOCKED = PreferenceStatement(Stances(ai_training=Stance.BLOCK))


@dataclass
class TickingClock:
    """A clock that goes a second further each time it is asked."""

    time: datetime = datetime(2026, 11, 22, tzinfo=UTC)

    def now(self):
        self.time += timedelta(seconds=1)
        return self.time


@dataclass
class Contested:
    """A store in which somebody else is quicker, as often as told."""

    store: Any
    rivals: int = field(default=0)

    def __getattr__(self, name):
        return getattr(self.store, name)

    async def append(self, *events):
        if self.rivals:
            self.rivals -= 1
            rival = Owners(self.store, TickingClock(), lambda: SIGNATURES)
            await rival.change_robots_txt("a.example", f"# {self.rivals}", HOST)
        return await self.store.append(*events)


@pytest.fixture
async def store():
    store = Contested(open_store("sqlite://"))
    yield store
    await store.close()


@pytest.fixture
async def owners(store):
    owners = Owners(store, TickingClock(), lambda: SIGNATURES)
    await owners.add_site(["a.example", "www.a.example"], ZOE)
    return owners


async def test_a_site_begins_public_and_silent(owners, store):
    site = await owners.show("www.a.example")
    assert (site.id, site.hosts, site.revision) == ("a.example", ("a.example", "www.a.example"), 1)
    assert (site.statement, site.visibility) == (PreferenceStatement(), Visibility.PUBLIC)
    (event,) = await store.history("a.example")
    assert (event.actor, event.at) == (ZOE, datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC))


async def test_an_unknown_host_is_named(owners):
    for call in (
        owners.show("b.example"),
        owners.add_host("b.example", "c.example", ZOE),
        owners.change_preferences("b.example", NO_TRAINING, ZOE),
        owners.change_visibility("b.example", Visibility.PRIVATE, ZOE),
        owners.change_robots_txt("b.example", "", ZOE),
    ):
        with pytest.raises(SiteUnknown, match=r"b\.example"):
            await call


async def test_a_site_may_have_an_id_of_the_platforms(owners):
    site = await owners.add_site(["b.example", "b.example"], ZOE, id="42")
    assert (site.id, site.hosts) == ("42", ("b.example",))


@pytest.mark.parametrize(
    ("hosts", "id", "error", "error_id"),
    [
        ([], None, StatementError, "site.add.form"),
        (["b.example"], PLATFORM, StatementError, "site.add.form"),
        (["b.example", "www.a.example"], None, HostTaken, "store.host.taken"),
        (["a.example"], None, HostTaken, "site.id.taken"),
        (["b.example"], "a.example", HostTaken, "site.id.taken"),
    ],
)
async def test_a_site_that_cannot_be_added(owners, hosts, id, error, error_id):
    with pytest.raises(error) as raised:
        await owners.add_site(hosts, ZOE, id=id)
    assert raised.value.id == error_id


async def test_a_host_is_added_once_and_taken_from_nobody(owners):
    await owners.add_site(["b.example"], ZOE)
    added = await owners.add_host("www.a.example", "c.example", HOST)
    assert added.hosts == ("a.example", "www.a.example", "c.example")
    assert await owners.add_host("c.example", "a.example", HOST) == added
    with pytest.raises(HostTaken):
        await owners.add_host("a.example", "b.example", HOST)


async def test_a_host_moves_in_one_step_whoever_is_quicker(owners, store):
    await owners.add_site(["b.example"], ZOE)
    store.rivals = 1
    giver, taker = await owners.move_host("www.a.example", "b.example", HOST, "sold")
    assert (giver.hosts, taker.hosts) == (("a.example",), ("b.example", "www.a.example"))
    assert (await store.history("a.example"))[-1].at == (await store.history("b.example"))[-1].at
    store.rivals = 9
    with pytest.raises(RevisionConflict):
        await owners.move_host("www.a.example", "a.example", HOST)
    assert await owners.show("www.a.example") == taker


async def test_a_site_is_named_by_its_id_when_its_host_is_anothers(owners):
    other = await owners.add_site(["b.example"], ZOE)
    await owners.change_visibility("b.example", Visibility.DELETED, HOST)
    await owners.move_host("b.example", "a.example", HOST)
    assert (await owners.show("b.example")).id == "a.example"
    named = await owners.show(BY_ID + "b.example")
    assert (named.id, named.hosts) == (other.id, ())


async def test_a_wish_becomes_an_event_with_its_reason(owners, store):
    site = await owners.change_preferences("a.example", NO_TRAINING, ZOE, reason="my novel")
    assert site.statement == BLOCKED
    event = (await store.history("a.example"))[-1]
    assert (event.change, event.actor, event.reason, event.revision) == (StatementChanged(BLOCKED), ZOE, "my novel", 2)


async def test_what_changes_nothing_leaves_no_event(owners):
    site = await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    assert await owners.change_preferences("a.example", NO_TRAINING, ZOE) == site
    assert await owners.change_preferences("a.example", [], ZOE) == site
    assert await owners.change_visibility("a.example", Visibility.PUBLIC, ZOE) == site
    assert await owners.change_robots_txt("a.example", "", ZOE) == site
    assert await owners.show("a.example") == site


async def test_search_is_touched_only_when_confirmed(owners):
    wish = [PurposeWish(Purpose.SEARCH, Stance.BLOCK)]
    with pytest.raises(ConfirmationNeeded):
        await owners.change_preferences("a.example", wish, ZOE)
    assert (await owners.show("a.example")).revision == 1
    site = await owners.change_preferences("a.example", wish, ZOE, search_confirmed=True)
    assert site.statement.stances.search is Stance.BLOCK


ALLOW = [PurposeWish(Purpose.AI_TRAINING, Stance.ALLOW)]


async def test_what_allows_more_takes_a_confirmation_of_just_that(owners):
    with pytest.raises(ConfirmationNeeded) as first:
        await owners.change_preferences("a.example", ALLOW, ZOE)
    assert first.value.id == "consent.widening.unconfirmed"
    token = first.value.token
    for wishes in ([*ALLOW, SharingWish(Sharing.ALLOW)], [PurposeWish(Purpose.ARCHIVES, Stance.ALLOW)]):
        with pytest.raises(ConfirmationNeeded):
            await owners.change_preferences("a.example", wishes, ZOE, confirmation=token)
    site = await owners.change_preferences("a.example", ALLOW, ZOE, confirmation=token)
    assert site.statement.stances.ai_training is Stance.ALLOW


async def test_a_confirmation_is_void_when_the_site_has_moved_on(owners):
    with pytest.raises(ConfirmationNeeded) as first:
        await owners.change_preferences("a.example", ALLOW, ZOE)
    await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    with pytest.raises(ConfirmationNeeded) as second:
        await owners.change_preferences("a.example", ALLOW, ZOE, confirmation=first.value.token)
    assert second.value.token != first.value.token


async def test_a_race_that_is_lost_voids_the_confirmation(owners, store):
    with pytest.raises(ConfirmationNeeded) as asked:
        await owners.change_preferences("a.example", ALLOW, ZOE)
    store.rivals = 1
    with pytest.raises(ConfirmationNeeded):
        await owners.change_preferences("a.example", ALLOW, ZOE, confirmation=asked.value.token)
    assert (await owners.show("a.example")).statement == PreferenceStatement()


@pytest.mark.parametrize(
    ("kind", "reason", "may"),
    [
        (ActorKind.OWNER, "", True),
        (ActorKind.PLATFORM, "by letter of 3 May", True),
        (ActorKind.PLATFORM, " ", False),
        (ActorKind.OPERATOR, "by letter of 3 May", False),
        (ActorKind.MIGRATION, "by letter of 3 May", False),
    ],
)
async def test_who_may_allow_more(owners, kind, reason, may):
    await owners.change_preferences("a.example", NO_TRAINING, Actor(ActorKind.OPERATOR, "anyone may narrow"))
    actor = Actor(kind, "x")
    with pytest.raises(StatementError) as raised:
        await owners.change_preferences("a.example", ALLOW, actor, reason=reason)
    assert raised.value.id == ("consent.widening.unconfirmed" if may else "consent.actor")


async def test_only_the_platform_opens_a_default_and_says_why(owners):
    for actor, reason in ((ZOE, "why not"), (HOST, ""), (Actor(ActorKind.OPERATOR, "ann"), "why not")):
        with pytest.raises(StatementError) as raised:
            await owners.change_platform_preferences(ALLOW, actor, reason=reason)
        assert raised.value.id == "consent.actor"
    with pytest.raises(ConfirmationNeeded):
        await owners.change_platform_preferences(ALLOW, HOST, reason="new terms of 1 May")


async def test_a_migration_brings_the_record_of_a_new_site_and_nothing_later(owners):
    movers = Actor(ActorKind.MIGRATION, "import")
    await owners.add_site(["new.example"], movers)
    assert (await owners.change_preferences("new.example", ALLOW, movers)).revision == 2
    with pytest.raises(StatementError) as raised:
        await owners.change_preferences("new.example", [SharingWish(Sharing.ALLOW)], movers)
    assert raised.value.id == "consent.actor"


async def test_asking_for_less_than_the_platform_blocks_allows_more(owners):
    await owners.change_platform_preferences(NO_TRAINING, HOST)
    with pytest.raises(ConfirmationNeeded):
        await owners.change_preferences("a.example", [PurposeWish(Purpose.AI_TRAINING, Stance.ASK)], ZOE)


async def test_undoing_a_permission_holds_at_once_and_undoing_a_no_is_asked(owners, store):
    await say(owners, "a.example", ALLOW, ZOE)
    undone = await owners.undo("a.example", ZOE)
    assert undone.statement == PreferenceStatement()
    assert (await store.history("a.example"))[-1].reason == "undo of revision 2"
    await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    with pytest.raises(ConfirmationNeeded) as asked:
        await owners.undo("a.example", ZOE)
    undone = await owners.undo("a.example", ZOE, confirmation=asked.value.token)
    assert (undone.statement, undone.revision) == (PreferenceStatement(), 5)


async def test_what_is_undone_twice_is_done_again(owners):
    await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    await confirmed(partial(owners.undo, "a.example", ZOE))
    assert (await owners.undo("a.example", ZOE)).statement == BLOCKED


async def test_an_undo_puts_back_the_statement_and_nothing_else(owners):
    await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    await say(owners, "a.example", ALLOW, ZOE)
    await owners.change_visibility("a.example", Visibility.PRIVATE, HOST)
    undone = await owners.undo("a.example", ZOE)
    assert (undone.statement, undone.visibility) == (BLOCKED, Visibility.PRIVATE)


@pytest.mark.parametrize(("days", "id"), [(0, "undo.nothing"), (31, "undo.late")])
async def test_what_cannot_be_undone(owners, days, id):
    if days:
        await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    owners.clock.time += timedelta(days=days)
    with pytest.raises(StatementError) as raised:
        await owners.undo("a.example", ZOE)
    assert raised.value.id == id


async def test_undo_is_possible_for_thirty_days(owners):
    await say(owners, "a.example", ALLOW, ZOE)
    owners.clock.time += timedelta(days=29, hours=23)
    assert (await owners.undo("a.example", ZOE)).statement == PreferenceStatement()


async def test_an_undo_that_touches_search_is_confirmed_by_name(owners):
    wish = PurposeWish(Purpose.SEARCH, Stance.BLOCK)
    await owners.change_preferences("a.example", [wish], ZOE, search_confirmed=True)
    await say(owners, "a.example", [PurposeWish(Purpose.SEARCH, None)], ZOE)
    with pytest.raises(ConfirmationNeeded) as asked:
        await owners.undo("a.example", ZOE)
    assert asked.value.id == "statement.search.unconfirmed"


@pytest.mark.parametrize(("kind", "reason"), [(ActorKind.OPERATOR, "asked to"), (ActorKind.PLATFORM, "")])
async def test_nobody_undoes_a_no_who_may_not_say_yes(owners, kind, reason):
    await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    with pytest.raises(StatementError) as raised:
        await owners.undo("a.example", Actor(kind, "x"), reason=reason)
    assert raised.value.id == "consent.actor"


async def test_a_statement_survives_every_state_of_a_site(owners):
    await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    for visibility in [*Visibility, Visibility.PUBLIC]:
        site = await owners.change_visibility("a.example", visibility, HOST, "moderation")
        assert (site.visibility, site.statement) == (visibility, BLOCKED)
    assert (await owners.add_host("a.example", "new.example", HOST)).statement == BLOCKED


async def test_the_platform_speaks_for_itself(owners):
    silent = await owners.show_platform()
    assert (silent.revision, silent.statement) == (0, PreferenceStatement())
    said = await owners.change_platform_preferences(NO_TRAINING, HOST, expected_revision=0)
    assert (said.revision, said.statement) == (1, BLOCKED)
    with pytest.raises(RevisionConflict):
        await owners.change_platform_preferences([SharingWish(Sharing.ALLOW)], HOST, expected_revision=0)
    assert await owners.show_platform() == said
    assert (await owners.show("a.example")).statement == PreferenceStatement()


async def test_a_lost_race_is_run_again_on_fresh_state(owners, store):
    store.rivals = 2
    site = await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    assert (site.revision, site.statement, site.robots_txt) == (4, BLOCKED, "# 0")


async def test_a_race_that_is_lost_again_and_again_is_told(owners, store):
    store.rivals = 3
    with pytest.raises(RevisionConflict):
        await owners.change_preferences("a.example", NO_TRAINING, ZOE)
    assert (await owners.show("a.example")).statement == PreferenceStatement()


async def test_whoever_names_a_revision_is_told_of_a_lost_race(owners, store):
    store.rivals = 1
    with pytest.raises(RevisionConflict) as late:
        await owners.change_preferences("a.example", NO_TRAINING, ZOE, expected_revision=1)
    with pytest.raises(RevisionConflict) as early:
        await owners.change_preferences("a.example", [], ZOE, expected_revision=1)
    assert (late.value.id, early.value.id) == ("store.revision.conflict", "site.revision.conflict")
    assert (await owners.change_preferences("a.example", NO_TRAINING, ZOE, expected_revision=2)).revision == 3


@pytest.mark.parametrize("text", ["# ok\tü 日本 🦊\r\nUser-agent: *\n", "x" * MAX_ROBOTS_TXT, "\ufeffUser-agent: *"])
async def test_a_robots_txt_is_kept_as_it_is(owners, store, text):
    assert (await owners.change_robots_txt("a.example", text, ZOE)).robots_txt == text
    assert (await store.history("a.example"))[-1].change == RobotsTxtChanged(text)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        *((f"# a\n{character}", "statement.robots-txt.characters") for character in "\0\x01\x0b\x1b\x7f\x85\x9f\ud800"),
        ("x" * (MAX_ROBOTS_TXT + 1), "statement.robots-txt.length"),
        ("ü" * (MAX_ROBOTS_TXT // 2 + 1), "statement.robots-txt.length"),
    ],
    ids=range(10),
)
async def test_what_is_no_robots_txt_is_refused(owners, text, id):
    with pytest.raises(StatementError) as raised:
        await owners.change_robots_txt("a.example", text, ZOE)
    assert raised.value.id == id
    assert (await owners.show("a.example")).revision == 1


stances = st.sampled_from([None, *Stance])
wishes = st.lists(
    st.builds(PurposeWish, st.sampled_from(Purpose), stances)
    | st.builds(
        PurposeWish, st.sampled_from(Purpose), stances, st.sampled_from([PathPattern("/a"), PathPattern("/ü*")])
    )
    | st.builds(CrawlerWish, st.sampled_from(["GPTBot", "Googlebot"]), stances)
    | st.builds(SharingWish, st.sampled_from([None, *Sharing])),
    max_size=3,
)
actors = st.builds(Actor, st.sampled_from(ActorKind), st.text(st.characters(codec="utf-8", exclude_characters="\0")))
acts = st.lists(
    st.tuples(
        actors,
        st.tuples(st.just("visibility"), st.sampled_from(Visibility))
        | st.tuples(st.just("host"), st.integers(0, 3))
        | st.tuples(st.just("robots"), st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
        | st.tuples(st.just("preferences"), wishes),
    ),
    max_size=8,
)


async def perform(owners, host, actor, act, value):
    match act:
        case "visibility":
            return await owners.change_visibility(host, value, actor)
        case "host":
            return await owners.add_host(host, f"{value}.{host}", actor)
        case "robots":
            return await owners.change_robots_txt(host, value, actor)
        case "preferences":
            return await say(owners, host, value, actor)


async def say(owners, host, wishes, actor):
    """What an actor says who has confirmed everything; who may not say it changes nothing."""
    try:
        return await confirmed(partial(owners.change_preferences, host, wishes, actor, search_confirmed=True))
    except StatementError as error:
        if error.id != "consent.actor" or actor.kind is ActorKind.OWNER:
            raise
        return await owners.show(host)


async def live(store, host, acts):
    owners = Owners(store, TickingClock(), lambda: SIGNATURES)
    site = await owners.add_site([host], ZOE)
    for actor, (act, value) in acts:
        before, site = site, await perform(owners, host, actor, act, value)
        assert site.statement == before.statement or act == "preferences"
    history = await store.history(site.id)
    said = [event.change.statement for event in history if isinstance(event.change, StatementChanged)]
    assert site.statement == (said[-1] if said else PreferenceStatement())
    assert await owners.show(host) == site == present(history)


def test_whatever_happens_only_a_preference_changes_a_statement_and_the_site_is_its_history():
    store = open_store("sqlite://")
    lives = iter(range(1_000_000))

    @settings(max_examples=60, deadline=None)
    @given(acts)
    def property_holds(acts):
        asyncio.run(live(store, f"{next(lives)}.example", acts))

    try:
        property_holds()
    finally:
        asyncio.run(store.close())
