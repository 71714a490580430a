"""What holds, who said so and since when, and what is said for a time: as rows for machines and as lines for people.

Rules: one shape for every command that shows them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gatepost.core.origins import DatedWish, Held
from gatepost.core.periods import moment_text

__all__ = ["dated_lines", "held_lines", "since_text", "told_dated", "told_held", "told_moment"]


def told_held(held: Sequence[Held]) -> dict[str, dict[str, str | None]]:
    """Every value with its origin, by its subject."""
    return {
        one.subject: {
            "stance": str(one.value) if one.value else None,
            "origin": str(one.origin),
            "since": told_moment(one.since),
        }
        for one in held
    }


def told_moment(moment: datetime | None) -> str | None:
    """A time, to the second."""
    return moment.isoformat(timespec="seconds") if moment else None


def held_lines(told: Mapping[str, Mapping[str, str | None]]) -> Iterable[str]:
    """The same for people."""
    for subject, one in told.items():
        yield f"  {subject:<16}{one['stance'] or 'nothing said':<14}from {one['origin']}{since_text(one)}"


def since_text(told: Mapping[str, Any]) -> str:
    """Behind an origin, for people."""
    return f" since {told['since'][:10]}" if told["since"] else ""


def told_dated(wishes: Sequence[DatedWish]) -> Sequence[dict[str, str | None]]:
    """What is said for a time."""
    return [
        {"wish": one.wish, "from": _date(one.period.start), "until": _date(one.period.end), "origin": str(one.origin)}
        for one in wishes
    ]


def _date(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment else None


def dated_lines(told: Sequence[Mapping[str, str | None]]) -> Iterable[str]:
    """The same for people."""
    for one in told:
        sides = [f"from {one['from']}"] * bool(one["from"]) + [f"until {one['until']}"] * bool(one["until"])
        yield f"  {' '.join(sides)}: {one['wish']} ({one['origin']})"
