"""How gently a partner is pushed to, by how it answered.

Rules: after a run of failures one notice at a time is tried, with a rest after each that fails; one that succeeds ends
that; who asks for patience is left alone, but not for long, as each notice has a schedule of its own.
"""

from datetime import timedelta
from time import monotonic

__all__ = ["Circuit"]

RUN = 5
"""Failures after one another."""
LONGEST_REST = 60.0
"""In seconds."""


class Circuit:
    """Of one partner, in one process."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    @property
    def open(self) -> bool:
        """Whether only one notice is tried at a time."""
        return self._failures >= RUN

    @property
    def resting(self) -> bool:
        """Whether nothing is tried just now."""
        return monotonic() < self._until

    def note(self, accepted: bool, patience: timedelta | None = None) -> None:
        """Learn what came of a push."""
        if accepted:
            self._failures = 0
            return
        self._failures += 1
        rest = 2.0 ** min(self._failures - RUN, 6) if self.open else 0.0
        asked = patience.total_seconds() if patience else 0.0
        self._until = max(self._until, monotonic() + min(max(rest, asked), LONGEST_REST))
