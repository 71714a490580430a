"""Who is let in: operator tokens, owner links that are good once, and the sessions that begin with either.

Rules: without a secret nobody is let in; secrets and links are made here and never kept or logged; a link is spent by
being used.
"""

import secrets as chance
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gatepost.core.access import (
    LINK_LIFE,
    SESSION_LIFE,
    Grant,
    OwnerLink,
    OwnerSession,
    Scope,
    TokenSession,
    open_signed,
    owner_grant,
    sign,
)
from gatepost.core.sites import Actor
from gatepost.core.tokens import Token, check_token, read_token, refused, rotated, secret_digest, spell_token
from gatepost.errors import AccessDenied, CredentialRefused, GatepostError, SettingsError
from gatepost.ports import AccessStore, Clock

__all__ = ["Access"]


@dataclass(frozen=True)
class Access:
    """The use cases around credentials."""

    store: AccessStore
    clock: Clock
    secrets: tuple[bytes, ...] = ()
    """What links and sessions are signed with: the first signs, all are believed."""

    def __repr__(self) -> str:
        return f"Access({len(self.secrets)} secrets)"

    def check_secret(self) -> None:
        """Raises :class:`SettingsError` when nothing could be signed, so that nobody may be let in."""
        if not self.secrets:
            raise SettingsError(
                "no secret is set, so nobody can be let in",
                id="access.secret.none",
                remedy="Set GATEPOST_SECRET to at least 32 octets of chance, the same for every worker: "
                "python -c 'import secrets; print(secrets.token_urlsafe(32))'.",
            )

    async def grant_of_token(self, text: str) -> Grant:
        """What who shows a token may do. Raises :class:`CredentialRefused`."""
        id, secret = read_token(text)
        token = await self.store.token(id)
        if token is None:
            raise refused()
        return token.grant(secret, self.clock.now())

    def owner_link(self, site: str, actor: str, path: str = "", life: timedelta = LINK_LIFE) -> str:
        """A link's value for a site by its id; good once, for a quarter of an hour at the longest.

        Raises :class:`SettingsError` without a secret.
        """
        self.check_secret()
        expires = self.clock.now() + min(life, LINK_LIFE)
        return sign(OwnerLink(site, actor, expires, chance.token_hex(16), path), self.secrets)

    async def enter(self, link: str) -> tuple[str, OwnerLink]:
        """The value of the session that a link begins, and the link, which is spent by it.

        Raises :class:`CredentialRefused` for a link that is not one, is too old, or was used.
        """
        self.check_secret()
        now = self.clock.now()
        opened = open_signed(OwnerLink, link, self.secrets, now)
        if not await self.store.spend(opened.nonce, opened.expires, now):
            raise CredentialRefused(
                "this link was used already",
                id="access.link.used",
                remedy="Go back to the platform, and follow a new link.",
            )
        return sign(OwnerSession(opened.site, opened.actor, now + SESSION_LIFE), self.secrets), opened

    async def enter_with_token(self, text: str) -> str:
        """The value of the session that a token begins. Raises :class:`CredentialRefused`."""
        self.check_secret()
        await self.grant_of_token(text)
        id, _ = read_token(text)
        return sign(TokenSession(id, self.clock.now() + SESSION_LIFE), self.secrets)

    async def grant_of_session(self, value: str) -> Grant:
        """What who comes with a session may do; a session of a revoked token ends with it.

        Raises :class:`CredentialRefused`.
        """
        self.check_secret()
        now = self.clock.now()
        try:
            session = open_signed(OwnerSession, value, self.secrets, now)
        except CredentialRefused as error:
            if error.id != "access.signature":
                raise
            return await self._grant_of_token_session(value, now)
        return owner_grant(session.site, session.actor, session.expires)

    async def _grant_of_token_session(self, value: str, now: datetime) -> Grant:
        session = open_signed(TokenSession, value, self.secrets, now)
        token = await self.store.token(session.token)
        if token is None:
            raise refused()
        return token.grant_now(now)

    async def add_token(
        self,
        actor: Actor,
        scopes: Collection[Scope],
        sites: Collection[str] | None = None,
        life: timedelta | None = None,
    ) -> tuple[str, Token]:
        """A new token as it is shown this once, and what is kept of it; ``sites`` are ids, ``None`` is all of them.

        Raises :class:`~gatepost.errors.AccessDenied` for a token that nobody should have.
        """
        check_token(actor, scopes, sites)
        if not scopes:
            raise AccessDenied(
                "a token without scopes may do nothing", id="access.token.scopes", remedy="Name at least one --scope."
            )
        now, secret = self.clock.now(), chance.token_urlsafe(32)
        token = Token(
            id=chance.token_hex(6),
            actor=actor,
            scopes=frozenset(scopes),
            digest=secret_digest(secret),
            added=now,
            sites=None if sites is None else frozenset(sites),
            expires=None if life is None else now + life,
        )
        await self.store.keep_token(token)
        return spell_token(token.id, secret), token

    async def tokens(self) -> Sequence[Token]:
        """All tokens, the oldest first."""
        return await self.store.tokens()

    async def rotate_token(self, id: str) -> str:
        """The token with a new secret, as it is shown this once; the former one is good for an hour longer."""
        token = await self.store.token(id)
        if token is None:
            raise _token_unknown(id)
        secret = chance.token_urlsafe(32)
        await self.store.keep_token(rotated(token, secret_digest(secret), self.clock.now()))
        return spell_token(id, secret)

    async def revoke_token(self, id: str) -> None:
        """The token is worth nothing from now on."""
        if not await self.store.drop_token(id):
            raise _token_unknown(id)


def _token_unknown(id: str) -> GatepostError:
    return AccessDenied(
        f"there is no token {id!r}", id="access.token.unknown", remedy="gatepost tokens list shows the ids."
    )
