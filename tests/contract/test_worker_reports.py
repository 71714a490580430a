"""The contract of ``ports.WorkerReports``, whatever database is behind it: a report keeps no writer waiting, and counts
by the database's clock alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from contract.stores import NOW, added
from gatepost.core.unknown_crawlers import UnknownCrawler
from gatepost.core.workers import Met, WorkerReport
from gatepost.storage import open_store

LIFE = timedelta(seconds=45)
REPORT = WorkerReport(
    *("one", NOW, "1.0", 3, "1.2.0", "ab" * 32, "", 100, NOW, 0, ""),
    (Met("NewBot", 2, ("NewBot/1.0 \U0001f98a",)),),
    (UnknownCrawler("Other", "Other/1.0", 7, NOW, NOW),),
    "cd" * 32,
)


async def test_a_report_comes_back_as_it_went_in_place_of_the_one_before(store):
    await store.keep_report(replace(REPORT, release=2), LIFE)
    await store.keep_report(REPORT, LIFE)
    other = replace(REPORT, worker="a second", met=(), unknown=())
    await store.keep_report(other, LIFE)
    assert await store.reports(LIFE) == [other, REPORT]


@pytest.mark.parametrize("wrong", [timedelta(days=-400), timedelta(days=400)])
async def test_a_worker_with_a_wrong_clock_takes_no_report_away_and_none_stays_for_it(store, wrong):
    await store.keep_report(REPORT, LIFE)
    astray = replace(REPORT, worker="astray", at=NOW + wrong, since=NOW + wrong)
    await store.keep_report(astray, LIFE)
    assert await store.reports(LIFE) == [astray, REPORT]
    await asyncio.sleep(2.1)  # SQLite's clock tells whole seconds
    assert await store.reports(timedelta(seconds=1)) == []
    await store.keep_report(REPORT, timedelta(seconds=1))
    assert await store.reports(LIFE) == [REPORT]


async def test_a_report_waits_for_no_writer_and_is_heard_by_nobody(named):
    """Of PostgreSQL: SQLite has one writer at a time, whatever it writes, and nobody hears of what is no change."""
    writing, store = open_store(named), open_store(named)
    await store.append(added("a"))
    await store.wait_for_changes(0.1)  # begins to listen, which counts as having heard
    taken = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(connection):
        loop.call_soon(taken.set)
        connection.execute(text("SELECT pg_sleep(3)"))

    holding = asyncio.create_task(writing._database.run(hold, writes=True))
    await taken.wait()
    async with asyncio.timeout(2):
        await store.keep_report(REPORT, LIFE)
        assert await store.reports(LIFE) == [REPORT]
    assert not holding.done()
    await holding
    await store.wait_for_changes(0.5)  # of the writer
    start = loop.time()
    await store.keep_report(REPORT, LIFE)
    await store.wait_for_changes(1)
    assert loop.time() - start >= 1
    await asyncio.gather(writing.close(), store.close())
