"""No look-up, page or poll reads a whole table, so that a million sites cost what a hundred do."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove

from contract.stores import NOW, added
from gatepost.core.crawlers import Standing
from gatepost.core.exposure import Exposure, ExposureKey, Outcome, Phase, Reading
from gatepost.storage import open_store

NO_TABLES = ("SCAN page", "SCAN CONSTANT ROW", "SCAN partners")
"""What was read of a table already, what the statement itself holds, and partners, as few as contracts, who are all
told."""

TODAY = NOW.date()
KEY = ExposureKey("7", "GPTBot", Standing.CLAIMED, Outcome.SERVED, TODAY, Phase.OPEN)
EXPOSURE = Exposure(KEY, 1, 10, NOW, NOW)
READING = Reading("7", "GPTBot", NOW, NOW, b"0" * 32)

CALLS = {
    "site": lambda store: store.site("7"),
    "site_by_host": lambda store: store.site_by_host("7"),
    "sites": lambda store: store.sites(after="7"),
    "defaults": lambda store: store.defaults(),
    "sites_with": lambda store: store.sites_with(ids=["7", "8"], hosts=["9"]),
    "history": lambda store: store.history("7"),
    "hosts_ever": lambda store: store.hosts_ever(["7", "8"], limit=9),
    "changes": lambda store: store.changes(3),
    "position": lambda store: store.position(),
    "exposures": lambda store: store.exposures("7", TODAY),
    "readings": lambda store: store.readings(["7", "8"]),
    "count": lambda store: store.count([EXPOSURE], [READING]),
    "forget old exposures": lambda store: store.forget_exposures(before=TODAY),
    "forget a site's exposures": lambda store: store.forget_exposures(site="7"),
    "the last notices of a site": lambda store: store.last_duties_of_site("7", 9, 3),
    "notices of a site itself": lambda store: store.site_wide_duties("7"),
    "append": lambda store: store.append(added("new"), added("newer")),
}


@pytest.fixture
async def store(file_url):
    store = open_store(file_url)
    await store.append(*(added(str(number)) for number in range(100)))
    yield store
    await store.close()


@pytest.fixture
def statements(file_url):
    """What is sent to the store's database."""
    path, sent = file_url.removeprefix("sqlite:///"), []

    def keep(connection, cursor, statement, parameters, context, many):
        if path in str(connection.engine.url):  # stores of other tests may still be at work
            sent.append((statement, parameters[0] if many else parameters))

    listen(Engine, "before_cursor_execute", keep)
    yield sent
    remove(Engine, "before_cursor_execute", keep)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
async def test_no_table_is_read_whole(store, statements, file_url, call):
    await call(store)
    assert statements
    with closing(sqlite3.connect(file_url.removeprefix("sqlite:///"))) as connection:
        plans = [
            step[3]
            for statement, parameters in statements
            if not statement.startswith("BEGIN")
            for step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    scans = [step for step in plans if step.startswith("SCAN") and not step.startswith(NO_TABLES)]
    assert scans == []
