"""What holds for a site from when until when, as far as it is said now.

Rules: worked out when something changes, so that it holds whether the store answers later or not; when the time is in
doubt, the strictest of all that may hold by then holds, so that what is scheduled to narrow takes effect early rather
than late, and what is scheduled to open never early.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce

from gatepost.core.levels import IN_DOUBT, at_least, preferences_of, statements_for
from gatepost.core.periods import Span
from gatepost.core.preferences import LevelStatement, Preferences
from gatepost.core.schedules import boundaries
from gatepost.core.sites import Site

__all__ = ["Phase", "Timeline", "timeline_of"]


@dataclass(frozen=True, slots=True)
class Phase:
    """What holds from ``start`` until the next phase starts; ``None`` is from before everything."""

    start: datetime | None
    preferences: Preferences


@dataclass(frozen=True)
class Timeline:
    """Phases in their order; the first starts before everything, and neighbours differ."""

    phases: tuple[Phase, ...]

    @cached_property
    def _starts(self) -> Sequence[datetime]:
        return [phase.start for phase in self.phases if phase.start is not None]

    def touched(self, span: Span) -> range:
        """The numbers of the phases in which the time may be."""
        return range(bisect_right(self._starts, span.earliest), bisect_right(self._starts, span.latest) + 1)

    def during(self, span: Span) -> Preferences:
        """The strictest of what may hold in a span."""
        first, *others = (self.phases[number].preferences for number in self.touched(span))
        return reduce(lambda floor, later: at_least(later, floor, IN_DOUBT), others, first)

    def next_change(self, after: datetime) -> datetime | None:
        """The first moment after ``after`` at which something else holds."""
        return next((start for start in self._starts if start > after), None)


def timeline_of(site: Site, above: Sequence[LevelStatement]) -> Timeline:
    """What holds for a site, given what the levels above it say; one phase where nothing has a date."""
    moments = (None, *boundaries(statements_for(site, above)))
    return Timeline(tuple(_distinct(Phase(moment, preferences_of(site, above, moment)) for moment in moments)))


def _distinct(phases: Iterable[Phase]) -> Iterator[Phase]:
    last: Phase | None = None
    for phase in phases:
        if last is None or phase.preferences != last.preferences:
            yield phase
            last = phase
