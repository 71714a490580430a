"""The chains: tables whose rows are entries of a :mod:`gatepost.core.record`.

Rules: whoever adds rows has taken the writers' turn, so that a number is given out once and none is left out; the
canonical content of an entry is all columns but the digest, spelled the same from either database.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, bindparam, func, select, type_coerce
from sqlalchemy.types import NullType

from gatepost.core.record import START, Entry, Head, Proof, Tail, jump, leaf_of, proof_of, spelled, tail_numbers, walk
from gatepost.storage.tables import events, publications

__all__ = ["EVENTS", "PUBLICATIONS", "Chain", "Row", "raw", "spelled_time"]

Row = RowMapping | Mapping[str, Any]
"""A row by column names."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
"""As SQLite keeps a time, in UTC."""


class Chain:
    """One table that is a chain; ``number`` is the column that counts, ``record`` what an entry is called, with the
    version of its spelling."""

    def __init__(self, table: Table, number: str, record: str) -> None:
        self.table, self.number, self.record = table, number, record
        column = table.c[number]
        what = (column.label("counted"), table.c.digest)
        self._last = select(*what).where(column == select(func.max(column)).scalar_subquery())
        self._some = select(*what).where(column.in_(bindparam("numbers", expanding=True)))
        self._used = Tail()

    def head(self, connection: Connection) -> Head:
        """Where the chain ends."""
        last = connection.execute(self._last).first()
        return Head(last.counted, last.digest) if last else Head(0, START)

    def sealed(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
        """New rows with their numbers and digests."""
        tail = self._tail(connection)
        done = []
        for number, row in enumerate(rows, tail.head.number + 1):
            entry = dict(row)
            entry[self.number] = number
            entry["digest"] = tail.add(self.content(entry))
            done.append(entry)
        self._used = tail
        return done

    def _tail(self, connection: Connection) -> Tail:
        """The end of the chain. A digest stands for all that is before it: where the head is what this process has
        made or seen last, be it in another database, so is the rest."""
        head, used = self.head(connection), self._used
        if used.head == head:
            return used.copy()
        before = tail_numbers(head.number)[1:-1]
        digests = self.digests(connection, before) if before else {}
        return Tail(head.number, {head.number: head.digest, **digests})

    def content(self, row: Row) -> bytes:
        """The canonical content of a row: its columns but the digest; the time in UTC, RFC 3339 with microseconds."""
        said = dict(row)
        said.pop("digest", None)
        said["at"] = spelled_time(row["at"])
        said["record"] = self.record
        return spelled(said)

    def digests(self, connection: Connection, numbers: Iterable[int]) -> dict[int, bytes]:
        """The digests of some entries, by number."""
        found = connection.execute(self._some, {"numbers": list(numbers)})
        return {row.counted: row.digest for row in found}

    def entries(self, connection: Connection, after: int, limit: int) -> Sequence[tuple[Entry, Row]]:
        """The entries after a number, with their rows as they are kept, readable or not."""
        column = self.table.c[self.number]
        return self._read(connection, self._raw(connection).where(column > after).order_by(column).limit(limit))

    def named(self, connection: Connection, numbers: Iterable[int]) -> Sequence[tuple[Entry, Row]]:
        """The entries of these numbers, likewise."""
        column = self.table.c[self.number]
        return self._read(connection, self._raw(connection).where(column.in_(sorted(numbers))).order_by(column))

    def _raw(self, connection: Connection) -> Select[*tuple[object, ...]]:
        return select(*raw(connection, self.table.columns))

    def _read(self, connection: Connection, statement: Select[*tuple[object, ...]]) -> Sequence[tuple[Entry, Row]]:
        with octets_kept(connection):
            rows = connection.execute(statement).mappings().all()
        return [(Entry(row[self.number], self.content(row), _octets(row["digest"])), row) for row in rows]

    def proof(self, connection: Connection, number: int, head: Head) -> Proof:
        """Shows that an entry stands under a head that the chain has."""
        way = walk(head.number, number)
        leaves = {entry.number: leaf_of(entry.number, entry.content) for entry, _ in self.named(connection, way)}
        linked = {before for one in way for before in (one - 1, jump(one)) if before}
        return proof_of(number, head, leaves, self.digests(connection, linked))


def raw(
    connection: Connection, columns: Iterable[ColumnElement[Any]], prefix: str = ""
) -> Sequence[ColumnElement[Any]]:
    """Columns to be read as they are kept, their names with a prefix. SQLite keeps anything in any column; a server
    keeps what their types say."""
    if connection.dialect.name != "sqlite":
        return [column.label(f"{prefix}{column.key}") for column in columns]
    return [type_coerce(column, NullType()).label(f"{prefix}{column.key}") for column in columns]


@contextmanager
def octets_kept(connection: Connection) -> Iterator[None]:
    """Text that is no UTF-8 is read nevertheless, for the time of a block; only SQLite has such."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = cast(sqlite3.Connection, connection.connection.dbapi_connection)
    driver.text_factory = lambda octets: octets.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str


@lru_cache(16)
def spelled_time(moment: object) -> object:
    """A time as entries spell it, from what either database keeps; what is none stays what it is."""
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"
    # fullmatch: what fromisoformat would also read was not written by us
    return f"{moment.replace(' ', 'T')}Z" if isinstance(moment, str) and _TIME.fullmatch(moment) else moment


def _octets(digest: object) -> bytes:
    return digest if isinstance(digest, bytes) else b""


EVENTS = Chain(events, "seq", "event/1")
PUBLICATIONS = Chain(publications, "number", "publication/1")
