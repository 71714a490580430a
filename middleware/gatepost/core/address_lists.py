"""The addresses that an operator publishes as its crawler's: octets -> :class:`AddressList`, or why not.

Read are the JSON of Google, OpenAI and most others (draft-illyes-webbotauth-jafar-00 §3, of which theirs is a part),
and plain text with a network a line.

Rules: whoever gets into a list is believed to be the crawler, so that a list is refused rather than guessed at: no
error page is one, no network is wider than an operator needs, all are public, and a list neither grows nor shrinks by
leaps without somebody's word.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from itertools import islice

from gatepost.core.addresses import is_public_network
from gatepost.errors import AddressListError

__all__ = [
    "ALARM_DAYS",
    "MAX_OCTETS",
    "AddressList",
    "ListFault",
    "ListStanding",
    "check_change",
    "read_address_list",
]

MAX_OCTETS = 1024 * 1024
"""Of a list; the longest in the field has a twentieth of that."""
MAX_NETWORKS = 20_000

_WIDEST = {4: 12, 6: 28}
"""The shortest prefix by version of IP; operators publish /16 and /32 at the widest."""
_TOTAL = 4
"""How many of the widest networks a list may amount to."""

ALARM_DAYS = 7
"""After so many days without a good answer somebody should look at a list."""

_GROWTH, _SHRINKAGE = 4, 2
"""By which factor a list may grow, and shrink, from one day to the next."""
_SMALL = 1_024
"""Addresses (of IPv6: /64s) up to which a list may grow in one day, whatever it had before."""

Network = IPv4Network | IPv6Network

_network = re.compile(r"(?:[0-9.]{7,15}|[0-9A-Fa-f:]{2,39})/[0-9]{1,3}").fullmatch
"""A network with its length; no netmask, and no address alone, which ``ip_network`` would take, too."""


@dataclass(frozen=True)
class AddressList:
    """Some networks, ready to be looked up in.

    Looked up are their bounds, in order and packed (``socket.inet_pton``), where each network begins and what follows
    its end: packed addresses of one length sort as the addresses do, and one with an odd number of bounds before it is
    inside.
    """

    networks: tuple[Network, ...]
    """Disjoint, IPv4 first, in order."""
    _v4: list[bytes] = field(init=False, repr=False, compare=False)
    _v6: list[bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, version, octets in (("_v4", 4, 4), ("_v6", 6, 16)):
            bounds = []
            for network in self.networks:
                if network.version == version:
                    bounds.append(network.network_address.packed)
                    bounds.append((int(network.broadcast_address) + 1).to_bytes(octets, "big"))
            object.__setattr__(self, name, bounds)

    def covers(self, packed: bytes) -> bool:
        """Whether an address of 4 or 16 octets is in one of the networks."""
        return bisect_right(self._v4 if len(packed) == 4 else self._v6, packed) % 2 == 1

    def extent(self, version: int) -> int:
        """How much it covers: addresses of IPv4, and /64s of IPv6, begun ones counted whole."""
        return sum(_extent(network) for network in self.networks if network.version == version)


@dataclass(frozen=True, slots=True)
class ListFault:
    """Why a list could not be had, or was not used."""

    id: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ListStanding:
    """What is known of an operator's list; all of it is empty as long as nobody has asked for it."""

    url: str
    asked: date | None = None
    """The day on which it was asked for the last time."""
    good: date | None = None
    """The day on which it was last found good, or unchanged since it was."""
    etag: str = ""
    """Of the good one, as its server has it."""
    octets: bytes = b""
    """The good one."""
    fault: ListFault | None = None
    """What went wrong the last time."""

    def age(self, today: date) -> int | None:
        """Days since it was found good; ``None`` where it never was."""
        return max(0, (today - self.good).days) if self.good else None

    def alarming(self, today: date) -> bool:
        """Whether somebody should look after it: it is too old to be relied on, or was asked for and never had."""
        if self.good is None:
            return self.asked is not None
        return (today - self.good).days > ALARM_DAYS


def _extent(network: Network) -> int:
    bits = 32 if network.version == 4 else 64
    return 1 << max(0, bits - network.prefixlen)


def read_address_list(octets: bytes) -> AddressList:
    """The list that octets hold.

    Raises :class:`AddressListError`, whose id is ``addresses.size``, ``.encoding``, ``.page``, ``.json``, ``.shape``,
    ``.network``, ``.wide``, ``.private``, ``.empty``, ``.many`` or ``.total``.
    """
    written = _written(octets)
    networks = [_read(place, value) for place, value in islice(written, MAX_NETWORKS + 1)]
    if not networks:
        raise _refused("empty", "the list holds no network")
    if len(networks) > MAX_NETWORKS:
        raise _refused("many", f"the list holds more than {MAX_NETWORKS:,} networks")
    v4 = [network for network in networks if isinstance(network, IPv4Network)]
    v6 = [network for network in networks if isinstance(network, IPv6Network)]
    found = AddressList((*collapse_addresses(v4), *collapse_addresses(v6)))
    _check_total(found)
    return found


def _check_total(found: AddressList) -> None:
    for version, bits in ((4, 32), (6, 64)):
        if found.extent(version) > _TOTAL << (bits - _WIDEST[version]):
            message = f"the list amounts to more of IPv{version} than {_TOTAL} networks of /{_WIDEST[version]}"
            raise _refused("total", message)


def _written(octets: bytes) -> Iterator[tuple[str, object]]:
    """Every network as it is written, with its place."""
    if len(octets) > MAX_OCTETS:
        raise _refused("size", f"the list has more than {MAX_OCTETS:,} octets")
    try:
        text = octets.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise _refused("encoding", f"the list is not UTF-8: {error}") from error
    if text.startswith("<"):
        raise _refused("page", "this is a page, and no list")
    return _in_json(text) if text.startswith(("{", "[")) else _in_lines(text)


def _in_lines(text: str) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(text.splitlines(), 1):
        value = line.partition("#")[0].strip()
        if value:
            yield f"line {number}", value


def _in_json(text: str) -> Iterator[tuple[str, object]]:
    """Every prefix with its place; what else there is says nothing of addresses."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused("json", f"the list is no JSON: {error}") from error
    prefixes = whole.get("prefixes") if isinstance(whole, dict) else None
    if not isinstance(prefixes, list):
        raise _refused("shape", "the list has no array called prefixes")
    for number, entry in enumerate(prefixes):
        place = f"prefixes[{number}]"
        named = [key for key in ("ipv4Prefix", "ipv6Prefix") if isinstance(entry, dict) and key in entry]
        if len(named) != 1:
            raise _refused("shape", f"{place} has to name one ipv4Prefix or one ipv6Prefix")
        yield f"{place}.{named[0]}", entry[named[0]]


def _read(place: str, value: object) -> Network:
    """A network, if an operator may name it."""
    shown = repr(value)[:80]
    try:
        network = ip_network(value) if isinstance(value, str) and _network(value) else None
    except ValueError as error:
        raise _refused("network", f"{place} is no network: {error}") from error
    if network is None or (place.endswith("Prefix") and not place.endswith(f"ipv{network.version}Prefix")):
        raise _refused("network", f"{place} is no network of its kind: {shown}")
    if network.prefixlen < _WIDEST[network.version]:
        raise _refused("wide", f"{place} is wider than /{_WIDEST[network.version]}: {shown}")
    if not is_public_network(network):
        raise _refused("private", f"{place} is not public: {shown}")
    return network


def check_change(held: AddressList, new: AddressList) -> None:
    """Let a list take the place of the one that is held, unless it leaps.

    Raises :class:`AddressListError` with ``addresses.growth`` or ``addresses.shrinkage``.
    """
    for version in _WIDEST:
        before, after = held.extent(version), new.extent(version)
        if after > max(before * _GROWTH, _SMALL):
            raise _leaps("growth", f"it covers {after:,} instead of {before:,} addresses of IPv{version}")
        if after * _SHRINKAGE < before:
            raise _leaps("shrinkage", f"it covers {after:,} instead of {before:,} addresses of IPv{version}")


def _refused(id: str, message: str) -> AddressListError:
    remedy = "Open the address: if the operator has moved its list, or writes it otherwise, correct the signature file."
    return AddressListError(message, id=f"addresses.{id}", remedy=remedy)


def _leaps(id: str, message: str) -> AddressListError:
    remedy = "Look whether the operator says so; gatepost signatures addresses --accept URL takes the list as it is."
    return AddressListError(message, id=f"addresses.{id}", remedy=remedy)
