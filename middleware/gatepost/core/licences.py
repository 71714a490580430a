"""Licences at the doors: which data partners' crawlers may come where a site asks for a licence.

Rules: a crawler is a partner's only where it comes from the partner's own networks, and nobody is by name; a licence
that may be over by now is over, and one that may not have begun has not; everything is made ready when partners change.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network

from gatepost.core.address_lists import AddressList
from gatepost.core.crawlers import Match, Purpose
from gatepost.core.partners import Partner
from gatepost.core.periods import Span

__all__ = ["NO_LICENCES", "Licence", "Licences", "licence_of"]


@dataclass(frozen=True, slots=True)
class Licence:
    """What a data partner may come for, as decisions need it and tell it."""

    partner: str
    """The partner's id."""
    name: str
    """As owners are told."""
    purposes: frozenset[Purpose]
    crawlers: frozenset[str]
    """In lower case."""
    since: datetime
    until: datetime | None = None

    def covers(self, crawler: str, purposes: Collection[Purpose]) -> bool:
        """Whether it lets a crawler take content for all of these."""
        return crawler.lower() in self.crawlers and self.purposes.issuperset(purposes)

    def holds(self, span: Span) -> bool:
        """Whether it surely holds, whichever time of the span it is."""
        return self.since <= span.earliest and (self.until is None or span.latest < self.until)


class Licences:
    """The licences of all partners, to be looked up by crawler and address."""

    def __init__(self, partners: Iterable[Partner]) -> None:
        held: dict[str, list[tuple[Licence, AddressList]]] = {}
        for partner in partners:
            licence, networks = licence_of(partner), _networks(partner)
            for name in licence.crawlers:
                held.setdefault(name, []).append((licence, networks))
        self._held = held

    def claimed(self, matches: Iterable[Match], span: Span) -> Sequence[Licence]:
        """The licences that crawlers come under by their names alone, which lets nobody in."""
        return [licence for licence, _ in self._named(matches, span)]

    def proven(self, matches: Iterable[Match], peer: str | None, span: Span) -> Sequence[Licence]:
        """Those of them whose partner has the address that a request comes from."""
        named = self._named(matches, span)
        if not named or peer is None:
            return ()
        packed = ip_address(peer).packed
        return [licence for licence, networks in named if networks.covers(packed)]

    def _named(self, matches: Iterable[Match], span: Span) -> Sequence[tuple[Licence, AddressList]]:
        names = dict.fromkeys(match.crawler.name.lower() for match in matches)
        return [held for name in names for held in self._held.get(name, ()) if held[0].holds(span)]


NO_LICENCES = Licences(())
"""Nobody has any."""


def licence_of(partner: Partner) -> Licence:
    """A partner's licence, whenever it holds."""
    names = frozenset(name.lower() for name in partner.crawlers)
    return Licence(partner.id, partner.name, partner.purposes, names, partner.since, partner.until)


def _networks(partner: Partner) -> AddressList:
    read = [ip_network(text) for text in partner.networks]
    v4 = collapse_addresses(network for network in read if isinstance(network, IPv4Network))
    v6 = collapse_addresses(network for network in read if isinstance(network, IPv6Network))
    return AddressList((*v4, *v6))
