"""What the guarantees share: their size, workers to ask, stores that fail or count, and traffic.

``GUARANTEES=full`` runs each at the size that is promised; without it they are short.
"""

import asyncio
import os
import random
from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from time import monotonic

import uvicorn

from asgi.door import BROWSER, GPTBOT, OWNER, Store, ask, gate_on
from asgi.test_servers import exchange, request, status
from contract.stores import processes
from gatepost import CrawlerAccessMiddleware, read_wish
from gatepost.core.preferences import Stance
from gatepost.ports import Changes
from gatepost.storage import open_store
from policies import real_signatures

processes.set_forkserver_preload(["guarantees.parts", "asgi.served_app"])
SIGNATURES = real_signatures()  # here, so that every process has them from its start

FULL = os.environ.get("GUARANTEES", "short") == "full"

HOST = "garden.example"
STATUS = {Stance.BLOCK: 403, Stance.ALLOW: 200}
VISITS = [(path, agent) for path in ("/", "/robots.txt", "/ai.txt") for agent in (BROWSER, GPTBOT)]


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
    return await gate.owners.change_preferences(host, [wish], OWNER)


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


@contextmanager
def process(target, *arguments):
    """A process of its own, and the pipe's end where its words arrive; killed at the end."""
    arrivals, words = processes.Pipe(duplex=False)
    child = processes.Process(target=target, args=(*arguments, words))
    child.start()
    words.close()
    try:
        yield child, arrivals
    finally:
        child.kill()
        child.join()
        child.close()
        arrivals.close()


def serve(url, hints, words):
    """A worker, in its own process: uvicorn and the middleware; tells its port."""
    from asgi.served_app import page as served_page  # its own gate is made on import

    settings = uvicorn.Config(lambda: None, host="127.0.0.1", port=0, log_level="critical")
    socket = settings.bind_socket()
    socket.listen()
    gate = new_gate(open_store(url))
    if not hints:
        gate.store.wait_for_changes = asyncio.sleep
    settings.app = CrawlerAccessMiddleware(served_page, gate=gate)
    words.send(socket.getsockname()[1])
    uvicorn.Server(settings).run(sockets=[socket])


@contextmanager
def worker(url, hints=True):
    """The port of a worker."""
    with process(serve, url, hints) as (_, arrivals):
        assert arrivals.poll(30), "the worker did not come up"
        yield arrivals.recv()


async def seconds_until(port, expected, since, latest=30.0):
    """How long after ``since`` a worker answers GPTBot so, asked twenty times a second."""
    while status(await asyncio.to_thread(exchange, port, request())) != expected:
        assert monotonic() - since < latest, f"still not {expected}"
        await asyncio.sleep(0.05)
    return monotonic() - since


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
