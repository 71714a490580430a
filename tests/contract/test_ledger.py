"""The ledger keeps counts: added up whoever writes them, forgotten when they are old, and nothing but counts."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gatepost.core import sketches
from gatepost.core.crawlers import Standing
from gatepost.core.exposure import Exposure, ExposureKey, Outcome, Phase, Reading
from gatepost.storage import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = ExposureKey("garden", "GPTBot", Standing.CLAIMED, Outcome.SERVED, NOON.date(), Phase.OPEN)
EVER = date(2000, 1, 1)


def exposure(key=KEY, requests=1, octets=10, at=NOON, paths=("/",)):
    return Exposure(key, requests, octets, at, at, sketches.sketch_of(paths))


async def test_counts_add_up(store):
    later = NOON + timedelta(hours=1)
    other = replace(KEY, phase=Phase.READ)
    await store.count([exposure(requests=3, octets=30, paths=["/a", "/b"]), exposure(other)], [])
    await store.count([exposure(requests=2, octets=5, at=later, paths=["/b", "/c"])], [])
    one, two = await store.exposures("garden", EVER)
    assert one.key == KEY
    assert (one.requests, one.octets, one.first_seen, one.last_seen) == (5, 35, NOON, later)
    assert sketches.counted([one.paths]) == (3 if sketches.is_known() else None)
    assert two == exposure(other)


async def test_days_and_sites_are_apart(store):
    keys = [replace(KEY, day=NOON.date() + timedelta(days=day), site=site) for day in range(3) for site in ("a", "b")]
    await store.count([exposure(key) for key in keys], [])
    assert [one.key for one in await store.exposures("a", NOON.date() + timedelta(days=1))] == [keys[2], keys[4]]


async def test_a_count_without_a_sketch_leaves_the_number_of_paths_unknown(store):
    await store.count([exposure()], [])
    await store.count([replace(exposure(), paths=None)], [])
    (found,) = await store.exposures("garden", EVER)
    assert (found.requests, found.paths) == (2, None)


async def test_the_last_reading_stays_and_since_when_the_octets_were_known(store):
    first = Reading("garden", "GPTBot", NOON, NOON, b"1" * 32)
    again = replace(first, at=NOON + timedelta(hours=1), since=NOON + timedelta(hours=1))
    changed = Reading("garden", "GPTBot", NOON + timedelta(hours=2), NOON + timedelta(hours=2), b"2" * 32)
    other = Reading("kitchen", "GPTBot", NOON, NOON, b"3" * 32)
    await store.count([], [first, other])
    await store.count([], [again])
    assert await store.readings(["garden"]) == [replace(again, since=NOON)]
    await store.count([], [changed])
    await store.count([], [again])  # a batch that comes late
    assert await store.readings(["garden"]) == [changed]


async def test_what_is_old_is_forgotten(store):
    keys = [replace(KEY, day=NOON.date() - timedelta(days=days)) for days in range(4)]
    old = Reading("garden", "CCBot", NOON - timedelta(days=3), NOON - timedelta(days=3), b"1" * 32)
    await store.count([exposure(key) for key in keys], [old])
    assert await store.forget_exposures(before=NOON.date() - timedelta(days=1)) == 2
    assert [one.key for one in await store.exposures("garden", EVER)] == [keys[1], keys[0]]
    assert await store.readings(["garden"]) == []


async def test_a_site_is_forgotten_and_no_other(store):
    other = replace(KEY, site="kitchen")
    readings = [Reading(site, "GPTBot", NOON, NOON, b"1" * 32) for site in ("garden", "kitchen")]
    await store.count([exposure(), exposure(other)], readings)
    assert await store.forget_exposures(site="garden") == 1
    assert await store.exposures("garden", EVER) == []
    assert await store.exposures("kitchen", EVER) == [exposure(other)]
    assert await store.readings(["garden", "kitchen"]) == readings[1:]


async def test_a_thousand_keys_at_once(store):
    keys = [replace(KEY, crawler=f"Crawler{number:04}") for number in range(1_000)]
    await store.count([exposure(key) for key in keys], [])
    await store.count([exposure(key) for key in reversed(keys)], [])
    found = await store.exposures("garden", EVER)
    assert {one.key: one.requests for one in found} == dict.fromkeys(keys, 2)


async def test_workers_who_write_at_once_lose_nothing(shared_url):
    stores = [open_store(shared_url) for _ in range(4)]
    keys = [replace(KEY, crawler=f"Crawler{number}") for number in range(20)]

    async def worker(store, number):
        for turn in range(5):
            await store.count([exposure(key, paths=[f"/{number}/{turn}"]) for key in keys[:: (-1) ** number]], [])

    await stores[0].position()
    await asyncio.gather(*(worker(store, number) for number, store in enumerate(stores)))
    found = await stores[0].exposures("garden", EVER)
    for store in stores:
        await store.close()
    assert [one.requests for one in found] == [20] * 20
    if sketches.is_known():
        assert [sketches.counted([one.paths]) for one in found] == pytest.approx([20] * 20, abs=1)


async def test_counts_neither_wait_for_the_writers_turn_nor_look_like_a_change(named):
    """A writer of events that takes its time keeps no ledger waiting, where the database lets both write."""
    from sqlalchemy import text

    store, other = open_store(named), open_store(named)
    before = await store.position()
    held = asyncio.create_task(
        other._database.run(lambda connection: connection.execute(text("SELECT pg_sleep(2)")), writes=True)
    )
    await asyncio.sleep(0.5)
    async with asyncio.timeout(1):
        await store.count([exposure()], [])
    assert not held.done()
    assert await store.position() == before
    await held
    for one in (store, other):
        await one.close()
