"""The contract of ``ports.SiteStore``: what every adapter keeps, whatever is behind it."""

import asyncio
from datetime import timedelta, timezone

import pytest

from contract.stores import NOW, added, event
from gatepost.core.defaults import PLAN, REGION
from gatepost.core.patterns import PathPattern
from gatepost.core.periods import Period
from gatepost.core.preferences import (
    CrawlerException,
    DatedStatement,
    Level,
    LevelStatement,
    PathException,
    PreferenceStatement,
    Sharing,
    Stance,
    Stances,
)
from gatepost.core.sites import (
    PLATFORM,
    Actor,
    ActorKind,
    CanonicalHostChanged,
    HostAdded,
    HostRemoved,
    OwnerChanged,
    PlacementChanged,
    RobotsTxtChanged,
    SiteAdded,
    StatementChanged,
    Visibility,
    VisibilityChanged,
    present,
)
from gatepost.errors import HostTaken, RevisionConflict, StatementError

ODD = "naïve\r\n日本語 🏳️‍🌈 \u202eright to left\u202c é \ufeff '\"\\u0000\\ %s :x {} \U0010ffff"

WHOLE_STATEMENT = PreferenceStatement(
    Stances(Stance.ALLOW, Stance.ASK, None, Stance.BLOCK, Stance.LICENSE),
    (PathException(PathPattern("/ü/日本*.html$"), Stances(ai_training=Stance.ALLOW)),),
    (CrawlerException("GPTBot", Stance.ALLOW), CrawlerException(ODD, Stance.BLOCK)),
    Sharing.REFUSE,
    (
        DatedStatement(Period(end=NOW), PreferenceStatement(Stances(search=Stance.ASK))),
        DatedStatement(Period(NOW, NOW.replace(year=9999)), PreferenceStatement(partner_sharing=Sharing.ALLOW)),
    ),
)

CHANGES = [
    HostRemoved("b.example"),
    CanonicalHostChanged("b.example"),
    OwnerChanged(ODD),
    PlacementChanged("eu", ODD),
    PlacementChanged("", "free", (LevelStatement(Level.REGION, WHOLE_STATEMENT, ODD),)),
    HostAdded("xn--strae-oqa.example:8443"),
    HostAdded("straße.example"),
    StatementChanged(PreferenceStatement()),
    StatementChanged(WHOLE_STATEMENT),
    *(StatementChanged(PreferenceStatement(Stances(search=stance))) for stance in Stance),
    *(VisibilityChanged(visibility) for visibility in Visibility),
    RobotsTxtChanged(""),
    RobotsTxtChanged(ODD),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.kind)
async def test_a_change_comes_back_as_it_went(store, change):
    events = [added("a.example", "a.example", "b.example"), event("a.example", 2, change, reason=ODD)]
    sites = await store.append(*events)
    assert await store.history("a.example") == events
    assert await store.site("a.example") == sites[1] == present(events)


async def test_a_time_comes_back_as_the_same_moment_in_utc(store):
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    await store.append(event("a", 1, SiteAdded(("a",)), at=elsewhere))
    (stored,) = await store.history("a")
    assert stored.at == elsewhere
    assert stored.at.utcoffset() == timedelta(0)


async def test_an_empty_store_knows_nothing(store):
    assert await store.site("a") is None
    assert await store.site_by_host("a") is None
    assert list(await store.sites()) == list(await store.history("a")) == []
    assert (await store.changes(0)).position == await store.position() == 0
    assert list(await store.append()) == []


async def test_a_site_is_found_by_each_of_its_hosts_in_their_order(store):
    (_, site) = await store.append(added("a", "www.a", "a.example"), event("a", 2, HostAdded("0.a")))
    assert site.hosts == ("www.a", "a.example", "0.a")
    for host in site.hosts:
        assert await store.site_by_host(host) == site
    assert await store.site_by_host("a") is None


async def test_append_returns_a_site_for_each_event(store):
    events = [added("a"), added("b"), event("a", 2, VisibilityChanged(Visibility.PRIVATE))]
    sites = await store.append(*events)
    assert [(site.id, site.revision, site.visibility) for site in sites] == [
        ("a", 1, Visibility.PUBLIC),
        ("b", 1, Visibility.PUBLIC),
        ("a", 2, Visibility.PRIVATE),
    ]


@pytest.mark.parametrize(
    ("refused", "error", "id"),
    [
        (event("a", 1, HostAdded("new")), RevisionConflict, "store.revision.conflict"),
        (event("a", 0, HostAdded("new")), RevisionConflict, "store.revision.conflict"),
        (event("a", 3, HostAdded("new")), RevisionConflict, "store.revision.conflict"),
        (event("new", 2, SiteAdded(("new",))), RevisionConflict, "store.revision.conflict"),
        (event("a", 2, HostAdded("b")), HostTaken, "store.host.taken"),
        (event("a", 2, HostAdded("a")), HostTaken, "store.host.taken"),
        (event("a", 2, HostAdded("late")), HostTaken, "store.host.taken"),
        (added("new", "new", "b"), HostTaken, "store.host.taken"),
        (added("new", "new", "new"), HostTaken, "store.host.taken"),
        (event("a", 2, RobotsTxtChanged("\0")), StatementError, "store.text.unstorable"),
        (event("a", 2, RobotsTxtChanged("\ud83d")), StatementError, "store.text.unstorable"),
        (event("a", 2, HostAdded("new"), reason="\0"), StatementError, "store.text.unstorable"),
        (
            event("a", 2, HostAdded("new"), actor=Actor(ActorKind.OWNER, "\udc80")),
            StatementError,
            "store.text.unstorable",
        ),
    ],
)
async def test_a_refused_event_leaves_no_trace_and_takes_its_companions_along(store, refused, error, id):
    before = await store.append(added("a"), added("b"))
    position = (await store.changes(0)).position
    assert await store.position() == position
    with pytest.raises(error) as raised:
        await store.append(added("late"), refused, event("b", 2, RobotsTxtChanged("late")))
    assert raised.value.id == id
    assert raised.value.remedy
    assert list(await store.sites()) == list(before)
    assert await store.site_by_host("late") is None
    assert await store.history("late") == []
    assert (await store.changes(position)).sites == set()


async def test_of_racing_events_one_wins(store):
    await store.append(added("a"))
    rivals = [event("a", 2, RobotsTxtChanged(str(number))) for number in range(8)]
    outcomes = await asyncio.gather(*(store.append(rival) for rival in rivals), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["RevisionConflict"] * 7 + ["list"]
    assert (await store.history("a"))[1] in rivals


async def test_of_racing_sites_one_gets_the_host(store):
    outcomes = await asyncio.gather(
        *(store.append(added(f"s{number}", "a.example")) for number in range(8)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["HostTaken"] * 7 + ["list"]
    assert len(await store.sites()) == 1


async def test_the_hosts_that_sites_ever_had_are_read_at_once_and_up_to_a_limit(store):
    await store.append(added("a", "a.example", "www.a.example"), added("b", "b.example"), added("c", "c.example"))
    await store.append(event("a", 2, HostRemoved("www.a.example")), event("b", 2, HostAdded("www.a.example")))
    ever = {"a.example", "www.a.example", "b.example"}
    assert set(await store.hosts_ever(["a", "b", "nobody"], limit=9)) == ever
    assert set(await store.hosts_ever(["a"], limit=9)) == {"a.example", "www.a.example"}
    few = await store.hosts_ever(["a", "b"], limit=2)
    assert len(few) == 2
    assert set(few) < ever
    assert not await store.hosts_ever([], limit=9)


async def test_a_host_that_comes_and_goes_counts_once_among_the_hosts_ever(store):
    comings = [change("h1") for _ in range(3) for change in (HostAdded, HostRemoved)]
    await store.append(
        added("a", "h0"), *(event("a", 2 + number, change) for number, change in enumerate([*comings, HostAdded("h2")]))
    )
    assert set(await store.hosts_ever(["a"], limit=4)) == {"h0", "h1", "h2"}


async def test_history_is_a_sites_own_in_the_order_of_its_revisions(store):
    for revision in range(1, 12):
        change = RobotsTxtChanged(str(revision)) if revision > 1 else None
        await store.append(*(event(id, revision, change or SiteAdded((id,))) for id in ("b", "a")))
    assert [(past.site, past.revision) for past in await store.history("a")] == [("a", n) for n in range(1, 12)]


async def test_changes_tell_what_happened_since(store):
    await store.append(added("a"), added("b"))
    first = await store.changes(0)
    assert set(first.sites) == {"a", "b"}
    await store.append(event("b", 2, RobotsTxtChanged("x")), event(PLATFORM, 1, StatementChanged(WHOLE_STATEMENT)))
    second = await store.changes(first.position)
    assert second.position == await store.position() > first.position
    assert set(second.sites) == {"b", PLATFORM}
    third = await store.changes(second.position)
    assert (third.position, set(third.sites)) == (second.position, set())


async def test_a_host_goes_from_one_site_to_another_in_one_step(store):
    await store.append(added("a", "a", "shared"), added("b"))
    a, b = await store.append(event("a", 2, HostRemoved("shared")), event("b", 2, HostAdded("shared")))
    assert (a.hosts, b.hosts) == (("a",), ("b", "shared"))
    assert await store.site_by_host("shared") == b
    assert (await store.site("a"), await store.site("b")) == (a, b)


async def test_a_site_may_be_left_without_hosts(store):
    await store.append(added("a"), added("b"))
    gone, _ = await store.append(event("a", 2, HostRemoved("a")), event("b", 2, HostAdded("a")))
    assert gone.hosts == ()
    assert await store.site("a") == gone
    assert gone in await store.sites()


async def test_defaults_are_told_apart_from_sites(store):
    said = [event(id, 1, StatementChanged(WHOLE_STATEMENT)) for id in (PLATFORM, PLAN + "free", REGION + "ü")]
    odd = [added(id, f"{number}.example") for number, id in enumerate(("!", "*x", "*plan", "+"))]
    await store.append(*said, *odd)
    assert [one.id for one in await store.defaults()] == [PLATFORM, PLAN + "free", REGION + "ü"]
    assert [one.id for one in await store.sites()] == ["!", "*plan", "*x", "+"]


async def test_sites_come_in_pages_by_code_point_without_the_platform(store):
    ids = ["Z", "a", "a-b", "a.b", "b", "zoë", "ä", "日本", "🦊"]
    await store.append(event(PLATFORM, 1, StatementChanged(WHOLE_STATEMENT)), *(added(id, id, "0" + id) for id in ids))
    found, page = [], await store.sites(limit=4)
    while page:
        found += page
        page = await store.sites(after=page[-1].id, limit=4)
    assert [site.id for site in found] == sorted(ids)
    assert all(site.hosts == (site.id, "0" + site.id) for site in found)


async def test_the_platform_is_a_site_by_its_id_only(store):
    await store.append(event(PLATFORM, 1, StatementChanged(WHOLE_STATEMENT)))
    platform = await store.site(PLATFORM)
    assert (platform.statement, platform.hosts, platform.revision) == (WHOLE_STATEMENT, (), 1)


async def test_a_thousand_sites_at_once(store):
    sites = await store.append(*(added(f"s{number:04}", f"s{number:04}", f"www{number}") for number in range(1_200)))
    assert list(await store.sites(limit=1_000)) == list(sites[:1_000])
    again = [event(site.id, 2, RobotsTxtChanged("x")) for site in sites]
    assert {site.revision for site in await store.append(*again)} == {2}


async def test_a_closed_store_opens_again(store):
    await store.append(added("a"))
    await store.close()
    await store.close()
    await store.site("a")
