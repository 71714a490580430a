"""Dates come true in a running worker: without any change in the store, and without the store."""

import asyncio
import http.client
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from time import sleep

import pytest

from asgi.door import GPTBOT, App, Store, ask, gate_on, wish
from asgi.test_servers import serving
from gatepost import Actor, ActorKind, CrawlerAccessMiddleware, read_wish
from gatepost.core.consent import Act
from gatepost.core.periods import moment_text
from gatepost.core.sites import PLATFORM
from gatepost.core.snapshot import render
from gatepost.service.clocks import WatchedClock
from gatepost.service.owners import confirmed
from gatepost.sources import load_signatures

HOSTING = Actor(ActorKind.PLATFORM, "hosting")


@dataclass
class HandClock:
    """The worker's clock, set by hand; the one that only counts up goes with it."""

    time: datetime = datetime(2026, 12, 1, tzinfo=UTC)
    up: float = 0.0

    def now(self):
        return self.time

    def pass_by(self, **time):
        self.time += timedelta(**time)
        self.up += timedelta(**time).total_seconds()


@pytest.fixture
def clock(own_gate):
    clock = HandClock()
    own_gate.snapshots.clock = WatchedClock(clock, lambda: clock.up)
    return clock


@pytest.fixture
def app(own_gate):
    return CrawlerAccessMiddleware(App(), gate=own_gate)


async def seen(app, host):
    """What GPTBot meets, and what robots.txt says to it."""
    page, robots = await ask(app, host=host), await ask(app, "/robots.txt", host=host)
    return page.status, b"User-agent: GPTBot\n" in robots.body


OPEN, CLOSED = (200, False), (403, True)


class TestTime:
    async def test_narrows_and_opens_what_was_said_for_it(self, app, own_gate, clock):
        await wish(own_gate, "open.example", "archives=block", "ai-training=block@2199-12-02..2199-12-04")
        clock.pass_by(days=(datetime(2199, 12, 1, tzinfo=UTC) - clock.time).days)
        for hours, expected in ((23, OPEN), (1, CLOSED), (47, CLOSED), (1, OPEN), (99, OPEN)):
            clock.pass_by(hours=hours)
            assert await seen(app, b"open.example") == expected

    @pytest.mark.parametrize("visited", [True, False])
    async def test_opens_a_default_for_those_who_said_nothing(self, app, own_gate, clock, visited):
        await wish(own_gate, "silent.example")
        block = [
            read_wish(text, own_gate.signatures) for text in ("ai-training=block", "ai-training=allow@2199-12-02..")
        ]
        await confirmed(
            lambda confirmation="": own_gate.owners.change_default_preferences(
                PLATFORM, block, Act(HOSTING, "new terms", False, confirmation)
            )
        )
        await own_gate.snapshots.refresh()
        if visited:
            assert await seen(app, b"silent.example") == CLOSED
        clock.pass_by(days=365 * 180)
        assert await seen(app, b"silent.example") == OPEN
        assert await seen(app, b"garden.example") == CLOSED, "who opted out stays so"

    @pytest.mark.parametrize("platform_changed", [True, False])
    async def test_closes_while_the_store_is_down(self, app, own_gate, store, clock, platform_changed):
        await wish(own_gate, "open.example", "ai-training=block@2199-12-02..")
        assert await seen(app, b"open.example") == OPEN
        if platform_changed:  # what was held is only the last good answer then
            change = [read_wish("archives=block", own_gate.signatures)]
            await own_gate.owners.change_platform_preferences(change, HOSTING)
            await own_gate.snapshots.refresh()
        store.down = True
        assert await seen(app, b"open.example") == OPEN
        clock.pass_by(days=365 * 180)
        assert await seen(app, b"open.example") == CLOSED

    async def test_needs_no_watch(self, own_gate, clock):
        """A worker whose watch is not running serves nothing that has expired."""
        await wish(own_gate, "open.example", "ai-training=block", "ai-training=allow@..2199-12-02")
        snapshots = own_gate.snapshots
        agent, path = [GPTBOT], ["/"]
        assert own_gate.decide(await snapshots.visit("open.example"), agent, path).action == "allow"
        assert snapshots.held("open.example") is not None
        clock.pass_by(days=365 * 180)
        assert snapshots.held("open.example") is None
        assert own_gate.decide(await snapshots.visit("open.example"), agent, path).action == "block"
        assert snapshots.held("open.example") is not None

    async def test_in_doubt_is_on_the_protective_side(self, app, own_gate, clock):
        await wish(own_gate, "open.example", "archives=block", "ai-training=block@2026-12-02..2199-12-04")
        assert await seen(app, b"open.example") == OPEN
        clock.pass_by(days=2)
        assert await seen(app, b"open.example") == CLOSED
        clock.time -= timedelta(days=2)  # somebody set it back
        assert await seen(app, b"open.example") == CLOSED
        clock.time += timedelta(days=2)
        assert await seen(app, b"open.example") == CLOSED

    async def test_by_the_store_counts_when_it_is_another(self, app, own_gate, clock):
        await wish(own_gate, "open.example", "ai-training=block@2199-12-02..")
        assert await seen(app, b"open.example") == OPEN
        own_gate.snapshots.clock.hear(datetime(2199, 12, 2, tzinfo=UTC))
        assert await seen(app, b"open.example") == CLOSED

    async def test_makes_a_shared_snapshot_only_once(self, app, own_gate, clock, monkeypatch):
        rendered: list[object] = []
        for number in range(5):
            await wish(own_gate, f"{number}.example", "ai-training=block@2199-12-02..")
            await seen(app, f"{number}.example".encode())
        monkeypatch.setattr("gatepost.service.renderings.render", partial(counted, rendered))
        clock.pass_by(days=365 * 180)
        await asyncio.gather(*(ask(app, host=f"{number}.example".encode()) for number in range(5)))
        assert len(rendered) == 1


def counted(calls, *given):
    calls.append(given)
    return render(*given)


# ------------------------------------------------------------------------------------- a real server


async def say_for_soon(database, soon):
    gate = gate_on(load_signatures(), Store(database))
    await wish(gate, "closing.example", f"ai-training=block@{moment_text(soon)}..")
    await wish(gate, "opening.example", f"ai-training=block@..{moment_text(soon)}")
    await gate.close()


def seen_by(port, host):
    """What GPTBot meets at a server, and what robots.txt says to it."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        answers = []
        for path in ("/", "/robots.txt"):
            connection.request("GET", path, headers={"Host": host, "User-Agent": GPTBOT.decode()})
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
    (status, _), (_, robots) = answers
    return status, b"User-agent: GPTBot\n" in robots


@pytest.mark.slow
@pytest.mark.parametrize("store", ["there", "gone"])
def test_a_date_comes_true_in_a_running_server(tmp_path, store):
    """Nothing changes in the store meanwhile; and then there is none."""
    database = f"sqlite:///{tmp_path}/sites.db"
    soon = datetime.now(UTC) + timedelta(seconds=12)
    asyncio.run(say_for_soon(database, soon))
    with serving("uvicorn-h11", database, tmp_path / "log") as (port, _):
        before = seen_by(port, "closing.example"), seen_by(port, "opening.example")
        assert datetime.now(UTC) < soon, "the machine was too slow for this test"
        assert before == (OPEN, CLOSED)
        if store == "gone":
            for file in tmp_path.glob("sites.db*"):
                file.unlink()
        while (now := datetime.now(UTC)) < soon + timedelta(seconds=1):
            found = seen_by(port, "closing.example"), seen_by(port, "opening.example")
            if now >= soon:
                assert found == (CLOSED, OPEN)
            elif datetime.now(UTC) < soon:
                assert found == (OPEN, CLOSED)
            sleep(0.1)
