"""What the duties of a partner come to: who opted out on a day, and how many are open."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, case, exists, func, select

from gatepost.core.duties import Delivery, Duty, DutyCounts
from gatepost.core.notices import Notice
from gatepost.storage.duties import duties_where, found_by
from gatepost.storage.reading import batches
from gatepost.storage.rows import utc
from gatepost.storage.tables import duties, publications

__all__ = ["duty_counts", "opted_out"]

_later, _entry = duties.alias(), publications.alias()
_CLOSED_LATER_THAT_DAY = (
    exists()
    .where(
        _later.c.site == duties.c.site,
        _later.c.number > duties.c.number,
        _later.c.partner == duties.c.partner,
        _later.c.purpose == duties.c.purpose,
        _later.c.item == "",
        _later.c.stop_by.is_not(None),
        _entry.c.number == _later.c.number,
        _entry.c.at < bindparam("end"),
    )
    .correlate(duties)
)
_OF_DAY = (
    duties.c.partner == bindparam("by"),
    duties.c.number > bindparam("after"),
    duties.c.item == "",
    publications.c.at >= bindparam("start"),
    publications.c.at < bindparam("end"),
)
_LAST_CLOSING = duties_where(*_OF_DAY, duties.c.stop_by.is_not(None), ~_CLOSED_LATER_THAT_DAY).limit(bindparam("most"))
_GIVEN_BACK = duties_where(*_OF_DAY, duties.c.stop_by.is_(None), duties.c.site.in_(bindparam("ids", expanding=True)))


def opted_out(
    connection: Connection, partner: str, start: datetime, end: datetime, after: int, most: int
) -> Sequence[Duty]:
    """Of each site and purpose the last notice of a time that asks to stop or to remove, unless all that it is about
    was given back in that time."""
    closing: list[Duty] = []
    between = {"start": start.astimezone(UTC), "end": end.astimezone(UTC)}
    while len(closing) < most:
        page = found_by(connection, _LAST_CLOSING, by=partner, after=after, most=most, **between)
        sites = {duty.notice.site for duty in page}
        back = [
            duty.notice
            for ids in batches(sites)
            for duty in found_by(connection, _GIVEN_BACK, by=partner, after=after, ids=ids, **between)
        ]
        closing += [duty for duty in page if not any(_gives_back(one, duty.notice) for one in back)]
        if len(page) < most:
            break
        after = page[-1].notice.number
    return closing[:most]


def _gives_back(later: Notice, notice: Notice) -> bool:
    """Whether a later notice lets all be used again that an earlier one is about."""
    about = (later.site, later.purpose) == (notice.site, notice.purpose) and later.number > notice.number
    return about and (not later.paths or (bool(notice.paths) and {*notice.paths} <= {*later.paths}))


_COUNTS = (
    select(
        duties.c.partner,
        func.count().label("open"),
        func.sum(case((duties.c.deadline < bindparam("now"), 1), else_=0)).label("overdue"),
        func.max(case((duties.c.deadline < bindparam("now"), duties.c.deadline))).label("missed"),
        func.sum(case((duties.c.delivery == Delivery.UNDELIVERED.value, 1), else_=0)).label("undelivered"),
    )
    .where(duties.c.open)
    .group_by(duties.c.partner)
)


def duty_counts(connection: Connection, now: datetime) -> Mapping[str, DutyCounts]:
    """How many duties each partner that has any open ones has, by its id."""
    rows = connection.execute(_COUNTS, {"now": now.astimezone(UTC)})
    return {
        row.partner: DutyCounts(row.open, row.overdue, row.undelivered, utc(row.missed) if row.missed else None)
        for row in rows
    }
