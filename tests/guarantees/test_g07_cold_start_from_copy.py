"""G7: a worker that starts while the store is down answers from the copy as the last worker did, opt-outs included."""

import asyncio
import json
import logging
import sqlite3
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
import sqlalchemy

from asgi.door import BROWSER, GPTBOT, OWNER, ask, wish
from gatepost import open_gate, read_wish
from gatepost.asgi.service import service_app
from guarantees.parts import answers, guarded, sized, timed
from guarantees.workers import process

pytestmark = [pytest.mark.guarantee, pytest.mark.slow, pytest.mark.alone]
AT_ONCE = 1.5  # G7's second, and a margin for a busy machine
STARTED = 5.0  # of two seconds, and what a busy machine adds
RECOVERED = 10.0
COPIED = 10.0

OPT_OUT, OPEN, SILENT = HOSTS = ("no.example", "yes.example", "silent.example")
KILLS = sized(20, 2)
MOST = 3000  # sites that a worker makes before it is killed


async def fill(gate):
    """An opt-out, a site that allows what the platform refuses, and one that says nothing."""
    refused = [read_wish("ai-training=block", gate.signatures)]
    await gate.owners.change_platform_preferences(refused, OWNER)
    for host, stance in ((OPT_OUT, "block"), (OPEN, "allow")):
        await wish(gate, host, f"ai-training={stance}")
    await wish(gate, SILENT)


async def everything(gate):
    return {host: await answers(guarded(gate), host=host) for host in HOSTS}


def refuses(answered):
    """What the answers about a crawler's page are."""
    return {host: found[1][0] == 403 for host, found in answered.items()}


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copy"


@pytest.fixture
def start(shared_url, copy):
    """Start a worker on the store and the copy; it stops at the end of the block."""

    @asynccontextmanager
    async def started():
        gate = open_gate(shared_url, snapshot=copy)
        await gate.start()
        try:
            yield gate
        finally:
            await gate.close()

    return started


@pytest.fixture
async def before(start):
    """What the last worker answered before it stopped."""
    async with start() as gate:
        await fill(gate)
        return await everything(gate)


async def test_g07_answers_as_before(start, outage, before, figure):
    async with outage(), start() as gate:
        seconds, found = await timed(everything(gate))
        again, second = await timed(everything(gate))
    figure("G7 cold with a copy", "as before, within 1 s", f"{seconds:.2f} s, then {again:.3f} s")
    assert found == second == before
    assert refuses(found) == {OPT_OUT: True, OPEN: False, SILENT: True}
    assert seconds < AT_ONCE


async def test_g07_answers_while_the_store_hangs(shared_url, start, hanging, before, figure):
    starting = start()
    with hanging():
        begun, gate = await timed(starting.__aenter__())
        seconds, robots = await timed(ask(guarded(gate), "/robots.txt", host=OPT_OUT.encode()))
        assert (robots.status, robots.body) == before[OPT_OUT][3]
        found = await everything(gate)
    await starting.__aexit__(None, None, None)
    figure(
        "G7 cold with a copy while the store hangs",
        f"start {STARTED:g} s, robots.txt {AT_ONCE:g} s",
        f"{begun:.2f} s, {seconds:.2f} s",
    )
    assert found == before
    assert begun < STARTED
    assert seconds < AT_ONCE


async def test_g07_says_how_old_its_answers_are(start, outage, before, caplog):
    with caplog.at_level(logging.WARNING, "gatepost"):
        async with outage(), start() as gate:
            ready = await ask(service_app(gate), "/_gatepost/readyz")
    assert [said for said in caplog.messages if "3 sites are known from the copy, as it was at 20" in said]
    assert ready.status == 200
    told = json.loads(ready.body)
    assert told["copy"]["sites"] == len(HOSTS)
    assert told["error"].startswith("store.")


async def test_g07_a_host_that_the_copy_does_not_know(start, outage, before):
    async with outage(), start() as gate:
        visits = (("/robots.txt", GPTBOT), ("/", BROWSER), ("/", GPTBOT))
        found = [await ask(guarded(gate), path, agent=agent, host=b"new.example") for path, agent in visits]
    assert [reply.status for reply in found] == [503, 200, 403]
    assert int(found[0][b"retry-after"]) > 0


async def test_g07_takes_up_what_changed_meanwhile(start, outage, before, shared_url, figure):
    async with elsewhere(shared_url) as other:
        await wish(other, OPT_OUT, "ai-training=allow")
        await wish(other, OPEN, "ai-training=block")
    async with outage():
        starting = start()
        gate = await starting.__aenter__()
        assert refuses(await everything(gate)) == {OPT_OUT: True, OPEN: False, SILENT: True}
    expected = {OPT_OUT: False, OPEN: True, SILENT: True}
    seconds = await seconds_until(lambda: everything(gate), lambda found: refuses(found) == expected)
    await starting.__aexit__(None, None, None)
    figure("G7 follows the store again", f"within {RECOVERED:g} s", f"{seconds:.2f} s")
    assert seconds < RECOVERED


async def test_g07_in_the_next_outage_the_copy_says_what_it_knows_then(start, outage, before, shared_url):
    async with outage():
        starting = start()
        gate = await starting.__aenter__()
        assert refuses(await everything(gate))[OPEN] is False
    await seconds_until(lambda: asyncio.sleep(0, gate.snapshots.position()), bool)
    async with elsewhere(shared_url) as other:
        await wish(other, OPEN, "ai-training=block")
    await seconds_until(lambda: gate.copying.recall(OPEN), blocks)
    async with outage():
        assert refuses(await everything(gate))[OPEN] is True
    await starting.__aexit__(None, None, None)


@asynccontextmanager
async def elsewhere(url):
    """A worker of another machine: without this one's copy."""
    gate = open_gate(url, snapshot=Path("/dev/null/none"))
    try:
        yield gate
    finally:
        await gate.close()


async def seconds_until(ask_again, right, latest=30.0):
    start = monotonic()
    while not right(await ask_again()):
        assert monotonic() - start < latest
        await asyncio.sleep(0.05)
    return monotonic() - start


async def test_g07_what_changed_while_no_worker_ran_is_in_the_copy_after_the_next(start, outage, before, shared_url):
    async with elsewhere(shared_url) as other:
        await wish(other, OPEN, "ai-training=block")
        await other.owners.change_platform_preferences([read_wish("search=block", other.signatures)], OWNER,
            search_confirmed=True)  # fmt: skip
    async with start():
        pass  # nobody visits
    async with outage(), start() as gate:
        found = await everything(gate)
    assert refuses(found) == {OPT_OUT: True, OPEN: True, SILENT: True}
    assert found[SILENT][2] != before[SILENT][2], "what the platform says is in robots.txt"


async def test_g07_an_opt_out_reaches_the_copy_while_the_worker_runs(start, outage, before, shared_url, copy, figure):
    async with start() as gate, elsewhere(shared_url) as other:
        await wish(other, OPEN, "ai-training=block")
        seconds = await seconds_until(lambda: gate.copying.recall(OPEN), blocks)
    figure("G7 an opt-out is in the copy", f"within {COPIED:g} s", f"{seconds:.2f} s")
    assert seconds < COPIED


def blocks(recalled):
    return recalled.site.statement.stances.ai_training == "block"


@pytest.mark.parametrize("damage", ["moved", "corrupt", "truncated"])
async def test_g07_a_file_in_any_state(file_url, damage, caplog):
    """SQLite, with the copy where it is by default."""
    file = Path(file_url.removeprefix("sqlite:///"))
    gate = open_gate(file_url)
    await gate.start()
    await fill(gate)
    before = await everything(gate)
    await gate.close()
    away, spoiled = file.rename(file.with_name("away")), spoil(file, damage)
    gate = open_gate(file_url)
    await gate.start()
    assert await everything(gate) == before
    assert (file.read_bytes() if file.exists() else None) == spoiled, "the store is nobody's to make anew"
    away.replace(file)
    seconds = await seconds_until(lambda: asyncio.sleep(0, gate.snapshots.position()), bool)
    assert seconds < RECOVERED
    await gate.close()


def spoil(file, damage):
    """What is left of the store's file, which has been moved away."""
    content = file.with_name("away").read_bytes()
    left = {"moved": None, "corrupt": b"\xa5" * len(content), "truncated": content[:5000]}[damage]
    if left is not None:
        file.write_bytes(left)
    return left


def serving(url, copy, words):
    """A worker that visits its sites, copies each at once, and is killed."""

    async def serve():
        gate = open_gate(url, snapshot=copy)
        await gate.start()
        for number in range(MOST):
            await wish(gate, f"{number}.example", "ai-training=block")
            await gate.snapshots.visit(f"{number}.example")
            await look(gate)
            words.send(number)

    asyncio.run(serve())


async def test_g07_a_copy_whose_writer_is_killed(shared_url, copy, start, outage, figure):
    """The copy is as whole as the database it is, so what it holds is answered."""
    known = 0
    for kill in range(KILLS):
        with process(serving, shared_url, copy) as (child, arrivals):
            assert arrivals.poll(30)
            await asyncio.sleep(0.5 + kill % 7 / 20)
            child.kill()
        async with outage(), start() as gate:
            known = (await gate.copying.extent()).sites
            recalled = [await gate.copying.recall(f"{number}.example") for number in range(MOST)]
            whole = [found for found in recalled if found and (blocks(found) or found.site.revision == 1)]
            assert len(whole) == known
    figure("G7 kills while the copy is written", "the copy is whole", f"after each of {KILLS}, {known} sites")
    assert known


async def test_g07_a_copy_that_cannot_be_written_fails_nothing(shared_url, tmp_path, caplog):
    gate = open_gate(shared_url, snapshot=tmp_path / "none" / "copy")
    await gate.start()
    await fill(gate)
    for _ in range(3):
        await look(gate)
    assert (await everything(gate))[OPT_OUT][1][0] == 403
    await gate.close()
    said = [line for line in caplog.messages if "copy" in line]
    assert len(said) == 1
    assert "store.unopenable" in said[0]


@pytest.fixture
def full_disk(copy):
    """As if the copy's disk were full: no connection can make the file larger."""

    def limit(connection, record):
        if isinstance(connection, sqlite3.Connection) and str(copy) in str(
            connection.execute("PRAGMA database_list").fetchall()
        ):
            connection.execute("PRAGMA max_page_count = 16")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", limit)
    yield
    sqlalchemy.event.remove(sqlalchemy.Engine, "connect", limit)


async def test_g07_a_full_disk_under_the_copy_fails_nothing(start, full_disk, caplog):
    async with start() as gate:
        await fill(gate)
        for revision in range(3):
            await gate.owners.change_robots_txt(OPEN, f"# {revision}\n" * 12_000, OWNER)
            await gate.snapshots.refresh()
            assert (await everything(gate))[OPT_OUT][1][0] == 403
            await look(gate)
    assert len([line for line in caplog.messages if "store.full" in line]) == 1


async def look(gate):
    """What the worker does every other second."""
    await gate.copying._try(gate.snapshots.position, gate.snapshots.held_sites)
