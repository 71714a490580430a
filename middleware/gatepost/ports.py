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

__all__ = ["Changes", "Clock", "LastKnown", "Record", "SiteStore", "Standing", "Store"]


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
    at: datetime | None = None
    """The time by the store's clock; ``None`` where it has none of its own."""


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

    async def defaults(self) -> Sequence[Site]:
        """What the platform, regions and plans ever said, each as a site without hosts, in the order of their ids."""
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

    async def position(self) -> int:
        """The position after everything that happened; 0 when nothing did."""
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


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a copy of sites has come."""

    copy: str
    """Which copy it is: another one when it was begun anew."""
    turn: int
    """How often it was written; 0 for one that holds nothing yet."""
    position: int
    """A position in the store: what the copy holds of a site is as the store had it there, or later."""
    at: datetime | None
    """When that was found the last time."""


class LastKnown(Protocol):
    """A copy of sites, of the platform's, the regions' and the plans' statements, for the time when the store does not
    answer. It is never the truth: it may lack a site, and be behind.

    Several workers keep one copy. Every call raises :class:`~gatepost.errors.StoreUnavailable` when the copy cannot be
    used; nothing but the copy is lost by that.
    """

    async def standing(self) -> Standing:
        """How far the copy has come; one that is damaged, or of another store, is begun anew."""
        ...

    async def extent(self) -> int:
        """How many sites it holds."""
        ...

    async def site(self, id: str) -> Site | None:
        """A site by its id, or one of the statements above the sites."""
        ...

    async def site_by_host(self, host: str) -> Site | None:
        """A site by any of its site keys."""
        ...

    async def among(self, ids: Collection[str]) -> Collection[str]:
        """Those of these ids that it holds."""
        ...

    async def keep(self, sites: Sequence[Site], since: Standing, position: int, at: datetime) -> Standing:
        """Hold sites, all or none, but never an older state of one in place of a newer.

        What does not fit any more goes, the longest unwritten first. The caller tells how it found the copy
        (``since``), and the ``position`` that the whole copy has come to by this. Where another worker has written in
        between, that is not known, and the copy claims no more than both.
        Returns what to give as ``since`` next time.
        """
        ...

    async def close(self) -> None:
        """Let go of the copy."""
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
