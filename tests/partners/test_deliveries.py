"""Notices are pushed as they fall due: nobody waits for another partner, nothing is lost, and operators hear of it."""

import asyncio
import logging
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

from contract.stores import added, event
from gatepost import open_gate
from gatepost.core import duties
from gatepost.core.crawlers import Purpose
from gatepost.core.duties import Attempt, Delivery, Receipt, ReceiptKind
from gatepost.core.partners import Partner
from gatepost.core.preferences import PreferenceStatement, Sharing, Stance, Stances
from gatepost.core.sites import PLATFORM, StatementChanged
from gatepost.errors import GatepostError, StoreUnavailable
from gatepost.service import alarms, circuits
from gatepost.service.deliveries import Deliveries, Tally
from gatepost.storage import open_store
from gatepost.wiring import SystemClock
from licences import hold

DAY = timedelta(days=1)
OPEN, CLOSED = (PreferenceStatement(partner_sharing=sharing) for sharing in (Sharing.ALLOW, Sharing.REFUSE))
ACCEPTED, GONE, FAILED = Attempt(accepted=True), Attempt(gone=True, problem="gone"), Attempt(problem="it answers 503")
BUSY = Attempt(problem="it answers 429", patience=timedelta(days=3_650))


def partner(id, **more):
    now = SystemClock().now()
    more = {"endpoint": f"https://{id}.example/", "secrets": ("whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0",), **more}
    return Partner(id, id.title(), frozenset({Purpose.AI_TRAINING}), now - DAY, **more)


class Sender:
    """Answers each partner as it is told to, and remembers the pushes."""

    def __init__(self):
        self.answers, self.pushes, self.times = {}, [], {}
        self.missing, self.slow = None, ""

    def check(self):
        if self.missing:
            raise self.missing

    async def send(self, partner, duty):
        self.pushes.append((partner, duty.notice.site))
        self.times.setdefault(partner.id, monotonic())
        answer = self.answers.get(partner.id, ACCEPTED)
        if answer is None or duty.notice.site == self.slow:
            await asyncio.Event().wait()
        return answer

    @property
    def sites(self):
        return Counter(site for _, site in self.pushes)


@pytest.fixture
async def store():
    store = open_store("sqlite://")
    yield store
    await store.close()


@pytest.fixture
def sender():
    return Sender()


@pytest.fixture
def deliveries(store, sender):
    return Deliveries(store, sender, SystemClock())


async def opened(store, sites, *partners):
    """Sites that these partners know."""
    for number in range(sites):
        await store.append(added(f"s{number}.example"), event(f"s{number}.example", 2, StatementChanged(OPEN)))
    for one in partners:
        await hold(store, one, SystemClock().now())


async def replaced(store, **otherwise):
    """What is known of the first partner becomes another."""
    before, *_ = await store.partners()
    await store.keep_partner(replace(before, **otherwise), SystemClock().now(), before)


async def close(store, sites):
    """Their owners opt out."""
    now = SystemClock().now()
    for number in range(sites):
        await store.append(event(f"s{number}.example", 3, StatementChanged(CLOSED), at=now))


@asynccontextmanager
async def watching(deliveries):
    task = asyncio.create_task(deliveries.watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition, seconds=10):
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, f"not within {seconds} s"
        await asyncio.sleep(0.01)


async def states(store, id="acme"):
    return Counter(duty.delivery for duty in await store.duties_after(id))


async def test_what_is_due_is_pushed_once(store, sender, deliveries):
    await opened(store, 9, partner("acme"), partner("fetching", endpoint=""))
    await close(store, 9)
    assert await deliveries.deliver_once() == {"acme": Tally(accepted=9)}
    assert await deliveries.deliver_once() == {}
    assert set(sender.sites.values()) == {1}
    assert await states(store) == {Delivery.DELIVERED: 9}


async def test_a_change_is_pushed_within_a_moment(store, sender, deliveries):
    await opened(store, 1, partner("acme"))
    async with watching(deliveries):
        await asyncio.sleep(0.2)
        await close(store, 1)
        await until(lambda: sender.pushes, 1.5)


async def test_two_senders_push_nothing_twice(store, sender, deliveries):
    await opened(store, 20, partner("acme"))
    await close(store, 20)
    other = Deliveries(store, sender, SystemClock())
    await asyncio.gather(deliveries.deliver_once(), other.deliver_once())
    assert (len(sender.sites), set(sender.sites.values())) == (20, {1})


async def test_a_partner_that_hangs_delays_no_other(store, sender, deliveries):
    await opened(store, 3, *(partner(f"p{number}") for number in range(50)))
    sender.answers["p7"] = None
    async with watching(deliveries):
        await asyncio.sleep(0.2)
        await close(store, 3)
        since = monotonic()
        await until(lambda: len(sender.times) == 50)
    slowest = max(at - since for id, at in sender.times.items() if id != "p7")
    hung = sum(one.id == "p7" for one, _ in sender.pushes)
    assert (slowest < 4, hung) == (True, 3), slowest


async def test_what_a_sender_that_died_had_taken_is_pushed_by_the_next(store, sender, deliveries, monkeypatch):
    monkeypatch.setattr("gatepost.service.deliveries.LEASE", timedelta(seconds=0.3))
    await opened(store, 2, partner("acme"))
    await close(store, 2)
    sender.answers["acme"] = None
    dying = asyncio.create_task(deliveries.deliver_once())
    await until(lambda: len(sender.pushes) == 2)
    dying.cancel()
    sender.answers.clear()
    async with watching(Deliveries(store, sender, SystemClock())):
        await until(lambda: sender.sites == {"s0.example": 2, "s1.example": 2})


async def test_after_a_run_of_failures_one_notice_at_a_time_is_tried(store, sender, deliveries, monkeypatch):
    monkeypatch.setattr(circuits, "LONGEST_REST", 0.05)
    monkeypatch.setattr(duties, "WAITS", (timedelta(hours=1),) * 9)
    await opened(store, 30, partner("acme"))
    await close(store, 30)
    sender.answers["acme"] = FAILED
    first = (await deliveries.deliver_once())["acme"].failed
    assert 5 <= first <= 8, "what was under way when the fifth failed, and no more"
    assert (await deliveries.deliver_once()) == {"acme": Tally()}, "it rests"
    await asyncio.sleep(0.1)
    assert (await deliveries.deliver_once())["acme"].failed == 1
    await asyncio.sleep(0.1)
    sender.answers.clear()
    assert (await deliveries.deliver_once())["acme"].accepted == 30 - first - 1


async def test_one_slow_push_holds_up_no_other_to_the_same_partner(store, sender, deliveries):
    await opened(store, 20, partner("acme"))
    await close(store, 20)
    sender.slow = "s3.example"
    async with watching(deliveries):
        await until(lambda: len(sender.pushes) == 20, 3)


async def test_a_partner_that_asks_for_patience_is_left_alone(store, sender, deliveries):
    await opened(store, 12, partner("acme"))
    await close(store, 12)
    sender.answers["acme"] = BUSY
    assert (await deliveries.deliver_once())["acme"].failed == 4, "no further batch"
    now = SystemClock().now()
    assert {duty.due for duty in await store.duties_after("acme") if duty.due and duty.due > now + 2 * DAY} == set()


async def test_an_exchanged_secret_signs_from_the_next_push_on(store, sender, deliveries):
    await opened(store, 1, partner("acme"))
    await close(store, 1)
    sender.answers["acme"] = FAILED
    await deliveries.deliver_once()
    newer = ("whsec_bmV3ZXIgc2VjcmV0IG9mIHRoZSBwYXJ0bmVyIQ==", *partner("acme").secrets)
    await replaced(store, secrets=newer)
    await store.resend("acme", (), SystemClock().now())
    await deliveries.deliver_once()
    assert [len(one.secrets) for one, _ in sender.pushes] == [1, 2]


async def test_an_endpoint_that_is_gone_is_told_once_and_what_is_owed_can_be_sent_again(
    store, sender, deliveries, caplog
):
    await opened(store, 12, partner("acme", contact="ada@acme.example"))
    await close(store, 12)
    sender.answers["acme"] = GONE
    await deliveries.deliver_once()
    assert len(sender.pushes) <= 4, "nothing more is pushed"
    assert await states(store) == {Delivery.UNDELIVERED: 12}
    assert all(duty.open for duty in await store.duties_after("acme"))
    async with watching(deliveries):
        await asyncio.sleep(0.1)
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert "ada@acme.example" in told[0].getMessage()
    sender.answers.clear()
    await store.resend("acme", (), SystemClock().now())
    await deliveries.deliver_once()
    assert await states(store) == {Delivery.DELIVERED: 12}
    (again,) = await store.partners()
    assert not again.gone, "it takes notices, so that the next one is pushed as well"


async def test_a_partner_that_was_read_before_it_was_gone_makes_no_second_alarm(store, caplog):
    found, acme = alarms.Alarms(store, SystemClock()), partner("acme")
    for gone in (False, True, True):
        found.gone(acme)
        await found.look([replace(acme, gone=gone)])
    assert caplog.text.count("says that it is gone") == 1
    found.reached(acme)
    found.gone(acme)
    found.gone(replace(acme, endpoint="https://acme.example/v2"))
    assert caplog.text.count("says that it is gone") == 3, "what is gone again, or is another one, is news"


async def test_a_schedule_that_ends_is_told_once(store, sender, deliveries, monkeypatch, caplog):
    monkeypatch.setattr(circuits, "LONGEST_REST", 0.0)
    monkeypatch.setattr(duties, "WAITS", (timedelta(0),) * 9)
    await opened(store, 3, partner("acme"))
    await close(store, 3)
    sender.answers["acme"] = FAILED
    while await store.due_partners(SystemClock().now()):
        await deliveries.deliver_once()
    assert set(sender.sites.values()) == {10}
    assert await states(store) == {Delivery.UNDELIVERED: 3}
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    assert FAILED.problem in caplog.text


async def test_what_is_overdue_is_told_once(store, sender, deliveries, monkeypatch, caplog):
    monkeypatch.setattr(alarms, "LOOK_EVERY", 0.0)
    late = partner("acme", stop_within=timedelta(seconds=0.2))
    await opened(store, 2, replace(late))
    await close(store, 2)
    async with watching(deliveries):
        await until(lambda: "not confirmed in time by acme: 2 by now" in caplog.text)
        await asyncio.sleep(1.2)
    assert caplog.text.count("not confirmed in time") == 1


async def test_what_is_overdue_is_counted_and_not_read(store, monkeypatch, caplog):
    monkeypatch.setattr(alarms, "LOOK_EVERY", 0.0)
    await opened(store, 3, partner("acme", stop_within=timedelta(0)))
    await close(store, 2)
    monkeypatch.setattr(store, "overdue", None)
    found = alarms.Alarms(store, SystemClock())
    await found.look([])
    await found.look([])
    await store.append(event("s2.example", 3, StatementChanged(CLOSED), at=SystemClock().now()))
    first, *_ = await store.duties_after("acme")
    await store.confirm("acme", Receipt(first.notice.id, ReceiptKind.REMOVED, SystemClock().now(), version="1"))
    for _ in range(2):  # one is settled and another is late meanwhile, so that there are as many as before
        await found.look([])
    told = [record.getMessage().partition(";")[0] for record in caplog.records if record.levelno == logging.ERROR]
    assert told == ["not confirmed in time by acme: 2 by now"] * 2


async def test_a_store_that_fails_is_told_once_and_asked_again(store, sender, deliveries, monkeypatch, caplog):
    monkeypatch.setattr("gatepost.service.deliveries._IDLE_SECONDS", 0.01)
    await opened(store, 1, partner("acme"))
    await close(store, 1)
    failing = StoreUnavailable("the store is down", id="store.down", remedy="Wait.")

    async def fail():
        raise failing

    with monkeypatch.context() as down:
        down.setattr(store, "partners", fail)
        async with watching(deliveries):
            await asyncio.sleep(0.3)
            assert not sender.pushes
            down.undo()
            await until(lambda: sender.pushes)
    assert caplog.text.count("the store is down") == 1


async def test_a_store_that_takes_nothing_is_told_once(store, sender, deliveries, monkeypatch, caplog):
    monkeypatch.setattr("gatepost.service.deliveries.LOOK_SECONDS", 0.01)
    await opened(store, 1, partner("acme"))
    await close(store, 1)

    async def full(*claimed):
        raise StoreUnavailable("the disk is full", id="store.full", remedy="Make room.")

    with monkeypatch.context() as down:
        down.setattr(store, "claim_duties", full)
        async with watching(deliveries):
            await asyncio.sleep(0.3)
            down.undo()
            await until(lambda: sender.pushes)
    assert caplog.text.count("the disk is full") == 1


async def test_a_partner_that_came_to_fetch_its_notices_is_not_pushed_to(store, sender, deliveries):
    await opened(store, 1, partner("acme"))
    await close(store, 1)
    await replaced(store, endpoint="")
    assert await deliveries.deliver_once() == {}
    async with watching(deliveries):
        await asyncio.sleep(0.2)
    assert not sender.pushes
    assert await states(store) == {Delivery.WAITING: 1}


@pytest.mark.parametrize("on", [True, False])
async def test_a_gate_pushes_unless_it_is_told_not_to(tmp_path, sender, on):
    gate = open_gate(f"sqlite:///{tmp_path}/gatepost.db", notices=on)
    gate.deliveries.sender = sender
    await opened(gate.store, 1, partner("acme"))
    await close(gate.store, 1)
    await gate.start()
    if on:
        await until(lambda: sender.pushes)
    else:
        await asyncio.sleep(1)
    await gate.close()
    assert len(sender.pushes) == on


@pytest.mark.parametrize("hindrance", ["told not to", "a part is missing", "nobody has an endpoint"])
async def test_notices_are_written_also_where_none_is_pushed_from(store, sender, monkeypatch, caplog, hindrance):
    monkeypatch.setattr(alarms, "LOOK_EVERY", 0.0)
    sender.missing = GatepostError("no standardwebhooks", id="notices.missing", remedy="Install it.")
    fetching = partner("acme", endpoint="", stop_within=timedelta(0))
    pushed = [partner("other")] if hindrance == "a part is missing" else []
    await opened(store, 1, fetching, *pushed)
    await store.append(event(PLATFORM, 1, StatementChanged(PreferenceStatement(Stances(ai_training=Stance.BLOCK)))))
    async with watching(Deliveries(store, sender, SystemClock(), pushes=hindrance != "told not to")):
        await until(lambda: "not confirmed in time by acme: 1 by now" in caplog.text)
    assert await states(store) == {Delivery.WAITING: 1}
    assert caplog.text.count("Install it.") == len(pushed)


async def test_who_pushes_once_writes_first(store, sender, deliveries):
    sender.missing = GatepostError("no standardwebhooks", id="notices.missing", remedy="Install it.")
    await opened(store, 1, partner("acme", endpoint=""))
    await store.append(event(PLATFORM, 1, StatementChanged(PreferenceStatement(Stances(ai_training=Stance.BLOCK)))))
    assert await deliveries.deliver_once() == {}
    assert await states(store) == {Delivery.WAITING: 1}


async def test_where_a_part_is_missing_nothing_is_taken(store, sender, deliveries, caplog):
    sender.missing = GatepostError("no standardwebhooks", id="notices.missing", remedy="Install it.")
    await opened(store, 1, partner("acme"))
    await close(store, 1)
    async with watching(deliveries):
        await until(lambda: "Install it." in caplog.text)
    assert await store.due_partners(SystemClock().now()) == ["acme"]
    with pytest.raises(GatepostError):
        await deliveries.deliver_once()
