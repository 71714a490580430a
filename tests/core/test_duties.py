"""The life of a duty: when it is pushed next, what a receipt changes, and who is reminded when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatepost.core.crawlers import Purpose
from gatepost.core.duties import WAITS, Attempt, Delivery, Receipt, ReceiptKind, begun, confirmed, tried
from gatepost.core.notices import Notice
from gatepost.core.terms import Action
from gatepost.errors import ReceiptRefused

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOTICE = Notice("acme", "s", ("a.example",), (), Action.REMOVE_PAST, NOW, Purpose.AI_TRAINING, number=7, id="ntc_7")
BEGUN = begun(NOTICE, NOW, 3 * DAY, 30 * DAY, pushed=True)
TAKEN, FAILED, GONE = Attempt(accepted=True), Attempt(problem="503"), Attempt(gone=True, problem="410")
DELIVERED = tried(BEGUN, TAKEN, NOW, 0.5)
STOPPED = confirmed(DELIVERED, Receipt("ntc_7", ReceiptKind.STOPPED, NOW + DAY))


def said(kind, at=NOW, **more):
    return Receipt("ntc_7", kind, at, **more)


def test_it_is_pushed_ten_times_and_stays_owed():
    duty, at = BEGUN, NOW
    for wait in WAITS:
        duty = tried(duty, FAILED, at, 0.5)
        assert (duty.delivery, duty.due) == (Delivery.WAITING, at + wait)
        at += wait
    duty = tried(duty, FAILED, at, 0.5)
    assert (duty.delivery, duty.due, duty.attempts, duty.open) == (Delivery.UNDELIVERED, None, len(WAITS) + 1, True)


def test_a_push_that_fails_after_it_was_given_up_begins_nothing():
    given_up = tried(BEGUN, GONE, NOW, 0.5)
    assert (given_up.delivery, given_up.due) == (Delivery.UNDELIVERED, None)
    assert tried(given_up, FAILED, NOW, 0.5).due is None


@pytest.mark.parametrize(
    ("reminded", "due"),
    [
        (None, NOW + 2 * DAY),
        (NOW + 2 * DAY, NOW + 3 * DAY),
        (NOW + 3 * DAY, NOW + 10 * DAY),
        (NOW + 10 * DAY, NOW + 17 * DAY),
    ],
    ids=["the day before", "when it is over", "a week later", "and every week"],
)
def test_who_owes_something_is_reminded(reminded, due):
    assert replace(DELIVERED, reminded=reminded).next_reminder == due


def test_after_the_stop_the_removal_is_reminded_of():
    assert STOPPED.next_reminder == NOW + 29 * DAY


def test_a_reminder_that_failed_was_none():
    at = DELIVERED.due
    assert at
    failed = tried(DELIVERED, FAILED, at, 0.5)
    assert (failed.delivery, failed.reminded, failed.due) == (Delivery.DELIVERED, None, at + WAITS[1])
    later = at + WAITS[1]
    given = tried(failed, TAKEN, later, 0.5)
    assert (given.reminded, given.due, given.attempts, given.problem) == (later, NOW + 3 * DAY, 0, "")


def test_a_reminder_that_never_arrives_is_followed_by_the_next():
    duty = DELIVERED
    while duty.reminded is None:
        assert duty.due
        duty = tried(duty, FAILED, duty.due, 0.5)
    assert (duty.delivery, duty.attempts) == (Delivery.DELIVERED, 0)
    assert duty.due
    assert duty.due > duty.reminded


def test_nobody_is_reminded_where_the_endpoint_is_gone():
    assert tried(DELIVERED, GONE, NOW, 0.5).due is None


@pytest.mark.parametrize(
    ("before", "again"),
    [
        (DELIVERED, said(ReceiptKind.RECEIVED, NOW + DAY)),
        (STOPPED, said(ReceiptKind.STOPPED, NOW + 2 * DAY)),
        (
            confirmed(STOPPED, said(ReceiptKind.REMOVED, NOW + DAY, version="1")),
            said(ReceiptKind.REMOVED, NOW + 2 * DAY, version="1"),
        ),
        (confirmed(DELIVERED, said(ReceiptKind.REFUSED, reason="no")), said(ReceiptKind.REFUSED, reason="no")),
    ],
    ids=["received", "stopped", "removed", "refused"],
)
def test_what_is_said_again_changes_nothing_whatever_is_under_way(before, again):
    sent_again = replace(before, due=NOW, problem="503")
    assert confirmed(sent_again, again) == sent_again


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (said(ReceiptKind.REMOVED, version="1"), said(ReceiptKind.REMOVED, version="2")),
        (said(ReceiptKind.REFUSED, reason="no"), said(ReceiptKind.REFUSED, reason="not ours")),
    ],
    ids=["data set", "reason"],
)
def test_what_is_said_otherwise_than_before_is_not_dropped_but_refused(first, later):
    with pytest.raises(ReceiptRefused) as refused:
        confirmed(confirmed(DELIVERED, first), later)
    assert refused.value.id == "receipt.differs"
