"""What a store says when its database cannot be used, and that it then leaves everything as it is."""

import os
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from contract.stores import added, appended, event
from gatepost.core.sites import HostAdded, RobotsTxtChanged
from gatepost.errors import SettingsError, StoreUnavailable
from gatepost.storage import engines, open_store, postgresql, schema, sqlite, tables
from needs import missing

NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gatepost.db"


@pytest.fixture
async def site(file_url):
    (site,) = await appended(file_url, added("a"))
    return site


def execute(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


async def refusal(url, *events):
    """The refusal that a first call meets."""
    with pytest.raises(StoreUnavailable) as raised:
        await appended(url, *(events or [added("b")]))
    assert raised.value.remedy
    return raised.value.id


@pytest.mark.parametrize(
    ("named", "place"),
    [
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:////var/lib/g 100%.db", "/var/lib/g 100%.db"),
        ("sqlite:///relative.db", str(Path("relative.db").absolute())),
        ("postgresql://me:secret@db.example/gatepost", "postgresql://me:***@db.example/gatepost"),
        ("postgresql:///gatepost?host=/run/pg", "postgresql:///gatepost?host=%2Frun%2Fpg"),
        ("postgresql://db.example/g?sslmode=verify-full", "postgresql://db.example/g?sslmode=verify-full"),
    ],
)
def test_urls_that_are_accepted(named, place):
    if named.startswith("postgresql") and find_spec("asyncpg") is None:
        missing("asyncpg: pip install 'gatepost[postgres]'")
    assert engines.database_of(named).place == place


@pytest.mark.parametrize(
    "named",
    [
        "",
        "gatepost.db",
        "/var/lib/gatepost.db",
        "sqlite",
        "sqlite:",
        "sqlite:/",
        "sqlite:gatepost.db",
        "sqlite://gatepost.db",
        "sqlite:///gatepost.db?mode=ro",
        "sqlite+pysqlite:///gatepost.db",
        "SQLITE:///gatepost.db",
        "mysql://me:secret@db.example/gatepost",
        "postgres://me:secret@db.example/gatepost",
        "postgresql+psycopg://me:secret@db.example/gatepost",
        "postgresql://me:secret@db.example:port/gatepost",
        "postgresql://me@db.example/gatepost?password=secret",
        "postgresql://me:secret@db.example/gatepost?sslmoed=require",
        "postgresql://me:secret@db.example/gatepost?application_name=x&statement_timeout=0",
    ],
)
def test_other_urls_are_refused_without_their_secrets(named):
    with pytest.raises(SettingsError) as raised:
        open_store(named)
    assert raised.value.id == "settings.database.url"
    assert "sqlite:///" in raised.value.remedy
    assert "postgresql://" in raised.value.remedy
    assert "secret" not in f"{raised.value}{raised.value.remedy}"


def test_a_missing_driver_is_named_with_its_extra(monkeypatch):
    monkeypatch.setattr(postgresql, "find_spec", lambda name: None)
    with pytest.raises(SettingsError) as raised:
        open_store("postgresql://me@db.example/gatepost")
    assert raised.value.id == "settings.database.driver"
    assert raised.value.remedy == "pip install 'gatepost[postgres]'"


async def test_nothing_is_opened_before_the_first_call(file_url, path):
    store = open_store(file_url)
    assert not path.exists()
    await store.site("a")
    assert path.exists()


def said_of(pragma, connection):
    return connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()


async def test_a_new_file_is_its_owners_alone_and_kept_durably(file_url, path, site):
    assert path.stat().st_mode & 0o777 == 0o600
    assert execute(path, "PRAGMA journal_mode") == [("wal",)]
    store = open_store(file_url)
    await store.site("a")
    for pragma, value in {"synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}.items():
        for writes in (True, False):
            said = await store._database.run(partial(said_of, pragma), writes=writes)
            assert said == value
    await store.close()


async def test_a_relative_file_stays_where_it_was_named(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///here.db")
    monkeypatch.chdir(tmp_path / "elsewhere")
    await store.append(added("a"))
    await store.close()
    assert sorted(found.name for found in tmp_path.iterdir()) == ["elsewhere", "here.db"]


async def test_a_missing_folder(tmp_path):
    assert await refusal(f"sqlite:///{tmp_path}/missing/gatepost.db") == "store.unopenable"
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_instead_of_a_file(tmp_path):
    assert await refusal(f"sqlite:///{tmp_path}") == "store.unopenable"


@contextmanager
def powerless():
    """Run as nobody, if this is root, whom no permission stops."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def locked_folder():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
        Path(name).chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions as POSIX has them")
async def test_a_read_only_folder(locked_folder):
    locked_folder.chmod(0o555)
    with powerless():
        assert await refusal(f"sqlite:///{locked_folder}/gatepost.db") == "store.unopenable"
    assert list(locked_folder.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions as POSIX has them")
async def test_a_read_only_file(locked_folder):
    path = locked_folder / "gatepost.db"
    await appended(f"sqlite:///{path}", added("a"))
    path.chmod(0o444)
    locked_folder.chmod(0o555)
    content = path.read_bytes()
    with powerless():
        assert await refusal(f"sqlite:///{path}") in ("store.unopenable", "store.read-only")
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\0" + b"\xff" * 4096, b"\0" * 8192])
async def test_a_corrupt_file_is_kept_byte_for_byte(file_url, path, content):
    path.write_bytes(content)
    assert await refusal(file_url) == "store.damaged"
    assert await refusal(file_url) == "store.damaged"
    assert path.read_bytes() == content
    assert [found.name for found in path.parent.iterdir()] == [path.name]


async def test_a_file_that_is_damaged_inside(file_url, path, site):
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    store = open_store(file_url)
    with pytest.raises(StoreUnavailable) as raised:
        await store.site("a")
    assert raised.value.id == "store.damaged"
    assert path.read_bytes() == content


async def test_a_file_that_vanishes_is_missed_and_not_replaced(file_url, path):
    store = open_store(file_url)
    await store.append(added("a"))
    path.unlink()
    with pytest.raises(StoreUnavailable) as raised:
        await store.append(added("b"))
    assert raised.value.id == "store.unopenable"
    assert not path.exists()


async def test_a_locked_database_is_waited_for_then_refused_then_used(file_url, path, site, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    store = open_store(file_url)
    assert await store.site("a") == site
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable) as raised:
            await store.append(added("b"))
        assert raised.value.id == "store.locked"
        assert await store.site("a") == site, "readers do not wait for writers"
        other.execute("ROLLBACK")
    await store.append(added("b"))


async def test_a_full_disk_acknowledges_nothing(file_url, site):
    store = open_store(file_url)
    await store._database.run(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 12"), writes=True)
    with pytest.raises(StoreUnavailable) as raised:
        await store.append(event("a", 2, RobotsTxtChanged("x" * 100_000)))
    assert raised.value.id == "store.full"
    assert await store.site("a") == site
    assert len(await store.history("a")) == 1


async def test_a_newer_schema_is_refused(file_url, path, site):
    execute(path, f"UPDATE {tables.VERSION_TABLE} SET version_num = '9999'")
    content = path.read_bytes()
    assert await refusal(file_url) == "store.schema.newer"
    assert path.read_bytes() == content


async def test_another_programs_tables_are_left_alone(file_url, path):
    execute(path, "CREATE TABLE sites (name TEXT)")
    content = path.read_bytes()
    assert await refusal(file_url) == "store.schema.foreign"
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET kind = 'host-haunted' WHERE revision = 2",
        """UPDATE events SET change = '{"host": "b", "port": 1}' WHERE revision = 2""",
        """UPDATE events SET change = '{}' WHERE revision = 2""",
        """UPDATE events SET change = '{"host": ' WHERE revision = 2""",
        "UPDATE events SET actor_kind = 'ghost' WHERE revision = 2",
        "UPDATE sites SET visibility = 'haunted'",
        "UPDATE sites SET statement = 'null'",
        """UPDATE sites SET statement = '{"stances": {"ai_dreams": "block"}}'""",
        """UPDATE sites SET statement = '{"stances": {"ai_training": "hide"}}'""",
        """UPDATE sites SET statement = '{"paths": [{"pattern": {"text": "/", "flags": "i"}, "stances": {}}]}'""",
    ],
)
async def test_a_row_with_anything_unknown_is_refused(file_url, path, site, damage):
    await appended(file_url, event("a", 2, HostAdded("b")))
    execute(path, damage)
    store = open_store(file_url)
    with pytest.raises(StoreUnavailable) as raised:
        await (store.history("a") if "events" in damage else store.site("a"))
    assert raised.value.id == "store.row.unreadable"
    await store.close()


async def test_the_tables_are_what_the_migrations_make(store):
    await store.site("a")
    options = {"compare_type": True, "version_table": tables.VERSION_TABLE}
    differences = await store._database.run(
        lambda connection: compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata)
    )
    assert differences == []


def test_the_versions_are_alembics():
    settings = Config()
    settings.set_main_option("script_location", str(schema.MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(settings)
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(schema.VERSIONS))
