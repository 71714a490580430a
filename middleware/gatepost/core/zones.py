"""Where on a site which stances hold: everywhere, and below each path exception's pattern.

Rules: of several patterns that match a path the longest holds (RFC 9309 §2.2.2), together with the exceptions that
surely enclose it, the narrower before the wider. Of a shorter pattern that may meet it what is stricter holds too: the
longer one would else hide the other's no.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern
from gatepost.core.preferences import Preferences, Resolved, Stance, Stances, strictness

__all__ = ["Patterned", "Zone", "longest_at", "zone_below"]

_PLACE = {purpose: index for index, purpose in enumerate(Purpose)}

Said = Resolved[Stance | None]


class Patterned(Protocol):
    """What holds below a pattern."""

    @property
    def pattern(self) -> PathPattern | None:
        """The pattern; ``None`` has no paths of its own."""
        ...


_Patterned = TypeVar("_Patterned", bound=Patterned)


def longest_at(patterned: Iterable[_Patterned], path: str) -> Sequence[_Patterned]:
    """Those whose pattern is the longest that matches a path in normal form: none, one, or several of one length."""
    matching = [(one.pattern.octets, one) for one in patterned if one.pattern is not None and one.pattern.matches(path)]
    octets = max((length for length, _ in matching), default=0)
    return [one for length, one in matching if length == octets]


@dataclass(frozen=True)
class Zone:
    """The paths below one exception's pattern, and all that holds there; ``pattern`` is ``None`` for the rest of the
    site."""

    pattern: PathPattern | None
    stances: tuple[Said, ...]
    """In the order of :class:`Purpose`."""
    exceptions: tuple[Said | None, ...] = (None,) * len(Purpose)
    """What path exceptions alone say here, likewise."""

    def of(self, purpose: Purpose) -> Said:
        """The stance for one purpose, with its origin."""
        return self.stances[_PLACE[purpose]]

    def exception(self, purpose: Purpose) -> Said | None:
        """What path exceptions alone say of one purpose."""
        return self.exceptions[_PLACE[purpose]]

    @cached_property
    def preferences(self) -> Stances:
        """The stances without their origins."""
        return Stances(*(stance.value for stance in self.stances))


def zone_below(pattern: PathPattern, preferences: Preferences) -> Zone:
    """What holds below a pattern."""
    stances = list(preferences.stances)
    exceptions: list[Said | None] = [None] * len(Purpose)
    for path in reversed(preferences.paths):  # shortest first, so that the narrower overwrites the wider
        if not path.value.pattern.may_meet(pattern):
            continue  # said first, for it is the cheapest to tell and true of nearly all of thousands
        encloses = path.value.pattern.covers(pattern)
        if encloses or path.value.pattern.octets < pattern.octets:
            for purpose, stance in path.value.stances.said():
                said, place = Resolved(stance, path.origin), _PLACE[purpose]
                stances[place] = said if encloses else _stricter(said, stances[place])
                exceptions[place] = said if encloses else _stricter(said, exceptions[place] or said)
    return Zone(pattern, tuple(stances), tuple(exceptions))


def _stricter(said: Said, other: Said) -> Said:
    return said if strictness(said.value) > strictness(other.value) else other
