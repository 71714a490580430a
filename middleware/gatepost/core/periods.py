"""Periods and spans of time: from when until when something holds, and what the time may be when no clock is sure.

Rules: all times are in UTC; a period is half open, so that one that begins when another ends leaves no moment to both
or to neither; a date is its midnight in UTC, and a time of day without its offset from UTC is refused, not guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from gatepost.errors import StatementError

__all__ = [
    "MOST_NOTICE",
    "Period",
    "Span",
    "after_notice",
    "at",
    "lenient_moment",
    "moment_text",
    "read_moment",
    "read_period",
]

MOST_NOTICE = 3650
"""Days of notice that can be given."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)

_FIRST, _LAST = (moment.replace(tzinfo=UTC) for moment in (datetime.min, datetime.max))


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` until just before ``end``; ``None`` is no limit. Raises :class:`ValueError` when none is left."""

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            moment: datetime | None = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a period's times need their time zone")
            object.__setattr__(self, name, moment and moment.astimezone(UTC))
        if (self.start is None and self.end is None) or self.order[0] >= self.order[1]:
            raise ValueError("a period ends after it begins")

    @property
    def order(self) -> tuple[datetime, datetime]:
        """What periods are sorted by."""
        return self.start or _FIRST, self.end or _LAST

    @property
    def moments(self) -> Iterable[datetime]:
        """Its beginning and its end, where it has them."""
        return (moment for moment in (self.start, self.end) if moment is not None)

    def holds(self, moment: datetime | None) -> bool:
        """Whether a moment is within; ``None`` is before everything."""
        if moment is None:
            return self.start is None
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)

    def over_by(self, moment: datetime) -> bool:
        """Whether it has ended by a moment."""
        return self.end is not None and self.end <= moment

    def __str__(self) -> str:
        """As :func:`read_period` reads it."""
        return "..".join(moment_text(moment) if moment else "" for moment in (self.start, self.end))


@dataclass(frozen=True, slots=True)
class Span:
    """What the time may be: both ends included, and equal when it is known."""

    earliest: datetime
    latest: datetime


def at(moment: datetime) -> Span:
    """A time that is known."""
    return Span(moment, moment)


def read_period(text: str) -> Period:
    """A period as people write it: ``2026-12-01..2027-03-01``, and either side may be missing.

    Raises :class:`StatementError`.
    """
    start, dots, end = text.partition("..")
    if not dots or not (start or end):
        raise StatementError(
            f"{text!r} is not FROM..UNTIL",
            id="statement.period.form",
            remedy="Write for example 2026-12-01..2027-03-01, 2026-12-01.. or ..2027-03-01.",
        )
    first, last = (read_moment(side) if side else None for side in (start, end))
    if first and last and last <= first:
        raise StatementError(
            f"{text} ends before it begins",
            id="statement.period.order",
            remedy="Give an end that is later than the beginning; the day of the end is no longer in it.",
        )
    return Period(first, last)


def read_moment(text: str) -> datetime:
    """A date, which is its midnight in UTC, or a time with its offset (RFC 3339). Raises :class:`StatementError`."""
    try:
        if _DATE.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        if found := _INSTANT.fullmatch(text):
            _check_offset(text, found[3])
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_moment(text) from error
    raise _no_moment(text)


def lenient_moment(text: str) -> datetime | None:
    """A time in ISO 8601, in UTC where it names no zone; ``None`` for what is none, or is outside UTC's calendar."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _check_offset(text: str, offset: str | None) -> None:
    if not offset:
        raise StatementError(
            f"{text!r} does not say in which zone",
            id="statement.period.zone",
            remedy=f"Add the offset from UTC: {text}Z, or {text}+01:00.",
        )


def _no_moment(text: str) -> StatementError:
    return StatementError(
        f"{text!r} is no date and no time",
        id="statement.period.moment",
        remedy="Write a date such as 2026-12-01 (midnight in UTC), or a time such as 2026-12-01T09:00+01:00.",
    )


def moment_text(moment: datetime) -> str:
    """The shortest spelling that :func:`read_moment` takes."""
    moment = moment.astimezone(UTC)
    if moment.time() == time():
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat() + "Z"


def after_notice(days: int, now: datetime) -> datetime:
    """The first midnight after so many full days; a midnight, so that what confirms it is the same when repeated."""
    return datetime.combine((now + timedelta(days=days)).date() + timedelta(days=1), time(), UTC)
