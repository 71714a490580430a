"""What is looked at again and again, whatever goes wrong."""

import asyncio
import logging

import pytest

from gatepost.errors import StoreError
from gatepost.service.waiting import for_ever


async def test_no_failure_ends_it_and_a_store_that_stays_away_is_told_once(caplog):
    away = StoreError("it is away", id="store.unreachable", remedy="Wait.")
    outcomes = iter([None, away, away, ValueError("a fault"), None, away])
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        outcome = next(outcomes, asyncio.CancelledError())
        if outcome is not None:
            raise outcome

    with caplog.at_level(logging.DEBUG), pytest.raises(asyncio.CancelledError):
        await for_ever(look, 0, logging.getLogger("gatepost.tests"), "nothing is taken up")
    told = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "gatepost.tests"]
    gone = "nothing is taken up: it is away"
    fault = ("ERROR", "nothing is taken up")
    assert told == [("WARNING", gone), ("DEBUG", gone), fault, ("WARNING", gone)]
    assert looks == 7
