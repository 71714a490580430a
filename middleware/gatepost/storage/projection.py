"""Whether the projection is what the events leave, site by site.

Rules: events are read after the rows that they should lead to, and only as far as those have come, so that writers who
go on meanwhile make no difference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, Table, exists, select

from gatepost.core.sites import Event, HostRemoved, present
from gatepost.errors import StoreUnavailable
from gatepost.storage.chains import Row, octets_kept, raw
from gatepost.storage.reading import batches
from gatepost.storage.rows import event_of, site_row
from gatepost.storage.tables import events, former_hosts, hosts, sites

__all__ = ["Difference", "projection_page", "strays"]

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was written."""

    table: str
    place: str
    """A number in a chain, else the key of the row."""
    site: str
    what: str


def projection_page(connection: Connection, after: str, limit: int) -> tuple[str, Sequence[Difference]]:
    """How the next sites in the order of their ids differ from what their events leave, and the last one's id; an
    empty one when there are no more."""
    with octets_kept(connection):
        rows = _site_rows(connection, after, limit)
        ids = list(dict.fromkeys(row["id"] for row in rows))
        given_up = _by_site(connection, ids, former_hosts)
        past = _by_site(connection, ids, events)
    found: list[Difference] = []
    for id, group in groupby(rows, key=itemgetter("id")):
        found += _differences(list(group), given_up.get(id, ()), past.get(id, ()))
    return ids[-1] if ids else "", found


def _site_rows(connection: Connection, after: str, limit: int) -> Sequence[Row]:
    """A row for each host of a site."""
    page = select(sites.c.id).where(sites.c.id > after).order_by(sites.c.id).limit(limit)
    columns = [*raw(connection, sites.columns), *raw(connection, (hosts.c.host, hosts.c.position))]
    joined = select(*columns).select_from(sites.outerjoin(hosts, hosts.c.site == sites.c.id))
    statement = joined.where(sites.c.id.in_(page)).order_by(sites.c.id, hosts.c.position)
    return connection.execute(statement).mappings().all()


def _by_site(connection: Connection, ids: Iterable[str], table: Table) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = {}
    for batch in batches(ids):
        statement = select(*raw(connection, table.columns)).where(table.c.site.in_(batch))
        for row in connection.execute(statement).mappings():
            found.setdefault(row["site"], []).append(row)
    return found


def _differences(rows: Sequence[Row], given_up: Sequence[Row], past: Sequence[Row]) -> Iterator[Difference]:
    id, revision = str(rows[0]["id"]), rows[0]["revision"]
    try:
        history = sorted(map(_event, past), key=lambda event: event.revision)
        until = [event for event in history if event.revision <= revision]
        site = present(until)
    except (StoreUnavailable, TypeError):
        yield Difference("sites", id, id, "cannot be compared with its events, which cannot be read")
        return
    if site is None:
        yield Difference("sites", id, id, "has no events")
        return
    wrong = [name for name, value in site_row(site).items() if rows[0][name] != value]
    if wrong:
        yield Difference("sites", id, id, f"is not what its events leave: {', '.join(wrong)}")
    kept = [(row["host"], row["position"]) for row in rows if row["host"] is not None]
    if kept != [(host, position) for position, host in enumerate(site.hosts)]:
        yield Difference("hosts", id, id, "are not those that its events leave")
    former = {row["host"] for row in given_up}
    if not _removed(until) <= former <= _removed(history):
        yield Difference("former_hosts", id, id, "are not those that its events name")


def _event(row: Row) -> Event:
    return event_of({**row, "at": _ANY_TIME})  # a time that cannot be read is the chain's to tell


def _removed(history: Iterable[Event]) -> set[str]:
    return {event.change.host for event in history if isinstance(event.change, HostRemoved)}


def strays(connection: Connection) -> Sequence[Difference]:
    """What belongs to sites that are not there."""
    found: list[Difference] = []
    with octets_kept(connection):
        for table in (events, hosts, former_hosts):
            (site,) = raw(connection, (table.c.site,))
            there = exists().where(sites.c.id == table.c.site)
            for (id,) in connection.execute(select(site).where(~there).distinct().limit(100)):
                found.append(Difference(table.name, str(id), str(id), "is of a site that is not there"))
    return found
