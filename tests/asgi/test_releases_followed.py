"""A worker follows the releases through what may come between: an overlay, a store that is away, a fault of its own."""

import pytest

from asgi.door import OWNER
from asgi.test_signatures_exchanged import GARDEN, OPS, OVERLAY, exchanged, followed, says
from cli.test_signature_releases import NEXT, WITH_NEW
from gatepost import open_gate
from gatepost.core.preferences import Stance
from guarantees.parts import train


@pytest.fixture
async def machine(tmp_path):
    """Start gates on one database, with an overlay, one after the other, or beside each other."""
    overlay, made = tmp_path / "overlay.yaml", []
    overlay.write_bytes(OVERLAY)

    async def start():
        gate = open_gate(f"sqlite:///{tmp_path}/sites.db", signatures_overlay=overlay)
        made.append(gate)
        await gate.start()
        return gate

    yield start
    for gate in made:
        await gate.close()


async def garden(gate):
    """A site that refuses training."""
    await gate.owners.add_site([GARDEN], OWNER)
    await train(gate, Stance.BLOCK, GARDEN)
    await gate.snapshots.visit(GARDEN)


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
