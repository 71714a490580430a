"""A data partner that does everything right, on a line where everything goes wrong.

Rules: what is not signed is not believed; of all that was heard about the same thing the highest revision holds; what
goes wrong follows from the seed, the id and how often it came, so that a run can be looked at again.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Chances", "Fate", "SimulatedPartner", "Taken"]


class Fate(StrEnum):
    """What becomes of a push."""

    ACCEPTED = "accepted"
    RESET = "reset"
    """The connection breaks off, and nothing was heard."""
    ERROR = "error"
    """Answered with 500, 502 or 504."""
    SLOW = "slow"
    """Accepted, after a while."""
    LOST = "lost"
    """Accepted, but the answer is lost."""
    BUSY = "busy"
    """Answered with 429 or 503, and a Retry-After of some kind."""
    FORGED = "forged"
    """Answered with 401: no signature of it is good."""


_HEARD = (Fate.ACCEPTED, Fate.SLOW, Fate.LOST)


@dataclass(frozen=True, slots=True)
class Chances:
    """How many of a hundred pushes meet each fate; the rest is accepted."""

    reset: float = 5
    error: float = 10
    slow: float = 10
    lost: float = 5
    busy: float = 5

    def pick(self, luck: float) -> Fate:
        """A fate; ``luck`` is between 0 and 1."""
        left = 100 * luck
        for fate in (Fate.RESET, Fate.ERROR, Fate.SLOW, Fate.LOST, Fate.BUSY):
            left -= getattr(self, fate.value)
            if left < 0:
                return fate
        return Fate.ACCEPTED


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one push."""

    id: str
    fate: Fate
    said: Mapping[str, Any]
    """The notice; empty where it was not heard."""
    news: bool
    """Whether it says more than was known."""
    luck: float
    """Between 0 and 1, for how exactly it goes wrong."""

    @property
    def row(self) -> Mapping[str, object]:
        """For the log."""
        told = {name: self.said[name] for name in ("revision", "site", "purpose", "action") if name in self.said}
        return {"id": self.id, "fate": self.fate.value, "news": self.news, **told}


def _share(octets: bytes) -> float:
    """Eight octets as a number from 0 to 1."""
    return int.from_bytes(octets) / 2.0**64


@dataclass
class SimulatedPartner:
    """Its books."""

    secrets: Sequence[str]
    chances: Chances
    seed: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    _times: Counter[str] = field(default_factory=Counter)
    _heard: set[str] = field(default_factory=set)
    _state: dict[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict)

    def take(self, fields: Mapping[str, str], body: bytes) -> Taken:
        """Take a push, as far as fate lets it."""
        id = fields.get("webhook-id", "")[:100]
        self._times[id] += 1
        drawn = hashlib.sha256(f"{self.seed} {id} {self._times[id]}".encode()).digest()
        fate = self.chances.pick(_share(drawn[:8]))
        said = self._verified(fields, body) if fate in _HEARD else {}
        if said is None:
            fate, said = Fate.FORGED, {}
        self.fates[fate] += 1
        return Taken(id, fate, said, bool(said) and self._note(id, said), _share(drawn[8:16]))

    def _verified(self, fields: Mapping[str, str], body: bytes) -> Mapping[str, Any] | None:
        """The notice, if it is signed with a secret that is known here."""
        from standardwebhooks import Webhook, WebhookVerificationError

        for secret in self.secrets:
            try:
                said: Mapping[str, Any] = Webhook(secret).verify(body, dict(fields))["data"]
                return said
            except (WebhookVerificationError, ValueError, LookupError, TypeError):
                continue
        return None

    def _note(self, id: str, said: Mapping[str, Any]) -> bool:
        self._heard.add(id)
        item = said.get("item") or {}
        about = (said["site"], said["purpose"] or "", item.get("id", ""))
        news = said["revision"] > self._state.get(about, {"revision": 0})["revision"]
        if news:
            self._state[about] = said
        return bool(news)

    @property
    def summary(self) -> Mapping[str, object]:
        """What came of it all: how often what happened, and what holds by now."""
        fates = {fate.value: count for fate, count in sorted(self.fates.items())}
        state = [said for _, said in sorted(self._state.items())]
        return {"pushes": self.fates.total(), "notices": len(self._heard), "fates": fates, "state": state}
