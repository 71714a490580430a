"""Releases in a store: of several who release at once one is first, and nothing of the others is left or lost."""

import asyncio
from dataclasses import replace

import pytest

from gatepost import Actor, ActorKind, Gate, Settings
from gatepost.core.publications import Kind
from gatepost.core.releases import release_of
from gatepost.errors import RevisionConflict
from gatepost.service.releases import Act
from gatepost.storage import open_store
from policies import real_signatures
from releasing import NEXT

NAMES = ("ann", "bob", "cem", "dee")


def act(name):
    return Act(Actor(ActorKind.OPERATOR, name), f"by {name}")


class Held:
    """A store that writes no release before it is let go."""

    def __init__(self, store, go):
        self._store, self._go, self.ready = store, go, asyncio.Event()

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def publish_next(self, *given):
        self.ready.set()
        await self._go.wait()
        await self._store.publish_next(*given)


async def about_to_publish(gate, file, name, go):
    """A publisher who has looked at what is in force, and has only to write."""
    held = Held(gate.store, go)
    publishing = asyncio.create_task(replace(gate.releases, record=held).publish(file, act(name)))
    await asyncio.wait_for(held.ready.wait(), 60)
    return publishing


@pytest.fixture
async def gates(shared_url):
    """One for each name, each with connections of its own to one database; by now all have looked at it."""
    made = [Gate(Settings(), real_signatures(), open_store(shared_url)) for _ in NAMES]
    for gate in made:
        assert await gate.releases.present() is None
    yield made
    for gate in made:
        await gate.close()


async def test_of_several_who_publish_at_once_one_does_and_the_others_are_told(gates):
    files = [NEXT + b"# %s\n" % name.encode() for name in NAMES]
    go = asyncio.Event()
    # One after the other: a set is judged on the loop, where a look-up of another may meanwhile wait for too long.
    publishers = [await about_to_publish(*given, go) for given in zip(gates, files, NAMES, strict=True)]
    go.set()
    outcomes = await asyncio.gather(*publishers, return_exceptions=True)
    lost = [one for one in outcomes if isinstance(one, RevisionConflict)]
    [won] = [one for one in outcomes if not isinstance(one, BaseException)]
    assert len(lost) == len(NAMES) - 1, outcomes
    assert {(one.id, one.revision) for one in lost} == {("store.revision.conflict", won.number)}
    [entry] = await gates[0].store.published(Kind.RELEASE)
    assert release_of(entry) == won
    name = NAMES[outcomes.index(won)]
    assert (won.actor, won.reason) == (f"operator:{name}", f"by {name}")
    assert await gates[0].releases.octets(won.rollout.whole.sha256) == files[NAMES.index(name)]


async def test_who_was_too_late_looks_again_and_follows(gates):
    one, other = gates[0].releases, gates[1].releases
    first = await one.publish(NEXT, act("ann"))
    second = await other.publish(NEXT.replace(b"1.1.0", b"1.2.0", 1), act("bob"))
    assert [release.after for release in await one.history()] == [0, first.number]
    assert await one.present() == second
