"""What becomes of a notice: how it reaches its partner, what the partner confirms, and what is still owed.

Rules: a duty ends when the partner has confirmed what was asked, or when a later notice has taken its place, and never
because it could not be delivered; what a partner confirms is kept as it was said, and said twice it changes nothing.

Pushes are repeated as Standard Webhooks advises: ten within 75 hours and 35 minutes, with jitter; a partner that asks
for patience (``Retry-After``) is given it, up to a day.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gatepost.core.notices import ONE_LINE, Notice
from gatepost.core.record import spelled
from gatepost.core.terms import Action, Asked
from gatepost.errors import ReceiptRefused

__all__ = [
    "Attempt",
    "Delivery",
    "Duty",
    "DutyCounts",
    "Receipt",
    "ReceiptKind",
    "SiteDuties",
    "begun",
    "confirmed",
    "is_fulfilled",
    "receipt_content",
    "receipt_of",
    "superseded",
    "tried",
]

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""Between one attempt and the next."""

MOST_PATIENCE = timedelta(days=1)
LEAST_PATIENCE = timedelta(seconds=1)

_IN_TIME = timedelta(days=1)
_AGAIN = timedelta(days=7)

LONGEST_REASON = 2_000

_is_one_line = re.compile(ONE_LINE).fullmatch


class Delivery(StrEnum):
    """How far a notice came on its way."""

    WAITING = "waiting"
    """It is to be pushed, or to be fetched."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    """Every attempt failed, or the endpoint is gone. The duty stays open; ``gatepost notices resend`` tries again."""
    SUPERSEDED = "superseded"
    """A later notice says all that is to be said."""


class ReceiptKind(StrEnum):
    """What a partner says of a notice."""

    RECEIVED = "received"
    STOPPED = "stopped"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came back."""

    notice: str
    """The notice's id."""
    kind: ReceiptKind
    at: datetime
    """When it came in."""
    version: str = ""
    """From which version of a data set it was removed."""
    reason: str = ""
    """Why it was refused."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A notice and what became of it."""

    notice: Notice
    written: datetime
    stop_by: datetime | None
    remove_by: datetime | None
    delivery: Delivery = Delivery.WAITING
    attempts: int = 0
    due: datetime | None = None
    """When it is pushed next; ``None``: not at all."""
    problem: str = ""
    """Why the last push failed."""
    delivered: datetime | None = None
    stopped: datetime | None = None
    removed: datetime | None = None
    version: str = ""
    """The version of the data set from which it was removed, as the partner said."""
    refused: datetime | None = None
    reason: str = ""
    reminded: datetime | None = None

    @property
    def asked(self) -> Asked:
        """What the notice asks."""
        return Asked(self.notice.action, self.notice.paths)

    @property
    def open(self) -> bool:
        """Whether something is still owed."""
        return self.delivery is not Delivery.SUPERSEDED and not is_fulfilled(self)

    @property
    def deadline(self) -> datetime | None:
        """Until when the next thing that is owed is to be confirmed; ``None``: nothing is owed, or at no time."""
        if not self.open:
            return None
        return self.stop_by if self.stopped is None else self.remove_by

    def overdue(self, at: datetime) -> bool:
        """Whether something is owed for longer than the partner has time."""
        return self.deadline is not None and self.deadline < at

    @property
    def next_reminder(self) -> datetime | None:
        """When the partner is reminded: in time before a deadline, when it is over, and every week from then on."""
        if self.deadline is None:
            return None
        last = max(filter(None, (self.written, self.reminded)))
        for reminder in (self.deadline - _IN_TIME, self.deadline):
            if reminder > last:
                return reminder
        return last + _AGAIN


@dataclass(frozen=True, slots=True)
class DutyCounts:
    """How many duties a partner has."""

    open: int = 0
    overdue: int = 0
    undelivered: int = 0
    """Those that are open and could not be delivered."""
    missed: datetime | None = None
    """The last deadline that passed of those that are overdue."""


@dataclass(frozen=True, slots=True)
class SiteDuties:
    """What a partner was told of one site, but for what was replaced since."""

    shown: tuple[Duty, ...] = ()
    """What is open first, the latest first."""
    more: int = 0
    """How many more of these there are."""


def is_fulfilled(duty: Duty) -> bool:
    """Whether the partner has confirmed what was asked."""
    match duty.notice.action:
        case Action.RESTORE:
            return duty.delivered is not None
        case Action.STOP:
            return duty.stopped is not None or duty.removed is not None
        case Action.REMOVE_PAST:
            return duty.removed is not None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a push."""

    accepted: bool = False
    gone: bool = False
    """The endpoint says that it is gone (410)."""
    problem: str = ""
    patience: timedelta | None = None
    """For how long the partner asked to be left alone."""


def tried(duty: Duty, attempt: Attempt, at: datetime, luck: float) -> Duty:
    """The duty after a push. ``luck`` between 0 and 1 spreads the next attempt over a fifth of the wait."""
    if duty.delivery is Delivery.SUPERSEDED:  # while it was under way
        return _arrived(duty, at) if attempt.accepted else duty
    if not attempt.accepted:
        return _failed(duty, attempt, at, luck)
    if duty.delivery is Delivery.DELIVERED:  # and reminded now
        return _arrived(replace(duty, attempts=0, reminded=at), at)
    return _arrived(replace(duty, attempts=duty.attempts + 1), at)


def _failed(duty: Duty, attempt: Attempt, at: datetime, luck: float) -> Duty:
    """The duty after a push in vain; one that has arrived before stays delivered."""
    attempts, reminding = duty.attempts + 1, duty.delivery is Delivery.DELIVERED
    failed = replace(duty, attempts=attempts, due=None, problem=attempt.problem)
    if reminding and attempts > len(WAITS):  # the next reminder is another try
        return _scheduled(replace(failed, attempts=0, reminded=at))
    if attempt.gone or attempts > len(WAITS) or duty.delivery is Delivery.UNDELIVERED:
        return failed if reminding else replace(failed, delivery=Delivery.UNDELIVERED)
    wait = WAITS[attempts - 1] * (0.9 + 0.2 * luck)
    if attempt.patience is not None:
        wait = max(wait, min(max(attempt.patience, LEAST_PATIENCE), MOST_PATIENCE))
    return replace(failed, due=at + wait)


def confirmed(duty: Duty, receipt: Receipt) -> Duty:
    """The duty after a receipt; said again it changes nothing, and a removal is a stop too.

    Raises :class:`~gatepost.errors.ReceiptRefused` for what cannot be so, and for what was said otherwise before: a
    partner's word stands as it was given, and one that takes it back is for people to settle.
    """
    _check_receipt(duty, receipt)
    if _said(duty, receipt.kind) is not None:
        _check_same(duty, receipt)
        return duty
    at = receipt.at
    arrived = _arrived(duty, at)
    if receipt.kind is ReceiptKind.RECEIVED:
        return arrived
    if receipt.kind is ReceiptKind.REFUSED:
        return replace(arrived, refused=at, reason=receipt.reason)
    stopped = replace(arrived, stopped=duty.stopped or at)
    if receipt.kind is ReceiptKind.REMOVED:
        stopped = replace(stopped, removed=at, version=receipt.version)
    return _scheduled(stopped)


def _said(duty: Duty, kind: ReceiptKind) -> datetime | None:
    """When the partner said so for the first time."""
    return {
        ReceiptKind.RECEIVED: duty.delivered,
        ReceiptKind.STOPPED: duty.stopped,
        ReceiptKind.REMOVED: duty.removed,
        ReceiptKind.REFUSED: duty.refused,
    }[kind]


def _arrived(duty: Duty, at: datetime) -> Duty:
    delivery = Delivery.SUPERSEDED if duty.delivery is Delivery.SUPERSEDED else Delivery.DELIVERED
    return _scheduled(replace(duty, delivery=delivery, problem="", delivered=duty.delivered or at))


def _scheduled(duty: Duty) -> Duty:
    """The same, with the time at which the partner hears of it next."""
    return replace(duty, due=duty.next_reminder)


def begun(notice: Notice, written: datetime, stop_within: timedelta, remove_within: timedelta, *, pushed: bool) -> Duty:
    """The duty that a notice brings; of a partner that fetches its notices, none is ever due to be pushed."""
    return Duty(
        notice,
        written,
        stop_by=written + stop_within if notice.closing else None,
        remove_by=written + remove_within if notice.action is Action.REMOVE_PAST else None,
        due=written if pushed else None,
    )


def superseded(duty: Duty) -> Duty:
    """The duty when a later notice has taken its place."""
    return replace(duty, delivery=Delivery.SUPERSEDED, due=None)


def _check_receipt(duty: Duty, receipt: Receipt) -> None:
    if receipt.kind is ReceiptKind.REMOVED and not receipt.version.strip():
        raise _refused("a removal is from some version of a data set", "version", "Name it in dataset_version.")
    if receipt.kind is ReceiptKind.REFUSED and not receipt.reason.strip():
        raise _refused("who refuses says why", "reason", "Say it in reason.")
    if max(len(receipt.version), len(receipt.reason)) > LONGEST_REASON:
        raise _refused("that is too much text", "long", f"Use at most {LONGEST_REASON} characters.")
    if not _is_one_line(receipt.version + receipt.reason):
        raise _refused("that has line ends or control characters", "characters", "Say it in one line of text.")
    if receipt.kind in (ReceiptKind.STOPPED, ReceiptKind.REMOVED) and duty.notice.action is Action.RESTORE:
        raise _refused("nothing was to be stopped or removed", "action", "Answer the notice that asked for it.")


def _check_same(duty: Duty, receipt: Receipt) -> None:
    """Held against what the partner said first, which is in the record."""
    remedy = "What was said first stands. Tell the platform's people what has changed."
    if receipt.kind is ReceiptKind.REMOVED and receipt.version != duty.version:
        raise _refused(f"the removal is confirmed already, from data set {duty.version}", "differs", remedy)
    if receipt.kind is ReceiptKind.REFUSED and receipt.reason != duty.reason:
        raise _refused(f"it is refused already, for another reason: {duty.reason}", "differs", remedy)


def _refused(message: str, part: str, remedy: str) -> ReceiptRefused:
    return ReceiptRefused(message, id=f"receipt.{part}", remedy=remedy)


def receipt_content(receipt: Receipt) -> str:
    """What the record keeps of a receipt; the partner is the entry's key."""
    said = {
        "record": "receipt/1",
        "blobs": [],
        "notice": receipt.notice,
        "kind": receipt.kind.value,
        "version": receipt.version,
        "reason": receipt.reason,
    }
    return spelled(said).decode()


def receipt_of(at: datetime, content: str) -> Receipt:
    """The receipt that an entry of the record tells."""
    said = json.loads(content)
    return Receipt(said["notice"], ReceiptKind(said["kind"]), at, said["version"], said["reason"])
