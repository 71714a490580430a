"""The databases of the contract's tests, the ways in which they fail, and the figures for the end of the run."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from contract.conftest import file_url, named, pytest_generate_tests, server, shared_url
from gatepost.service import patience
from gatepost.storage import open_store, postgresql
from guarantees.parts import new_gate

__all__ = ["file_url", "named", "pytest_generate_tests", "server", "shared_url"]


@pytest.fixture
def figure(request, record_property):
    """Tells a figure: ``figure("G3 stale reads", "0", "0 of 10,000")``: what, promised, measured; for the table."""
    callspec = getattr(request.node, "callspec", None)
    kind = f" [{callspec.id}]" if callspec else ""
    return lambda what, promised, measured: record_property("guarantee", (f"{what}{kind}", promised, str(measured)))


@pytest.fixture
def patient(monkeypatch):
    """A store that keeps a first visit waiting, as on a busy machine, is waited for: else nobody's word is told."""
    monkeypatch.setattr(patience, "_STEPS", 2_000)
    monkeypatch.setattr(patience, "_VISIT_SECONDS", 100.0)
    for limit in ("CONNECT_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(postgresql, limit, 100.0)


@pytest.fixture
async def gate(shared_url):
    """A gate on a store that several processes can share."""
    gate = new_gate(open_store(shared_url))
    yield gate
    await gate.close()


@pytest.fixture
def outage(request, shared_url):
    """Stops the store for the time of a block: the server is stopped, the file is taken away."""
    file = Path(shared_url.removeprefix("sqlite:///"))
    away = file.with_suffix(".away")
    if shared_url.startswith("sqlite"):
        stop, start = (lambda: file.rename(away)), (lambda: away.rename(file))
    else:
        server = request.getfixturevalue("server")
        stop, start = server.stop, server.start

    @asynccontextmanager
    async def stopped():
        await asyncio.to_thread(stop)
        try:
            yield
        finally:
            await asyncio.to_thread(start)

    return stopped


@contextmanager
def locked(url):
    """Another program holds the file for itself alone."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.executescript("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE other (x)")
        yield


@pytest.fixture
def hanging(request, shared_url):
    """The store takes every question and answers none, for the time of a block."""
    if shared_url.startswith("sqlite"):
        return lambda: locked(shared_url)
    return request.getfixturevalue("server").frozen
