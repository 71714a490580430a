"""The copy of what this worker has seen, and what is recalled from it while the store does not answer.

Rules: it is written off the request path, and what goes wrong with it fails nothing; the levels above a site are copied
with it; what happened to a site of the copy while no worker ran is taken up when the next one starts.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from gatepost.core.defaults import defaults_of, is_default
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Site
from gatepost.errors import StoreError
from gatepost.ports import Clock, LastKnown, SiteStore, Standing

__all__ = ["Copying", "Extent", "Recalled"]

_SECONDS = 2.0
"""Between two looks at what the copy lacks."""
_CLOSING_SECONDS = 2.0
_TOGETHER = 500
"""Sites that are read and written in one go."""
_WANTED = 160_000
"""Sites that wait to be copied; more are what this worker forgets itself."""
_TOLD_EVERY = timedelta(minutes=1)
"""How exactly the copy says of itself when it was up to date, while nothing changes."""

_log = logging.getLogger("gatepost.snapshots")

Position = Callable[[], int | None]
"""The store's position that this worker has taken up; ``None`` while the store does not answer."""
Held = Callable[[], Iterable[str]]
"""The ids of all sites that this worker holds."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A site as it was last known, and the levels above it."""

    site: Site
    above: Sequence[LevelStatement]


@dataclass(frozen=True, slots=True)
class Extent:
    """How many sites can be recalled, and when the copy was found up to date the last time."""

    sites: int = 0
    at: datetime | None = None

    def __str__(self) -> str:
        since = f", as it was at {self.at.isoformat(timespec='seconds')}" if self.at else ""
        return f"{self.sites} sites are known from the copy{since}"


@dataclass
class Copying:
    """Keeps a copy of a store, and recalls sites from it."""

    store: SiteStore
    copy: LastKnown
    clock: Clock
    _wanted: set[str] = field(default_factory=set, init=False)
    _known: str = field(default="", init=False)
    _fault: str = field(default="", init=False)

    def want(self, id: str) -> None:
        """Have a site in the copy, as the store has it then."""
        if len(self._wanted) < _WANTED:
            self._wanted.add(id)

    async def recall(self, host: str) -> Recalled | None:
        """The site of a host as it was last known, if the copy can say."""
        try:
            site = await self.copy.site_by_host(host)
            return Recalled(site, await self._above(site)) if site else None
        except StoreError as error:
            self._complain(error)
            return None

    async def _above(self, site: Site) -> Sequence[LevelStatement]:
        levels = defaults_of(site.region, site.plan)
        return [LevelStatement(level, await self._said(id), name) for id, level, name in levels]

    async def _said(self, id: str) -> PreferenceStatement:
        default = await self.copy.site(id)
        return default.statement if default else PreferenceStatement()

    async def extent(self) -> Extent:
        """What there is to recall."""
        try:
            return Extent(await self.copy.extent(), (await self.copy.standing()).at)
        except StoreError as error:
            self._complain(error)
            return Extent()

    async def watch(self, position: Position, held: Held) -> None:
        """Follow for ever."""
        while True:
            await asyncio.sleep(_SECONDS)
            await self._try(position, held)

    async def finish(self, position: Position, held: Held) -> None:
        """Follow once more, if that is done in a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._try(position, held)

    async def _try(self, position: Position, held: Held) -> None:
        try:
            if (taken_up := position()) is not None:
                await self.follow(taken_up, held)
                self._fault = ""
        except StoreError as error:
            self._complain(error)
        except Exception:  # a fault of ours must not end the watch in silence
            _log.exception("the copy cannot be brought up to date")

    def _complain(self, error: StoreError) -> None:
        if error.id != self._fault:  # else it has been said
            self._fault = error.id
            _log.warning(
                "the copy cannot be used, which matters when the store fails: %s (%s) %s", error, error.id, error.remedy
            )

    async def follow(self, taken_up: int, held: Held) -> None:
        """Copy what is wanted, and what changed in the store of what the copy has.

        ``taken_up`` is a position that the store has come to. Raises :class:`~gatepost.errors.StoreError`.
        """
        standing = await self.copy.standing()
        if standing.copy != self._known:
            self._wanted.update(held())
            self._known = standing.copy
        since = standing.position if standing.turn else taken_up
        changes = await self.store.changes(since)
        wanted, self._wanted = self._wanted, set()
        try:
            due = wanted.union(filter(is_default, changes.sites), await self.copy.among(changes.sites))
            standing = await self._copy(due, standing, since)
            if changes.position != since or self._is_old(standing):
                await self.copy.keep((), standing, changes.position, self.clock.now())
        except BaseException:
            self._wanted |= wanted
            raise

    async def _copy(self, ids: Collection[str], standing: Standing, since: int) -> Standing:
        rest = iter(ids)
        while batch := list(islice(rest, _TOGETHER)):
            standing = await self.copy.keep(await self._read(batch), standing, since, self.clock.now())
        return standing

    def _is_old(self, standing: Standing) -> bool:
        return standing.at is None or self.clock.now() - standing.at > _TOLD_EVERY

    async def _read(self, ids: Collection[str]) -> Sequence[Site]:
        """Sites as the store has them, and the levels above them."""
        found = await self.store.sites_with(ids=ids)
        above = {id for site in found for id, _, _ in defaults_of(site.region, site.plan)}.difference(ids)
        return [*(await self.store.sites_with(ids=above)), *found]
