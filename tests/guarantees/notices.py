"""What the guarantees of notices share: a partner on a bad line, senders that are killed, and what both know."""

import asyncio
import json
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from time import monotonic

from asgi.door import OWNER
from gatepost import read_wish
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from gatepost.service.owners import confirmed
from gatepost.wiring import SystemClock
from guarantees.workers import free_port, program
from licences import hold

SECRETS = ("whsec_bmV3ZXIgc2VjcmV0IG9mIHRoZSBwYXJ0bmVyIQ==", "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0")
TO_COME_UP = 60.0


class Endpoint:
    """``gatepost partners simulate``, and what it wrote so far."""

    def __init__(self, process, port):
        self.process, self.port = process, port

    @property
    def rows(self):
        lines = self.process.log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    async def pushed(self, more, seconds):
        """Wait for so many more pushes, but no longer than some seconds; whether they came."""
        until, before = monotonic() + seconds, len(self.rows)
        while len(self.rows) < before + more and monotonic() < until:
            await asyncio.sleep(0.02)
        return len(self.rows) >= before + more

    def heard(self):
        """The ids of notices that it has taken."""
        return {row["id"] for row in self.rows if row.get("fate") in ("accepted", "slow", "lost")}

    def summary(self):
        """What it says when it ends."""
        self.process.stop()
        return self.rows[-1]["summary"]


@contextmanager
def simulated(*words, port=None):
    """The partner's endpoint, in its own process; it knows the older secret alone."""
    port = port or free_port()
    words = ("--secret", SECRETS[1], "--port", str(port), *words)
    with program(port, "-m", "gatepost.cli", "partners", "simulate", *words) as process:
        until = monotonic() + TO_COME_UP
        while "Takes notices" not in process.log.read_text("utf-8"):
            assert monotonic() < until, process.logged()
        yield Endpoint(process, port)


@contextmanager
def sender(url):
    """A sender, killed at the end."""
    with program(0, "-m", "guarantees.sender", url) as process:
        yield process


async def shared(gate, host):
    """A site whose owner lets it be handed over."""
    await gate.owners.add_site([host], OWNER)
    wishes = [read_wish(text, gate.signatures) for text in ("partner-sharing=allow", "ai-training=allow")]
    await confirmed(partial(gate.owners.change_preferences, host, wishes, OWNER))


async def licensed(gate, port):
    """The partner, that knows all sites there are."""
    now = SystemClock().now()
    acme = Partner(
        "acme",
        "Acme Data",
        frozenset({Purpose.AI_TRAINING}),
        now - timedelta(days=1),
        endpoint=f"http://127.0.0.1:{port}/notices",
        secrets=SECRETS,
    )
    await hold(gate.store, acme, now)


async def duties_of(gate):
    """All that the partner was ever told, in order."""
    found, page = [], await gate.store.duties_after("acme")
    while page:
        found += page
        page = await gate.store.duties_after("acme", page[-1].notice.number)
    return found


async def settled(gate, process, deliveries, seconds=120.0):
    """Wait until everything stands at one of these."""
    until = monotonic() + seconds
    while left := Counter(
        (duty.delivery.value, duty.problem) for duty in await duties_of(gate) if duty.delivery not in deliveries
    ):
        assert monotonic() < until, f"{left} after {seconds:g} s{process.logged()}"
        await asyncio.sleep(0.1)


def told(summary):
    """What the partner goes by: whether each site may be used, and by which revision."""
    return {said["site"]: (said["revision"], said["terms"]["use"]) for said in summary["state"]}
