"""A worker follows the releases through what may come between: an overlay, a store that is away, a fault of its own."""

import asyncio
from dataclasses import replace
from unittest.mock import AsyncMock

import pytest

from asgi.door import OWNER, App, ask
from asgi.test_signatures_exchanged import GARDEN, OPS, OVERLAY, PROBE, exchanged, followed, renewed, says
from gatepost import CrawlerAccessMiddleware, open_gate
from gatepost.core.preferences import Stance
from gatepost.core.publications import Kind
from gatepost.core.releases import released
from gatepost.service import renewal
from guarantees.parts import train
from releasing import NEXT, WITH_NEW


@pytest.fixture
async def machine(tmp_path):
    """Start gates on one database, with an overlay, one after the other, or beside each other."""
    made = []

    async def start(octets=OVERLAY, name="overlay"):
        overlay = tmp_path / f"{name}.yaml"
        overlay.write_bytes(octets)
        gate = open_gate(f"sqlite:///{tmp_path}/sites.db", signatures_overlay=overlay)
        made.append(gate)
        await gate.start()
        return gate

    yield start
    for gate in made:
        await gate.close()


async def garden(gate, host=GARDEN):
    """A site that refuses training."""
    await gate.owners.add_site([host], OWNER)
    await train(gate, Stance.BLOCK, host)
    await gate.snapshots.visit(host)


async def test_a_start_without_the_store_is_by_the_last_release_below_the_overlay(machine, tmp_path):
    first = await machine()
    await garden(first)
    await first.releases.publish(NEXT, OPS)
    await followed(first)
    await first.close()
    (tmp_path / "sites.db").rename(tmp_path / "away.db")
    late = await machine()
    assert (late.recognition.now.number, late.recognition.refused) == (first.recognition.now.number, None)
    assert late.signatures.version.startswith("1.1.0")
    assert await says(late) == (403, True)


async def test_what_a_machine_lays_over_a_release_is_refused_there_while_all_others_try_it(machine):
    """It is the word of that machine's operator, for whom nothing is new."""
    there, elsewhere = await machine(), await machine(b"format: 1\nwithout: []\n", "elsewhere")
    await garden(there)
    await there.releases.publish(WITH_NEW, OPS, shadow=True)
    for gate in (there, elsewhere):
        await followed(gate)
    assert there.recognition.now.number == elsewhere.recognition.now.number > 0
    assert (await says(there), await says(elsewhere)) == ((403, True), (200, True))


async def test_a_release_that_the_overlay_was_against_is_taken_up_when_that_is_mended(machine, tmp_path):
    gate = await machine()
    await garden(gate)
    await exchanged(gate, tmp_path / "overlay.yaml", OVERLAY.replace(b"name: Probe", b"name: Other"))
    await gate.releases.publish(WITH_NEW, OPS, shadow=True)
    await gate.releases.publish(WITH_NEW, OPS)
    await followed(gate)
    assert (gate.recognition.now.number, gate.recognition.refused.place[:7]) == (0, "release")
    await exchanged(gate, tmp_path / "overlay.yaml", b"format: 1\nwithout: []\n")
    await followed(gate)
    assert gate.recognition.refused is None
    assert gate.recognition.now.number == (await gate.releases.present()).number
    assert (gate.signatures.version, await says(gate)) == ("1.1.0", (403, True))


@pytest.mark.parametrize(("faults", "behind"), [(1, 0), (99, 1)])
async def test_a_host_that_cannot_be_made_anew_keeps_back_no_other(machine, tmp_path, monkeypatch, faults, behind):
    monkeypatch.setattr(renewal, "_AGAIN_SECONDS", 0.01)
    gate = await machine(b"format: 1\nwithout: []\n")
    hosts = [f"{name}.example" for name in ("first", "broken", "last")]
    for host in hosts:
        await garden(gate, host)
    made, left = gate.snapshots.renderings.of, [None] * faults

    async def of(policy, own_robots, host, matcher):
        if host == "broken.example" and left:
            left.pop()
            raise ValueError("a fault of ours")
        return await made(policy, own_robots, host, matcher)

    monkeypatch.setattr(gate.snapshots.renderings, "of", of)
    await exchanged(gate, tmp_path / "overlay.yaml", OVERLAY)
    await renewed(gate)
    app = CrawlerAccessMiddleware(App(), gate=gate)
    met = [(await ask(app, host=host.encode(), agent=PROBE)).status for host in hosts]
    assert met == [403, 200 if behind else 403, 403]
    assert gate.snapshots.behind == behind


async def put(gate, release, old="", new=""):
    """Write a release as somebody does who can write to the database, with some of its words exchanged."""
    entry = released(release, [])
    await gate.store.publish([replace(entry, content=entry.content.replace(old, new))])


@pytest.mark.parametrize(("old", "new"), [('"published"', '"paused"'), ('"reason"', '"why"'), ('"whole":', '"none":')])
async def test_what_only_a_newer_version_understands_is_told_and_keeps_no_app_from_starting(machine, old, new):
    first = await machine()
    await garden(first)
    await put(first, replace(await first.releases.publish(NEXT, OPS), reason="another"), old, new)
    gate = await machine()
    error = gate.recognition.refused.error
    assert (error.id, bool(error.remedy)) == ("signatures.release.unreadable", True)
    assert await says(gate) == (403, True)


@pytest.mark.parametrize("fault", ["look_at_store", "recall"])
async def test_no_fault_of_ours_keeps_an_app_from_starting(machine, monkeypatch, fault):
    async def broken(self):
        raise ZeroDivisionError

    monkeypatch.setattr(f"gatepost.service.signatures.Signatures.{fault}", broken)
    gate = await machine()
    await garden(gate)
    assert await says(gate) == (403, True)


async def test_a_slow_worker_does_not_put_back_the_copy_that_a_quick_one_has_kept(machine, tmp_path):
    """Which both have on their machine for a start without the store."""
    slow, quick = await machine(b"format: 1\nwithout: []\n"), await machine(b"format: 1\nwithout: []\n")
    await garden(quick)
    slow.store.last_published = AsyncMock(return_value=None)
    await quick.releases.publish(NEXT, OPS)
    old = await quick.store.last_published(Kind.RELEASE)
    last = await quick.releases.publish(NEXT.replace(b"1.1.0", b"1.1.1", 1), OPS)
    await followed(quick)
    slow.store.last_published.return_value = old
    await followed(slow)
    assert slow.recognition.now.number == old.number
    await asyncio.gather(slow.close(), quick.close())
    (tmp_path / "sites.db").rename(tmp_path / "away.db")
    late = await machine(b"format: 1\nwithout: []\n")
    assert (late.recognition.now.number, late.signatures.version) == (last.number, "1.1.1")


def test_the_watch_goes_on_in_the_next_loop(tmp_path):
    """Where a platform runs one loop after the other, as commands do."""
    gate = open_gate(f"sqlite:///{tmp_path}/sites.db")

    async def told_by(watches):
        gate.watch()
        async with asyncio.timeout(20):
            while len(await gate.reports.present()) < watches:
                await asyncio.sleep(0.05)
        gate.reports.hurry()
        await asyncio.sleep(0.05)
        assert gate._watch is not None
        assert not gate._watch.done()

    for watches in (1, 2):
        asyncio.run(told_by(watches))
    asyncio.run(gate.close())


@pytest.mark.parametrize("cold", [False, True])
async def test_an_old_release_that_is_written_anew_is_not_taken_up(machine, cold):
    """Neither by a worker that runs nor by one that starts on a machine where its successor was followed."""
    gate = await machine(b"format: 1\nwithout: []\n")
    await garden(gate)
    old = await gate.releases.publish(NEXT, OPS)
    new = WITH_NEW.replace(b"1.1.0", b"1.2.0", 1)
    await gate.releases.publish(new, OPS, shadow=True)
    last = await gate.releases.publish(new, OPS)
    await followed(gate)
    await put(gate, old)
    gate = await machine(b"format: 1\nwithout: []\n") if cold else gate
    await followed(gate)
    assert (gate.recognition.now.number, await says(gate)) == (last.number, (403, True))
    assert gate.recognition.refused.error.id == "signatures.release.place"
    assert "follows release 0" in gate.recognition.refused.shown
