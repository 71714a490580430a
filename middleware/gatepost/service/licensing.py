"""Which data partners' crawlers a worker lets in, as the store has them.

Rules: a request looks up what is held and waits for nothing. A licence opens what is closed to everybody else, so that
a worker which cannot hear of its end lets nobody in by it: nothing is held before the store has answered once, and what
it said lapses after a few minutes of silence ("verification: unverified", not "last known policy").
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gatepost.core.crawlers import Match
from gatepost.core.licences import NO_LICENCES, Licences
from gatepost.core.policy import Action, Decision, SitePolicy, decide
from gatepost.errors import StoreError
from gatepost.ports import PartnerStore
from gatepost.service.clocks import WatchedClock, seconds_up

__all__ = ["Licensing"]

_POLL_SECONDS = 5.0
"""Between two looks at the partners, all of whom are few."""

LAPSE_SECONDS = 300.0
"""For which licences hold without a word from the store."""

_dice = random.SystemRandom()
_log = logging.getLogger("gatepost.licensing")


@dataclass
class Licensing:
    """The licences of one worker."""

    store: PartnerStore
    clock: WatchedClock
    up: Callable[[], float] = seconds_up
    _held: Licences = field(default=NO_LICENCES, init=False)
    _heard: float = field(default=float("-inf"), init=False)

    @property
    def current(self) -> bool:
        """Whether the store has told lately who is licensed."""
        return self.up() - self._heard < LAPSE_SECONDS

    def judged(
        self,
        decision: Decision,
        policy: SitePolicy,
        matches: Sequence[Match],
        paths: Sequence[str],
        peer: Callable[[], str | None],
    ) -> Decision:
        """The decision, made once more under the licence of who asks, if a licence is what it calls for.

        ``peer`` reads the address of a request, and is called for nobody but crawlers that some partner names.
        """
        if decision.action is not Action.LICENSE or not self.current:
            return decision
        span = self.clock.span()
        if not self._held.claimed(matches, span):
            return decision
        licences = self._held.proven(matches, peer(), span)
        return decide(policy, matches, paths, licences) if licences else decision

    async def refresh(self) -> None:
        """Take up who is licensed. Raises :class:`~gatepost.errors.StoreError`."""
        asked = self.up()
        self._held = Licences(await self.store.partners())
        self._heard = asked

    async def watch(self, seconds: float = _POLL_SECONDS) -> None:
        """Refresh for ever."""
        while True:
            try:
                await self.refresh()
            except StoreError as error:
                _log.warning("the store does not say who is licensed: %s", error)
            except Exception:  # a fault of ours must not end the watch in silence
                _log.exception("licences cannot be taken up")
            await asyncio.sleep(seconds * _dice.uniform(0.8, 1.0))
