"""The schema's version, and the way from an older one to this one's.

Rules: a newer schema is refused, and so are another program's tables; several processes may start at once, one of them
migrates and the others find it done; Alembic is imported only when a migration is due.
"""

import threading
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from gatepost.errors import StoreUnavailable
from gatepost.storage.tables import VERSION_TABLE, metadata

__all__ = ["VERSIONS", "migrate", "migration_due"]

VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Alembic's revisions, the oldest first; the last one is what this Gatepost writes."""

MIGRATIONS = Path(__file__).parent / "migrations"

_ALONE = threading.Lock()
"""Alembic keeps what it works on in variables of its modules."""


def migration_due(connection: Connection) -> bool:
    """Whether the tables are missing or old. Raises :class:`StoreUnavailable` if they are not for this Gatepost."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        _check_own(tables & set(metadata.tables))
        return True
    version = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    if version is not None and version not in VERSIONS:
        raise StoreUnavailable(
            f"the database has schema {version}, this Gatepost knows {VERSIONS[-1]}",
            id="store.schema.newer",
            remedy="Upgrade Gatepost: a newer one has migrated the database.",
        )
    return version != VERSIONS[-1]


def _check_own(tables: set[str]) -> None:
    if tables:
        raise StoreUnavailable(
            f"the database holds another program's tables: {', '.join(sorted(tables))}",
            id="store.schema.foreign",
            remedy="Give Gatepost a database of its own.",
        )


def migrate(connection: Connection) -> None:
    """Bring the tables up to date, in the transaction of a connection that has taken the writers' turn.

    Blocks other migrations of this process: on an event loop's connection, let it be a loop of its own.
    """
    with _ALONE:
        if migration_due(connection):  # else another process did it while this one waited for its turn
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    steps = Config()
    steps.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    steps.attributes["connection"] = connection
    command.upgrade(steps, VERSIONS[-1])
