"""What operators have to hear of partners, each said once in the log.

Rules: an alarm ends nothing that is owed; it says what to do; what it is about is told again only after it was over.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from time import monotonic

from gatepost.core.duties import Duty, DutyCounts
from gatepost.core.partners import Partner
from gatepost.ports import Clock, PartnerStore

__all__ = ["Alarms"]

LOOK_EVERY = 600.0
"""In seconds: how often it is looked what is overdue."""

_log = logging.getLogger("gatepost.notices")


class Alarms:
    """Those of one process."""

    def __init__(self, store: PartnerStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._gone: dict[str, str] = {}
        self._given_up: set[str] = set()
        self._missed: dict[str, datetime] = {}
        """The last deadline of each partner that it was told of."""
        self._look_at = 0.0

    async def look(self, partners: Iterable[Partner]) -> None:
        """Tell of partners that are gone, and now and then of what is overdue."""
        for partner in partners:
            if partner.gone:
                self.gone(partner)
        if monotonic() >= self._look_at:
            self._look_at = monotonic() + LOOK_EVERY
            self._tell_overdue(await self._store.duty_counts(self._clock.now()))

    def gone(self, partner: Partner) -> None:
        """Its endpoint says that it is gone."""
        if self._gone.get(partner.id) != partner.endpoint:  # another one that is gone is news
            self._gone[partner.id] = partner.endpoint
            _log.error(
                "the endpoint of %s says that it is gone (410): nothing more is pushed to it, and all that it owes is "
                "still owed; ask %s, then `gatepost notices resend --partner %s`",
                partner.name,
                partner.contact or "its contact",
                partner.id,
            )

    def undelivered(self, partner: Partner, duty: Duty) -> None:
        """Every attempt to push a notice has failed."""
        if partner.id not in self._given_up:
            self._given_up.add(partner.id)
            _log.error(
                "%s cannot be told of %s (%s), after %d attempts: %s; what it owes is still owed; ask %s, then "
                "`gatepost notices resend --partner %s`",
                partner.name,
                duty.notice.site,
                duty.notice.id,
                duty.attempts,
                duty.problem,
                partner.contact or "its contact",
                partner.id,
            )

    def reached(self, partner: Partner) -> None:
        """It took a notice."""
        self._given_up.discard(partner.id)
        self._gone.pop(partner.id, None)

    def _tell_overdue(self, counts: Mapping[str, DutyCounts]) -> None:
        for partner, count in sorted(counts.items()):
            if count.missed and (partner not in self._missed or self._missed[partner] < count.missed):
                self._missed[partner] = count.missed
                _log.error(
                    "not confirmed in time by %s: %d by now; see `gatepost notices list --partner %s --overdue`",
                    partner,
                    count.overdue,
                    partner,
                )
