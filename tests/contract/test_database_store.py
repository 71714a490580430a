"""What a store on a shared file keeps beyond the contract: other processes, forks, event loops, and being killed."""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
import sqlalchemy

from contract.stores import added, appended, event, heard, processes, started
from gatepost.core.sites import RobotsTxtChanged, Visibility, VisibilityChanged, present
from gatepost.errors import StoreUnavailable
from gatepost.storage import open_store, schema

WRITERS = 4
EVENTS = 75
KILLS = 12


def sound(url):
    """Whether a SQLite file is whole; a server looks after its own."""
    if not url.startswith("sqlite"):
        return True
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def folded(store):
    """Every site as its events leave it, by the events alone."""
    return [present(await store.history(site.id)) for site in await store.sites()]


async def test_two_stores_see_each_others_writes(shared_url):
    one, other = open_store(shared_url), open_store(shared_url)
    await one.append(added("a"))
    position = (await other.changes(0)).position
    (site,) = await other.append(event("a", 2, RobotsTxtChanged("x")))
    assert await one.site("a") == site
    assert set((await one.changes(position)).sites) == {"a"}
    await one.close()
    await other.close()


def test_one_store_serves_several_event_loops(url):
    store = open_store(url)
    asyncio.run(store.append(added("a")))
    for revision in range(2, 5):
        asyncio.run(store.append(event("a", revision, RobotsTxtChanged(str(revision)))))
    site = asyncio.run(store.site_by_host("a"))
    assert site is not None
    assert site.robots_txt == "4"
    asyncio.run(store.close())


async def test_event_loops_in_two_threads_take_turns(url):
    store = open_store(url)
    await store.append(added("a"), added("b"))

    async def write(site):
        for revision in range(2, 12):
            await store.append(event(site, revision, RobotsTxtChanged(str(revision))))

    await asyncio.gather(asyncio.to_thread(asyncio.run, write("a")), write("b"))
    assert [site.revision for site in await store.sites()] == [11, 11]
    await store.close()


async def test_first_calls_at_once_open_once(url, monkeypatch):
    migrations = []
    migrate = schema.migrate

    def counted(connection):
        migrations.append(connection)
        migrate(connection)

    monkeypatch.setattr(schema, "migrate", counted)
    store = open_store(url)
    assert await asyncio.gather(*(store.site("a") for _ in range(20))) == [None] * 20
    assert len(migrations) == 1
    await store.close()


async def test_two_stores_migrate_at_once(tmp_path):
    stores = [open_store(url) for url in ("sqlite://", f"sqlite:///{tmp_path}/a", f"sqlite:///{tmp_path}/b")]
    await asyncio.gather(*(store.append(added("a")) for store in stores))
    for store in stores:
        await store.close()


async def test_a_cancelled_call_is_done_whole_or_not_at_all_and_leaves_the_store_usable(store):
    await store.append(added("a"))
    others = asyncio.all_tasks()
    for number, pause in enumerate((0, 0, 0.0002, 0.0005, 0.001, 0.002, 0.004, 0.02)):
        revision = len(await store.history("a")) + 1
        task = asyncio.create_task(store.append(event("a", revision, RobotsTxtChanged(str(pause)))))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.wait([task, *(asyncio.all_tasks() - others)])
        await store.append(added(f"after-{number}"))  # its turn comes after the cancelled one's
        assert len(await store.history("a")) in (revision - 1 + (not task.cancelled()), revision)
    assert await folded(store) == list(await store.sites())


async def engine_of(store):
    """The store's own engine; other tests' servers may ask theirs meanwhile."""
    engines = []

    def look(connection, _, __, parameters, *___):
        if "nobody-asks-for-this" in str(parameters):
            engines.append(connection.engine)

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", look)
    await store.site("nobody-asks-for-this")
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", look)
    return engines[0]


async def test_any_failing_statement_leaves_nothing_behind(store):
    """Fail the first statement, then the second, and so on, until none is left to fail."""
    await store.append(added("a"), added("b"))
    before, position = await store.sites(), (await store.changes(0)).position
    engine = await engine_of(store)
    for failing in range(100):
        statements = iter(range(100))

        def fail(connection, *_, failing=failing, statements=statements):
            if connection.engine is engine and next(statements) == failing:
                raise OSError("the disk is gone")

        sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", fail)
        try:
            await store.append(event("a", 2, VisibilityChanged(Visibility.PRIVATE)), added("c"))
        except StoreUnavailable:
            pass
        else:
            break
        finally:
            sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", fail)
        assert await store.sites() == before
        assert (await store.changes(position)).position == position
    assert failing >= 5
    assert [site.id for site in await store.sites()] == ["a", "b", "c"]


async def test_a_page_of_sites_is_one_statement(store):
    await store.append(*(added(f"s{number}", f"s{number}", f"www.s{number}") for number in range(50)))
    statements = []

    def count(*call):
        if "FROM sites" in call[2]:  # other tests' servers may look for changes meanwhile
            statements.append(call[2])

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", count)
    assert len(await store.sites()) == 50
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", count)
    assert len(statements) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks only where the system can")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_store_used_before_a_fork_works_on_both_sides(shared_url):
    store = open_store(shared_url)
    asyncio.run(store.append(*(added(f"s{number}") for number in range(WRITERS + 1))))

    def write(site):
        for revision in range(2, 12):
            asyncio.run(store.append(event(site, revision, RobotsTxtChanged(str(revision)))))

    children = []
    for number in range(WRITERS):
        child = os.fork()
        if not child:
            try:
                write(f"s{number}")
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    write(f"s{WRITERS}")
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * WRITERS
    assert {site.revision for site in asyncio.run(store.sites())} == {11}
    assert sound(shared_url)


@pytest.mark.slow
async def test_four_writers_lose_nothing(shared_url):
    writers = [started(shared_url, f"w{number}", EVENTS) for number in range(WRITERS)]
    acknowledged = [heard(arrivals) for _, arrivals in writers]
    for process, _ in writers:
        process.join()
    assert acknowledged == [list(range(1, EVENTS + 1))] * WRITERS
    store = open_store(shared_url)
    for number in range(WRITERS):
        assert [past.revision for past in await store.history(f"w{number}")] == list(range(1, EVENTS + 1))
    assert (await store.changes(0)).position == EVENTS * WRITERS
    assert await folded(store) == list(await store.sites())
    assert sound(shared_url)


@pytest.mark.parametrize("attempt", range(3))
async def test_four_processes_start_on_a_new_file_at_once(shared_url, attempt):
    ready = processes.Barrier(WRITERS)
    writers = [started(shared_url, f"w{number}", 2, ready) for number in range(WRITERS)]
    assert [heard(arrivals) for _, arrivals in writers] == [[1, 2]] * WRITERS
    for process, _ in writers:
        process.join()
    store = open_store(shared_url)
    assert len(await store.sites()) == WRITERS


@pytest.mark.slow
@pytest.mark.guarantee
def test_what_was_acknowledged_survives_a_kill(shared_url):
    """Writers, killed at random moments: before, while and after the file is made, and amid writes."""
    moments = random.Random(20)  # seeded, so that a failure can be looked at again
    known = 0
    for number in range(KILLS):
        process, arrivals = started(shared_url, "a", 100_000)
        if number % 4:
            arrivals.poll(10)
        time.sleep(moments.uniform(0, 0.1))
        process.kill()
        process.join()
        known = max(heard(arrivals), default=known)
        store = open_store(shared_url)
        asyncio.run(store.append(added(f"after-{number}")))  # a server may still be at what a dead client sent
        revisions = [past.revision for past in asyncio.run(store.history("a"))]
        assert revisions == list(range(1, len(revisions) + 1))
        assert len(revisions) >= known, "an acknowledged event is lost"
        assert asyncio.run(folded(store)) == list(asyncio.run(store.sites()))
        assert sound(shared_url)
    assert known


PROGRAM = """
import asyncio, sys
from gatepost.storage import open_store
print(asyncio.run(open_store(sys.argv[1]).site("a")).id, "alembic" in sys.modules)
print(asyncio.run(open_store("sqlite://").site("a")), "alembic" in sys.modules)
"""


async def test_a_program_needs_alembic_for_a_migration_only_and_ends_without_closing(shared_url):
    await appended(shared_url, added("a"))
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, shared_url], capture_output=True, text=True, timeout=20
    )
    assert (printed.stdout.split(), printed.stderr) == (["a", "False", "None", "True"], "")
