"""Decisions with a memory, for a door that makes the same ones all day."""

from collections.abc import Sequence

from gatepost.core.crawlers import Match
from gatepost.core.policy import Decision, SitePolicy, decide, is_always_open

__all__ = ["Decisions"]

_REMEMBERED = 4_096


class Decisions:
    """:func:`decide` with a memory: where no path exception holds, a policy says the same of a crawler every time."""

    def __init__(self) -> None:
        self._remembered: dict[tuple[int, tuple[Match, ...]], tuple[SitePolicy, Decision]] = {}

    def about(self, policy: SitePolicy, matches: tuple[Match, ...], paths: Sequence[str]) -> Decision:
        """What :func:`decide` says."""
        if policy.zones or is_always_open(paths):
            return decide(policy, matches, paths)
        key = (id(policy), matches)  # an id is nobody else's while the policy is kept here
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = (policy, decide(policy, matches, paths))
        return found[1]
