"""Licences at the doors: which data partners' crawlers may come where a site asks for a licence.

Rules: a crawler is a partner's only where it comes from the partner's own networks, or signs with the partner's own
key, and nobody is by name; a licence that may be over by now is over, and one that may not have begun has not;
everything is made ready when partners change.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network

from gatepost.core.address_lists import AddressList
from gatepost.core.crawler_keys import key_id, read_key
from gatepost.core.crawlers import Match, Purpose
from gatepost.core.partners import Partner
from gatepost.core.periods import Span

__all__ = ["NO_LICENCES", "Licence", "Licences", "Means", "licence_of"]


class Means(StrEnum):
    """By what a crawler has proved to be a partner's."""

    ADDRESS = "address"
    KEY = "key"


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
    means: Means = Means.ADDRESS

    def covers(self, crawler: str, purposes: Collection[Purpose]) -> bool:
        """Whether it lets a crawler take content for all of these."""
        return crawler.lower() in self.crawlers and self.purposes.issuperset(purposes)

    def holds(self, span: Span) -> bool:
        """Whether it surely holds, whichever time of the span it is."""
        return self.since <= span.earliest and (self.until is None or span.latest < self.until)


@dataclass(frozen=True, slots=True)
class _Held:
    licence: Licence
    networks: AddressList
    keys: Mapping[str, bytes]
    """By their ids."""


class Licences:
    """The licences of all partners, to be looked up by crawler, and by address or key."""

    def __init__(self, partners: Iterable[Partner]) -> None:
        held: dict[str, list[_Held]] = {}
        for partner in partners:
            one = _Held(licence_of(partner), _networks(partner), _keys(partner))
            for name in one.licence.crawlers:
                held.setdefault(name, []).append(one)
        self._held = held

    @property
    def keyed(self) -> bool:
        """Whether some partner has a key."""
        return any(one.keys for held in self._held.values() for one in held)

    def claimed(self, matches: Iterable[Match], span: Span) -> Sequence[Licence]:
        """The licences that crawlers come under by their names alone, which lets nobody in."""
        return [one.licence for one in self._named(matches, span)]

    def proven(self, matches: Iterable[Match], peer: str | None, span: Span) -> Sequence[Licence]:
        """Those of them whose partner has the address that a request comes from."""
        named = self._named(matches, span)
        if not named or peer is None:
            return ()
        packed = ip_address(peer).packed
        return [one.licence for one in named if one.networks.covers(packed)]

    def keys(self, matches: Iterable[Match], span: Span) -> Mapping[str, bytes]:
        """The keys, by their ids, with which a request could prove to come under one of them."""
        return {id: key for one in self._named(matches, span) for id, key in one.keys.items()}

    def signed(self, matches: Iterable[Match], key: str, span: Span) -> Sequence[Licence]:
        """Those of them whose partner has the key, by its id, that a request is signed with."""
        return [replace(one.licence, means=Means.KEY) for one in self._named(matches, span) if key in one.keys]

    def _named(self, matches: Iterable[Match], span: Span) -> Sequence[_Held]:
        names = dict.fromkeys(match.crawler.name.lower() for match in matches)
        return [held for name in names for held in self._held.get(name, ()) if held.licence.holds(span)]


NO_LICENCES = Licences(())
"""Nobody has any."""


def licence_of(partner: Partner) -> Licence:
    """A partner's licence, whenever it holds."""
    names = frozenset(name.lower() for name in partner.crawlers)
    return Licence(partner.id, partner.name, partner.granted, names, partner.since, partner.until)


def _networks(partner: Partner) -> AddressList:
    read = [ip_network(text) for text in partner.networks]
    v4 = collapse_addresses(network for network in read if isinstance(network, IPv4Network))
    v6 = collapse_addresses(network for network in read if isinstance(network, IPv6Network))
    return AddressList((*v4, *v6))


def _keys(partner: Partner) -> Mapping[str, bytes]:
    octets = [read_key(text) for text in partner.keys]
    return {key_id(key): key for key in octets}
