"""Writes down what this worker serves.

Rules: nothing waits for it, and nothing fails with it: what is to be written is queued, bounded, and written together
as soon as the store takes it; what the record has already is not written again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from gatepost.core.publications import Edition, Publication, in_force, own_of_app, rendered
from gatepost.core.recognition import Recognition
from gatepost.core.snapshot import Rendering
from gatepost.errors import StoreError
from gatepost.ports import Clock, Record

__all__ = ["Publisher"]

_QUEUED = 20_000
"""What waits while the store does not answer; no more is remembered."""
_TOGETHER = 200
_PAUSE_SECONDS = 0.2
_AGAIN_SECONDS = 1.0
_LAST_SECONDS = 3.0
_KNOWN = 50_000

_log = logging.getLogger("gatepost.record")


@dataclass
class Publisher:
    """The pen of one worker; ``edition`` is what it serves by when it begins."""

    record: Record
    clock: Clock
    edition: Edition
    recognition: Recognition = field(repr=False)

    def __post_init__(self) -> None:
        self._queue: deque[Callable[[], Publication]] = deque()
        self._known: set[tuple[str, str, str]] = set()
        self._begun: datetime | None = None
        self._left_out = 0

    def begin(self) -> None:
        """From now on this worker serves; called again, it says nothing new."""
        if self._begun is None:
            self._begun = self.clock.now()
            self._queue.appendleft(partial(in_force, self._edition(), self.recognition, self._begun))

    def recognise_by(self, recognition: Recognition) -> None:
        """From now on this worker serves by other signatures."""
        self.recognition = recognition
        self._put(partial(in_force, self._edition(), recognition, self.clock.now()))

    def _edition(self) -> Edition:
        return replace(self.edition, signatures=self.recognition.whole.signatures.sha256)

    def rendered(self, rendering: Rendering, own_robots: str, host: str, signatures: str) -> None:
        """A policy was rendered by the signatures with this SHA-256, to be served."""
        edition = replace(self.edition, signatures=signatures)
        self._put(partial(rendered, edition, rendering, own_robots, host, self.clock.now()))

    def heard(self, host: str, text: str) -> None:
        """The app behind says this in its own robots.txt for a site."""
        self._put(partial(own_of_app, host, text, self.clock.now()))

    def _put(self, publication: Callable[[], Publication]) -> None:
        if self._begun is None:  # a command, which serves nobody
            return
        if len(self._queue) < _QUEUED:
            self._queue.append(publication)
            return
        self._left_out += 1
        if self._left_out == 1:
            _log.error("the record cannot be written for too long: what is served from now on is not written down")

    async def keep(self) -> None:
        """Write for ever what is queued."""
        while True:
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                await self.flush()
            except StoreError as error:
                _log.warning("the record waits for the store: %s", error)
                await asyncio.sleep(_AGAIN_SECONDS)
            except Exception:  # a fault of ours must not end the record in silence
                _log.exception("what is served cannot be written down")
                await asyncio.sleep(_AGAIN_SECONDS)

    async def flush(self) -> None:
        """Write what is queued. Raises :class:`~gatepost.errors.StoreError`; what was not written stays queued."""
        while self._queue:
            taken = [self._queue[place] for place in range(min(_TOGETHER, len(self._queue)))]
            await self._write(await asyncio.to_thread(_made, taken))
            for one in taken:  # but those that another flush, in this loop or one that ended, has taken away since
                if self._queue and self._queue[0] is one:
                    self._queue.popleft()

    async def _write(self, publications: Sequence[Publication]) -> None:
        new = [one for one in publications if _identity(one) not in self._known]
        if new:
            await self.record.publish(new)
        if len(self._known) > _KNOWN:
            self._known.clear()
        self._known.update(map(_identity, new))

    async def close(self) -> None:
        """Write what is left, unless the store does not take it."""
        with suppress(StoreError, TimeoutError):
            await asyncio.wait_for(self.flush(), _LAST_SECONDS)
        if self._queue:
            _log.error("%d entries of the record are lost: the store did not take them", len(self._queue))


def _made(taken: Sequence[Callable[[], Publication]]) -> Sequence[Publication]:
    return [make() for make in taken]


def _identity(publication: Publication) -> tuple[str, str, str]:
    return publication.kind, publication.key, publication.content
