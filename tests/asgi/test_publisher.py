"""What the doors serve is written down, whatever the store does meanwhile, and no request waits for it."""

import asyncio
import hashlib
import json

import pytest

from asgi.door import OWNER, App, Store, ask, gate_on, wish
from gatepost import CrawlerAccessMiddleware, read_wish
from gatepost.core.publications import Kind, blob_names, document_name, rendering_cause, rendering_key
from gatepost.service import publisher
from gatepost.storage.chains import PUBLICATIONS
from policies import real_signatures

GARDEN = "garden.example"


@pytest.fixture
async def gate():
    gate = gate_on(real_signatures(), Store())
    yield gate
    await gate.close()


async def rendering(gate, own=""):
    """What the record has of the garden's rendering."""
    snapshot = await gate.snapshots.visit(GARDEN)
    cause = rendering_cause(gate.edition, snapshot.rendering.policy, own, GARDEN)
    return await gate.store.published(Kind.RENDERING, rendering_key(cause))


async def test_what_is_served_is_in_the_record(gate):
    await wish(gate, GARDEN, "ai-training=block")
    reply = await ask(CrawlerAccessMiddleware(App(), gate=gate), "/robots.txt")
    await gate.publisher.flush()
    [entry] = await rendering(gate)
    name = document_name(entry, "/robots.txt")
    assert name == hashlib.sha256(reply.body).digest()
    assert await gate.store.octets(name) == reply.body
    [edition] = await gate.store.published(Kind.IN_FORCE)
    assert json.loads(edition.content)["signatures"] == gate.signatures.sha256
    assert await gate.store.octets(blob_names(edition.content)[0]) == gate.signatures.source


async def test_what_is_only_looked_at_is_not(gate):
    await wish(gate, GARDEN, "ai-training=block")
    await ask(CrawlerAccessMiddleware(App(), gate=gate), "/robots.txt")
    await gate.publisher.flush()
    before = (await gate.store.published(Kind.IN_FORCE))[-1].number
    await gate.overviews.preview(GARDEN, [read_wish("ai-training=license", gate.signatures)])
    await gate.publisher.flush()
    await wish(gate, GARDEN, "ai-training=license")
    assert not await rendering(gate)
    await gate.publisher.flush()
    [entry] = await rendering(gate)
    assert entry.number > before


async def test_a_second_worker_writes_nothing_twice(gate):
    await wish(gate, GARDEN, "ai-training=block")
    for number in range(3):
        worker = gate_on(gate.signatures, gate.store) if number else gate
        await ask(CrawlerAccessMiddleware(App(), gate=worker), "/robots.txt")
        await worker.publisher.flush()
        assert len(await rendering(gate)) == 1
        assert len(await gate.store.published(Kind.IN_FORCE)) == 1


async def test_many_sites_that_want_the_same_are_one_entry(gate):
    for number in range(20):
        await gate.owners.add_site([f"{number}.example"], OWNER)
    app = CrawlerAccessMiddleware(App(), gate=gate)
    for number in range(20):
        await ask(app, "/robots.txt", host=f"{number}.example".encode())
    await gate.publisher.flush()
    assert (await gate.store._inner._database.run(PUBLICATIONS.head)).number == 2  # the edition, and one rendering


async def test_a_store_that_is_down_costs_no_request_and_no_entry(gate, caplog):
    await wish(gate, GARDEN, "ai-training=block")
    app = CrawlerAccessMiddleware(App(), gate=gate)
    snapshot = await gate.snapshots.visit(GARDEN)
    gate.watch()
    gate.store.down = True
    gate.publisher.rendered(snapshot.rendering, "", GARDEN, gate.signatures.sha256)
    async with asyncio.timeout(5):
        while "the record waits for the store" not in caplog.text:
            assert (await ask(app, "/robots.txt")).status == 200
            await asyncio.sleep(0.02)
    gate.store.down = False
    async with asyncio.timeout(5):
        while not await rendering(gate):
            await asyncio.sleep(0.02)


async def test_what_waits_is_bounded_and_told(gate, monkeypatch, caplog):
    monkeypatch.setattr(publisher, "_QUEUED", 3)
    gate.publisher.begin()
    for number in range(5):
        gate.publisher.heard(f"{number}.example", "x")
    assert len(gate.publisher._queue) == 3
    assert caplog.text.count("is not written down") == 1


async def test_what_the_app_says_itself_is_in_the_record(gate):
    await wish(gate, GARDEN, "ai-training=block")
    behind = App(robots=b"User-agent: *\nDisallow: /cellar/\n")
    reply = await ask(CrawlerAccessMiddleware(behind, gate=gate), "/robots.txt")
    await gate.publisher.flush()
    [said] = await gate.store.published(Kind.APP_ROBOTS, GARDEN)
    assert [await gate.store.octets(name) for name in blob_names(said.content)] == [behind.robots]
    [entry] = await rendering(gate, behind.robots.decode())
    assert document_name(entry, "/robots.txt") == hashlib.sha256(reply.body).digest()


async def test_an_app_that_never_said_anything_is_no_entry_and_one_that_stopped_is(gate):
    await wish(gate, GARDEN)
    for robots in (b"", b"User-agent: *\nDisallow: /x\n", b""):
        worker = gate_on(gate.signatures, gate.store)
        await ask(CrawlerAccessMiddleware(App(robots=robots), gate=worker), "/robots.txt")
        await worker.publisher.flush()
    said = await gate.store.published(Kind.APP_ROBOTS, GARDEN)
    assert [len(blob_names(entry.content)) for entry in said] == [1, 0]


async def test_what_is_left_is_written_at_the_end(tmp_path):
    url = f"sqlite:///{tmp_path}/gatepost.db"
    gate = gate_on(real_signatures(), Store(url))
    await gate.start()
    await gate.snapshots.visit(GARDEN)
    await gate.close()
    store = Store(url)
    assert len(await store.published(Kind.IN_FORCE)) == 1
    await store.close()
