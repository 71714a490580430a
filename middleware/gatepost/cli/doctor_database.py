"""What ``gatepost doctor`` sees of the database; it reads, and takes and gives back the writers' turn."""

import asyncio
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection

from gatepost.cli.findings import Finding, fault, ok, warning
from gatepost.storage.engines import Database, database_of
from gatepost.storage.last_known import open_last_known
from gatepost.storage.schema import VERSIONS, migration_due
from gatepost.storage.sqlite import Sqlite

__all__ = ["database_findings"]

_WAL_RESET_MENDED = (3, 51, 3)
"""SQLite before this may damage a database with a write-ahead log when two connections reset the log at once."""


def database_findings(url: str, snapshot: Path | None) -> Iterable[Finding]:
    """All findings; raises :class:`~gatepost.errors.GatepostError` for a database that does not answer."""
    database, copy = database_of(url), open_last_known(url, snapshot)
    if isinstance(database, Sqlite):
        if database.file is None:
            yield warning("database.memory", "the database is in memory and is gone with its process", "Name a file.")
            return
        yield from _sqlite_findings()
        if not database.file.exists():
            yield _gone(database.file) if copy and copy.remembers() else _missing(database.file)
            return
    yield from asyncio.run(_look(database))


def _sqlite_findings() -> Iterable[Finding]:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < _WAL_RESET_MENDED:
        yield warning(
            "database.sqlite.wal-reset",
            f"SQLite {version} has a rare fault in resetting its write-ahead log",
            "Use a Python with SQLite 3.51.3 or newer, or keep backups.",
        )
    else:
        yield ok("database.sqlite.version", f"SQLite {version}")


def _gone(file: Path) -> Finding:
    return fault(
        "store.gone",
        f"{file} is gone, and there is a copy of its sites",
        "Put the file back, or restore a backup; to begin with an empty one, remove the copy as well.",
    )


def _missing(file: Path) -> Finding:
    folder = file.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return ok("database.new", f"{file} is not there yet; the first use makes it")
    return fault(
        "database.folder",
        f"{file} is not there, and cannot be made",
        f"Make the folder {folder}, and let the user that Gatepost runs as write there.",
    )


async def _look(database: Database) -> list[Finding]:
    try:
        due = await database.run(migration_due, ready=False)
        findings = [ok("database.reachable", f"{database.place} answers"), _schema(due)]
        if isinstance(database, Sqlite):
            findings.append(await database.run(_journal, ready=False))
        await database.run(Connection.rollback, writes=True, ready=False)  # a turn taken, and given back
    finally:
        await database.close()
    return [*findings, ok("database.writable", f"{database.place} can be written")]


def _schema(due: bool) -> Finding:
    if not due:
        return ok("database.schema", f"schema {VERSIONS[-1]}")
    message = f"the tables are not at schema {VERSIONS[-1]} yet"
    return warning("database.schema.due", message, "The next use brings them up to date; have a backup.")


def _journal(connection: Connection) -> Finding:
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if mode == "wal":
        return ok("database.journal", "a write-ahead log, so that readers and a writer do not wait for each other")
    return warning("database.journal", f"the journal mode is {mode}", "The next use sets it to wal.")
