"""Who asks: the one way from a request to a :class:`~gatepost.core.access.Grant`, for the pages and for the API.

Rules: without a secret nobody is let in; the platform's own authentication takes the place of tokens and links; who
fails too often waits, and so does who asks too often, but nobody can keep out who has come in before from the same
address (a proxy's, for one); what was shown is never logged.
"""

import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie

from gatepost.asgi.doors_security import Rate, address_of, values_of
from gatepost.asgi.types import Scope
from gatepost.core.access import SESSION_LIFE, Grant, expired
from gatepost.core.tokens import refused
from gatepost.errors import CredentialRefused, TooManyRequests
from gatepost.settings import Settings
from gatepost.wiring import Authenticate, Gate

__all__ = ["Credentials", "Limits", "cookie_bounds", "cookie_name", "log_name", "session_cookie"]


_REMEMBERED = 10_000
"""Credentials that were good."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often at once, and then how often a second."""

    failures: tuple[float, float] = (20, 0.2)
    """Failed attempts to come in, by address."""
    requests: tuple[float, float] = (200, 20)
    """Requests, by credential."""


class Credentials:
    """Finds out who asks."""

    def __init__(self, gate: Gate, authenticate: Authenticate | None = None, limits: Limits | None = None) -> None:
        self._gate = gate
        self._authenticate = authenticate
        self._cookie = cookie_name(gate.settings)
        limits = limits or Limits()
        self._failures, self._requests = Rate(*limits.failures), Rate(*limits.requests)
        self._good: OrderedDict[bytes, None] = OrderedDict()

    async def grant(self, scope: Scope) -> Grant:
        """What who sends a request may do.

        Raises :class:`CredentialRefused`, :class:`TooManyRequests`, :class:`~gatepost.errors.SettingsError` without a
        secret, and :class:`~gatepost.errors.StoreError` when nobody can say.
        """
        digest = _digest(scope)
        try:
            async with self.attempt(scope, known=digest in self._good):
                grant = await self._shown(scope)
        except CredentialRefused:
            self._good.pop(digest, None)
            raise
        self._remember(digest)
        _check_rate(self._requests.take(grant.key))
        return grant

    @asynccontextmanager
    async def attempt(self, scope: Scope, known: bool = False) -> AsyncIterator[None]:
        """Around an attempt to come in: who fails too often waits, unless what is shown was good before.

        Raises :class:`TooManyRequests`.
        """
        address = address_of(scope, self._gate.settings.trusted_proxies)
        if not known:
            _check_rate(self._failures.wait(address))
        try:
            yield
        except CredentialRefused:
            self._failures.take(address)
            raise

    def _remember(self, digest: bytes) -> None:
        self._good[digest] = None
        self._good.move_to_end(digest)
        if len(self._good) > _REMEMBERED:
            self._good.popitem(last=False)

    async def _shown(self, scope: Scope) -> Grant:
        if self._authenticate is not None:
            grant = await self._authenticate(scope)
            if grant is None or expired(grant.expires, datetime.now(UTC)):
                raise refused()
            return grant
        access = self._gate.access
        access.check_secret()
        shown = values_of(scope, b"authorization")
        if shown:
            return await access.grant_of_token(_bearer(shown))
        session = _cookie(values_of(scope, b"cookie"), self._cookie)
        if not session:
            raise CredentialRefused(
                "no credential was shown",
                id="access.missing",
                remedy="Send Authorization: Bearer gpo_..., or come in by the link that the platform gives.",
            )
        return await access.grant_of_session(session)


def _digest(scope: Scope) -> bytes:
    """What tells a credential that was good from others, without keeping it."""
    shown = [*values_of(scope, b"authorization"), b"", *values_of(scope, b"cookie")]
    return hashlib.sha256(b"\n".join(shown)).digest()


def _bearer(shown: list[bytes]) -> str:
    """The token of the one Authorization field (RFC 6750 §2.1); octets beyond ASCII are nobody's token."""
    scheme, _, token = shown[0].partition(b" ")
    if len(shown) != 1 or scheme.lower() != b"bearer":
        raise refused()
    return token.strip().decode("latin-1")


def _check_rate(seconds: float) -> None:
    if seconds:
        raise TooManyRequests(
            "too many requests",
            id="access.rate",
            remedy="Wait for the seconds that Retry-After names, and ask less often.",
            seconds=seconds,
        )


def log_name(grant: Grant) -> str:
    """Who asks, as a line of the log can have it: somebody else may have chosen the name."""
    who = f"{grant.actor.kind}:{grant.actor.name} ({grant.key})"
    return "".join(character if character.isprintable() else "?" for character in who[:300])


def cookie_name(settings: Settings) -> str:
    """The session's cookie; where sites are reached by https it is bound to the one host that set it."""
    return "__Host-gatepost" if settings.public_url.startswith("https:") else "gatepost"


def session_cookie(settings: Settings, value: str) -> str:
    """The Set-Cookie value of a session; an empty value ends it."""
    life = int(SESSION_LIFE.total_seconds()) if value else 0
    return f"{cookie_name(settings)}={value}; Max-Age={life}; Path=/; HttpOnly; {cookie_bounds(settings)}"


def cookie_bounds(settings: Settings) -> str:
    """Where a browser sends a cookie of ours: in a frame of another site only where frames are meant to be, and then
    for that site's frames alone; by http no browser does so at all."""
    if not settings.public_url.startswith("https:"):
        return "SameSite=Lax"
    return "SameSite=None; Secure; Partitioned" if settings.frame_ancestors else "SameSite=Lax; Secure"


def _cookie(fields: list[bytes], name: str) -> str:
    try:
        found = SimpleCookie(b"; ".join(fields).decode("latin-1")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""
