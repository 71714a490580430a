"""What this worker tells the others of itself.

Rules: it tells when something changes, and every few seconds that it is still there; a store that does not take a
report costs nothing; who has told nothing for a while is not there any more.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gatepost.core.workers import WorkerReport
from gatepost.errors import StoreError
from gatepost.ports import WorkerReports

__all__ = ["Reports"]

EVERY_SECONDS = 10.0
LIFE = timedelta(seconds=45)
"""For which a report counts."""

_log = logging.getLogger("gatepost.signatures")


@dataclass
class Reports:
    """The voice of one worker; ``describe`` says how it is."""

    store: WorkerReports
    describe: Callable[[], WorkerReport]
    _news: asyncio.Event | None = field(default=None, init=False)
    """Of the loop that is being told in; loops may follow one another, and an event belongs to one."""

    def hurry(self) -> None:
        """Something has changed: tell it at once, if anything is told at all."""
        if self._news is not None:
            self._news.set()

    async def watch(self) -> None:
        """Tell for ever."""
        self._news = news = asyncio.Event()
        while True:
            news.clear()
            try:
                await self.tell()
            except StoreError as error:
                _log.debug("what this worker runs cannot be told: %s", error)
            except Exception:  # a fault of ours must not end it in silence
                _log.exception("what this worker runs cannot be told")
            try:
                await asyncio.wait_for(news.wait(), EVERY_SECONDS)
            except TimeoutError:
                continue

    async def tell(self) -> None:
        """Tell once. Raises :class:`~gatepost.errors.StoreError`."""
        await self.store.keep_report(self.describe(), LIFE)

    async def present(self) -> Sequence[WorkerReport]:
        """What every worker told last, of those that are there. Raises :class:`~gatepost.errors.StoreError`."""
        return await self.store.reports(LIFE)
