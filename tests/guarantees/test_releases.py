"""A signature set that is published is in force in every worker of a fleet in a moment, and so is the way back; what is
new is tagged before it refuses, and a part of the sites comes first where that is wanted."""

import asyncio
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from time import monotonic

import pytest

from asgi.door import BROWSER
from asgi.test_servers import exchange, request, status
from gatepost.core.preferences import Stance
from gatepost.core.shares import in_part
from gatepost.core.sites import Actor, ActorKind
from gatepost.errors import ReleaseRefused
from gatepost.service.releases import Act
from gatepost.storage import open_store
from guarantees.parts import add, on_sqlite_in_short, opened, sized
from guarantees.workers import TO_COME_UP, seconds_until, together, worker
from releasing import WITH_NEW

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
WORKERS, SOON = 4, 10.0
SITES = sized(40, 20)
ON_TRIAL = 7
TRIED = b"told: tag on-trial"
OPS = Act(Actor(ActorKind.OPERATOR, "zoe"), "a test")
NEW = b"ProbeBotOfOurs/1.0"


@asynccontextmanager
async def fleet(url, size=WORKERS):
    """Workers, and a gate that publishes."""
    with ExitStack() as stack:
        async with opened(open_store(url)) as gate:
            await add(gate, Stance.BLOCK)
            workers = [stack.enter_context(worker(url)) for _ in range(size)]
            await together(*(seconds_until(one, 403, monotonic(), TO_COME_UP) for one in workers))
            yield gate, workers


async def answered(workers, expected, octets, since=None, latest=30.0):
    """How long, since then or from now, until every worker answers so."""
    since = monotonic() if since is None else since

    async def one(worker):
        while (found := await asyncio.to_thread(worker.says, octets)) != expected:
            assert monotonic() - since < latest, f"{found} instead of {expected}{worker.logged()}"
            await asyncio.sleep(0.05)
        return monotonic() - since

    return max(await together(*map(one, workers)))


async def told(gate, holds, size=WORKERS, since=None, latest=30.0):
    """How long, since then or from now, until this holds of every worker's report."""
    since = monotonic() if since is None else since
    while True:
        reports = await gate.reports.present()
        if len(reports) == size and all(map(holds, reports)):
            return monotonic() - since
        assert monotonic() - since < latest, reports
        await asyncio.sleep(0.05)


async def followed(gate, release, size=WORKERS, since=None):
    """How long until every worker tells that it follows a release."""
    return await told(gate, lambda one: one.release == release.number and not one.behind, size, since)


async def met_on_trial(gate, workers, shadow):
    """Each worker serves what is new, tags it, and tells how often it did."""
    for one in workers:
        for _ in range(ON_TRIAL):
            answer = await asyncio.to_thread(exchange, one.port, request(b"/", agent=NEW))
            assert (status(answer), TRIED in answer) == (200, True), answer
    wanted = ("ProbeBotOfOurs", ON_TRIAL, (NEW.decode(),))
    await told(gate, lambda one: [(met.crawler, met.requests, met.samples) for met in one.met] == [wanted])
    assert {trial.crawler for trial in shadow.rollout.whole.on_trial} == {"ProbeBotOfOurs"}


async def test_published_and_rolled_back(shared_url, figure):
    probe = request(agent=NEW)
    async with fleet(shared_url) as (gate, workers):
        with pytest.raises(ReleaseRefused) as caught:
            await gate.releases.publish(WITH_NEW, OPS)
        assert (caught.value.id, caught.value.names) == ("signatures.release.untried", ("ProbeBotOfOurs",))
        since = monotonic()
        shadow = await gate.releases.publish(WITH_NEW, OPS, shadow=True)
        tagged = await followed(gate, shadow, since=since)
        await met_on_trial(gate, workers, shadow)
        since = monotonic()
        whole = await gate.releases.publish(WITH_NEW, OPS)
        refused = await answered(workers, 403, probe, since)
        all_told = await followed(gate, whole, since=since)
        since = monotonic()
        back = await gate.releases.rollback(OPS)
        returned = await answered(workers, 200, probe, since)
        assert back.rollout == shadow.rollout
        assert await answered(workers, 403, request()) < 1
        assert await answered(workers, 200, request(agent=BROWSER)) < 1
    in_force = f"{refused:.2f} s, and all of them had told so after {all_told:.2f} s"
    figure(f"Releases: published to {WORKERS} workers, on trial and told", f"<= {SOON:g} s", f"{tagged:.2f} s")
    figure(f"Releases: published to {WORKERS} workers, in force", f"<= {SOON:g} s", in_force)
    figure(f"Releases: rolled back in {WORKERS} workers", f"<= {SOON:g} s", f"{returned:.2f} s")
    assert max(tagged, all_told, returned) <= SOON


async def test_a_part_of_the_sites_comes_first(shared_url):
    """The same part in every worker, and robots.txt says there what the door does."""
    on_sqlite_in_short(shared_url)
    async with fleet(shared_url, size=2) as (gate, workers):
        sites = {}
        for number in range(SITES):
            host = f"{number}.example"
            await add(gate, Stance.BLOCK, host)
            sites[host] = (await gate.owners.show(host)).id
        await followed(gate, await gate.releases.publish(WITH_NEW, OPS, shadow=True), size=2)
        await followed(gate, await gate.releases.publish(WITH_NEW, OPS, percent=30), size=2)
        part = {host for host, id in sites.items() if in_part(id, 30)}
        assert 0 < len(part) < SITES
        for one in workers:
            for host in sites:
                expected = 403 if host in part else 200
                assert await asyncio.to_thread(one.says, request(host=host.encode(), agent=NEW)) == expected
                assert await asyncio.to_thread(one.says, request(host=host.encode())) == 403
        await followed(gate, await gate.releases.rollback(OPS), size=2)
        probe = partial(request, agent=NEW)
        assert {await asyncio.to_thread(workers[0].says, probe(host=host.encode())) for host in sites} == {200}


async def test_a_worker_that_starts_later_follows(shared_url):
    on_sqlite_in_short(shared_url)
    async with opened(open_store(shared_url)) as gate:
        await add(gate, Stance.BLOCK)
        await gate.releases.publish(WITH_NEW, OPS, shadow=True)
        await gate.releases.publish(WITH_NEW, OPS)
    with worker(shared_url) as late:
        await seconds_until(late, 403, monotonic(), TO_COME_UP)
        assert await answered([late], 403, request(agent=NEW)) < SOON
