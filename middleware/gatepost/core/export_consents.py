"""What all sites say of one purpose at one position of the store, for judging in bulk what one partner may be handed.

Rules: made from the policies that the doors use, and nothing is decided otherwise than there; whoever is not found has
consented to nothing. A site is found by its id and by each of its hosts; a name that is one site's id and another's
host stands for both, and both count. Names are kept as 128 bits of their BLAKE2b, 24 octets each, so that a million
sites fit everywhere the judging runs.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from struct import Struct

from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Sharing, Stance
from gatepost.core.zones import Zone, longest_at
from gatepost.errors import ExportRefused

__all__ = ["Below", "Consent", "Consents", "NamesSeen", "NamesTable", "check_licence", "consent_of"]


@dataclass(frozen=True, slots=True)
class Below:
    """Whether a site says no below a pattern."""

    pattern: PathPattern
    denied: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """What a site's policy comes to for one purpose."""

    public: bool
    """Whether the site is to be seen by everybody."""
    shares: bool
    """Whether it says that content may be handed to partners."""
    denied: bool
    """Whether it says no to the purpose where no path exception does."""
    below: tuple[Below, ...] = ()

    def denies(self, readings: Sequence[str]) -> bool:
        """Whether the site says no on a path in any of its readings (``core/request``); without any, anywhere at all.

        Of patterns of one length the mildest counts, as it does at the doors.
        """
        if not self.below:
            return self.denied
        if not readings:
            return self.denied or any(below.denied for below in self.below)
        return any(self._denied_at(reading) for reading in readings)

    def _denied_at(self, path: str) -> bool:
        found = longest_at(self.below, path)
        return all(below.denied for below in found) if found else self.denied


def consent_of(policy: SitePolicy, purpose: Purpose) -> Consent:
    """What a policy comes to for a partner that is licensed for the purpose."""
    shares = policy.preferences.partner_sharing.value is Sharing.ALLOW
    below = (Below(zone.pattern, _denied(zone, purpose)) for zone in policy.zones if zone.pattern is not None)
    return Consent(policy.public, shares, _denied(policy.everywhere, purpose), tuple(below))


def _denied(zone: Zone, purpose: Purpose) -> bool:
    """Whether a stance is a no. One that asks for a licence is none to who has a licence, as at the doors."""
    stance = zone.of(purpose).value
    return stance is not None and stance.denies and stance is not Stance.LICENSE


_HALVES = Struct(">QQ")


def _key(name: str) -> tuple[int, int]:
    high, low = _HALVES.unpack(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest())
    return high, low


@dataclass(frozen=True, slots=True)
class NamesTable:
    """Names and what each stands for, packed; one name may stand for several."""

    highs: "array[int]"
    """The first half of every key, in order."""
    lows: "array[int]"
    places: "array[int]"
    """Where in the list of consents it is."""

    @classmethod
    def packed(cls, entries: Iterable[tuple[str, int]]) -> "NamesTable":
        """A table of names with their places."""
        highs, lows, places = array("Q"), array("Q"), array("L")
        for name, place in entries:
            high, low = _key(name)
            highs.append(high)
            lows.append(low)
            places.append(place)
        order = sorted(range(len(highs)), key=highs.__getitem__)
        return cls(*(array(column.typecode, map(column.__getitem__, order)) for column in (highs, lows, places)))

    def find(self, name: str) -> list[int]:
        """The places that a name stands for."""
        high, low = _key(name)
        found, at = [], bisect_left(self.highs, high)
        while at < len(self.highs) and self.highs[at] == high:
            if self.lows[at] == low:
                found.append(self.places[at])
            at += 1
        return found


@dataclass(frozen=True)
class Consents:
    """Every site's consent for one purpose of one partner."""

    partner: Partner
    purpose: Purpose
    position: int
    """Of the store: what is held of a site is as the store had it there, or later."""
    at: datetime
    """The time for which it holds; in UTC."""
    until: datetime | None
    """The first moment at which something else holds by what is said now; ``None``: nothing has a date."""
    sites: int
    """How many sites there are."""
    table: NamesTable
    distinct: tuple[Consent, ...]
    amended: Mapping[str, tuple[Consent, ...]] = field(default_factory=dict)
    """Names that stand for something else than in the table; for nothing, if it is empty."""

    @property
    def licensed(self) -> bool:
        """Whether the partner has a licence for the purpose."""
        return self.purpose in self.partner.granted and self.partner.licensed(self.at)

    def find(self, name: str) -> Sequence[Consent]:
        """The consents that a name stands for, all of which count; empty when no site has it."""
        held = self.amended.get(name)
        if held is not None:
            return held
        return [self.distinct[place] for place in self.table.find(name)]

    def changed_since(self, before: "Consents") -> frozenset[str] | None:
        """The names that stand for something else than before; ``None``: any of them may."""
        if self.table is not before.table or self.licensed != before.licensed:
            return None
        return frozenset(name for name, said in self.amended.items() if tuple(before.find(name)) != said)

    def with_names(self, names: Mapping[str, tuple[Consent, ...]]) -> "Consents":
        """The same where these names stand for something else."""
        return replace(self, amended={**self.amended, **names})


_BITS = 1 << 23


class NamesSeen:
    """Which names were met, in a mebibyte whatever their number: it may hold one that was not, never the reverse."""

    def __init__(self) -> None:
        self._bits = bytearray(_BITS // 8)

    def add(self, name: str) -> None:
        """The name was met."""
        place = hash(name) % _BITS
        self._bits[place >> 3] |= 1 << (place & 7)

    def may_hold(self, name: str) -> bool:
        """Whether the name may have been met."""
        place = hash(name) % _BITS
        return bool(self._bits[place >> 3] & 1 << (place & 7))


def check_licence(consents: Consents) -> None:
    """Raises :class:`~gatepost.errors.ExportRefused` where all would be withheld anyway."""
    if not consents.licensed:
        raise ExportRefused(
            f"{consents.partner.name} has no licence for {consents.purpose} now",
            id="export.partner.licence",
            remedy="Nothing was handed over. gatepost partners show tells of licences, and partners change renews one.",
        )
