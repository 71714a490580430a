"""What a credential may do, and how owner links and sessions are signed and read.

Rules: the tenant comes from the credential and never from what a request says; a site that a credential may not see is
told exactly as one that does not exist; what is signed for one use is worth nothing for another; secrets are compared
as octets, in constant time.

    who                                     hosts, visibility, region, plan, owner      what the site says
    the platform, an operator               with ``sites:write``                        with ``sites:write``
    the owner                               no: they are the platform's to change       with ``sites:write``

Who may allow more than before is said in ``core/consent``.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from gatepost.core.sites import Actor, ActorKind
from gatepost.errors import AccessDenied, CredentialRefused, PartnerError, SiteUnknown

__all__ = [
    "LINK_LIFE",
    "OWNER_SCOPES",
    "PARTNER_SCOPES",
    "SESSION_LIFE",
    "Grant",
    "OwnerLink",
    "OwnerSession",
    "Scope",
    "TokenSession",
    "check",
    "check_platform",
    "expired",
    "open_signed",
    "owner_grant",
    "partner_unseen",
    "sign",
    "site_unseen",
]

LINK_LIFE = timedelta(minutes=15)
"""How long an owner link may be valid."""

SESSION_LIFE = timedelta(hours=8)


class Scope(StrEnum):
    """One thing that a credential may do."""

    SITES_READ = "sites:read"
    SITES_WRITE = "sites:write"
    DEFAULTS_READ = "defaults:read"
    DEFAULTS_WRITE = "defaults:write"
    CRAWLERS_READ = "crawlers:read"
    TOKENS_WRITE = "tokens:write"
    METRICS_READ = "metrics:read"
    NOTICES_READ = "notices:read"
    RECEIPTS_WRITE = "receipts:write"

    @property
    def of_all_sites(self) -> bool:
        """Whether it concerns every site, so that a credential for some of them cannot have it."""
        return self not in (Scope.SITES_READ, Scope.SITES_WRITE, Scope.CRAWLERS_READ)


OWNER_SCOPES = frozenset({Scope.SITES_READ, Scope.SITES_WRITE, Scope.CRAWLERS_READ})
"""What the owner of a site may do, there."""

PARTNER_SCOPES = frozenset({Scope.NOTICES_READ, Scope.RECEIPTS_WRITE})
"""What a data partner may do, about itself."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody who showed a credential may do."""

    actor: Actor
    scopes: frozenset[Scope]
    sites: frozenset[str] | None = None
    """The ids of the sites that it is for; ``None`` is all of them."""
    expires: datetime | None = None
    """In UTC; ``None`` is never."""
    credential: str = ""
    """What the credential is called in logs and limits, never the credential itself."""

    @property
    def key(self) -> str:
        """What tells this credential from others."""
        return self.credential or f"{self.actor.kind}:{self.actor.name}"

    def sees(self, site: str) -> bool:
        """Whether a site's id is among those that it is for."""
        return self.sites is None or site in self.sites

    def sees_partner(self, partner: str) -> bool:
        """Whether a data partner's id is one that it is for: a partner's own alone."""
        return self.actor.kind is not ActorKind.PARTNER or self.actor.name == partner


def owner_grant(site: str, actor: str, expires: datetime | None = None) -> Grant:
    """What the owner of a site may do, by the site's id."""
    credential = f"owner:{site}:{actor}"
    return Grant(Actor(ActorKind.OWNER, actor), OWNER_SCOPES, frozenset({site}), expires, credential)


def check(grant: Grant, scope: Scope, site: str | None = None, *, every_site: bool = False) -> None:
    """Let pass what a grant allows, on a site by its id, or on all of them.

    Raises :class:`AccessDenied` for what it does not allow, and :class:`SiteUnknown` for a site that it is not for.
    """
    if scope not in grant.scopes:
        raise AccessDenied(
            f"this credential has no scope {scope}",
            id="access.scope",
            remedy=f"Use one that has {scope}: gatepost tokens add NAME --scope {scope}.",
        )
    if every_site and grant.sites is not None:
        raise AccessDenied(
            "this credential is for some sites only",
            id="access.sites",
            remedy="Use a credential for all sites, which a token is that names none.",
        )
    if site is not None and not grant.sees(site):
        raise site_unseen()


def check_platform(grant: Grant) -> None:
    """Raises :class:`AccessDenied` for an owner, who does not settle where a site lives and whose it is."""
    if grant.actor.kind is ActorKind.OWNER:
        raise AccessDenied(
            "a site's hosts, visibility, region, plan and owner are the platform's to change",
            id="access.platform",
            remedy="Ask the platform; what the site says is yours to change.",
        )


def site_unseen() -> SiteUnknown:
    """Says that there is no such site, as far as a credential reaches."""
    return SiteUnknown(
        "no site that this credential may see has this host",
        id="site.unknown",
        remedy="Check the spelling, or add the site.",
    )


def partner_unseen() -> PartnerError:
    """Says that there is no such partner, as far as a credential reaches."""
    return PartnerError(
        "there is no such partner", id="partner.unknown", remedy="gatepost partners list shows those that there are."
    )


def expired(expires: datetime | None, now: datetime) -> bool:
    """Whether a time has come."""
    return expires is not None and now >= expires


@dataclass(frozen=True, slots=True)
class OwnerLink:
    """Lets an owner in, once."""

    site: str
    """The site's id."""
    actor: str
    expires: datetime
    """In UTC, to the second."""
    nonce: str
    path: str = ""
    """Where on the owner's pages the link leads to; empty is the site's own page."""


@dataclass(frozen=True, slots=True)
class OwnerSession:
    """An owner who has come in."""

    site: str
    actor: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class TokenSession:
    """Somebody who has come in with a token, which may be revoked meanwhile."""

    token: str
    """The token's id."""
    expires: datetime


Signed = TypeVar("Signed", OwnerLink, OwnerSession, TokenSession)

_USES = {OwnerLink: b"gatepost owner link", OwnerSession: b"gatepost session", TokenSession: b"gatepost token session"}

_LONGEST = 2_048
"""Octets of a signed value that are looked at."""


def sign(value: OwnerLink | OwnerSession | TokenSession, secrets: Sequence[bytes]) -> str:
    """A value as text that can stand in an address or a cookie, signed with the first secret."""
    fields = {**asdict(value), "expires": int(value.expires.timestamp())}
    content = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")
    return f"{_spelled(content)}.{_spelled(_mac(type(value), content, secrets[0]))}"


def open_signed(kind: type[Signed], text: str, secrets: Sequence[bytes], now: datetime) -> Signed:
    """The value that was signed for this use, by any of the secrets.

    Raises :class:`CredentialRefused` for a text that nobody signed, and for one whose time is over.
    """
    content = _vouched(kind, text, secrets)
    if content is None:
        raise CredentialRefused(
            "the link or the session is not one of ours",
            id="access.signature",
            remedy="Follow the whole link as the platform gave it, or ask the platform for a new one.",
        )
    fields = json.loads(content)
    value = kind(**{**fields, "expires": datetime.fromtimestamp(fields["expires"], UTC)})
    if expired(value.expires, now):
        raise CredentialRefused(
            "the link or the session is no longer valid",
            id="access.expired",
            remedy="Ask the platform for a new link, or sign in again.",
        )
    return value


def _vouched(kind: type[Signed], text: str, secrets: Collection[bytes]) -> bytes | None:
    """What was signed; ``None`` if nobody signed it. All secrets are tried, so that the time tells nothing."""
    content, signature = (_read(part) for part in text[:_LONGEST].partition(".")[::2])
    good = [hmac.compare_digest(_mac(kind, content, secret), signature) for secret in secrets]
    return content if any(good) else None


def _mac(kind: type, content: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, _USES[kind] + b"\0" + content, hashlib.sha256).digest()


def _spelled(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _read(text: str) -> bytes:
    """The octets that a text spells; those of no signature where it is none."""
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:  # also what a text is that is not ASCII
        return b""
