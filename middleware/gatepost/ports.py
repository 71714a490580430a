"""Floor 1: what the use cases need of the world, as protocols; ``storage`` and other adapters keep them.

Rules: async throughout; a method either does all that its docstring says or raises an error of :mod:`gatepost.errors`
and has done nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gatepost.core.sites import Event, Site
from gatepost.core.tokens import Token

__all__ = ["AccessStore", "AnswerKey", "Changes", "Claim", "Clock", "SiteStore", "Store"]


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

    async def sites(self, *, after: str = "", limit: int = 1000, named: str = "") -> Sequence[Site]:
        """Up to ``limit`` sites in the order of their ids, those after ``after``; the platform is not among them.

        ``named`` is what their id or one of their site keys begins with.
        """
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


class Store(SiteStore, AccessStore, Protocol):
    """All that a gate needs to be kept."""
