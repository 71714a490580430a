"""Counts of what crawlers took, as plain functions over a connection.

Rules: a count is added to what is there under a lock of its row, in the order of the keys, so that workers who add to
the same rows at once neither lose a count nor wait for each other in a circle; the turn of those who write events is
not taken.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, Connection, RowMapping, Table, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from gatepost.core.crawlers import Standing
from gatepost.core.exposure import Exposure, ExposureKey, Outcome, Phase, Reading, combined, later_reading
from gatepost.storage.reading import batches
from gatepost.storage.tables import exposures as exposures_table
from gatepost.storage.tables import readings as readings_table

__all__ = ["count", "exposures", "forget", "readings"]

_TOGETHER = 100
"""Rows in one statement: SQLite takes no more than 999 values."""

_EXPOSURES = (
    select(exposures_table)
    .where(exposures_table.c.site == bindparam("whose"), exposures_table.c.day >= bindparam("since"))
    .order_by(*exposures_table.primary_key.columns)
)
_READINGS = select(readings_table).where(readings_table.c.site.in_(bindparam("sites", expanding=True)))

Row = RowMapping | Mapping[str, Any]


def count(connection: Connection, exposures: Sequence[Exposure], readings: Sequence[Reading]) -> None:
    """Add to what is counted; each key once."""
    for some in _parts(sorted(exposures, key=lambda one: one.key)):
        given = {one.key: one for one in some}
        rows = _locked(connection, exposures_table, [_exposure_row(one) | {"requests": 0, "octets": 0} for one in some])
        _rewrite(
            connection, exposures_table, [_exposure_row(combined(had, given[had.key])) for had in map(_exposure, rows)]
        )
    for read in _parts(sorted(readings, key=lambda one: (one.site, one.crawler))):
        new = {(one.site, one.crawler): one for one in read}
        rows = _locked(connection, readings_table, [_reading_row(one) for one in read])
        last = [later_reading(had, new[had.site, had.crawler]) for had in map(_reading, rows)]
        _rewrite(connection, readings_table, [_reading_row(one) for one in last])


def _locked(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> Sequence[Row]:
    """The rows of these keys as they are there, nobody else's until the transaction ends; those that are missing are
    made as they are given."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)
    key = list(table.primary_key.columns)
    named = tuple_(*key).in_([tuple(row[column.name] for column in key) for row in rows])
    return connection.execute(select(table).where(named).order_by(*key).with_for_update()).mappings().all()


def _rewrite(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    key = list(table.primary_key.columns)
    this = [column == bindparam(f"the_{column.name}") for column in key]
    rest = [column.name for column in table.columns if not column.primary_key]
    written: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in rest}
    named = [{**row, **{f"the_{column.name}": row[column.name] for column in key}} for row in rows]
    connection.execute(update(table).where(*this).values(written), named)


def exposures(connection: Connection, site: str, since: date) -> Sequence[Exposure]:
    """What is counted of a site from a day on."""
    return [_exposure(row) for row in connection.execute(_EXPOSURES, {"whose": site, "since": since}).mappings()]


def readings(connection: Connection, sites: Collection[str]) -> Sequence[Reading]:
    """Who read the robots.txt of these sites last."""
    found = (connection.execute(_READINGS, {"sites": batch}).mappings() for batch in batches(sites))
    return [_reading(row) for rows in found for row in rows]


def forget(connection: Connection, before: date | None, site: str | None) -> int:
    """Forget what is from before a day, or all of a site; how many counts that were."""
    forgotten = 0
    if before is not None:
        day = datetime(before.year, before.month, before.day, tzinfo=UTC)
        connection.execute(delete(readings_table).where(readings_table.c.at < day))
        forgotten += connection.execute(delete(exposures_table).where(exposures_table.c.day < before)).rowcount
    if site is not None:
        connection.execute(delete(readings_table).where(readings_table.c.site == site))
        forgotten += connection.execute(delete(exposures_table).where(exposures_table.c.site == site)).rowcount
    return forgotten


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    rest = iter(values)
    while part := list(islice(rest, _TOGETHER)):
        yield part


def _exposure_row(one: Exposure) -> dict[str, Any]:
    return {
        "site": one.key.site,
        "day": one.key.day,
        "crawler": one.key.crawler,
        "standing": one.key.standing.value,
        "outcome": one.key.outcome.value,
        "phase": one.key.phase.value,
        "requests": one.requests,
        "octets": one.octets,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        "paths": one.paths,
    }


def _exposure(row: Row) -> Exposure:
    standing, outcome, phase = Standing(row["standing"]), Outcome(row["outcome"]), Phase(row["phase"])
    key = ExposureKey(row["site"], row["crawler"], standing, outcome, row["day"], phase)
    seen = _utc(row["first_seen"]), _utc(row["last_seen"])
    return Exposure(key, row["requests"], row["octets"], *seen, row["paths"])


def _reading_row(one: Reading) -> dict[str, Any]:
    return {"site": one.site, "crawler": one.crawler, "at": one.at, "since": one.since, "sha256": one.sha256}


def _reading(row: Row) -> Reading:
    return Reading(row["site"], row["crawler"], _utc(row["at"]), _utc(row["since"]), row["sha256"])


def _utc(moment: datetime) -> datetime:
    """A stored time with its zone, which SQLite does not keep."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
