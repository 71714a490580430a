"""What all sites say at one position of the store, for judging items in bulk, and what has changed since.

Rules: everything is read, nothing is written; what is held of a site is made by the functions that the doors use. What
changes while it is read is read again, so that the whole is as of one position; a default that changes, or a date that
comes, concerns any number of sites, and makes all of it anew.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from gatepost.core.crawlers import Purpose
from gatepost.core.defaults import defaults_of, is_default
from gatepost.core.export_consents import Consent, Consents, NamesTable, consent_of
from gatepost.core.partners import Partner
from gatepost.core.periods import Span
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Site
from gatepost.core.timelines import timeline_of
from gatepost.errors import ExportRefused, StoreUnavailable
from gatepost.ports import PartnerStore, SiteStore
from gatepost.service.clocks import WatchedClock

__all__ = ["Exports"]

_TRIES = 3
_MOST_AMENDED = 50_000
"""Names whose sites change before all is rather made anew."""
_REMEMBERED = 4_096


class _Store(SiteStore, PartnerStore, Protocol):
    """Sites and partners."""


@dataclass
class _Reading:
    """The sites as they are read, for one purpose and one time."""

    partner: Partner
    purpose: Purpose
    span: Span
    defaults: dict[str, PreferenceStatement]
    until: datetime | None = None
    _known: dict[object, Consent] = field(default_factory=dict)

    def consent(self, site: Site) -> Consent:
        """What a site says."""
        said = (site.statement, site.visibility, site.region, site.plan, site.kept)
        found = self._known.get(said)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[said] = self._consent(site)
        return found

    def _consent(self, site: Site) -> Consent:
        timeline = timeline_of(site, self._above(site))
        next_change = timeline.next_change(self.span.latest)
        if next_change is not None:
            self.until = min(next_change, self.until or next_change)
        return consent_of(SitePolicy(timeline.during(self.span), site.visibility), self.purpose)

    def _above(self, site: Site) -> Sequence[LevelStatement]:
        levels = defaults_of(site.region, site.plan)
        return [LevelStatement(level, self.defaults.get(id, PreferenceStatement()), name) for id, level, name in levels]


@dataclass(frozen=True)
class Exports:
    """The use cases of the export gate."""

    store: _Store
    clock: WatchedClock

    async def consents(self, partner: str, purpose: Purpose) -> Consents:
        """What every site says of a purpose, as of one position, and whether the partner is licensed for it.

        Raises :class:`~gatepost.errors.ExportRefused` for a partner that is none, and
        :class:`~gatepost.errors.StoreError`.
        """
        for _ in range(_TRIES):
            position = await self.store.position()
            reading = await self._reading(partner, purpose)
            read = await self._all(reading, position)
            current = await self._amended(read, reading)
            if current is not None:
                return current
        raise StoreUnavailable(
            "the defaults changed again and again while all sites were read",
            id="export.policy.moving",
            remedy="Try again when nobody is changing what the platform, a region or a plan says.",
        )

    async def renewed(self, consents: Consents) -> Consents:
        """The same as of now. Raises :class:`~gatepost.errors.StoreError`."""
        reading = await self._reading(consents.partner.id, consents.purpose)
        now = None
        if consents.until is None or reading.span.latest < consents.until:
            now = await self._amended(consents, reading)
        return now or await self.consents(consents.partner.id, consents.purpose)

    async def _reading(self, partner: str, purpose: Purpose) -> _Reading:
        defaults = {default.id: default.statement for default in await self.store.defaults()}
        return _Reading(await self._partner(partner), purpose, self.clock.span(), defaults)

    async def _partner(self, id: str) -> Partner:
        """A partner without its secrets, as what is said of it goes to many machines."""
        found = next((one for one in await self.store.partners() if one.id == id), None)
        if found is None:
            raise ExportRefused(
                f"there is no partner {id!r}",
                id="export.partner.unknown",
                remedy="Nothing was handed over. Look at gatepost partners list; gatepost partners add makes one.",
            )
        return replace(found, secrets=())

    async def _all(self, reading: _Reading, position: int) -> Consents:
        places: dict[Consent, int] = {}
        names: list[tuple[str, int]] = []
        sites = 0
        async for site in self._every_site():
            place = places.setdefault(reading.consent(site), len(places))
            names += [(name, place) for name in dict.fromkeys((site.id, *site.hosts))]
            sites += 1
        table = NamesTable.packed(names)
        at, distinct = reading.span.latest, tuple(places)
        return Consents(reading.partner, reading.purpose, position, at, reading.until, sites, table, distinct)

    async def _every_site(self) -> AsyncIterator[Site]:
        after = ""
        while page := await self.store.sites(after=after):
            after = page[-1].id
            for site in page:
                yield site

    async def _amended(self, consents: Consents, reading: _Reading) -> Consents | None:
        """The consents with what has changed since their position; ``None`` when all has to be made anew."""
        changes = await self.store.changes(consents.position)
        if changes.at is not None:
            self.clock.hear(changes.at)
        room = _MOST_AMENDED - len(consents.amended)
        if any(map(is_default, changes.sites)) or len(changes.sites) > room:
            return None
        # Every name that these sites have or ever had: another site may have it now, or nobody.
        names = {*changes.sites, *await self.store.hosts_ever(changes.sites, limit=room + 1)}
        if len(names) > room:
            return None
        sites = await self.store.sites_with(ids=names, hosts=names) if names else ()
        amended: dict[str, tuple[Consent, ...]] = dict.fromkeys(names, ())
        for site in sites:
            for name in names.intersection((site.id, *site.hosts)):
                amended[name] += (reading.consent(site),)
        until = min(filter(None, (consents.until, reading.until)), default=None)
        moved = replace(
            consents, partner=reading.partner, position=changes.position, at=reading.span.latest, until=until
        )
        return moved.with_names(amended)
