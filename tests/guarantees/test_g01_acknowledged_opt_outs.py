"""G1: an opt-out that was acknowledged is never lost, whoever is killed."""

import asyncio
import os
import random
import signal
import time
from itertools import count

import pytest

from contract.stores import heard
from contract.test_database_store import folded, sound
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import add, new_gate, sized
from guarantees.workers import process

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
KILLS = sized(200, 3)
SERVER_KILLED_EVERY = 5


def opt_out(url, round, words):
    """In its own process: one owner after the other opts out, and each acknowledgement is told."""
    asyncio.run(_opt_out(new_gate(open_store(url)), round, words))


async def _opt_out(gate, round, words):
    for number in count():
        await add(gate, Stance.BLOCK, f"{round}-{number}.example")
        words.send(number)


def killed(url, round, server):
    """The hosts whose opt-out a process was told of before it was killed, or its server with it."""
    with process(opt_out, url, round) as (child, arrivals):
        arrivals.poll(20 if round % 4 else 0.2)
        time.sleep(moments.uniform(0, 0.3))
        os.kill(server.pid if server else child.pid, signal.SIGKILL)
        if server:
            server.revive()
        child.kill()
        return [f"{round}-{number}.example" for number in heard(arrivals)]


moments = random.Random(1)


async def lost(store, hosts):
    found = {site.host: site.statement.stances.ai_training for site in await store.sites_with(hosts=hosts)}
    return [host for host in hosts if found.get(host) is not Stance.BLOCK]


async def checked(url, hosts):
    store = open_store(url)
    gone = await lost(store, hosts)
    await store.close()
    return gone


async def whole(url):
    """Whether every site is what its events leave."""
    store = open_store(url)
    sites = [site async for site in _all(store)]
    same = await folded(store) == list(await store.sites())
    await store.close()
    return len(sites), same


async def _all(store):
    page = await store.sites()
    while page:
        for site in page:
            yield site
        page = await store.sites(after=page[-1].id)


def test_g01_survive_every_kill(shared_url, request, figure):
    server = None if shared_url.startswith("sqlite") else request.getfixturevalue("server")
    acknowledged = []
    for round in range(KILLS):
        hosts = killed(shared_url, round, server if round % SERVER_KILLED_EVERY == 1 else None)
        acknowledged += hosts
        assert not asyncio.run(checked(shared_url, hosts))
        assert sound(shared_url)
    gone = asyncio.run(checked(shared_url, acknowledged))
    sites, same = asyncio.run(whole(shared_url))
    figure(
        "G1 acknowledged opt-outs lost", "0", f"{len(gone)} of {len(acknowledged):,} in {KILLS} kills; {sites:,} sites"
    )
    assert acknowledged
    assert not gone
    assert same
