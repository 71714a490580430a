"""Rows by the thousand."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Connection, Dialect, Table, bindparam, insert

__all__ = ["Rows", "insert_rows"]

Rows = Sequence[Mapping[str, object]]


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Add rows by the driver's own means, which take half the time of SQLAlchemy's where there are thousands."""
    statement, columns = _insertion(table, connection.dialect)
    connection.exec_driver_sql(
        statement, [tuple(spell(row[name]) if spell else row[name] for name, spell in columns) for row in rows]
    )


Columns = Sequence[tuple[str, Callable[[object], object] | None]]


@lru_cache
def _insertion(table: Table, dialect: Dialect) -> tuple[str, Columns]:
    """The statement, and its columns with what the driver does not spell by itself."""
    columns = list(table.columns)
    compiled = (
        insert(table).values({column.name: bindparam(column.name) for column in columns}).compile(dialect=dialect)
    )
    spelled = [(column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns]
    return str(compiled), spelled
