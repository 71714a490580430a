"""Sites by the thousand, on a real store in memory."""

from dataclasses import replace

import pytest

from core.test_owners import BLOCKED, ZOE, TickingClock
from core.test_sites import SIGNATURES
from gatepost.core.sites import PLATFORM, Visibility, present
from gatepost.errors import StoreUnavailable
from gatepost.service.new_sites import BATCH, NewSite
from gatepost.service.owners import Owners
from gatepost.storage import open_store
from policies import real_signatures

FULL = NewSite(("a.example", "www.a.example"), "17", BLOCKED, Visibility.PRIVATE, "Disallow: /x\n")


@pytest.fixture
async def store():
    store = open_store("sqlite://")
    yield store
    await store.close()


@pytest.fixture
def owners(store):
    return Owners(store, TickingClock(), lambda: SIGNATURES)


def ids(rejected):
    return {number: error.id for number, error in rejected.items()}


async def test_a_new_site_is_the_fold_of_its_events(owners, store):
    assert await owners.add_sites([FULL, NewSite(("b.example", "b.example"))], ZOE, "moved") == {}
    site = await store.site("17")
    assert site == present(await store.history("17"))
    assert (site.hosts, site.statement, site.visibility) == (FULL.hosts, BLOCKED, Visibility.PRIVATE)
    assert {past.reason for past in await store.history("17")} == {"moved"}
    assert len(await store.history("b.example")) == 1


async def test_a_row_that_cannot_be_taken_costs_no_other_its_place(owners, store):
    await owners.add_site(["taken.example"], ZOE, "taken")
    rows = [
        NewSite(("taken.example",)),
        NewSite(("b.example",), "taken"),
        FULL,
        replace(FULL, id="18"),
        NewSite(()),
        NewSite(("c.example",), PLATFORM),
        NewSite(("d.example",), robots_txt="\0"),
        NewSite(("e.example",), "\ud800"),
        NewSite(("f.example",)),
    ]
    assert ids(await owners.add_sites(rows, ZOE)) == {
        0: "store.host.taken",
        1: "site.id.taken",
        3: "store.host.taken",
        4: "site.add.form",
        5: "site.add.form",
        6: "statement.robots-txt.characters",
        7: "store.text.unstorable",
    }
    assert [site.id for site in await store.sites()] == ["17", "f.example", "taken"]


async def test_the_same_rows_again_are_all_there_already(owners):
    await owners.add_sites([FULL], ZOE)
    assert ids(await owners.add_sites([FULL], ZOE)) == {0: "site.id.taken"}


async def test_many_batches(owners, store):
    rows = [NewSite((f"s{number:05}.example",)) for number in range(BATCH + 2)]
    assert (await owners.add_sites([*rows, rows[0]], ZOE)).keys() == {len(rows)}
    assert (await store.changes(0)).position == len(rows)


async def test_an_own_file_that_closes_search_is_not_taken_unless_that_is_meant(store):
    owners = Owners(store, TickingClock(), real_signatures)
    closed = NewSite(("b.example",), robots_txt="User-agent: *\nDisallow: /\n")
    assert ids(await owners.add_sites([FULL, closed], ZOE)) == {1: "statement.search.unconfirmed"}
    assert [site.id for site in await store.sites()] == ["17"]
    assert await owners.add_sites([closed], ZOE, search_confirmed=True) == {}


async def test_a_store_that_fails_takes_nothing_of_a_batch(owners, store, monkeypatch):
    async def refuse(*events):
        raise StoreUnavailable("full", id="store.full", remedy="Make room.")

    monkeypatch.setattr(store, "append", refuse)
    with pytest.raises(StoreUnavailable):
        await owners.add_sites([FULL], ZOE)
    assert await store.sites() == []
