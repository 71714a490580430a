"""The stores that the contract is run against; another adapter is one more entry in ``stores``.

PostgreSQL is run where GATEPOST_TEST_POSTGRES names a database that may be emptied: postgresql://USER@HOST/DATABASE.
"""

import os

import pytest
from sqlalchemy import text

from gatepost.storage import open_store
from gatepost.storage.engines import database_of

POSTGRESQL = os.environ.get("GATEPOST_TEST_POSTGRES", "")


@pytest.fixture
def file_url(tmp_path):
    return f"sqlite:///{tmp_path}/gatepost.db"


async def emptied(url):
    """A PostgreSQL database as it was when it was made."""
    async with database_of(url).engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
    return url


@pytest.fixture(params=["sqlite-file", "sqlite-memory", *(["postgresql"] if POSTGRESQL else [])])
async def store(request, file_url):
    stores = {"sqlite-file": file_url, "sqlite-memory": "sqlite://"}
    store = open_store(stores.get(request.param) or await emptied(POSTGRESQL))
    yield store
    await store.close()
