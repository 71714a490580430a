"""What the guarantees share: their size, stores that fail or count, and traffic; processes are in workers.py.

``GUARANTEES=full`` runs each at the size that is promised; without it they are short.
"""

import asyncio
import os
import random
from collections import Counter
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic

import pytest

from asgi.door import BROWSER, GPTBOT, OWNER, Store, ask, gate_on
from gatepost import CrawlerAccessMiddleware, confirmed, read_wish
from gatepost.core.preferences import Stance
from gatepost.ports import Changes
from policies import real_signatures

SIGNATURES = real_signatures()

FULL = os.environ.get("GUARANTEES", "short") == "full"

HOST = "garden.example"
STATUS = {Stance.BLOCK: 403, Stance.ALLOW: 200}
VISITS = [(path, agent) for path in ("/", "/robots.txt", "/ai.txt") for agent in (BROWSER, GPTBOT)]


def on_sqlite_in_short(url):
    """What takes long and is the same on both databases is done on one of them in short."""
    if not FULL and not url.startswith("sqlite"):
        pytest.skip("in short on SQLite alone")


def sized(full, short):
    """How much is done."""
    return full if FULL else short


def new_gate(store):
    return gate_on(SIGNATURES, store)


@asynccontextmanager
async def opened(store):
    """A gate, closed at the end whatever happens."""
    gate = new_gate(store)
    try:
        yield gate
    finally:
        await gate.close()


async def page(scope, receive, send):
    """The app behind: one page for everybody, and no robots.txt."""
    found = scope["path"] != "/robots.txt"
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


def guarded(gate):
    return CrawlerAccessMiddleware(page, gate=gate)


async def train(gate, stance, host=HOST):
    """The owner allows or blocks training; the store has acknowledged it when this returns."""
    wish = read_wish(f"ai-training={stance}", gate.signatures)
    return await confirmed(partial(gate.owners.change_preferences, host, [wish], OWNER))


async def add(gate, stance, host=HOST):
    await gate.owners.add_site([host], OWNER)
    return await train(gate, stance, host)


async def answers(app, visits=VISITS, host=HOST, **given):
    """What a host answers to each visit."""
    replies = [await ask(app, path, agent=agent, host=host.encode(), **given) for path, agent in visits]
    return [(reply.status, reply.body if reply.status == 200 else b"") for reply in replies]


def percentile(seconds, share):
    ordered = sorted(seconds)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def timed(call):
    """How long it took, and what came of it."""
    start = monotonic()
    found = await call
    return monotonic() - start, found


class Watched(Store):
    """A store that also knows how many look-ups of hosts were under way at once."""

    def __init__(self, url):
        super().__init__(url)
        self.under_way = self.most = 0

    async def site_by_host(self, host):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            return await self.__getattr__("site_by_host")(host)
        finally:
            self.under_way -= 1


class Nobody:
    """A store without sites, that answers at once."""

    async def site(self, id):
        return None

    site_by_host = site

    async def position(self):
        return 0

    async def partners(self):
        return ()

    async def changes(self, since):
        return Changes(0, ())

    async def sites_with(self, **asked):
        return ()

    async def publish(self, publications):
        return None

    async def wait_for_changes(self, timeout):
        await asyncio.sleep(timeout)

    async def close(self):
        return None


dice = random.Random(2026)  # seeded, so that a failure can be looked at again


def any_agent():
    """A user agent: of a crawler, of a browser, of nobody, or a few octets that a field may hold."""
    sample = dice.choice(dice.choice(SIGNATURES.crawlers).samples_match or ("x",)).encode()
    octets = bytes(dice.choices([9, *range(32, 127), *range(128, 256)], k=dice.randrange(60)))
    return dice.choice([sample, sample + octets, octets, BROWSER, None])


def tally(outcomes):
    """How often each, for people: ``200: 1998, 503: 2``."""
    return ", ".join(f"{outcome}: {number:,}" for outcome, number in Counter(outcomes).most_common())
