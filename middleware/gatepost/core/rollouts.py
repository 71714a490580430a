"""Which signature set is in force where: one for all sites, or another one for a part of them while it is tried.

Rules: a rollout says everything that is in force; what no set in force recognises already is on trial before it refuses
anybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gatepost.core.crawlers import Crawler, SignatureSet

__all__ = ["IssuedSet", "Rollout", "untried"]


@dataclass(frozen=True, slots=True)
class IssuedSet:
    """A signature set as it was released."""

    sha256: str
    """Of its file, in hexadecimal."""
    version: str
    on_trial: frozenset[str] = frozenset()
    """The names of crawlers that it only tags, whatever is wanted of them."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """What is in force."""

    whole: IssuedSet | None = None
    """For every site; ``None`` is the file that each machine has of its own."""
    part: IssuedSet | None = None
    """For a part of the sites, in place of the other."""
    percent: int = 0
    """How large that part is."""

    @property
    def sets(self) -> tuple[IssuedSet, ...]:
        """The released sets, the one for every site first."""
        return tuple(one for one in (self.whole, self.part) if one)


def untried(wanted: SignatureSet, in_force: Iterable[SignatureSet]) -> tuple[str, ...]:
    """The crawlers of a set, by name, that would be refused and that no set in force recognises in the same way."""
    known = {_recognition(crawler) for one in in_force for crawler in one.crawlers}
    return tuple(
        crawler.name
        for crawler in wanted.crawlers
        if crawler.purposes and not crawler.robots_only and _recognition(crawler) not in known
    )


def _recognition(crawler: Crawler) -> tuple[object, ...]:
    """What an entry recognises, and which stances count for it."""
    tokens = frozenset(token.lower() for token in crawler.user_agent_tokens)
    return crawler.name.lower(), tokens, crawler.purposes, crawler.mixed_use
