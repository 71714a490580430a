"""What this worker meets that looks like a crawler and that no signature recognises.

Rules: a person's browser costs one look into a set; what looks like a crawler is counted each time; memory is bounded
whatever strangers send, and no address is kept.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from gatepost.core.matching import Matcher
from gatepost.core.sightings import Sighting, Tally
from gatepost.core.unknown_crawlers import UnknownCrawler
from gatepost.ports import Clock

__all__ = ["UnknownCrawlers"]

_PLACES = 256
_WATCHED = 4_096
_WATCHED_OCTETS = 512
"""Longer user agents are not watched."""
_TOLD = 50


class UnknownCrawlers:
    """The tally of one worker."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tally = Tally(_PLACES)
        self.watched: set[bytes] = set()
        """User agents that are to be counted whenever they come."""

    def look_at(self, user_agent: bytes) -> None:
        """A user agent that no signature recognises, when it comes for the first time in a while."""
        if len(user_agent) <= _WATCHED_OCTETS and self._tally.concerns(user_agent):
            if len(self.watched) >= _WATCHED:
                self.watched.clear()
            self.watched.add(user_agent)

    def meet(self, user_agent: bytes) -> None:
        """A request with a user agent that is watched."""
        self._tally.note(user_agent, self._clock.now())

    def told(self, matcher: Matcher) -> tuple[UnknownCrawler, ...]:
        """The most frequent ones, without those that are recognised by now."""
        now = self._clock.now()
        unknown = (one for one in self._tally.told() if not matcher.recognise(one.sample))
        return tuple(_told(sighting, now) for sighting in islice(unknown, _TOLD))

    def note(self, user_agents: Sequence[bytes]) -> None:
        """Both, for a door that remembers nothing of its own."""
        for user_agent in user_agents:
            self.look_at(user_agent)
            if user_agent in self.watched:
                self.meet(user_agent)


def _told(sighting: Sighting, now: datetime) -> UnknownCrawler:
    sample = sighting.sample.decode("utf-8", "backslashreplace")
    first, last = sighting.first or now, sighting.last or now
    return UnknownCrawler(sighting.product, sample, sighting.count, first, last, sighting.error)
