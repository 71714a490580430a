"""What the use cases need of a store, but for what concerns data partners."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gatepost.core.publications import Publication, Published
from gatepost.core.sites import Event, Site
from gatepost.core.tokens import Token
from gatepost.core.workers import WorkerReport

__all__ = [
    "AccessStore",
    "AnswerKey",
    "Changes",
    "Claim",
    "LastKnown",
    "Record",
    "SiteStore",
    "Standing",
    "WorkerReports",
]


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

    async def sites(self, *, after: str = "", limit: int = 1000, named: str = "") -> Sequence[Site]:
        """Up to ``limit`` sites in the order of their ids, those after ``after``; the platform is not among them.

        ``named`` is what their id or one of their site keys begins with.
        """
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

    async def hosts_ever(self, ids: Collection[str], *, limit: int) -> Collection[str]:
        """The site keys that these sites have or ever had, in no order; where there are more, any ``limit`` of them."""
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

    async def last_published(self, kind: str, key: str = "") -> Published | None:
        """The last entry of a kind and key that it holds."""
        ...

    async def octets(self, name: bytes) -> bytes | None:
        """What is kept under a SHA-256; ``None`` when it is not there, or is not what its name says."""
        ...

    async def keep_published(self, entry: Published, kind: str, octets: Sequence[bytes]) -> None:
        """Hold an entry of the record in place of the last of its kind, with the octets that it names."""
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

    async def publish_next(self, publication: Publication, after: int) -> None:
        """Write one, if the last of its kind and key has the number ``after`` (0: there is none).

        Raises :class:`~gatepost.errors.RevisionConflict` otherwise, and :class:`~gatepost.errors.StoreUnavailable`.
        """
        ...

    async def last_published(self, kind: str, key: str = "") -> Published | None:
        """The last entry of a kind and key; ``None`` when there is none."""
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


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """An idempotency key; each credential has keys of its own."""

    credential: str
    key: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What became of an attempt to take an idempotency key."""

    taken: bool
    """Whether the key is now the caller's."""
    digest: bytes
    """Of the request that the key belongs to."""
    answer: bytes | None = None
    """What was answered to it; ``None`` as long as it is being made."""


class AccessStore(Protocol):
    """Keeps tokens, the nonces of links that were used, and answers for who asks twice."""

    async def token(self, id: str) -> Token | None:
        """A token by its id; ``None`` when there is none, or none any more."""
        ...

    async def tokens(self) -> Sequence[Token]:
        """All tokens, the oldest first."""
        ...

    async def keep_token(self, token: Token) -> None:
        """Write a token, in place of the one that has its id."""
        ...

    async def drop_token(self, id: str) -> bool:
        """Forget a token; whether it was there."""
        ...

    async def spend(self, nonce: str, until: datetime, now: datetime) -> bool:
        """Mark a nonce as spent until a time; ``False`` when it was already."""
        ...

    async def claim(self, key: AnswerKey, digest: bytes, until: datetime, now: datetime) -> Claim:
        """Take a key for a request with this digest, unless somebody has it, at the longest until a time."""
        ...

    async def keep_answer(self, key: AnswerKey, answer: bytes, until: datetime) -> None:
        """Keep the answer to what a key was taken for, until a time."""
        ...

    async def release(self, key: AnswerKey) -> None:
        """Let go of a key that no answer is kept for."""
        ...


class WorkerReports(Protocol):
    """Keeps what workers tell of themselves."""

    async def keep_report(self, report: WorkerReport, life: timedelta) -> None:
        """Write a report in place of the worker's last one, and forget those that are older than ``life``.

        How old they are is by the store's clock, not by a worker's. No writer is kept waiting, and nobody is told.
        """
        ...

    async def reports(self, life: timedelta) -> Sequence[WorkerReport]:
        """The reports that are not older than ``life``."""
        ...
