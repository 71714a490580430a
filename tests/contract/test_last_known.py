"""The copy of sites in a file: what it holds, who may write over whom, and what becomes of a file that is of no use."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from contract.stores import NOW, processes
from gatepost.core.defaults import REGION
from gatepost.core.preferences import PreferenceStatement, Stance, Stances
from gatepost.core.sites import PLATFORM, Site
from gatepost.errors import SettingsError, StoreUnavailable
from gatepost.ports import Standing
from gatepost.storage import FileCopy, last_known, open_last_known

STORE = "sqlite:////somewhere/gatepost.db"
NOTHING = Standing("", -1, 0, None)


def site(id, revision=1, *hosts, robots_txt=""):
    return Site(id, hosts or (id,), robots_txt=robots_txt, revision=revision)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "copy"


@pytest.fixture
async def opened(path):
    """Open the copy as a worker does, any number of times."""
    workers: list[FileCopy] = []

    def open_one(store=STORE):
        worker = open_last_known(store, path)
        assert worker
        workers.append(worker)
        return worker

    yield open_one
    for worker in workers:
        await worker.close()


@pytest.fixture
def copy(opened):
    return opened()


async def keep(copy, *sites, position=1):
    return await copy.keep(sites, await copy.standing(), position, NOW)


@pytest.mark.parametrize(
    ("store", "path", "file"),
    [
        ("sqlite:////var/lib/gatepost.db", None, "/var/lib/gatepost.db-snapshot"),
        ("sqlite:////var/lib/gatepost.db", "/var/cache/g.db", "/var/cache/g.db"),
        ("postgresql://me@db.example/g", "/var/cache/g.db", "/var/cache/g.db"),
        ("postgresql://me@db.example/g", None, None),
        ("sqlite://", None, None),
    ],
)
def test_where_a_copy_is(store, path, file):
    copy = open_last_known(store, Path(path) if path else None)
    assert (copy and str(copy._path)) == file


def test_the_store_itself_is_no_place_for_it():
    with pytest.raises(SettingsError) as raised:
        open_last_known("sqlite:///here.db", Path("here.db"))
    assert raised.value.id == "settings.snapshot.database"


async def test_nothing_is_made_before_it_is_used_and_then_for_its_owner_alone(copy, path):
    assert not path.exists()
    assert (await copy.standing()).turn == 0
    assert {found.stat().st_mode & 0o777 for found in path.parent.iterdir()} == {0o600}


async def test_it_gives_back_what_it_was_given(copy, opened):
    said = PreferenceStatement(stances=Stances(ai_training=Stance.BLOCK))
    whole = replace(site("a", 3, "a", "www.a", robots_txt="User-agent: *\n"), statement=said, region="eu", plan="free")
    platform, region = replace(site(PLATFORM), hosts=()), replace(site(f"{REGION}eu"), hosts=())
    await keep(copy, whole, platform, region, position=7)
    other = opened()
    assert await other.site_by_host("www.a") == await other.site("a") == whole
    assert await other.site(PLATFORM) == platform
    assert await other.site_by_host("b") is None
    assert set(await other.among(["a", "b", PLATFORM])) == {"a", PLATFORM}
    assert await other.extent() == 1
    assert (await other.standing()).position == 7


@pytest.mark.parametrize(("first", "second"), [(4, 5), (5, 4), (5, 5)])
async def test_a_worker_that_is_behind_puts_nothing_back(copy, first, second):
    for revision in (first, second):
        await keep(copy, site("a", revision, "a", f"{revision}.a"))
    assert await copy.site("a") == site("a", 5, "a", "5.a")
    assert await copy.site_by_host("4.a") is None


async def test_a_host_is_its_last_sites(copy):
    await keep(copy, site("a", 1, "a", "shared"), site("c"))
    await keep(copy, site("b", 1, "b", "shared"))
    assert (await copy.site_by_host("shared")).id == "b"
    assert (await copy.site("a")).hosts == ("a",)


class TestPosition:
    async def test_is_what_its_only_writer_has_come_to(self, copy):
        since = await keep(copy, site("a"), position=5)
        assert (await copy.keep([], since, 9, NOW)).position == 9

    async def test_is_no_further_than_either_of_two_who_write_at_once(self, copy, opened):
        other = opened()
        since, others = await copy.standing(), await other.standing()
        await other.keep([site("a")], others, 5, NOW)
        since = await copy.keep([site("b")], since, 3, NOW)
        assert (await copy.standing()).position == 3
        assert (await copy.keep([site("c")], since, 9, NOW)).position == 3

    async def test_is_no_further_for_who_knows_another_copy(self, copy):
        await keep(copy, site("a"), position=5)
        assert (await copy.keep([], NOTHING, 9, NOW)).position == 5


async def fill(path, words):
    copy, number = open_last_known(STORE, path), 0
    assert copy
    since = await copy.standing()
    while True:
        number += 1
        batch = [site(f"{id}", number, f"{id}", f"{number}.{id}") for id in range(200)]
        since = await copy.keep(batch, since, number, NOW)
        words.send(number)


def filling(path, words):
    asyncio.run(fill(path, words))


@pytest.mark.slow
async def test_a_killed_writer_leaves_a_copy_whole(opened, path):
    for _ in range(5):
        arrivals, words = processes.Pipe(duplex=False)
        child = processes.Process(target=filling, args=(path, words))
        child.start()
        words.close()
        said = [arrivals.recv() for _ in range(10)]
        child.kill()
        child.join()
        copy = opened()
        standing = await copy.standing()
        revisions = {(await copy.site(f"{id}")).revision for id in range(200)}
        assert len(revisions) == 1
        assert revisions.pop() >= said[-1]
        assert standing.position >= said[-1]
        assert not [found for found in path.parent.iterdir() if "aside" in found.name]
        await copy.close()
        path.unlink()


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
async def test_a_damaged_one_is_set_aside_by_who_writes(copy, path, caplog, content):
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable) as raised:
        await copy.site_by_host("a")
    assert raised.value.id == "store.damaged"
    assert path.read_bytes() == content
    await keep(copy, site("a"))
    assert await copy.site("a") == site("a")
    assert path.with_name("copy-aside").read_bytes() == content
    assert [record.getMessage()[:32] for record in caplog.records if record.name.startswith("gatepost")] == [
        "the copy is set aside as copy-as"
    ]


async def test_one_that_is_damaged_under_two_workers_serves_both_again(copy, opened, path):
    other = opened()
    await keep(copy, *(site(f"{id}", robots_txt="x" * 5000) for id in range(50)))
    assert await other.extent() == 50
    with path.open("r+b") as file:
        file.write(b"\xa5" * path.stat().st_size)
    before = None
    for worker in (copy, other, copy, other):
        await keep(worker, site("a"), site("b"))
        before = before or (await worker.standing()).copy
        assert await worker.site("b") == site("b")
        assert (await worker.standing()).copy == before


async def test_one_that_vanished_is_another_when_it_is_made_again(copy, path):
    known = await keep(copy, site("a"))
    path.unlink()
    with pytest.raises(StoreUnavailable):
        await copy.keep([site("b")], known, 2, NOW)
    assert (await copy.standing()).copy != known.copy
    assert await copy.extent() == 0


async def test_another_stores_is_set_aside_once_and_not_fought_for(copy, opened, path):
    await keep(copy, site("a"))
    moved = opened("sqlite:////elsewhere/gatepost.db")
    with pytest.raises(StoreUnavailable) as raised:
        await moved.site("a")
    assert raised.value.id == "copy.other"
    assert (await moved.standing()).turn == 0
    assert (await copy.standing()).turn == 0, "it is the other's turn to set it aside"
    with pytest.raises(StoreUnavailable) as raised:
        await moved.standing()
    assert raised.value.id == "copy.other"


@pytest.mark.parametrize("table", ["sites", "other"])
async def test_a_database_that_is_no_copy_is_left_as_it_is(copy, path, table):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE {table} (id TEXT)")
    content = path.read_bytes()
    with pytest.raises(StoreUnavailable) as raised:
        await keep(copy, site("a"))
    assert raised.value.id == "copy.foreign"
    assert path.read_bytes() == content


async def test_a_newer_gateposts_is_left_to_it(copy, path):
    await keep(copy, site("a"))
    await copy.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE gatepost_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable) as raised:
        await copy.standing()
    assert raised.value.id == "store.schema.newer"
    assert path.exists()


async def test_it_stays_within_its_size_and_the_oldest_go(copy, monkeypatch):
    most = 2**20
    monkeypatch.setattr(last_known, "MOST_BYTES", most)
    monkeypatch.setattr(last_known, "_OLDEST", last_known._OLDEST.limit(10))
    await keep(copy, replace(site(PLATFORM), hosts=()))
    for batch in range(40):
        await keep(copy, site("kept", batch + 1), *(site(f"{batch}.{id}", robots_txt="x" * 2000) for id in range(50)))
        assert await copy._file.run(last_known._bytes_used) <= most
    assert 100 < await copy.extent() < 500
    assert set(await copy.among(["0.0", "39.49", "kept", PLATFORM])) == {"39.49", "kept", PLATFORM}


async def test_a_full_disk_keeps_what_was_there(copy):
    since = await keep(copy, site("a"))
    await copy._file.run(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 14"), writes=True)
    with pytest.raises(StoreUnavailable) as raised:
        await copy.keep([site("a", 2, robots_txt="x" * 100_000)], since, 2, NOW)
    assert raised.value.id == "store.full"
    assert await copy.site("a") == site("a")
    assert (await copy.standing()).turn == since.turn
