"""Pushing notices to data partners, as they fall due.

Rules: every partner has a queue of its own, so that one that hangs delays no other; what is taken is leased for longer
than a push takes, so that a sender that dies delays its notices and loses none; nothing is forgotten by a failure,
which is written down with the notice; after a run of failures a partner is tried with one notice at a time. Notices
are written also where none can be pushed from, as partners may fetch them.
"""

import asyncio
import logging
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from gatepost.core.duties import Delivery, Duty
from gatepost.core.partners import Partner
from gatepost.errors import GatepostError, StoreError
from gatepost.ports import Clock, NoticeSender, PartnerStore
from gatepost.service.alarms import Alarms
from gatepost.service.circuits import Circuit

__all__ = ["Deliveries", "Tally"]

LEASE = timedelta(seconds=60)
"""For which a notice is one sender's; three times as long as a push takes at the most."""

AT_ONCE = 4
"""Pushes to one partner at the same time."""
PARTNERS_AT_ONCE = 32
_SWEEPS = 20
"""Batches of sites that are looked at before what is due is pushed."""

LOOK_SECONDS = 1.0
"""Between two looks at what is due."""
_IDLE_SECONDS = 5.0
"""Between two looks where there is no partner, or the store does not answer."""

_SAID_SECONDS = 600.0
"""For which a fault that comes again is not told again."""

_dice = random.SystemRandom()
_log = logging.getLogger("gatepost.notices")


@dataclass
class Tally:
    """What came of pushes to a partner."""

    accepted: int = 0
    failed: int = 0
    problem: str = ""
    """Of the last one that failed."""


@dataclass
class Deliveries:
    """Writes what is due and pushes it, for ever or once."""

    store: PartnerStore
    sender: NoticeSender
    clock: Clock
    pushes: bool = True
    """Whether :meth:`watch` pushes what it writes, or leaves that to others."""
    _circuits: dict[str, Circuit] = field(default_factory=dict, init=False)
    _said: dict[str, float] = field(default_factory=dict, init=False)
    """When which fault was told the last time."""

    def __post_init__(self) -> None:
        self._alarms = Alarms(self.store, self.clock)

    async def watch(self) -> None:
        """Write what is due and push it, for ever; what fails in between is told once, and tried again."""
        async with asyncio.TaskGroup() as group:
            queues: dict[str, asyncio.Task[Tally]] = {}
            while True:
                queues = {id: queue for id, queue in queues.items() if not queue.done()}
                await asyncio.sleep(await self._turn(group, queues) * _dice.uniform(0.8, 1.0))

    async def _turn(self, group: asyncio.TaskGroup, queues: dict[str, asyncio.Task[Tally]]) -> float:
        """Begin what is to be done now; in how many seconds there may be more."""
        try:
            partners = await self.store.partners()
            if not partners:
                return _IDLE_SECONDS
            more = await self._sweep(_SWEEPS)
            await self._alarms.look(partners)
            if self.pushes and self._can_push(partners):
                for id in await self._due(partners, queues):
                    queues[id] = group.create_task(self._worked_off(id), name=f"gatepost-notices-{id}")
        except GatepostError as error:
            self._complain(error)
            return _IDLE_SECONDS
        except Exception:  # a fault of ours must not end the watch in silence
            _log.exception("notices cannot be pushed")
            return _IDLE_SECONDS
        return 0 if more else LOOK_SECONDS

    def _can_push(self, partners: Iterable[Partner]) -> bool:
        """Whether nothing is in the way of pushing; what is, is told."""
        try:
            self._check(partners)
        except GatepostError as error:
            self._complain(error)
            return False
        return True

    def _check(self, partners: Iterable[Partner]) -> None:
        """Raises :class:`~gatepost.errors.GatepostError` where a partner is pushed to and nothing can be pushed."""
        if any(partner.endpoint for partner in partners):
            self.sender.check()

    async def _sweep(self, most: int) -> bool:
        """Have what is due written as notices; whether there may be more than so many batches."""
        for _ in range(most):
            if not await self.store.sweep(self.clock.now()):
                return False
        return True

    async def _due(self, partners: Iterable[Partner], busy: Collection[str]) -> Iterable[str]:
        """Whose queue is to be worked off now, in any order, so that everybody has a turn."""
        free = [id for id in await self._waiting(partners) if id not in busy and not self._circuit(id).resting]
        _dice.shuffle(free)
        return free[: max(PARTNERS_AT_ONCE - len(busy), 0)]

    async def _waiting(self, partners: Iterable[Partner]) -> Sequence[str]:
        """To whom something is to be pushed; a partner that came to fetch its notices is not pushed to."""
        reached = {partner.id for partner in partners if partner.endpoint}
        return [id for id in await self.store.due_partners(self.clock.now()) if id in reached]

    def _circuit(self, partner: str) -> Circuit:
        return self._circuits.setdefault(partner, Circuit())

    async def deliver_once(self) -> Mapping[str, Tally]:
        """Write and push all that is due now; what came of it, by partner.

        Raises :class:`~gatepost.errors.StoreError`, and :class:`~gatepost.errors.GatepostError` where a partner is
        pushed to and nothing can be pushed from here.
        """
        while await self._sweep(_SWEEPS):
            pass
        partners = await self.store.partners()
        self._check(partners)
        due = await self._waiting(partners)
        places = asyncio.Semaphore(PARTNERS_AT_ONCE)

        async def work_off(id: str) -> Tally:
            async with places:
                return await self._work_off(id)

        return dict(zip(due, await asyncio.gather(*map(work_off, due)), strict=True))

    async def _worked_off(self, id: str) -> Tally:
        """What came of a partner's queue, which ends no other by its fault."""
        try:
            return await self._work_off(id)
        except StoreError as error:
            self._complain(error)
        except Exception:
            _log.exception("notices cannot be pushed to %s", id)
            self._circuit(id).note(False)
        return Tally()

    async def _work_off(self, id: str) -> Tally:
        """Push what is due to a partner, until nothing is, or it has to be left alone."""
        tally, more = Tally(), True
        under_way: set[asyncio.Task[None]] = set()
        try:
            while more or under_way:
                free = self._places(id) - len(under_way) if more else 0
                if free > 0:
                    pushes = await self._taken(id, free, tally)
                    under_way |= pushes
                    more = len(pushes) == free
                under_way = await _still(under_way)
                more = more and self._places(id) > 0
        finally:
            for push in under_way:
                push.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
        return tally

    def _places(self, id: str) -> int:
        """How many notices may be under way to a partner."""
        circuit = self._circuit(id)
        if circuit.resting:
            return 0
        return 1 if circuit.open else AT_ONCE

    async def _taken(self, id: str, most: int, tally: Tally) -> set[asyncio.Task[None]]:
        """Begin to push what is due to a partner, but not more than so much."""
        now = self.clock.now()
        found = await self.store.claim_duties(id, now, now + LEASE, most)
        # As it is now: its endpoint or its secrets may just have been exchanged.
        partners = {partner.id: partner for partner in await self.store.partners()} if found else {}
        return {asyncio.create_task(self._push(partners[id], duty, tally)) for duty in found}

    async def _push(self, partner: Partner, duty: Duty, tally: Tally) -> None:
        """Push one notice, and write down what came of it."""
        attempt = await self.sender.send(partner, duty)
        after = await self.store.note_attempt(duty.notice.number, attempt, self.clock.now(), _dice.random())
        self._circuit(partner.id).note(attempt.accepted, attempt.patience)
        if attempt.accepted:
            tally.accepted += 1
            self._alarms.reached(partner)
            return
        tally.failed, tally.problem = tally.failed + 1, attempt.problem
        if attempt.gone:
            self._alarms.gone(partner)
        elif after is not None and after.delivery is Delivery.UNDELIVERED:
            self._alarms.undelivered(partner, after)

    def _complain(self, error: GatepostError) -> None:
        if monotonic() >= self._said.get(error.id, -_SAID_SECONDS) + _SAID_SECONDS:
            self._said[error.id] = monotonic()
            _log.warning("notices cannot be pushed for now: %s (%s) %s", error, error.id, error.remedy)


async def _still(under_way: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """What is still under way when something of it has ended; raises what that ended by."""
    if not under_way:
        return under_way
    done, left = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    for push in done:
        push.result()
    return left
