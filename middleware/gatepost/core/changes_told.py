"""A site's history as its owner reads it: what each change took away and added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gatepost.core.consent import UNDO_WITHIN
from gatepost.core.preferences import PreferenceStatement
from gatepost.core.sites import Actor, Change, Event, StatementChanged
from gatepost.core.state import wishes_of

__all__ = ["HistoryEntry", "told_history"]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change; ``unsaid`` and ``said`` are the wishes that a change of the statement took away and added."""

    revision: int
    at: datetime
    actor: Actor
    change: Change
    reason: str
    unsaid: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    undoable: bool = False
    """Whether it is the last change of the statement, made within the days in which it can be taken back."""


def told_history(events: Sequence[Event], now: datetime) -> tuple[HistoryEntry, ...]:
    """The changes, the latest first; ``events`` are in order."""
    statement = PreferenceStatement()
    last = max((event.revision for event in events if isinstance(event.change, StatementChanged)), default=0)
    entries = []
    for event in events:
        before = statement
        if isinstance(event.change, StatementChanged):
            statement = event.change.statement
        undoable = event.revision == last and now - event.at <= UNDO_WITHIN
        entries.append(_entry(event, before, statement, undoable))
    return tuple(reversed(entries))


def _entry(event: Event, before: PreferenceStatement, after: PreferenceStatement, undoable: bool) -> HistoryEntry:
    then, now = wishes_of(before), wishes_of(after)
    return HistoryEntry(
        event.revision,
        event.at,
        event.actor,
        event.change,
        event.reason,
        tuple(wish for wish in then if wish not in now),
        tuple(wish for wish in now if wish not in then),
        undoable,
    )
