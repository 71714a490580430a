"""What all sites say at one position: exact when it is read, and exact again after anything that happens to them."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contract.stores import added, event
from export_items import AT, PARTNER
from gatepost.core.crawlers import Purpose
from gatepost.core.defaults import REGION
from gatepost.core.export_consents import consent_of
from gatepost.core.patterns import PathPattern
from gatepost.core.periods import Period
from gatepost.core.periods import at as known
from gatepost.core.preferences import DatedStatement, PathException, PreferenceStatement, Sharing, Stance, Stances
from gatepost.core.sites import (
    PLATFORM,
    HostAdded,
    HostRemoved,
    PlacementChanged,
    SiteAdded,
    StatementChanged,
    Visibility,
    VisibilityChanged,
)
from gatepost.core.snapshot import policy_of
from gatepost.service import exports
from gatepost.service.clocks import WatchedClock
from gatepost.service.exports import Exports
from gatepost.service.owners import Owners
from licences import hold
from policies import real_signatures

PURPOSE = Purpose.AI_TRAINING


class Hands:
    """A clock that is set by hand, from now on: PostgreSQL has a clock of its own, which is heard too."""

    def __init__(self):
        self.moment = datetime.now(UTC)

    def now(self):
        return self.moment

    def up(self):
        return self.moment.timestamp()


@pytest.fixture(autouse=True)
async def partner(store):
    await hold(store, PARTNER, AT)


def gate_on(store):
    clock = Hands()
    return Exports(store, WatchedClock(clock, clock.up)), clock


def says(sharing=None, training=None, **more):
    return StatementChanged(PreferenceStatement(Stances(ai_training=training), partner_sharing=sharing, **more))


YES, NO = says(Sharing.ALLOW), says(Sharing.REFUSE)


async def truth(store, clock, name):
    """What a name stands for, worked out site by site as the doors do."""
    sites = [site for site in (await store.site(name), await store.site_by_host(name)) if site]
    owners = Owners(store, clock, real_signatures)
    policies = [policy_of(site, await owners.levels_above(site), known(clock.now())) for site in sites]
    return {consent_of(policy, PURPOSE) for policy in policies}


async def test_a_site_is_found_by_its_id_and_by_its_hosts_and_nobody_else_is(store):
    await store.append(added("7", "a.example", "www.a.example"), event("7", 2, YES), added("b", "b.example"))
    gate, _ = gate_on(store)
    consents = await gate.consents("acme", PURPOSE)
    assert [consents.find(name)[0].shares for name in ("7", "a.example", "www.a.example", "b")] == [True] * 3 + [False]
    assert [consents.find(name) for name in ("nobody.example", "A.example", PLATFORM, "")] == [[]] * 4
    assert (consents.sites, consents.position) == (2, await store.position())


async def test_a_purpose_is_licensed_once_all_sites_were_looked_at(store):
    gate, _ = gate_on(store)
    wider = replace(PARTNER, purposes=frozenset(Purpose))
    await store.keep_partner(wider, AT, PARTNER)
    assert [(await gate.consents("acme", one)).licensed for one in (PURPOSE, Purpose.SEARCH)] == [True, False]
    while await store.sweep(AT):
        pass
    assert (await gate.consents("acme", Purpose.SEARCH)).licensed


async def test_after_anything_that_happens_it_is_as_if_it_had_been_read_anew(store):
    gate, clock = gate_on(store)
    await store.append(added("a", "a.example", "swap.example"), event("a", 2, YES), added("b", "b.example"))
    consents = await gate.consents("acme", PURPOSE)
    happened = [
        (event("b", 2, YES),),
        (event("a", 3, VisibilityChanged(Visibility.SUSPENDED)),),
        (event("a", 4, HostRemoved("swap.example")), event("b", 3, HostAdded("swap.example"))),
        (event("a", 5, HostAdded("b")),),  # the id of one, the host of another
        (event("b", 4, HostRemoved("swap.example")),),
        (added("c", "swap.example"), event("c", 2, YES)),
        (event("b", 5, PlacementChanged("eu", "")),),
        (event(PLATFORM, 1, NO),),
        (event(REGION + "eu", 1, says(training=Stance.BLOCK)),),
        (
            event(
                "c", 3, says(Sharing.ALLOW, paths=(PathException(PathPattern("/x"), Stances(ai_training=Stance.ASK)),))
            ),
        ),
    ]
    names = ["a", "a.example", "swap.example", "b", "b.example", "c"]
    for events in happened:
        await store.append(*events)
        consents = await gate.renewed(consents)
        assert {name: set(consents.find(name)) for name in names} == {
            name: await truth(store, clock, name) for name in names
        }
        assert consents.position == await store.position()


async def test_what_is_said_for_a_time_holds_when_the_time_comes_though_nothing_is_written(store):
    gate, clock = gate_on(store)
    soon = clock.now() + timedelta(hours=1)
    dated = DatedStatement(Period(soon), PreferenceStatement(partner_sharing=Sharing.REFUSE))
    await store.append(added("a", "a.example"), event("a", 2, says(Sharing.ALLOW, dated=(dated,))))
    consents = await gate.consents("acme", PURPOSE)
    assert (consents.find("a")[0].shares, consents.until) == (True, soon)
    assert (await gate.renewed(consents)).changed_since(consents) == frozenset()
    clock.moment += timedelta(hours=2)
    later = await gate.renewed(consents)
    assert (later.find("a")[0].shares, later.changed_since(consents)) == (False, None)


async def test_only_the_names_that_stand_for_something_else_have_changed(store):
    gate, _ = gate_on(store)
    await store.append(added("a", "a.example"), event("a", 2, YES), added("b", "b.example"))
    consents = await gate.consents("acme", PURPOSE)
    await store.append(event("a", 3, NO), event("b", 2, NO))
    assert (await gate.renewed(consents)).changed_since(consents) == {"a", "a.example"}


@pytest.mark.parametrize("most", [0, 3, 50_000])
async def test_many_changes_at_random_are_followed(store, monkeypatch, most):
    monkeypatch.setattr(exports, "_MOST_AMENDED", most)
    dice = random.Random(most)
    gate, clock = gate_on(store)
    names = [f"{number}.example" for number in range(8)]
    await store.append(*(added(name) for name in names))
    revisions, consents = dict.fromkeys(names, 1), await gate.consents("acme", PURPOSE)
    for _ in range(12):
        for name in dice.sample(names, 3):
            revisions[name] += 1
            change = dice.choice([YES, NO, says(Sharing.ALLOW, Stance.BLOCK), VisibilityChanged(Visibility.PRIVATE)])
            await store.append(event(name, revisions[name], change))
        consents = await gate.renewed(consents)
        assert [set(consents.find(name)) for name in names] == [await truth(store, clock, name) for name in names]


class Counting:
    """A store that counts what it is asked."""

    def __init__(self, store):
        self._store = store
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name):
        self.asked[name] += 1
        return getattr(self._store, name)


async def test_a_thousand_sites_that_changed_are_read_together(store):
    sites = [f"s{number}" for number in range(1_000)]
    await store.append(*(added(site, f"{site}.example") for site in sites))
    counting = Counting(store)
    gate, _ = gate_on(counting)
    consents = await gate.consents("acme", PURPOSE)
    await store.append(*(event(site, 2, YES) for site in sites))
    counting.asked.clear()
    consents = await gate.renewed(consents)
    assert all(consents.find(f"{site}.example")[0].shares for site in sites)
    assert sum(counting.asked.values()) < 10


async def test_of_a_site_with_more_names_than_are_amended_all_is_made_anew(store, monkeypatch):
    monkeypatch.setattr(exports, "_MOST_AMENDED", 50)
    names = [f"{number}.example" for number in range(60)]
    await store.append(added("a", *names))
    gate, _ = gate_on(store)
    consents = await gate.consents("acme", PURPOSE)
    await store.append(event("a", 2, YES))
    consents = await gate.renewed(consents)
    assert not consents.amended
    assert all(consents.find(name)[0].shares for name in names)


class Busy:
    """A store in which somebody opts out while the sites are read."""

    def __init__(self, store, *events):
        self.store, self.events = store, list(events)

    def __getattr__(self, name):
        return getattr(self.store, name)

    async def sites(self, **asked):
        page = await self.store.sites(**asked)
        if self.events:
            await self.store.append(self.events.pop())
        return page


@pytest.mark.parametrize("change", [event("a", 3, NO), event(PLATFORM, 1, says(training=Stance.BLOCK))])
async def test_what_changes_while_it_is_read_is_in_it(store, change):
    await store.append(added("a", "a.example"), event("a", 2, YES))
    gate, clock = gate_on(Busy(store, change))
    consents = await gate.consents("acme", PURPOSE)
    assert set(consents.find("a")) == await truth(store, clock, "a")
    assert consents.position == await store.position() == 3


async def test_sites_that_say_the_same_share_it(store):
    await store.append(*(event(f"s{number}", 1, SiteAdded((f"{number}.example",))) for number in range(2_500)))
    gate, _ = gate_on(store)
    consents = await gate.consents("acme", PURPOSE)
    assert (consents.sites, len(consents.distinct), len(consents.table.places)) == (2_500, 1, 5_000)
