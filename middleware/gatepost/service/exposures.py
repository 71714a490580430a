"""What is told of the ledger, and what is forgotten of it.

Rules: counts are told as they are kept; what holds now is asked where the doors ask it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gatepost.core.crawlers import Crawler, Match, Standing
from gatepost.core.exposure import Exposure, no_since
from gatepost.core.licences import Licence, licence_of
from gatepost.core.origins import Origins
from gatepost.core.policy import Action, decide
from gatepost.core.sites import Site
from gatepost.core.visits import Erasure, Known, Visits, erasure_of, visits_of
from gatepost.errors import ConfirmationNeeded
from gatepost.ports import Clock, Ledger
from gatepost.service.overviews import Overviews

__all__ = ["Exposures"]


@dataclass(frozen=True)
class Exposures:
    """The use cases around the ledger."""

    ledger: Ledger
    overviews: Overviews
    clock: Clock
    keep: timedelta
    """For which counts are kept."""

    async def visits(self, site: Site, days: int) -> Visits:
        """Who came to a site, today and in the days before, so many in all."""
        now = self.clock.now()
        told = [now.date() - timedelta(days=back) for back in reversed(range(days))]
        exposures = await self.ledger.exposures(site.id, told[0])
        readings = await self.ledger.readings([site.id])
        names = {one.key.crawler for one in exposures}
        licences = [licence_of(one) for one in await self.overviews.store.partners()]
        held = [one for one in licences if one.since <= now and (one.until is None or one.until.date() >= told[0])]
        return visits_of(site.id, told, now, exposures, readings, await self._known(site, names, held))

    async def _known(self, site: Site, names: Iterable[str], licences: Sequence[Licence]) -> Mapping[str, Known]:
        """What robots.txt says to crawlers now, where no path exception holds, and in whose name they come."""
        origins = await self.overviews.origins_of(await self.overviews.state_of_site(site))
        crawlers = self.overviews.snapshots.recognition.of(site.id).signatures.by_name
        return {
            name: _known(
                origins,
                crawlers.get(name.lower()),
                tuple(licence.name for licence in licences if name.lower() in licence.crawlers),
            )
            for name in names
        }

    async def counts(self, site: str, since: date) -> Sequence[Exposure]:
        """What is counted of a site, by its id, from a day on."""
        return await self.ledger.exposures(site, since)

    async def purge(self, before: date | None = None) -> int:
        """Forget what is from before a day, or older than is kept; how many counts that were."""
        return await self.ledger.forget_exposures(before=before or (self.clock.now() - self.keep).date())

    async def erase(self, site: str) -> int:
        """Forget all that is counted of a site, by its id; how many counts that were."""
        return await self.ledger.forget_exposures(site=site)

    async def erasure(self, site: Site) -> Erasure:
        """What is lost if all that is counted of a site is forgotten."""
        return erasure_of(await self.visits(site, self.keep.days + 1))

    async def erase_confirmed(self, site: Site, confirmation: str) -> int:
        """Forget all that is counted of a site for somebody who was told what is lost with it; how many counts.

        Raises :class:`~gatepost.errors.ConfirmationNeeded` with what is lost and the token that confirms it.
        """
        lost = await self.erasure(site)
        if confirmation != lost.token:
            raise ConfirmationNeeded(
                "what is counted of a site is forgotten for good, and that was not confirmed",
                id="exposures.erasure.unconfirmed",
                remedy="Have a complaint pack written first if you may complain of anybody; then repeat it with the "
                "token as confirmation.",
                token=lost.token,
                effects=tuple(_effects(lost)),
            )
        return await self.erase(site.id)


def _effects(lost: Erasure) -> Iterable[str]:
    yield f"{lost.requests:,} requests of {lost.crawlers:,} crawlers are forgotten, and when each read robots.txt last"
    if lost.against:
        yield f"{lost.against:,} of them went against robots.txt, which can be proved to nobody any more"


def _known(origins: Origins, crawler: Crawler | None, partners: tuple[str, ...]) -> Known:
    if crawler is None:
        return Known(None, denied=False, since=None, partners=partners)
    decision = decide(origins.state.policy, [Match(crawler, crawler.name, Standing.CLAIMED)], ["/"])
    denied = decision.action is not Action.ALLOW
    return Known(crawler, denied, no_since(origins, decision, "/") if denied else None, partners)
