"""Whether what is kept of notices is what the record's own notices and receipts leave.

Rules: a duty is made again from the entries alone, the partner's deadlines included, and compared; what is worked off
(when something is pushed next, and how often it was) is nobody's word and is not compared. Each look is one statement,
so that writers who go on meanwhile make no difference.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, ScalarSelect, Select, and_, exists, func, select

from gatepost.core.duties import Delivery, Duty, Receipt, begun, confirmed, receipt_of, superseded
from gatepost.core.notices import notice_of
from gatepost.core.partners import partner_content
from gatepost.core.publications import Kind
from gatepost.errors import ReceiptRefused
from gatepost.storage.chains import Row, octets_kept, raw, spelled_time
from gatepost.storage.duties import duty_row
from gatepost.storage.partners import partner_of
from gatepost.storage.projection import Difference
from gatepost.storage.tables import duties, partners, publications, receipts

__all__ = ["duties_missing", "duties_page", "partners_altered"]

_WORKED_OFF = {"attempts", "due", "leased", "problem", "reminded", "delivery"}
"""``delivery`` is compared as far as it follows from the record."""
_TIMES = {"deadline", "stop_by", "remove_by", "delivered", "stopped", "removed", "refused"}
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, ReceiptRefused)
_MOST = 100
"""Of what is missing."""

_answers, _later, _entries = publications.alias("answers"), duties.alias("later"), publications.alias("entries")


def duties_page(connection: Connection, after: int, limit: int) -> tuple[int | None, Sequence[Difference]]:
    """How the next duties in the order of their numbers differ from the record, and the last one's number; ``None``
    when there are no more."""
    with octets_kept(connection):
        rows = connection.execute(_page(connection, after, limit)).mappings().all()
        terms = _terms(connection, {row["terms"] for row in rows if row["terms"] is not None})
    found: list[Difference] = []
    for _, group in groupby(rows, key=itemgetter("number")):
        found += _differences(list(group), terms)
    return rows[-1]["number"] if rows else None, found


def _page(connection: Connection, after: int, limit: int) -> Select[*tuple[object, ...]]:
    """A row for each receipt of a duty, or for the duty alone."""
    numbers = select(duties.c.number).where(duties.c.number > after).order_by(duties.c.number).limit(limit)
    columns = [
        *raw(connection, duties.columns),
        *raw(connection, publications.columns, "entry_"),
        *raw(connection, _answers.columns, "answer_"),
        receipts.c.number.label("receipt"),
        _replaced().label("replaced"),
        _terms_then().label("terms"),
    ]
    joined = (
        duties.outerjoin(publications, publications.c.number == duties.c.number)
        .outerjoin(receipts, receipts.c.duty == duties.c.number)
        .outerjoin(_answers, _answers.c.number == receipts.c.number)
    )
    statement = select(*columns).select_from(joined).where(duties.c.number.in_(numbers))
    return statement.order_by(duties.c.number, receipts.c.number)


def _replaced() -> ScalarSelect[int]:
    """The number of the notice that took its place."""
    same = (
        _later.c.site == duties.c.site,
        _later.c.partner == duties.c.partner,
        _later.c.purpose == duties.c.purpose,
        _later.c.item == "",
        duties.c.item == "",
        _later.c.number > duties.c.number,
    )
    return select(func.min(_later.c.number)).where(*same).correlate(duties).scalar_subquery()


def _terms_then() -> ScalarSelect[int]:
    """The number of the entry that says what the partner was, then."""
    then = (
        _entries.c.kind == Kind.PARTNER.value,
        _entries.c.key == publications.c.key,
        _entries.c.number < publications.c.number,
    )
    return select(func.max(_entries.c.number)).where(*then).correlate(publications).scalar_subquery()


def _terms(connection: Connection, numbers: set[int]) -> Mapping[int, str]:
    (content,) = raw(connection, (publications.c.content,))
    found: dict[int, str] = {}
    wanted = sorted(numbers)
    for start in range(0, len(wanted), 500):
        some = select(publications.c.number, content).where(publications.c.number.in_(wanted[start : start + 500]))
        found.update((row.number, row.content) for row in connection.execute(some))
    return found


def _differences(rows: Sequence[Row], terms: Mapping[int, str]) -> Iterator[Difference]:
    """How one duty differs from its notice and receipts."""
    row = rows[0]
    number, site = str(row["number"]), str(row["site"])
    if row["entry_kind"] != Kind.NOTICE.value:
        yield Difference("duties", number, site, "has no notice in the record")
        return
    try:
        expected, strangers = _expected(rows, json.loads(terms[row["terms"]]))
    except _UNREADABLE:
        yield Difference("duties", number, site, "cannot be compared with its notice and receipts")
        return
    for receipt in strangers:
        yield Difference("receipts", str(receipt), site, "answers another notice than it says")
    wrong = [
        name for name, value in duty_row(expected).items() if name not in _WORKED_OFF and _kept(row, name) != value
    ]
    if row["delivery"] not in _deliveries(expected):
        wrong.append("delivery")
    if wrong:
        yield Difference("duties", number, site, f"is not what its notice and receipts leave: {', '.join(wrong)}")


def _expected(rows: Sequence[Row], terms: Mapping[str, int]) -> tuple[Duty, Sequence[int]]:
    """The duty that the entries leave, and the numbers of receipts that are none of its own."""
    row = rows[0]
    notice = notice_of(row["entry_key"], row["number"], row["entry_digest"], row["entry_content"])
    stop, remove = (timedelta(seconds=terms[name]) for name in ("stop_within", "remove_within"))
    duty = begun(notice, _time(row["entry_at"]), stop, remove, pushed=False)
    replaced, strangers = row["replaced"], []
    for one in rows:
        if one["receipt"] is None:
            continue
        if one["answer_kind"] != Kind.RECEIPT.value or one["answer_key"] != notice.partner:
            strangers.append(one["receipt"])
            continue
        receipt = receipt_of(_time(one["answer_at"]), one["answer_content"])
        if receipt.notice != notice.id:
            strangers.append(one["receipt"])
            continue
        duty = _answered(duty, receipt, replaced is not None and one["receipt"] > replaced)
    return _replaced_by(duty, replaced is not None), strangers


def _answered(duty: Duty, receipt: Receipt, late: bool) -> Duty:
    return confirmed(_replaced_by(duty, late), receipt)


def _replaced_by(duty: Duty, replaced: bool) -> Duty:
    return superseded(duty) if replaced and duty.open else duty


def _deliveries(duty: Duty) -> Sequence[Delivery]:
    """What the delivery may be."""
    on_its_way = (Delivery.WAITING, Delivery.UNDELIVERED)
    return on_its_way if duty.delivery is Delivery.WAITING else (duty.delivery,)


def _time(value: object) -> datetime:
    """Raises :class:`ValueError` or :class:`TypeError` for what is no time."""
    spelled = spelled_time(value)
    if not isinstance(spelled, str):
        raise TypeError(value)
    return datetime.fromisoformat(spelled)


def _kept(row: Row, name: str) -> object:
    """A value as it has to be compared; what is no time is equal to none."""
    value = row[name]
    if name not in _TIMES or value is None:
        return value
    try:
        return _time(value)
    except (ValueError, TypeError):
        return value


def partners_altered(connection: Connection) -> Sequence[Difference]:
    """The partners of the registry that are not what the record says of them last."""
    last = select(func.max(publications.c.number)).where(
        publications.c.kind == Kind.PARTNER.value, publications.c.key == partners.c.id
    )
    joined = partners.outerjoin(publications, publications.c.number == last.correlate(partners).scalar_subquery())
    columns = [*raw(connection, partners.columns), *raw(connection, (publications.c.content,))]
    with octets_kept(connection):
        rows = connection.execute(select(*columns).select_from(joined)).mappings().all()
    return [
        Difference("partners", str(row["id"]), "", "is not what the record says of it last")
        for row in rows
        if not _is_partner(row)
    ]


def _is_partner(row: Row) -> bool:
    try:
        partner = partner_of(row["partner"], row["secrets"], bool(row["gone"]))
    except _UNREADABLE:
        return False
    return (partner.id, partner_content(partner)) == (row["id"], row["content"])


def duties_missing(connection: Connection) -> Sequence[Difference]:
    """Notices and receipts of the record that are not followed up, and what follows up none."""
    found: list[Difference] = []
    for kind, table, number in (
        (Kind.NOTICE, "duties", duties.c.number),
        (Kind.RECEIPT, "receipts", receipts.c.number),
    ):
        unheard = ~exists().where(number == publications.c.number).correlate(publications)
        wanted = select(publications.c.number).where(publications.c.kind == kind.value, unheard).limit(_MOST)
        found += [Difference(table, str(row.number), "", "is missing") for row in connection.execute(wanted)]
    there = and_(publications.c.number == receipts.c.number, publications.c.kind == Kind.RECEIPT.value)
    told = exists().where(there).correlate(receipts)
    owed = exists().where(duties.c.number == receipts.c.duty).correlate(receipts)
    strays = select(receipts.c.number).where(~(told & owed)).limit(_MOST)
    what = "answers a notice that is not there, or is no receipt of the record"
    found += [Difference("receipts", str(row.number), "", what) for row in connection.execute(strays)]
    keys = select(publications.c.key).where(publications.c.kind == Kind.PARTNER.value).distinct()
    gone = keys.where(~exists().where(partners.c.id == publications.c.key).correlate(publications)).limit(_MOST)
    with octets_kept(connection):
        found += [Difference("partners", str(row.key), "", "is missing") for row in connection.execute(gone)]
    return found
