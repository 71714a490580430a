"""Floor 1: what the use cases need of the world, as protocols; ``storage`` and other adapters keep them.

Rules: async throughout; a method either does all that its docstring says or raises an error of :mod:`gatepost.errors`
and has done nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gatepost.core.publications import Publication, Published
from gatepost.core.sites import Event, Site

__all__ = ["Changes", "Clock", "Record", "SiteStore", "Store"]


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime:
        """The present moment, with its time zone."""
        ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a store since a position."""

    position: int
    """The position to ask from next time; it only grows."""
    sites: Collection[str]
    """Ids of the sites that changed; :data:`gatepost.core.sites.PLATFORM` when the platform's statement did."""


class SiteStore(Protocol):
    """Keeps events, and sites as they leave them."""

    async def site(self, id: str) -> Site | None:
        """A site by its id, :data:`~gatepost.core.sites.PLATFORM` included; ``None`` when there is none."""
        ...

    async def site_by_host(self, host: str) -> Site | None:
        """A site by any of its site keys; ``None`` when no site has it."""
        ...

    async def sites(self, *, after: str = "", limit: int = 1000) -> Sequence[Site]:
        """Up to ``limit`` sites in the order of their ids, those after ``after``; the platform is not among them."""
        ...

    async def sites_with(self, *, ids: Collection[str] = (), hosts: Collection[str] = ()) -> Sequence[Site]:
        """The sites that have any of these ids or of these site keys, in no order."""
        ...

    async def history(self, id: str) -> Sequence[Event]:
        """Every event of a site, the first one first."""
        ...

    async def append(self, *events: Event) -> Sequence[Site]:
        """Write events, all or none, durably, and return the sites as they leave them, one for each event.

        Raises :class:`~gatepost.errors.RevisionConflict` when an event's revision is not the next one of its site,
        :class:`~gatepost.errors.HostTaken` when it claims another site's host, and
        :class:`~gatepost.errors.StoreUnavailable` when the store cannot acknowledge it.
        """
        ...

    async def changes(self, since: int) -> Changes:
        """What changed after position ``since``; 0 is before everything."""
        ...

    async def wait_for_changes(self, timeout: float) -> None:
        """Return when something may have changed since the last time, at the latest after ``timeout`` seconds.

        A hint: a change may be missed, and nothing may have changed.
        """
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


class Record(Protocol):
    """Keeps what was served."""

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Write those that say something new, all or none. Raises :class:`~gatepost.errors.StoreUnavailable`."""
        ...

    async def published(self, kind: str, key: str = "") -> Sequence[Published]:
        """Every entry of a kind and key, in the order in which they were written."""
        ...

    async def octets(self, name: bytes) -> bytes | None:
        """What is kept under a SHA-256; ``None`` when it is not there, or is not what its name says."""
        ...

    async def former_sites(self, host: str) -> Sequence[str]:
        """The ids of the sites that had a host once and gave it up."""
        ...


class Store(SiteStore, Record, Protocol):
    """All that a gate keeps."""
