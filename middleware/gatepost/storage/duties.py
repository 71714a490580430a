"""What becomes of notices: begun with their entry of the record, pushed, confirmed, and found again.

Rules: a change of a duty is made on it as it stands in the same transaction, so that no receipt is lost to a push that
ends at the same time; whoever pushes takes a lease that ends by itself; what a partner says is an entry of the record.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Text, bindparam, case, insert, or_, select, update

from gatepost.core.crawlers import Purpose
from gatepost.core.duties import (
    Attempt,
    Delivery,
    Duty,
    Receipt,
    ReceiptKind,
    begun,
    confirmed,
    receipt_content,
    superseded,
    tried,
)
from gatepost.core.notices import Notice, notice_content, notice_id, notice_of
from gatepost.core.partners import Partner
from gatepost.core.publications import Kind
from gatepost.errors import ReceiptRefused
from gatepost.storage import partners as registry
from gatepost.storage.chains import PUBLICATIONS
from gatepost.storage.insertion import insert_rows
from gatepost.storage.reading import batches
from gatepost.storage.rows import utc
from gatepost.storage.tables import duties, publications, receipts

__all__ = [
    "begin",
    "claim",
    "confirm",
    "due_partners",
    "duties_after",
    "duties_where",
    "duty_of",
    "duty_row",
    "found_by",
    "note_attempt",
    "overdue",
    "resend",
    "standing",
    "standing_about",
]

_ENTRY = (publications.c.digest, publications.c.content, publications.c.at)


def duties_where(*conditions: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    """A statement of duties with their notices, in the order in which they were written."""
    joined = select(duties, *_ENTRY).join(publications, publications.c.number == duties.c.number)
    return joined.where(*conditions).order_by(duties.c.number)


_NUMBERED = duties_where(duties.c.number == bindparam("named"))
_AFTER = duties_where(duties.c.partner == bindparam("by"), duties.c.number > bindparam("after")).limit(
    bindparam("most")
)
_OPEN_AFTER = duties_where(
    duties.c.partner == bindparam("by"), duties.c.open, duties.c.number > bindparam("after")
).limit(bindparam("most"))
_STANDING = duties_where(duties.c.site.in_(bindparam("ids", expanding=True)), duties.c.item == "", duties.c.open)
_ABOUT_ITEM = duties_where(duties.c.site == bindparam("named"), duties.c.item == bindparam("about"), duties.c.open)
_OVERDUE = duties_where(duties.c.deadline < bindparam("now"), duties.c.number > bindparam("after")).limit(
    bindparam("most")
)
_FREE = or_(duties.c.leased.is_(None), duties.c.leased < bindparam("now"))
_DUE_PARTNERS = select(duties.c.partner).distinct().where(duties.c.due <= bindparam("now"), _FREE)
_DUE = duties_where(duties.c.due <= bindparam("now"), _FREE, duties.c.partner == bindparam("by")).limit(
    bindparam("most")
)
_LEASE = (
    update(duties).where(duties.c.number.in_(bindparam("numbers", expanding=True))).values(leased=bindparam("until"))
)
_CHANGE = update(duties).where(duties.c.number == bindparam("named"))
_OF_OPEN = update(duties).where(duties.c.partner == bindparam("by"), duties.c.open)
_UNTOLD = duties.c.delivered.is_(None)
_GIVE_UP = _OF_OPEN.values(
    delivery=case((_UNTOLD, Delivery.UNDELIVERED.value), else_=duties.c.delivery),
    problem=case((_UNTOLD, bindparam("why", type_=Text)), else_=duties.c.problem),
    due=None,
    leased=None,
)
_REQUEUE = _OF_OPEN.values(
    delivery=case((_UNTOLD, Delivery.WAITING.value), else_=Delivery.DELIVERED.value),
    attempts=0,
    due=bindparam("at"),
    leased=None,
)
"""Pushed once more, with all attempts before it."""
_REQUEUE_NAMED = _REQUEUE.where(duties.c.number.in_(bindparam("numbers", expanding=True)))
_REQUEUE_ALL_ELSE = _REQUEUE.where(duties.c.due.is_(None))
_NAMED = duties_where(duties.c.notice == bindparam("named"), duties.c.partner == bindparam("by"))


def duty_row(duty: Duty) -> dict[str, object]:
    """A duty as columns."""
    notice = duty.notice
    return {
        "number": notice.number,
        "notice": notice.id,
        "partner": notice.partner,
        "site": notice.site,
        "purpose": notice.purpose.value if notice.purpose else "",
        "item": notice.item.id if notice.item else "",
        "stop_by": duty.stop_by,
        "remove_by": duty.remove_by,
        **_row(duty),
    }


def _row(duty: Duty) -> dict[str, object]:
    """What of a duty changes, as columns."""
    return {
        "open": duty.open,
        "deadline": duty.deadline,
        "delivery": duty.delivery.value,
        "attempts": duty.attempts,
        "due": duty.due,
        "leased": None,
        "problem": duty.problem,
        "delivered": duty.delivered,
        "stopped": duty.stopped,
        "removed": duty.removed,
        "version": duty.version,
        "refused": duty.refused,
        "reason": duty.reason,
        "reminded": duty.reminded,
    }


def duty_of(row: RowMapping) -> Duty:
    """The duty that a row of one of :func:`duties_where`'s statements keeps."""
    return Duty(
        notice=notice_of(row["partner"], row["number"], row["digest"], row["content"]),
        written=utc(row["at"]),
        stop_by=_time(row["stop_by"]),
        remove_by=_time(row["remove_by"]),
        delivery=Delivery(row["delivery"]),
        attempts=row["attempts"],
        due=_time(row["due"]),
        problem=row["problem"],
        delivered=_time(row["delivered"]),
        stopped=_time(row["stopped"]),
        removed=_time(row["removed"]),
        version=row["version"],
        refused=_time(row["refused"]),
        reason=row["reason"],
        reminded=_time(row["reminded"]),
    )


def _time(moment: datetime | None) -> datetime | None:
    return moment and utc(moment)


def found_by(connection: Connection, statement: Select[*tuple[object, ...]], **named: object) -> Sequence[Duty]:
    """The duties of one of :func:`duties_where`'s statements."""
    return [duty_of(row) for row in connection.execute(statement, named).mappings()]


Standing = Mapping[tuple[str, str, Purpose], Sequence[Duty]]
"""What is still open of what was asked about sites, by partner, site and purpose."""


def begin(
    connection: Connection,
    due: Sequence[tuple[Partner, Notice]],
    at: datetime,
    standing: Standing = MappingProxyType({}),
) -> Sequence[Notice]:
    """Write notices with the duties that they bring, in place of what is ``standing`` about the same; the notices as
    written."""
    if not due:
        return ()
    kind = Kind.NOTICE.value
    rows = [
        {"at": at.astimezone(UTC), "kind": kind, "key": partner.id, "content": notice_content(notice)}
        for partner, notice in due
    ]
    entries = PUBLICATIONS.sealed(connection, rows)
    insert_rows(connection, publications, entries)
    brought: list[Duty] = []
    for (partner, notice), entry in zip(due, entries, strict=True):
        number, digest = int(str(entry["number"])), entry["digest"]
        told = replace(notice, number=number, id=notice_id(bytes(digest)) if isinstance(digest, bytes) else "")
        brought.append(begun(told, at, partner.stop_within, partner.remove_within, pushed=partner.pushed))
        if notice.purpose is not None and notice.item is None:
            for duty in standing.get((partner.id, notice.site, notice.purpose), ()):
                _write(connection, superseded(duty))
    insert_rows(connection, duties, [{**duty_row(duty), "leased": None} for duty in brought])
    return [duty.notice for duty in brought]


def standing(connection: Connection, sites: Collection[str]) -> Standing:
    """Of what was asked about sites, by their ids, what is still open."""
    found: dict[tuple[str, str, Purpose], list[Duty]] = {}
    for batch in batches(sites):
        for duty in found_by(connection, _STANDING, ids=batch):
            if duty.notice.purpose is not None:
                found.setdefault((duty.notice.partner, duty.notice.site, duty.notice.purpose), []).append(duty)
    return found


def standing_about(connection: Connection, site: str, item: str) -> Sequence[Duty]:
    """What is still open of the removals of one item of a site."""
    return found_by(connection, _ABOUT_ITEM, named=site, about=item)


def _write(connection: Connection, duty: Duty) -> Duty:
    connection.execute(_CHANGE, {"named": duty.notice.number, **_row(duty)})
    return duty


def due_partners(connection: Connection, now: datetime) -> Sequence[str]:
    """The ids of the partners to whom something is to be pushed."""
    return [row.partner for row in connection.execute(_DUE_PARTNERS, {"now": now})]


def claim(connection: Connection, partner: str, now: datetime, until: datetime, most: int) -> Sequence[Duty]:
    """Take what is to be pushed to a partner, until a time."""
    found = found_by(connection, _DUE, by=partner, now=now, most=most)
    if found:
        connection.execute(_LEASE, {"numbers": [duty.notice.number for duty in found], "until": until})
    return found


def note_attempt(connection: Connection, number: int, attempt: Attempt, at: datetime, luck: float) -> Duty | None:
    """Write down what came of a push; ``None`` where there is no such duty."""
    duty = _one(connection, number)
    if duty is None:
        return None
    if attempt.accepted and duty.delivered is None:
        _record(connection, duty, Receipt(duty.notice.id, ReceiptKind.RECEIVED, at))
    partner = duty.notice.partner
    if attempt.accepted and registry.mark_gone(connection, partner, False):  # it answers again, so all may go to it
        connection.execute(_REQUEUE_ALL_ELSE, {"by": partner, "at": at})
    if attempt.gone:
        _give_up(connection, partner, attempt.problem)
    return _write(connection, _pushed(connection, tried(duty, attempt, at, luck)))


def _pushed(connection: Connection, duty: Duty) -> Duty:
    """The duty as it is due, which it is at no time where nothing is pushed to its partner."""
    partner = registry.partner(connection, duty.notice.partner)
    return duty if partner and partner.pushed else replace(duty, due=None)


def _give_up(connection: Connection, partner: str, why: str) -> None:
    """Push nothing more to a partner; all that is open stays so."""
    registry.mark_gone(connection, partner, True)
    connection.execute(_GIVE_UP, {"by": partner, "why": why})


def _one(connection: Connection, number: int) -> Duty | None:
    return next(iter(found_by(connection, _NUMBERED, named=number)), None)


def confirm(connection: Connection, partner: str, receipt: Receipt) -> Duty:
    """Write down what a partner says of a notice; said again it changes nothing, said otherwise it is refused.

    Raises :class:`~gatepost.errors.ReceiptRefused` for a notice that the partner never had, and for what cannot be so.
    """
    duty = next(iter(found_by(connection, _NAMED, named=receipt.notice, by=partner)), None)
    if duty is None:
        raise ReceiptRefused(
            f"{partner} had no notice {receipt.notice[:64]!r}",
            id="receipt.notice.unknown",
            remedy="Answer with the id that the notice came with.",
        )
    after = confirmed(duty, receipt)
    if after == duty:
        return duty
    _record(connection, duty, receipt)
    return _write(connection, _pushed(connection, after))


def _record(connection: Connection, duty: Duty, receipt: Receipt) -> None:
    row = {
        "at": receipt.at.astimezone(UTC),
        "kind": Kind.RECEIPT.value,
        "key": duty.notice.partner,
        "content": receipt_content(receipt),
    }
    entries = PUBLICATIONS.sealed(connection, [row])
    insert_rows(connection, publications, entries)
    answering = [{"number": entry["number"], "duty": duty.notice.number} for entry in entries]
    connection.execute(insert(receipts), answering)


def duties_after(connection: Connection, partner: str, after: int, most: int, *, open: bool = False) -> Sequence[Duty]:
    """What a partner was told, from the number after ``after`` on; with ``open`` what of it is still owed."""
    return found_by(connection, _OPEN_AFTER if open else _AFTER, by=partner, after=after, most=most)


def overdue(connection: Connection, now: datetime, after: int, most: int) -> Sequence[Duty]:
    """What should have been confirmed by now, from the number after ``after`` on."""
    return found_by(connection, _OVERDUE, now=now, after=after, most=most)


def resend(connection: Connection, partner: str, numbers: Collection[int], at: datetime) -> int:
    """Have open duties of a partner pushed once more; all of them, if none is named. How many there are."""
    if not numbers:
        return connection.execute(_REQUEUE, {"by": partner, "at": at}).rowcount
    runs = [{"by": partner, "at": at, "numbers": batch} for batch in batches(numbers)]
    return sum(connection.execute(_REQUEUE_NAMED, run).rowcount for run in runs)
