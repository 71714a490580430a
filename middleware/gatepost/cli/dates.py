"""Dates on the command line: from when until when a wish holds."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from gatepost.core.periods import MOST_NOTICE, after_notice, moment_text, read_period
from gatepost.errors import GatepostError

__all__ = ["From", "Notice", "Until", "dated_wishes"]

From = Annotated[str, typer.Option("--from", metavar="DATE", help="The wishes hold from then on (midnight UTC).")]
Until = Annotated[str, typer.Option(metavar="DATE", help="The wishes hold until then.")]
Notice = Annotated[
    int | None,
    typer.Option(min=0, max=MOST_NOTICE, metavar="DAYS", help="Like --from: the midnight after so many days."),
]


def dated_wishes(wishes: Sequence[str], start: str, until: str, notice: int | None) -> Sequence[str]:
    """The wishes with the period that all of them have. Raises :class:`GatepostError` where two are named."""
    if notice is not None:
        if start:
            raise _twice("--from and --notice both say when it begins", "Name one of them.")
        start = moment_text(after_notice(notice, datetime.now(UTC)))
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
