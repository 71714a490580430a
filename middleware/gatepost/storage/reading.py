"""What is read, as plain functions over a connection.

Rules: a read is one statement, so that it sees one moment (but for lists longer than a statement takes); statements are
built once, when this module is imported.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, not_, or_, select

from gatepost.core.defaults import PLAN, REGION
from gatepost.core.sites import PLATFORM, Event, HostAdded, Site, SiteAdded
from gatepost.ports import Changes
from gatepost.storage.rows import event_of, sites_of
from gatepost.storage.tables import events, hosts, sites

Value = TypeVar("Value")

__all__ = [
    "NO_DEFAULT",
    "batches",
    "changes",
    "defaults",
    "history",
    "hosts_ever",
    "page_of_sites",
    "position",
    "site",
    "site_by_host",
    "sites_with",
]

BATCH = 500
"""Values in one ``IN (...)``, well below the parameters a statement may have."""


def _sites_where(condition: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    """Sites with their hosts, a row for each host, as :func:`sites_of` reads them."""
    return (
        select(sites, hosts.c.host)
        .outerjoin(hosts, hosts.c.site == sites.c.id)
        .where(condition)
        .order_by(sites.c.id, hosts.c.position)
    )


_BY_ID = _sites_where(sites.c.id == bindparam("id"))
_BY_HOST = _sites_where(sites.c.id.in_(select(hosts.c.site).where(hosts.c.host == bindparam("named"))))
_BY_IDS = _sites_where(sites.c.id.in_(bindparam("ids", expanding=True)))
_BY_HOSTS = _sites_where(
    sites.c.id.in_(select(hosts.c.site).where(hosts.c.host.in_(bindparam("named", expanding=True))))
)
NO_DEFAULT = and_(
    sites.c.id != PLATFORM,
    not_(sites.c.id.startswith(REGION, autoescape=True)),
    not_(sites.c.id.startswith(PLAN, autoescape=True)),
)


def _page_where(*conditions: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    """Up to so many sites after an id, without the defaults.

    Not by ``id IN (the page)``: for that, PostgreSQL reads the whole table where it is not very large.
    """
    found = select(sites).where(sites.c.id > bindparam("after"), NO_DEFAULT, *conditions)
    page = found.order_by(sites.c.id).limit(bindparam("most")).subquery("page")
    return select(page, hosts.c.host).outerjoin(hosts, hosts.c.site == page.c.id).order_by(page.c.id, hosts.c.position)


def _begins(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether text begins with ``named``; ``beyond`` is above all that do. An index serves this, unlike LIKE."""
    return and_(column >= bindparam("named"), column < bindparam("beyond"))


_PAGE = _page_where()
_PAGE_NAMED = _page_where(or_(_begins(sites.c.id), sites.c.id.in_(select(hosts.c.site).where(_begins(hosts.c.host)))))
_DEFAULTS = _sites_where(and_(sites.c.id >= PLATFORM, sites.c.id < chr(ord(PLATFORM) + 1), not_(NO_DEFAULT)))
_HISTORY = select(events).where(events.c.site == bindparam("id")).order_by(events.c.revision)
_HOSTS_NAMED = select(events).where(
    events.c.site.in_(bindparam("ids", expanding=True)),
    events.c.kind.in_([SiteAdded(()).kind, HostAdded("").kind]),
)
# No GROUP BY the site: for that, SQLite reads the whole index of sites and revisions, however few are new.
_CHANGED = select(events.c.site, events.c.seq).where(events.c.seq > bindparam("since")).order_by(events.c.seq)
_TIME = select(func.clock_timestamp())
_POSITION = select(func.max(events.c.seq))


def site(connection: Connection, id: str) -> Site | None:
    """A site by its id."""
    return _one(sites_of(connection.execute(_BY_ID, {"id": id})))


def site_by_host(connection: Connection, host: str) -> Site | None:
    """A site by any of its site keys."""
    return _one(sites_of(connection.execute(_BY_HOST, {"named": host})))


def _one(found: Sequence[Site]) -> Site | None:
    return found[0] if found else None


def page_of_sites(connection: Connection, after: str, limit: int, named: str = "") -> Sequence[Site]:
    """Sites in the order of their ids, without the defaults; ``named`` is what their id or a host begins with."""
    if not named:
        return sites_of(connection.execute(_PAGE, {"after": after, "most": limit}))
    named_so = {"named": named, "beyond": named + "\U0010ffff"}
    return sites_of(connection.execute(_PAGE_NAMED, {"after": after, "most": limit, **named_so}))


def defaults(connection: Connection) -> Sequence[Site]:
    """What the platform, regions and plans ever said, in the order of their ids."""
    return sites_of(connection.execute(_DEFAULTS))


def sites_with(connection: Connection, ids: Collection[str], hosts: Collection[str] = ()) -> Sequence[Site]:
    """The sites that have any of these ids or of these site keys, in no order."""
    found: dict[str, Site] = {}
    for batch in batches(ids):
        rows = connection.execute(_BY_IDS, {"ids": batch})
        found.update((site.id, site) for site in sites_of(rows))
    for batch in batches(hosts):
        rows = connection.execute(_BY_HOSTS, {"named": batch})
        found.update((site.id, site) for site in sites_of(rows))
    return list(found.values())


def history(connection: Connection, id: str) -> Sequence[Event]:
    """Every event of a site, the first one first."""
    return [event_of(row) for row in connection.execute(_HISTORY, {"id": id}).mappings()]


def hosts_ever(connection: Connection, ids: Collection[str], limit: int) -> Collection[str]:
    """The site keys that sites have or ever had, up to so many."""
    found: dict[str, None] = {}
    for batch in batches(ids):
        for row in connection.execute(_HOSTS_NAMED, {"ids": batch}).mappings():
            match event_of(row).change:
                case SiteAdded(hosts):
                    found.update(dict.fromkeys(hosts))
                case HostAdded(host):
                    found[host] = None
            if len(found) >= limit:
                return list(found)[:limit]
    return list(found)


def changes(connection: Connection, since: int) -> Changes:
    """What changed after a position."""
    # The order of positions is the order of commits only because writers take turns: see the engines.
    last = {row.site: row.seq for row in connection.execute(_CHANGED, {"since": since})}
    # A file has no clock but this machine's.
    at = connection.execute(_TIME).scalar() if connection.dialect.name == "postgresql" else None
    return Changes(max(last.values(), default=since), last.keys(), at)


def position(connection: Connection) -> int:
    """The position after everything."""
    return connection.execute(_POSITION).scalar() or 0


def batches(values: Iterable[Value]) -> Iterator[list[Value]]:
    """The values, as many at a time as a statement takes."""
    rest = iter(values)
    while batch := list(islice(rest, BATCH)):
        yield batch
