"""Which data partners' crawlers a worker lets in, as the store has them.

Rules: a request looks up what is held and waits for nothing. A licence opens what is closed to everybody else, so that
a worker which cannot hear of its end lets nobody in by it: nothing is held before the store has answered once, and what
it said lapses after a few minutes of silence ("verification: unverified", not "last known policy"). A signature is
looked at where an address proves nothing, and nowhere else; whatever a stranger signs, no request fails for it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gatepost.core.crawlers import Match
from gatepost.core.licences import NO_LICENCES, Licence, Licences
from gatepost.core.periods import Span
from gatepost.core.policy import Action, Decision, SitePolicy, decide
from gatepost.core.signed_requests import Evidence, check_times
from gatepost.errors import GatepostError, IdentityRefused
from gatepost.ports import PartnerStore, SignatureVerifier
from gatepost.service.clocks import WatchedClock, seconds_up
from gatepost.service.nonces import Nonces
from gatepost.service.waiting import for_ever

__all__ = ["Licensing"]

_POLL_SECONDS = 5.0
"""Between two looks at the partners, all of whom are few."""

LAPSE_SECONDS = 300.0
"""For which licences hold without a word from the store."""

_log = logging.getLogger("gatepost.licensing")


@dataclass
class Licensing:
    """The licences of one worker."""

    store: PartnerStore
    clock: WatchedClock
    verifier: SignatureVerifier
    up: Callable[[], float] = seconds_up
    nonces: Nonces = field(init=False)
    _held: Licences = field(default=NO_LICENCES, init=False)
    _heard: float = field(default=float("-inf"), init=False)
    _verifies: bool | None = field(default=None, init=False)
    """Whether keys can be looked at here; ``None`` until some partner has one."""

    def __post_init__(self) -> None:
        self.nonces = Nonces(lambda: self.up())

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
        evidence: Evidence,
    ) -> Decision:
        """The decision, made once more under the licence of who asks, if a licence is what it calls for.

        ``peer`` reads the address of a request, and ``evidence`` its signature; both are called for nobody but crawlers
        that some partner names.
        """
        if decision.action is not Action.LICENSE or not self.current:
            return decision
        span = self.clock.span()
        if not self._held.claimed(matches, span):
            return decision
        licences = self._held.proven(matches, peer(), span)
        if licences:
            decision = decide(policy, matches, paths, licences)
        if decision.action is Action.LICENSE and self._verifies:
            signed = self._signed(matches, span, evidence)
            decision = decide(policy, matches, paths, [*licences, *signed]) if signed else decision
        return decision

    def _signed(self, matches: Sequence[Match], span: Span, evidence: Evidence) -> Sequence[Licence]:
        """The licences of the partner who has signed a request, if it is one of theirs."""
        keys = self._held.keys(matches, span)
        try:
            request = evidence() if keys else None
            if request is None:
                return ()
            proof = self.verifier.verified(request, keys)
            check_times(proof, span)
            if self.nonces.first(proof.key, proof.nonce):
                return self._held.signed(matches, proof.key, span)
            _log.info("the signature proves nobody: its nonce was used before, or too many were (identity.replayed)")
        except IdentityRefused as error:
            _log.info("%s (%s)", error, error.id)
        except Exception:  # whatever a stranger sends must not fail a request
            _log.exception("a signature cannot be looked at")
        return ()

    async def refresh(self) -> None:
        """Take up who is licensed. Raises :class:`~gatepost.errors.StoreError`."""
        asked = self.up()
        self._held = Licences(await self.store.partners())
        self._heard = asked
        self.nonces.forget()
        if self._verifies is None and self._held.keyed:
            self._verifies = self._can_verify()

    def _can_verify(self) -> bool:
        try:
            self.verifier.check()
        except GatepostError as error:
            _log.warning("%s (%s) %s", error, error.id, error.remedy)
            return False
        return True

    async def watch(self, seconds: float = _POLL_SECONDS) -> None:
        """Refresh for ever."""
        await for_ever(self.refresh, seconds, _log, "who is licensed is not taken up")
