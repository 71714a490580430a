"""The databases that the contract is run against; another adapter is one more entry in ``DATABASES``."""

from collections.abc import Iterator

import pytest

from contract.postgresql_server import Server
from gatepost.storage import open_store, postgresql

DATABASES = ("sqlite-file", "sqlite-memory", "postgresql")


@pytest.fixture
def file_url(tmp_path):
    return f"sqlite:///{tmp_path}/gatepost.db"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server of these tests' own."""
    with Server.started() as server:
        yield server


@pytest.fixture
def named(server):
    """An empty database on the server."""
    with server.database() as url:
        yield url


@pytest.fixture
def url(request, file_url):
    """An empty database of each kind; ``shared_url``: of each kind that several processes can share."""
    if request.param == "postgresql":
        return request.getfixturevalue("named")
    return {"sqlite-file": file_url, "sqlite-memory": "sqlite://"}[request.param]


shared_url = url


def pytest_generate_tests(metafunc):
    kinds = {"url": DATABASES, "shared_url": ("sqlite-file", "postgresql")}
    for name, databases in kinds.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, databases, indirect=True)


@pytest.fixture
async def store(url, monkeypatch):
    """How long it is waited for a busy machine is no part of the contract."""
    monkeypatch.setattr(postgresql, "READ_SECONDS", postgresql.LONG_SECONDS)
    store = open_store(url)
    yield store
    await store.close()
