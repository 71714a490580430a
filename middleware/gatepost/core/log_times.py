"""Times as logs write them: ``10/Oct/2026:13:55:36 -0700``, ISO 8601, seconds since 1970 and fractions of them.

Rules: what cannot be read is no time; a time without its zone is taken for UTC; no locale is asked.
"""

import re
from datetime import UTC, datetime, timedelta

__all__ = ["moment_of"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLF = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})? ?(?:([+-])(\d\d)(\d\d))?", re.ASCII
)
_NUMBER = re.compile(r"\d{9,19}(?:\.\d{1,20})?", re.ASCII)
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0, 1))
"""From how much on a number is nanoseconds, microseconds, milliseconds, seconds; and how many make a second."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(text: str) -> datetime | None:
    """The time in UTC."""
    try:
        if found := _CLF.fullmatch(text):
            return _from_parts(found)
        if _NUMBER.fullmatch(text):
            return _since_epoch(float(text))
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_parts(found: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    local = datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return local + offset if sign == "-" else local - offset


def _since_epoch(number: float) -> datetime:
    unit = next(unit for least, unit in _UNITS if number >= least)
    return _EPOCH + timedelta(seconds=number / unit)
