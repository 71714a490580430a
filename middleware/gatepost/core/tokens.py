"""Operator tokens: ``gpo_<id>_<secret>``, of which only a digest is kept.

Rules: a secret is shown once and never kept; a token that is unknown, wrong or revoked is refused in the same words;
times are given, so that nothing here reads a clock.
"""

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatepost.core.access import PARTNER_SCOPES, Grant, Scope, expired
from gatepost.core.sites import Actor, ActorKind
from gatepost.errors import AccessDenied, CredentialRefused

__all__ = ["OVERLAP", "Token", "check_token", "read_token", "refused", "rotated", "secret_digest", "spell_token"]

OVERLAP = timedelta(hours=1)
"""How long the former secret of a rotated token is good for, so that nothing stands still while programs are told."""

_NO_DIGEST = bytes(32)
_LONGEST = 128
_read = re.compile(r"gpo_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})").fullmatch


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token."""

    id: str
    actor: Actor
    scopes: frozenset[Scope]
    digest: bytes
    """SHA-256 of the secret, which has 256 bits of chance and so needs no slow hash."""
    added: datetime
    sites: frozenset[str] | None = None
    """The ids of the sites that it is for; ``None`` is all of them."""
    expires: datetime | None = None
    former: bytes = _NO_DIGEST
    """The digest of the secret before the last rotation."""
    former_until: datetime | None = None

    def grant(self, secret: str, now: datetime) -> Grant:
        """What who shows the secret may do. Raises :class:`CredentialRefused`."""
        shown = secret_digest(secret)
        current, former = (hmac.compare_digest(digest, shown) for digest in (self.digest, self.former))
        rotated_in_time = former and self.former_until is not None and now < self.former_until
        if not current and not rotated_in_time:
            raise refused()
        return self.grant_now(now)

    def grant_now(self, now: datetime) -> Grant:
        """The same for who showed the secret before. Raises :class:`CredentialRefused` when its time is over."""
        if expired(self.expires, now):
            raise CredentialRefused(
                "the token is no longer valid",
                id="access.expired",
                remedy="Use another: gatepost tokens add NAME makes one.",
            )
        return Grant(self.actor, self.scopes, self.sites, self.expires, f"token:{self.id}")


def rotated(token: Token, digest: bytes, now: datetime) -> Token:
    """The token with another secret; the one before is good for :data:`OVERLAP` longer."""
    return replace(token, digest=digest, former=token.digest, former_until=now + OVERLAP)


def check_token(actor: Actor, scopes: Collection[Scope], sites: Collection[str] | None) -> None:
    """Raises :class:`AccessDenied` for a token that nobody should have."""
    if actor.kind not in (ActorKind.PLATFORM, ActorKind.OPERATOR, ActorKind.PARTNER):
        raise AccessDenied(
            f"a token does not act as {actor.kind}",
            id="access.token.actor",
            remedy="Let it act as platform:NAME, operator:NAME or partner:ID; owners come by a link.",
        )
    if actor.kind is ActorKind.PARTNER and not PARTNER_SCOPES.issuperset(scopes):
        raise AccessDenied(
            "a partner's token is for its notices and receipts only",
            id="access.token.scopes",
            remedy="Give it notices:read and receipts:write, and nothing else.",
        )
    if sites is not None and any(scope.of_all_sites for scope in scopes):
        raise AccessDenied(
            "a token for some sites cannot have defaults, tokens, metrics or partners, which concern all of them",
            id="access.token.scopes",
            remedy="Name no sites, or only the scopes sites:... and crawlers:read.",
        )


def spell_token(id: str, secret: str) -> str:
    """A token as it is shown, once."""
    return f"gpo_{id}_{secret}"


def read_token(text: str) -> tuple[str, str]:
    """The id and the secret of a token. Raises :class:`CredentialRefused`."""
    found = _read(text[:_LONGEST])
    if found is None:
        raise refused()
    return found["id"], found["secret"]


def secret_digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("ascii")).digest()


def refused() -> CredentialRefused:
    """Says that a credential is none of ours, in the same words whatever is wrong with it."""
    return CredentialRefused(
        "this credential is unknown",
        id="access.credential",
        remedy="Send Authorization: Bearer gpo_..., as gatepost tokens add printed it.",
    )
