"""Data partners: who is handed content, for which purposes, since when, and how to reach them.

Rules: a partner keeps its id for ever, as notices and receipts name it; what it signs and is told by secrets stays out
of every record; a licence that has ended lets nothing more through, and ends no duty.
"""

import base64
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict
from urllib.parse import urlsplit

from gatepost.core.crawler_keys import read_key
from gatepost.core.crawlers import Purpose
from gatepost.core.record import spelled
from gatepost.errors import PartnerError

__all__ = ["Partner", "check_partner", "is_secret", "partner_content", "pending_after"]

_id = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch

MOST_NAME = 200
MOST_URL = 2_000

MOST_SECRETS = 3
"""The one in use, and those that are going out of use."""

MOST_KEYS = 4
"""Of its crawlers, those that are going out of use included."""

_SECRET = "whsec_"
"""What a secret begins with, as Standard Webhooks spells it."""

_WIDEST = {4: 12, 6: 28}
"""The shortest prefixes of networks that are one crawler's, by the version of IP."""


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody who is handed content under a licence."""

    id: str
    """A short name in lower case."""
    name: str
    """As owners are told."""
    purposes: frozenset[Purpose]
    since: datetime
    until: datetime | None = None
    """When the licence ends; ``None``: it is open."""
    contact: str = ""
    endpoint: str = ""
    """The URL that notices are pushed to; empty for a partner that fetches them."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What pushes are signed with (``whsec_...``), the newest first; each of them signs."""
    crawlers: tuple[str, ...] = ()
    """The crawlers of the signature file that fetch in its name."""
    networks: tuple[str, ...] = ()
    """From which these come."""
    keys: tuple[str, ...] = ()
    """The public keys that these sign their requests with (``core/crawler_keys``)."""
    stop_within: timedelta = timedelta(days=3)
    remove_within: timedelta = timedelta(days=30)
    gone: bool = False
    """Whether its endpoint said that it is gone (410), so that nothing more is pushed until it is named anew."""
    pending: frozenset[Purpose] = frozenset()
    """Of its purposes those for which not all sites were looked at yet. Nothing is handed over for them before, as
    nobody could have it taken back."""

    def licensed(self, at: datetime) -> bool:
        """Whether the licence holds at a moment."""
        return self.since <= at and not self.ended(at)

    def ended(self, at: datetime) -> bool:
        """Whether the licence is over."""
        return self.until is not None and self.until <= at

    @property
    def granted(self) -> frozenset[Purpose]:
        """The purposes for which something may be handed over while the licence holds."""
        return self.purposes - self.pending

    @property
    def pushed(self) -> bool:
        """Whether notices are pushed."""
        return bool(self.endpoint) and not self.gone


def pending_after(before: Partner | None, after: Partner, at: datetime) -> frozenset[Purpose]:
    """The purposes for which all sites have to be looked at when one partner takes the place of another.

    While a licence is over, nobody notes which sites are open to the partner.
    """
    if before is None or before.ended(at):
        return after.purposes
    return after.purposes - before.granted


def check_partner(partner: Partner) -> None:
    """Raises :class:`~gatepost.errors.PartnerError` for a partner that could not be kept to its licence."""
    for wrong, part, message, remedy in _faults(partner):
        if wrong:
            raise PartnerError(message, id=f"partner.{part}", remedy=remedy)
    for network in partner.networks:
        _check_network(network)
    for key in partner.keys:
        _check_key(key)


def _faults(partner: Partner) -> Iterator[tuple[bool, str, str, str]]:
    """Whether something is wrong, of what part, what it is, and what to do."""
    told = bool(partner.name.strip()) and partner.name.isprintable() and len(partner.name) <= MOST_NAME
    over = partner.until is not None and partner.until <= partner.since
    unreachable = bool(partner.endpoint) and not _is_url(partner.endpoint)
    by_name = bool(partner.crawlers) and not (partner.networks or partner.keys)
    yield (
        _id(partner.id) is None,
        "id",
        f"{partner.id!r} is no id of a partner",
        "Use lower-case letters, digits and -.",
    )
    yield not told, "name", "a partner needs a name that owners are told", "Name it in one line."
    yield not partner.purposes, "purposes", "a licence is for some purpose", "Name it: --purpose ai-training."
    yield over, "period", "the licence ends before it begins", "Give an end that is later than the beginning."
    message = "the endpoint is no URL that can be pushed to"
    yield unreachable, "endpoint", message, "Write https://HOST/PATH, without a user name and without #."
    many = len(partner.secrets) > MOST_SECRETS
    yield many, "secrets", f"{len(partner.secrets)} secrets are too many", "Let the old ones go first."
    message = "a secret is none that can be signed with: it is not whsec_ and base64"
    remedy = f"Make a new one: gatepost partners rotate {partner.id}."
    yield not all(map(is_secret, partner.secrets)), "secret", message, remedy
    unsigned = bool(partner.endpoint) and not partner.secrets
    yield unsigned, "secrets", "what is pushed has to be signed", "Give the partner a secret."
    over_many = len(partner.keys) > MOST_KEYS or len(set(partner.keys)) < len(partner.keys)
    yield over_many, "keys", f"at most {MOST_KEYS} different keys", "Let those go that are not used any more."
    message = "a crawler is let through by where it comes from or what it signs, never by its name alone"
    remedy = "Name the networks that it comes from: --network 192.0.2.0/24, or its key: --crawler-key X."
    yield by_name, "networks", message, remedy


def is_secret(text: str) -> bool:
    """Whether pushes can be signed with it (Standard Webhooks: ``whsec_`` and base64)."""
    try:
        return text.startswith(_SECRET) and bool(base64.b64decode(text.removeprefix(_SECRET), validate=True))
    except ValueError:
        return False


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= MOST_URL
        return (
            plain and url.scheme in ("https", "http") and bool(url.hostname) and not (url.fragment or "@" in url.netloc)
        )
    except ValueError:
        return False


def _check_network(text: str) -> None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        message, remedy = f"{text!r} is no network: {error}", "Write 192.0.2.0/24."
        raise PartnerError(message, id="partner.networks", remedy=remedy) from error
    if network.prefixlen < _WIDEST[network.version]:
        message, remedy = f"{text} is wider than any crawler's network", "Name those that are really its own."
        raise PartnerError(message, id="partner.networks", remedy=remedy)


def _check_key(text: str) -> None:
    try:
        read_key(text)
    except ValueError as error:
        message, remedy = f"{text[:64]!r} is no key: {error}", "Write the x of its JSON Web Key (Ed25519)."
        raise PartnerError(message, id="partner.keys", remedy=remedy) from error


class _Said(TypedDict):
    id: str
    name: str
    purposes: list[str]
    since: str
    until: str | None
    contact: str
    endpoint: str
    crawlers: list[str]
    networks: list[str]
    keys: list[str]
    stop_within: int
    remove_within: int


def partner_content(partner: Partner) -> str:
    """What the record keeps of a partner: all but its secrets."""
    said = _Said(
        id=partner.id,
        name=partner.name,
        purposes=sorted(partner.purposes),
        since=partner.since.isoformat(),
        until=partner.until.isoformat() if partner.until else None,
        contact=partner.contact,
        endpoint=partner.endpoint,
        crawlers=sorted(partner.crawlers),
        networks=sorted(partner.networks),
        keys=sorted(partner.keys),
        stop_within=int(partner.stop_within.total_seconds()),
        remove_within=int(partner.remove_within.total_seconds()),
    )
    return spelled({"record": "partner/1", "blobs": [], **said}).decode()
