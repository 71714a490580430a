"""G25, the ledger: a server that is told to stop loses no count, and one that is killed loses a second of them."""

from datetime import date
from time import monotonic

import pytest

from asgi.test_servers import exchange, request, status
from gatepost.core.exposure import Outcome
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import HOST, add, opened, sized
from guarantees.workers import free_port, program

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]

VISIT = request(host=HOST.encode())
SECONDS = 1.0
WRITING = 1.0
"""For a write on a busy machine, on top of the second that passes between two."""


def serving(url):
    port = free_port()
    return program(port, "-m", "gatepost.cli", "serve", "--port", str(port), "--database", url)


def crawl(server, seconds):
    """Refused requests, one after another for a while: when each was answered."""
    answered = []
    until = monotonic() + seconds
    while monotonic() < until:
        assert status(exchange(server.port, VISIT)) == 403
        answered.append(monotonic())
    return answered


async def counted(url):
    store = open_store(url)
    (site,) = await store.sites()
    found = [one for one in await store.exposures(site.id, date(2000, 1, 1)) if one.key.outcome is Outcome.REFUSED]
    await store.close()
    return sum(one.requests for one in found)


@pytest.fixture
async def garden(shared_url):
    async with opened(open_store(shared_url)) as gate:
        await add(gate, Stance.BLOCK)
    return shared_url


async def test_g25_sigterm_loses_no_count(garden, figure):
    answered = 0
    stops = sized(20, 2)
    for _ in range(stops):
        with serving(garden) as server:
            server.wait_for(200, request(b"/robots.txt", host=HOST.encode()))
            answered += len(crawl(server, 0.7))
            server.stop()
    found = await counted(garden)
    figure("G25 counts lost to SIGTERM", "0", f"{answered - found} of {answered:,} in {stops} stops")
    assert found == answered


async def test_g25_kill_loses_a_second_of_counts(garden, figure):
    ages, before = [], 0
    for _ in range(sized(20, 2)):
        with serving(garden) as server:
            server.wait_for(200, request(b"/robots.txt", host=HOST.encode()))
            answered = crawl(server, sized(5.0, 3.5))
            server.child.kill()
            killed = monotonic()
            server.child.wait()
        found = await counted(garden) - before
        before += found
        assert 0 < found <= len(answered)
        ages.append(killed - answered[found] if found < len(answered) else 0.0)
    figure("G25 seconds of counts lost to kill -9", f"<= {SECONDS:g} s and a write", f"{max(ages):.2f} s")
    assert max(ages) <= SECONDS + WRITING
