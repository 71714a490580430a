"""The compiled signature sets by which a worker recognises crawlers: one for every site, or another one for a part.

Rules: it is one value, so that a worker changes all of it at once; a site has one set for its directives and for its
doors, whatever is tried elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gatepost.core.matching import Matcher
from gatepost.core.rollouts import Rollout
from gatepost.core.shares import in_part

__all__ = ["Recognition"]


@dataclass(frozen=True, eq=False)
class Recognition:
    """A rollout, ready for use; made once and shared by all requests."""

    whole: Matcher
    part: Matcher | None = None
    percent: int = 0
    rollout: Rollout = Rollout()
    number: int = 0
    """The number of the release that it follows; 0 for the file that the machine has of its own."""

    def of(self, key: str) -> Matcher:
        """The signatures for a site by its id, or for a host that no site has."""
        return self.part if self.part is not None and in_part(key, self.percent) else self.whole

    @property
    def sources(self) -> Mapping[str, bytes]:
        """The files of the sets, by their SHA-256 in hexadecimal."""
        sets = [matcher.signatures for matcher in (self.whole, self.part) if matcher is not None]
        return {one.sha256: one.source for one in sets}
