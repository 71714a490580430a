"""G7: a worker that starts without a store answers pages by the strict default, and 503 for robots.txt, at once."""

import asyncio
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from asgi.door import BROWSER, GPTBOT, ask
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import add, guarded, opened, sized, tally, timed

pytestmark = [pytest.mark.guarantee, pytest.mark.slow, pytest.mark.alone]
AT_ONCE = 1.0
MARGIN = 0.5  # for a busy machine
LONGEST = 20.0  # to wait for what breaks the promise
BACK = 5.0
CROWD, ROUNDS = 200, sized(50, 5)


@asynccontextmanager
async def cold(url):
    """The app of a worker that has seen nothing yet."""
    async with opened(open_store(url)) as gate:
        yield guarded(gate)


async def check(figure, app):
    """A worker's first requests: robots.txt, a person's page, a crawler's page."""
    visits = (("/robots.txt", GPTBOT), ("/", BROWSER), ("/", GPTBOT))
    async with asyncio.timeout(LONGEST):
        found = [await timed(ask(app, path, agent=agent)) for path, agent in visits]
    seconds, (robots, page, refused) = max(seconds for seconds, _ in found), (reply for _, reply in found)
    figure("G7 cold without a store", f"503 in < {AT_ONCE:g} s", f"{robots.status} in {seconds:.2f} s at most")
    assert (robots.status, page.status, refused.status) == (503, 200, 403)
    assert int(robots[b"retry-after"]) > 0
    assert seconds < AT_ONCE + MARGIN


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("postgresql://me@127.0.0.1:1/gatepost", id="nobody listens"),
        pytest.param("sqlite:///{folder}/none/gatepost.db", id="no folder"),
        pytest.param("sqlite:///{folder}/damaged.db", id="damaged file"),
    ],
)
async def test_g07_no_store(figure, tmp_path, address):
    (tmp_path / "damaged.db").write_bytes(b"not a database, " * 1000)
    async with cold(address.format(folder=tmp_path)) as app:
        await check(figure, app)


async def filled(url):
    async with opened(open_store(url)) as gate:
        await add(gate, Stance.ALLOW)


async def test_g07_a_store_that_hangs(figure, shared_url, hanging):
    await filled(shared_url)
    async with cold(shared_url) as app:
        with hanging():
            await check(figure, app)
        seconds = await seconds_until_answered(app)
    figure("G7 answered when the store is back", f"< {BACK:g} s", f"{seconds:.2f} s")
    assert seconds < BACK


async def seconds_until_answered(app):
    """How long until the site's own robots.txt is there; a reading that was given up may still hold its place."""
    since = monotonic()
    while (await ask(app, "/robots.txt")).status != 200 and monotonic() - since < 4 * BACK:
        await asyncio.sleep(0.05)
    return monotonic() - since


async def test_g07_a_crowd_of_strangers_while_the_store_hangs(figure, shared_url, hanging):
    await filled(shared_url)
    async with cold(shared_url) as app:
        if not shared_url.startswith("sqlite"):  # a file that is open cannot be locked like this
            await ask(app)  # it has been answered before
        with hanging():
            rounds = [await strangers(app, number) for number in range(ROUNDS)]
    seconds, statuses = max(seconds for seconds, _ in rounds), tally(status for _, round in rounds for status in round)
    figure("G7 strangers while the store hangs", f"503 in < {AT_ONCE:g} s", f"{statuses} in {seconds:.2f} s at most")
    assert statuses == f"503: {CROWD * ROUNDS:,}"
    assert seconds < AT_ONCE + MARGIN


async def strangers(app, round):
    """What as many hosts, none of which was ever seen, answer at once: the longest that one took, and the statuses."""
    hosts = [b"%d.%d.example" % (round, number) for number in range(CROWD)]
    found = await asyncio.gather(*(timed(ask(app, "/robots.txt", host=host)) for host in hosts))
    return max(seconds for seconds, _ in found), [reply.status for _, reply in found]
