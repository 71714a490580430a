"""The nonces of signatures that were believed, so that each is good once in this worker.

Rules: what is kept is bounded, for each key apart, so that one partner cannot crowd out another; a nonce is kept for as
long as its signature could be good, by the clock that only counts up; where there is no room, nothing is believed.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from gatepost.core.signed_requests import GOOD_SECONDS

__all__ = ["Nonces"]

MOST = 50_000
"""Of one key: 119 signed requests a second, in a worker."""


@dataclass
class Nonces:
    """Remembers nonces by their digests."""

    up: Callable[[], float]
    most: int = MOST
    _seen: dict[str, dict[bytes, float]] = field(default_factory=dict, init=False)

    def first(self, key: str, nonce: str) -> bool:
        """Whether a nonce is new with a key, and from now on is not."""
        now, seen = self.up(), self._seen.setdefault(key, {})
        _forget(seen, now)
        digest = hashlib.blake2b(nonce.encode("utf-8", "surrogateescape"), digest_size=16).digest()
        if digest in seen or len(seen) >= self.most:
            return False
        seen[digest] = now
        return True

    def forget(self) -> None:
        """Let go of what is over."""
        now = self.up()
        for key, seen in list(self._seen.items()):
            _forget(seen, now)
            if not seen:
                del self._seen[key]


def _forget(seen: dict[bytes, float], now: float) -> None:
    while seen and now - seen[oldest := next(iter(seen))] > GOOD_SECONDS:
        del seen[oldest]
