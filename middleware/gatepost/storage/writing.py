"""What is written, as plain functions over a connection whose transaction has taken the writers' turn.

Rules: events, the projection and the notices that follow from them are written together; the projection is the fold of
the events (:func:`gatepost.core.sites.apply`) and nothing else.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gatepost.core.sites import Event, HostRemoved, Site, apply
from gatepost.errors import HostTaken, RevisionConflict
from gatepost.storage import reading
from gatepost.storage.chains import EVENTS
from gatepost.storage.insertion import Rows, insert_rows
from gatepost.storage.rows import host_rows, site_row
from gatepost.storage.tables import events as events_table
from gatepost.storage.tables import former_hosts, hosts, sites
from gatepost.storage.telling import tell

__all__ = ["append"]

_CHANGE_SITES = update(sites).where(sites.c.id == bindparam("key"))
_DROP_HOSTS = delete(hosts).where(hosts.c.site.in_(bindparam("ids", expanding=True)))
_GIVEN_UP = select(former_hosts).where(
    former_hosts.c.host == bindparam("host"), former_hosts.c.site == bindparam("site")
)
_OWNERS = select(hosts.c.host, hosts.c.site).where(hosts.c.host.in_(bindparam("named", expanding=True)))


def append(connection: Connection, events: Sequence[Event], rows: Rows) -> Sequence[Site]:
    """Add events, given also as rows, and return the sites as they leave them, one for each event.

    Raises :class:`RevisionConflict` and :class:`HostTaken`.
    """
    before = _before(connection, {event.site for event in events})
    after = _advance(before, events)
    insert_rows(connection, events_table, EVENTS.sealed(connection, rows))
    _project(connection, before, {site.id: site for site in after})
    _remember(
        connection, [(event.change.host, event.site) for event in events if isinstance(event.change, HostRemoved)]
    )
    tell(connection, before, after, max(event.at for event in events))
    return after


def _before(connection: Connection, ids: Collection[str]) -> Mapping[str, Site]:
    if len(ids) == 1:  # as nearly always; a list in a statement costs more
        (id,) = ids
        found = reading.site(connection, id)
        return {id: found} if found else {}
    return {site.id: site for site in reading.sites_with(connection, ids)}


def _advance(before: Mapping[str, Site], events: Sequence[Event]) -> Sequence[Site]:
    """The sites after each event. Raises :class:`RevisionConflict`."""
    now, after = dict(before), []
    for event in events:
        site = now.get(event.site)
        known = site.revision if site else 0
        if event.revision != known + 1:
            raise RevisionConflict(
                f"site {event.site!r} is at revision {known}, this would be its revision {event.revision}",
                id="store.revision.conflict",
                remedy="Read the site again, and make the change on what it says now.",
                revision=known,
            )
        now[event.site] = apply(site, event)
        after.append(now[event.site])
    return after


def _project(connection: Connection, before: Mapping[str, Site], after: Mapping[str, Site]) -> None:
    """Bring the projection to what the events leave."""
    added = [site_row(site) for site in after.values() if site.id not in before]
    changed = [{**site_row(site), "key": site.id} for site in after.values() if site.id in before]
    if added:
        insert_rows(connection, sites, added)
    if changed:
        connection.execute(_CHANGE_SITES, changed)
    _move_hosts(connection, before, [site for site in after.values() if site.hosts != _hosts_of(before.get(site.id))])


def _hosts_of(site: Site | None) -> Sequence[str]:
    return site.hosts if site else ()


def _move_hosts(connection: Connection, before: Mapping[str, Site], moved: Sequence[Site]) -> None:
    """Give sites the hosts that they have now. Raises :class:`HostTaken`."""
    for batch in reading.batches(site.id for site in moved if site.id in before):
        connection.execute(_DROP_HOSTS, {"ids": batch})
    claims = [(host, site.id) for site in moved for host in site.hosts]
    owners: dict[str, str] = {}
    for batch in reading.batches(host for host, _ in claims):
        owners.update((host, site) for host, site in connection.execute(_OWNERS, {"named": batch}))
    for host, site in claims:
        _claim(owners, host, site)
    if claims:
        insert_rows(connection, hosts, [row for site in moved for row in host_rows(site)])


def _claim(owners: dict[str, str], host: str, site: str) -> None:
    if host in owners:
        raise HostTaken(
            f"{host} already belongs to site {owners[host]!r}",
            id="store.host.taken",
            remedy="Ask the platform to settle whose host it is.",
        )
    owners[host] = site


def _remember(connection: Connection, given_up: Collection[tuple[str, str]]) -> None:
    """Keep which sites gave up which hosts, each once."""
    for host, site in given_up:
        row = {"host": host, "site": site}
        if not connection.execute(_GIVEN_UP, row).first():
            connection.execute(insert(former_hosts), row)
