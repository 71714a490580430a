"""Renderings: what a policy says in every directive, made once and shared by all sites that want the same.

Rules: they are made in threads, as that takes time, and never twice at the same time; what nobody holds any more is
forgotten, but for what was made by the signatures that were in force before, which is at hand for a way back.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.matching import Matcher
from gatepost.core.policy import SitePolicy
from gatepost.core.snapshot import Rendering, needs_host, render
from gatepost.service.waiting import SingleFlight, Turns

__all__ = ["Renderings"]

_MADE_AT_ONCE = 2
"""Renderings that are made at the same time. Threads take turns with the event loop, and with more of them than this it
gets its own so seldom that a store that answered in time seems not to have."""

_log = logging.getLogger("gatepost.snapshots")

Key = tuple[SitePolicy, str, str, str]
"""What a rendering depends on: the policy, the owner's own robots.txt, the host or nothing, the signatures' SHA-256."""


def _unheard(rendering: Rendering, own_robots: str, host: str, signatures: str) -> None:
    """Nobody writes down what is rendered."""


@dataclass
class Renderings:
    """The renderings of one worker. ``addresses`` gives the addresses of a host's documents; ``heard`` is told what is
    rendered, with the own robots.txt, the host and the SHA-256 of the signatures that it was made of."""

    addresses: Callable[[str], Addresses]
    heard: Callable[[Rendering, str, str, str], None] = _unheard
    _warm: Sequence[Rendering] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._kept: WeakValueDictionary[Key, Rendering] = WeakValueDictionary()
        self._flights: SingleFlight[Key, Rendering] = SingleFlight()
        self._makings = Turns(_MADE_AT_ONCE)

    async def of(self, policy: SitePolicy, own_robots: str, host: str, matcher: Matcher) -> Rendering:
        """A policy in every directive, to be served."""
        key = _key(policy, own_robots, host, matcher)
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        return await self._flights.once(key, lambda: self._make(key, host, matcher))

    async def trial(self, policy: SitePolicy, own_robots: str, host: str, matcher: Matcher) -> Rendering:
        """The same for what is looked at and not served, so that nobody is told of it."""
        kept = self._kept.get(_key(policy, own_robots, host, matcher))
        return kept or await self._made(policy, own_robots, host, matcher)

    def keep_warm(self, signatures: Collection[str]) -> None:
        """Keep what was made by the sets with these SHA-256, in place of what was kept so before."""
        self._warm = [rendering for key, rendering in self._kept.items() if key[3] in signatures]

    async def _made(self, policy: SitePolicy, own_robots: str, host: str, matcher: Matcher) -> Rendering:
        async with self._makings.of_this_loop():
            addresses = self.addresses(host)
            return await asyncio.to_thread(render, policy, own_robots, matcher.signatures, addresses, host)

    async def _make(self, key: Key, host: str, matcher: Matcher) -> Rendering:
        policy, own_robots, _, signatures = key
        rendering = await self._made(policy, own_robots, host, matcher)
        self._kept[key] = rendering
        self.heard(rendering, own_robots, host, signatures)
        if rendering.caution:
            reason = f"readers disagreed ({found[0]})" if (found := rendering.disagreements) else "it grew too large"
            _log.warning("robots.txt of %s: %s, so a plainer version is served", host, reason)
        return rendering


def _key(policy: SitePolicy, own_robots: str, host: str, matcher: Matcher) -> Key:
    return policy, own_robots, host if needs_host(policy) else "", matcher.signatures.sha256
