"""From every older schema to this one: nothing is lost, older workers live on, and no crash leaves a half."""

import asyncio
import os
import signal

import pytest
import sqlalchemy

from contract.older_workers import COLUMNS, LIFE, REFUSES_OLDER_WRITES, OlderWorker, make_empty
from contract.stores import processes
from gatepost.core.sites import present
from gatepost.errors import StoreUnavailable
from gatepost.storage import open_store, schema, tables
from gatepost.storage.engines import database_of
from guarantees.parts import sized

OLDER = schema.VERSIONS[:-1]
NOW = schema.VERSIONS[-1]
FAR_AND_NEAR = pytest.mark.parametrize("older", sized(OLDER, (OLDER[0], OLDER[-1])), indirect=True)
"""What takes processes begins, in short, from the oldest schema and from the last one before."""


@pytest.fixture(params=OLDER)
async def older(request, shared_url):
    """A worker of an older schema, and its database."""
    worker = OlderWorker(request.param, shared_url)
    await worker.make_tables()
    yield worker
    await worker.close()


@pytest.fixture
async def newer(shared_url):
    store = open_store(shared_url)
    yield store
    await store.close()


async def version(url):
    """What the database says, and whether its tables are what it says."""
    database = database_of(url)
    try:
        return await database.run(look, ready=False)
    finally:
        await database.close()


def look(connection):
    inspector = sqlalchemy.inspect(connection)
    names = inspector.get_table_names()
    found = {name: {column["name"] for column in inspector.get_columns(name)} for name in names}
    if not found.pop(tables.VERSION_TABLE, None):
        assert not found
        return None
    (said,) = connection.exec_driver_sql(f"SELECT version_num FROM {tables.VERSION_TABLE}").scalars()
    newest = {name: {*table.columns.keys()} for name, table in tables.metadata.tables.items()}
    assert found == (newest if said == NOW else columns_of(said)), "half of a schema"
    return said


def columns_of(version):
    return {name: {*columns, "seq"} if name == "events" else {*columns} for name, columns in COLUMNS[version].items()}


def test_every_older_schema_has_its_worker():
    assert {*OLDER} <= COLUMNS.keys()


async def test_every_row_is_kept(older, newer, shared_url):
    before = await older.rows()
    assert await version(shared_url) == older.version
    sites = await newer.sites()
    assert await older.rows() == before
    assert await version(shared_url) == NOW
    assert [site.hosts for site in sites] == [("a.example", "www.a.example"), ("b.example",)]
    for site in (*sites, await newer.site("*")):
        assert site
        history = await newer.history(site.id)
        assert len(history) == len([row for row in LIFE if row[0] == site.id])
        assert present(history) == site
    assert (await newer.changes(0)).position == len(LIFE)


async def test_the_worker_before_lives_on_through_a_migration(older, newer):
    """It reads and writes without a pause, while another one migrates and after."""
    later = schema.VERSIONS[schema.VERSIONS.index(older.version) + 1 :]
    stop, takes_writes = asyncio.Event(), REFUSES_OLDER_WRITES.isdisjoint(later)
    reads, writes = asyncio.create_task(reading(older, stop)), asyncio.create_task(writing(older, stop))
    await asyncio.sleep(0.2)
    migrated = await newer.site("a.example")
    await asyncio.sleep(0.2)
    stop.set()
    acknowledged, refused = await writes
    assert migrated
    assert await reads > 10
    assert len(acknowledged) > 5
    assert not (refused and takes_writes)
    site = await newer.site("b.example")
    assert site
    assert site.revision == max(acknowledged)
    history = await newer.history("b.example")
    assert [event.revision for event in history] == list(range(1, site.revision + 1))
    assert present(history) == site
    assert await older.add_site("new.example") is takes_writes
    assert present(await newer.history("new.example")) == await newer.site_by_host("new.example")


async def reading(worker, stop):
    reads = 0
    while not stop.is_set():
        assert await worker.find("www.a.example") == (("a.example", 4), ["a.example", "www.a.example"])
        reads += 1
    return reads


async def writing(worker, stop):
    """The revisions that were acknowledged, and how many tries were refused with an error that says why."""
    acknowledged, refused = [1], 0
    while not stop.is_set():
        revision = acknowledged[-1] + 1
        if await worker.add_host("b.example", revision):
            acknowledged.append(revision)
        else:
            refused += 1
    return acknowledged, refused


def migrate(url, start, words):
    """A new worker, in its own process."""

    async def first_call():
        store = open_store(url)
        start.wait()
        found = await store.site("a.example")
        await store.close()
        return found and found.revision

    words.send(asyncio.run(first_call()))


@FAR_AND_NEAR
@pytest.mark.slow
async def test_new_workers_start_at_once_and_one_migrates(older, shared_url):
    start = processes.Barrier(4)
    pipes = [processes.Pipe(duplex=False) for _ in range(4)]
    workers = [processes.Process(target=migrate, args=(shared_url, start, words)) for _, words in pipes]
    for worker in workers:
        worker.start()
    found = [arrivals.recv() if await asyncio.to_thread(arrivals.poll, 60) else None for arrivals, _ in pipes]
    for worker in workers:
        worker.join(30)
    assert found == [4] * 4
    assert {worker.exitcode for worker in workers} == {0}
    assert await version(shared_url) == NOW


def migrate_and_die(url, statements):
    """A new worker that is killed before a statement of its migration."""
    left = iter(range(statements))

    def count(*_):
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", count)
    asyncio.run(_first_call(url))


async def _first_call(url):
    store = open_store(url)
    await store.site("a.example")
    await store.close()


STEP = sized(1, 25)
"""In short, every so many statements; `make guarantees` takes each."""


async def killed_at_every_statement(url):
    """The versions that the killed leave behind, until one lives."""
    left = []
    for statements in range(0, 300, STEP):
        child = processes.Process(target=migrate_and_die, args=(url, statements))
        child.start()
        await asyncio.to_thread(child.join, 60)
        left.append(await version(url))
        if child.exitcode == 0:
            return left
        assert child.exitcode == -signal.SIGKILL
    raise AssertionError("it never ends")


@FAR_AND_NEAR
@pytest.mark.slow
@pytest.mark.guarantee
async def test_a_killed_migration_leaves_the_old_schema_or_the_new(older, newer, shared_url):
    before = await older.rows()
    left = await killed_at_every_statement(shared_url)
    assert len(left) >= 2
    assert set(left) == {older.version, NOW}
    assert await older.rows() == before
    assert [site.id for site in await newer.sites()] == ["a.example", "b.example"]


@pytest.mark.slow
@pytest.mark.guarantee
async def test_a_killed_first_start_leaves_nothing_or_all(newer, shared_url):
    make_empty(database_of(shared_url))
    assert await version(shared_url) is None
    left = await killed_at_every_statement(shared_url)
    assert set(left) == {None, NOW}
    assert await newer.sites() == []


async def test_a_worker_before_does_not_start_on_a_newer_schema(newer, shared_url):
    await newer.sites()
    database = database_of(shared_url)
    await database.run(lambda connection: connection.exec_driver_sql(
        f"UPDATE {tables.VERSION_TABLE} SET version_num = '9999'"), writes=True)  # fmt: skip
    await database.close()
    store = open_store(shared_url)
    with pytest.raises(StoreUnavailable) as raised:
        await store.sites()
    await store.close()
    assert raised.value.id == "store.schema.newer"
    assert "9999" in str(raised.value)
    assert NOW in str(raised.value)
    assert "Upgrade" in raised.value.remedy
    assert await newer.sites() == [], "one that runs already goes on"
