"""Dates on the command line: from when until when a wish holds, and what a statement says for a time."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import typer

from gatepost.cli.state import State, wishes_of
from gatepost.core.periods import moment_text, read_period
from gatepost.core.preferences import Origin
from gatepost.errors import GatepostError

__all__ = ["From", "Notice", "Until", "dated_lines", "dated_wishes", "told_dated"]

MOST_DAYS = 3650

From = Annotated[str, typer.Option("--from", metavar="DATE", help="The wishes hold from then on (midnight UTC).")]
Until = Annotated[str, typer.Option(metavar="DATE", help="The wishes hold until then.")]
Notice = Annotated[
    int | None,
    typer.Option(min=0, max=MOST_DAYS, metavar="DAYS", help="Like --from: the midnight after so many days."),
]


def dated_wishes(wishes: Sequence[str], start: str, until: str, notice: int | None) -> Sequence[str]:
    """The wishes with the period that all of them have. Raises :class:`GatepostError` where two are named."""
    if notice is not None:
        if start:
            raise _twice("--from and --notice both say when it begins", "Name one of them.")
        start = moment_text(_after_notice(notice))
    if not (start or until):
        return wishes
    for wish in wishes:
        if "@" in wish.rpartition("=")[2]:
            raise _twice(f"{wish} names its own time", "Leave out either the @ or the options.")
    if not wishes:
        raise GatepostError(
            "dates are for wishes, and there is none",
            id="cli.period.nothing",
            remedy="Add a wish, such as ai-training=block.",
        )
    period = read_period(f"{start}..{until}")
    return [f"{wish}@{period}" for wish in wishes]


def _twice(message: str, remedy: str) -> GatepostError:
    return GatepostError(message, id="cli.period.twice", remedy=remedy)


def _after_notice(days: int) -> datetime:
    """A midnight, so that the line that confirms it means the same when it is repeated."""
    full = datetime.now(UTC) + timedelta(days=days)
    return datetime.combine(full.date() + timedelta(days=1), time(), UTC)


def told_dated(state: State) -> Sequence[dict[str, str | None]]:
    """All that is said for a time and is not over, by the site and by the levels above it."""
    speakers = [(Origin(level.level, level.name), level.statement) for level in state.above]
    if state.own is not None:
        speakers.append((Origin(state.own.level), state.own.statement))
    return [
        {"wish": wish, "from": _told(dated.period.start), "until": _told(dated.period.end), "origin": str(origin)}
        for origin, statement in speakers
        for dated in statement.dated
        if not dated.period.over_by(state.at)
        for wish in wishes_of(dated.statement)
    ]


def _told(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment else None


def dated_lines(told: Sequence[dict[str, str | None]]) -> Iterable[str]:
    """The same for people, the earliest first."""
    for one in sorted(told, key=lambda one: (one["from"] or "", one["until"] or "")):
        sides = [f"from {one['from']}"] * bool(one["from"]) + [f"until {one['until']}"] * bool(one["until"])
        yield f"  {' '.join(sides)}: {one['wish']} ({one['origin']})"
