"""Levels above a site, and the life of a site among them: whatever happens to it, and however much time passes, nothing
opens but by its owner, or at a date that the platform has named for those who say nothing."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.test_consent import CLASSES, PATHS, opened
from core.test_owners import HOST, ZOE, TickingClock
from gatepost.core.consent import Act
from gatepost.core.defaults import PLAN, REGION
from gatepost.core.levels import at_least, preferences_of, statements_for
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Level, LevelStatement, Sharing, Stance, resolve
from gatepost.core.schedules import said_at
from gatepost.core.sites import PLATFORM, Actor, ActorKind, Event, Site, StatementChanged, Visibility, present
from gatepost.core.wishes import read_wish
from gatepost.errors import ConfirmationNeeded, StatementError
from gatepost.service.new_sites import NewSite
from gatepost.service.owners import Owners, confirmed
from gatepost.storage import open_store
from policies import real_signatures, statement, statements

SIGNATURES = real_signatures()
NOW = datetime(2026, 11, 22, tzinfo=UTC)
said = statements(SIGNATURES)
LEVELS = (Level.PLATFORM, Level.REGION, Level.PLAN)
above = st.tuples(said, said, said).map(
    lambda three: [LevelStatement(level, one) for level, one in zip(LEVELS, three, strict=True)]
)


def says(*wishes):
    return statement(SIGNATURES, *wishes)


@settings(max_examples=100, deadline=None)
@given(above, above, said)
def test_a_floor_opens_nothing_of_either_side(then, now, own):
    before, after = resolve(then), resolve(now)
    held = at_least(after, before)
    assert opened(before, held) == []
    assert opened(after, held) == []


@settings(max_examples=100, deadline=None)
@given(above, above, said)
def test_a_move_opens_nothing_whatever_the_site_says(then, now, own):
    here = Site("a", ("a",), own)
    moved = Site("a", ("a",), own, kept=(tuple(then),))
    assert opened(preferences_of(here, then, NOW), preferences_of(moved, now, NOW)) == []


@given(above)
def test_a_floor_that_is_no_stricter_changes_nothing(now):
    assert at_least(resolve(now), resolve(now)) == resolve(now)


@given(above, said)
def test_what_an_owner_says_no_to_is_not_undone_by_an_exception_of_a_default(defaults, own):
    """However lax the platform: what the site's own statement denies everywhere stays denied to every crawler of it."""
    with_defaults = SitePolicy(preferences_of(Site("a", ("a",), own), defaults, NOW))
    denied = {purpose for purpose, stance in own.stances.said() if stance is Stance.BLOCK}
    mine = {one.crawler.lower() for one in own.crawlers}
    for crawler in CLASSES:
        if crawler.mixed_use or not crawler.purposes & denied or crawler.name.lower() in mine or own.paths:
            continue
        assert all(with_defaults.ruling(crawler, zone).action.refuses for zone in with_defaults.zones_at(PATHS[0]))


@pytest.mark.parametrize(
    ("defaults", "own", "agent", "path", "stance", "origin"),
    [
        (["ai-training=ask"], (), "GPTBot", "/", Stance.ASK, "platform"),
        (["ai-training=ask", "ai-training=block"], (), "GPTBot", "/", Stance.BLOCK, "region eu"),
        (["ai-training=ask", "ai-training=block", "ai-training=allow"], (), "GPTBot", "/", Stance.ALLOW, "plan free"),
        (["GPTBot=allow"], (), "GPTBot", "/", Stance.ALLOW, "crawler exception GPTBot of the platform"),
        (["GPTBot=allow"], ("ai-training=block",), "GPTBot", "/", Stance.BLOCK, "site"),
        (["GPTBot=allow", "ai-training=block"], (), "GPTBot", "/", Stance.BLOCK, "region eu"),
        (["/a/:ai-training=allow"], ("ai-training=block",), "GPTBot", "/a/b", Stance.BLOCK, "site"),
        (["/a/b:ai-training=allow"], ("/a:ai-training=block",), "GPTBot", "/a/b", Stance.BLOCK, "path exception /a"),
        (["/*.pdf$:archives=ask"], ("/a:ai-training=ask",), "GPTBot", "/a/b.pdf", Stance.ASK,
         "path exception /*.pdf$ of the platform"),
        (["/a/:ai-training=block"], ("ai-training=allow",), "GPTBot", "/a/b", Stance.BLOCK,
         "path exception /a/ of the platform"),
    ],
)  # fmt: skip
def test_the_narrowest_level_speaks_and_is_named(defaults, own, agent, path, stance, origin):
    names = ("", "eu", "free")
    levels = [LevelStatement(LEVELS[at], says(one), names[at]) for at, one in enumerate(defaults)]
    policy = SitePolicy(preferences_of(Site("a", ("a",), says(*own)), levels, NOW))
    ruling = policy.ruling(SIGNATURES.by_name[agent.lower()], policy.zones_at(path)[0])
    assert (ruling.stance, str(ruling.origin)) == (stance, origin)


@pytest.fixture
async def owners():
    store = open_store("sqlite://")
    owners = Owners(store, TickingClock(), lambda: SIGNATURES)
    await owners.add_site(["a.example"], ZOE, region="eu")
    yield owners
    await store.close()


async def held(owners, host="a.example"):
    site = await owners.show(host)
    return preferences_of(site, await owners.levels_above(site), owners.clock.now())


async def default(owners, id, *wishes):
    read = [read_wish(wish, SIGNATURES) for wish in wishes]
    return await confirmed(
        lambda confirmation="": owners.change_default_preferences(id, read, Act(HOST, "new terms", True, confirmation))
    )


async def test_a_move_keeps_what_was_stricter_until_the_owner_says_otherwise(owners):
    await default(owners, REGION + "eu", "ai-training=block", "/x/:archives=block")
    await owners.change_placement("a.example", HOST, region="us", reason="moved")
    training = (await held(owners)).stances[3]
    assert (training.value, str(training.origin)) == (Stance.BLOCK, "kept at a move")
    allow = [read_wish("ai-training=allow", SIGNATURES)]
    with pytest.raises(ConfirmationNeeded):
        await owners.change_preferences("a.example", allow, ZOE)
    await confirmed(partial(owners.change_preferences, "a.example", allow, ZOE))
    assert (await held(owners)).stances[3].value is Stance.ALLOW


async def test_a_move_to_where_more_is_denied_keeps_nothing(owners):
    await default(owners, PLAN + "free", "ai-training=block")
    site = await owners.change_placement("a.example", HOST, plan="free")
    assert (site.region, site.plan, site.kept) == ("eu", "free", ())


async def test_a_default_that_is_narrowed_later_reaches_a_site_that_moved(owners):
    await default(owners, REGION + "eu", "ai-training=ask")
    await owners.change_placement("a.example", HOST, region="us")
    await default(owners, REGION + "us", "ai-training=block", "archives=ask")
    now = await held(owners)
    assert [one.value for one in now.stances[3:]] == [Stance.BLOCK, Stance.ASK]


async def test_moving_to_and_fro_does_not_pile_up(owners):
    await default(owners, REGION + "eu", "ai-training=block")
    for region in ["us", "eu"] * 3:
        site = await owners.change_placement("a.example", HOST, region=region)
    assert len(site.kept) == 1


# ------------------------------------------------------------------------------------- a life

DEFAULTS = (PLATFORM, REGION + "eu", REGION + "us", PLAN + "free", PLAN + "paid")
wishes = st.sampled_from(
    ["ai-training=allow", "ai-training=block", "search=ask", "archives=inherit", "/press/:ai-training=allow",
     "/blog:archives=block", "GPTBot=allow", "GPTBot=inherit", "partner-sharing=allow", "partner-sharing=refuse",
     "ai-training=allow@2026-12-02..", "ai-training=block@..2026-12-04", "GPTBot=block@2026-11-25..2026-12-03",
     "/press/:archives=allow@..2026-12-01", "partner-sharing=allow@2026-11-30..2026-12-03"]
)  # fmt: skip
acts = st.lists(
    st.one_of(
        st.tuples(st.just("visibility"), st.sampled_from(Visibility)),
        st.tuples(st.just("region"), st.sampled_from(["", "eu", "us"])),
        st.tuples(st.just("plan"), st.sampled_from(["", "free", "paid"])),
        st.tuples(st.just("host added"), st.integers(0, 3)),
        st.tuples(st.just("host removed"), st.integers(0, 3)),
        st.tuples(st.just("canonical host"), st.integers(0, 3)),
        st.tuples(st.just("host given"), st.integers(0, 3)),
        st.tuples(st.just("host taken"), st.integers(0, 3)),
        st.tuples(st.just("owner"), st.sampled_from(["ada", "bo"])),
        st.tuples(st.just("owner says"), wishes),
        st.tuples(st.just("time passes"), st.integers(1, 9)),
        st.tuples(st.just("default says"), st.tuples(st.sampled_from(DEFAULTS), wishes)),
    ),
    min_size=1,
    max_size=7,
)
defaults = st.fixed_dictionaries(dict.fromkeys(DEFAULTS, said))


OTHER = "other.example"
MOVERS = Actor(ActorKind.MIGRATION, "tests")


async def perform(owners, site, act, value):
    host = site.host
    number = f"{value}.{site.id}"
    match act:
        case "visibility":
            return await owners.change_visibility(host, value, HOST)
        case "region" | "plan":
            return await owners.change_placement(host, HOST, **{act: value})
        case "host added" if number not in (await owners.show(OTHER)).hosts:
            return await owners.add_host(host, number, HOST)
        case "host removed" if number in site.hosts and len(site.hosts) > 1:
            return await owners.remove_host(host, number, HOST)
        case "canonical host" if number in site.hosts:
            return await owners.make_canonical(host, number, HOST)
        case "host given" if number in site.hosts and len(site.hosts) > 1:
            giver, _ = await owners.move_host(number, OTHER, HOST)
            return giver
        case "host taken" if number in (await owners.show(OTHER)).hosts:
            _, taker = await owners.move_host(number, host, HOST)
            return taker
        case "owner":
            return await owners.change_owner(host, value, HOST)
        case "time passes":
            owners.clock.time += timedelta(days=value)
        case "default says":
            with suppress(StatementError):  # its time may be over
                await default(owners, *value)
        case "owner says":
            read = [read_wish(value, SIGNATURES)]
            with suppress(StatementError):  # its time may be over
                return await confirmed(partial(owners.change_preferences, host, read, ZOE, search_confirmed=True))
    return site


async def dates_came(owners, site, since):
    """Whether the site, or a level above, had said something else for a time that has come, or gone, meanwhile."""
    now, statements = owners.clock.time, statements_for(site, await owners.levels_above(site))
    return any(said_at(one, since) != said_at(one, now) for one in statements)


async def live(defaults, acts):
    store = open_store("sqlite://")
    clock = TickingClock()
    owners = Owners(store, clock, lambda: SIGNATURES)
    await store.append(*(Event(id, 1, NOW, HOST, StatementChanged(said)) for id, said in defaults.items()))
    site = await owners.add_site(["a.example"], ZOE, region="eu", plan="free")
    others = says("ai-training=allow", "archives=block", "GPTBot=allow")
    await owners.add_sites([NewSite((OTHER,), statement=others, region="us")], MOVERS)
    theirs = await held(owners, OTHER)
    for act, value in acts:
        before, was, since = site, await held(owners, site.host), clock.time
        site = await perform(owners, site, act, value)
        if act in ("default says", "time passes"):  # which the other one hears of as well
            theirs = await held(owners, OTHER)
        if act in ("owner says", "default says"):
            continue
        assert site.statement == before.statement
        if act != "time passes" or not await dates_came(owners, site, since):
            now = await held(owners, site.host)
            assert opened(was, now) == []
            assert (was.partner_sharing.value, now.partner_sharing.value) != (Sharing.REFUSE, Sharing.ALLOW)
        assert await held(owners, OTHER) == theirs
        for one in (site, await owners.show(OTHER)):
            assert [await owners.show(host) for host in one.hosts] == [one] * len(one.hosts)
    assert site == present(await store.history("a.example"))
    await store.close()


@settings(max_examples=100, deadline=None)
@given(defaults, acts)
def test_whatever_happens_to_a_site_nothing_opens_but_by_its_owner(defaults, acts):
    asyncio.run(live(defaults, acts))


@given(above, wishes, st.integers(0, 15))
def test_a_date_of_the_platforms_opens_nothing_that_a_site_says_no_to(defaults, scheduled, days):
    platform = LevelStatement(Level.PLATFORM, says(scheduled))
    site = Site("a", ("a",), says("ai-training=block", "partner-sharing=refuse"))
    then = preferences_of(site, [platform, *defaults[1:]], NOW + timedelta(days=days))
    assert (then.stances[3].value, then.partner_sharing.value) == (Stance.BLOCK, Sharing.REFUSE)
