"""The databases that the contract is run against; another adapter is one more entry in ``DATABASES``."""

from collections.abc import Iterator

import pytest

from contract.postgresql_server import Server
from gatepost.storage import open_store

DATABASES = ("sqlite-file", "sqlite-memory", "postgresql")


@pytest.fixture
def file_url(tmp_path):
    return f"sqlite:///{tmp_path}/gatepost.db"


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """A PostgreSQL server of these tests' own."""
    with Server.started(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


@pytest.fixture
def shared_url(request, file_url):
    """A new database of each kind that several processes can share."""
    return file_url if request.param == "sqlite-file" else request.getfixturevalue("server").new_database()


@pytest.fixture
def url(request, file_url):
    """A new database of each kind."""
    kind = request.param
    if kind == "postgresql":
        return request.getfixturevalue("server").new_database()
    return {"sqlite-file": file_url, "sqlite-memory": "sqlite://"}[kind]


def pytest_generate_tests(metafunc):
    kinds = {"url": DATABASES, "shared_url": ("sqlite-file", "postgresql")}
    for name, databases in kinds.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, databases, indirect=True)


@pytest.fixture
async def store(url):
    store = open_store(url)
    yield store
    await store.close()
