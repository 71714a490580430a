"""One adapter for :class:`gatepost.ports.SiteStore`: SQLAlchemy Core over the databases of ``engines``.

Rules: events and the projection change in one transaction, which reads what it builds on after it took its turn; the
projection is the fold of the events (:func:`gatepost.core.sites.apply`) and nothing else; a read is one statement, so
that it sees one moment; the first call opens the database, and a failed one leaves the next to try again.
"""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, RowMapping, Select, and_, bindparam, delete, func, insert, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gatepost.core.defaults import PLAN, REGION
from gatepost.core.sites import PLATFORM, Event, Site, apply
from gatepost.errors import HostTaken, RevisionConflict
from gatepost.ports import Changes
from gatepost.storage import engines, schema
from gatepost.storage.engines import Database
from gatepost.storage.failures import told
from gatepost.storage.rows import event_of, event_row, host_rows, site_row, sites_of
from gatepost.storage.tables import events, hosts, sites

__all__ = ["DatabaseStore", "open_store"]

Answer = TypeVar("Answer")

_NO_DEFAULT = and_(
    sites.c.id != PLATFORM,
    not_(sites.c.id.startswith(REGION, autoescape=True)),
    not_(sites.c.id.startswith(PLAN, autoescape=True)),
)

BATCH = 500
"""Values in one ``IN (...)``, well below the parameters a statement may have."""


def open_store(url: str) -> "DatabaseStore":
    """The store in the database that ``url`` names; nothing is opened before the first call.

    ``sqlite:///relative.db``, ``sqlite:////absolute/file.db``, ``sqlite://`` (in memory) or ``postgresql://...``;
    raises :class:`~gatepost.errors.SettingsError` for anything else.
    """
    return DatabaseStore(engines.database_of(url))


class DatabaseStore:
    """Keeps events, and sites as they leave them, in one database; made by :func:`open_store`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opening = engines.Turn()
        self._ready = False

    async def site(self, id: str) -> Site | None:
        """A site by its id, :data:`~gatepost.core.sites.PLATFORM` included; ``None`` when there is none."""
        return next(iter(await self._sites(sites.c.id == id)), None)

    async def site_by_host(self, host: str) -> Site | None:
        """A site by any of its site keys; ``None`` when no site has it."""
        owner = select(hosts.c.site).where(hosts.c.host == host)
        return next(iter(await self._sites(sites.c.id.in_(owner))), None)

    async def sites(self, *, after: str = "", limit: int = 1000) -> Sequence[Site]:
        """Up to ``limit`` sites in the order of their ids, those after ``after``; the platform is not among them."""
        page = select(sites.c.id).where(sites.c.id > after, _NO_DEFAULT).order_by(sites.c.id).limit(limit)
        return await self._sites(sites.c.id.in_(page))

    async def history(self, id: str) -> Sequence[Event]:
        """Every event of a site, the first one first."""
        rows = await self._read(select(events).where(events.c.site == id).order_by(events.c.revision))
        return [event_of(row) for row in rows]

    async def append(self, *events: Event) -> Sequence[Site]:
        """Write events, all or none, durably, and return the sites as they leave them, one for each event.

        Raises :class:`RevisionConflict`, :class:`HostTaken` or :class:`~gatepost.errors.StoreUnavailable`, and
        :class:`~gatepost.errors.StatementError` for text that no database can hold.
        """
        if not events:
            return []
        return await _undisturbed(self._append(events))

    async def changes(self, since: int) -> Changes:
        """What changed after position ``since``; 0 is before everything."""
        # The order of positions is the order of commits only because writers take turns: see the engines' begin.
        changed = (
            select(events.c.site, func.max(events.c.seq).label("last"))
            .where(events.c.seq > since)
            .group_by(events.c.site)
        )
        last = {row["site"]: row["last"] for row in await self._read(changed)}
        return Changes(max(last.values(), default=since), last.keys())

    async def close(self) -> None:
        """Let go of all connections; a database in memory is gone with its own."""
        self._ready = False
        await self._database.engine.dispose()

    async def _sites(self, condition: ColumnElement[bool]) -> Sequence[Site]:
        return sites_of(await self._read(_sites_where(condition)))

    async def _read(self, statement: Select[Any]) -> Sequence[RowMapping]:
        return await _undisturbed(self._rows(statement))

    async def _rows(self, statement: Select[Any]) -> Sequence[RowMapping]:
        with told(self._database.place):
            await self._open()
            async with self._turn(), self._database.engine.connect() as connection:
                rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
        return rows

    async def _append(self, events: Sequence[Event]) -> Sequence[Site]:
        rows = [event_row(event) for event in events]
        with told(self._database.place):
            await self._open()
            async with self._turn(), self._database.writing.begin() as connection:
                before = await _load(connection, {event.site for event in events})
                after = _advance(before, events)
                await _write(connection, rows, before, {site.id: site for site in after})
        return after

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return self._database.turn if self._database.in_memory else nullcontext()

    async def _open(self) -> None:
        """Make the database ready, once for all who ask at the same time."""
        if self._ready:
            return
        async with self._opening:
            if not self._ready:
                await self._prepare()
                self._ready = True

    async def _prepare(self) -> None:
        database = self._database
        if database.file:
            await asyncio.to_thread(engines.make_file, database.file)
        async with database.engine.connect() as connection:
            due = await connection.run_sync(schema.migration_due)
        if database.file:  # only now: a file that is not ours is left as it is
            await asyncio.to_thread(engines.log_ahead, database.file)
        if due:
            await asyncio.to_thread(schema.migrate, database.writing)


async def _undisturbed(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a call to its end, even if who asked gives up.

    A call that is cancelled half-way takes its connection along, and with that a database in memory would be gone.
    """
    return await asyncio.shield(work)


def _sites_where(condition: ColumnElement[bool]) -> Select[Any]:
    """Sites with their hosts, a row for each host, as :func:`sites_of` reads them."""
    return (
        select(sites, hosts.c.host)
        .outerjoin(hosts, hosts.c.site == sites.c.id)
        .where(condition)
        .order_by(sites.c.id, hosts.c.position)
    )


def _advance(before: Mapping[str, Site], events: Sequence[Event]) -> Sequence[Site]:
    """The sites after each event. Raises :class:`RevisionConflict` and :class:`HostTaken`."""
    now, after = dict(before), []
    for event in events:
        site = now.get(event.site)
        known = site.revision if site else 0
        if event.revision != known + 1:
            raise RevisionConflict(
                f"site {event.site!r} is at revision {known}, this would be its revision {event.revision}",
                id="store.revision.conflict",
                remedy="Read the site again, and make the change on what it says now.",
            )
        now[event.site] = apply(site, event)
        after.append(now[event.site])
    return after


async def _load(connection: AsyncConnection, ids: Collection[str]) -> Mapping[str, Site]:
    found: dict[str, Site] = {}
    for batch in _batches(ids):
        rows = await connection.execute(_sites_where(sites.c.id.in_(batch)))
        found.update((site.id, site) for site in sites_of(rows.mappings()))
    return found


async def _write(
    connection: AsyncConnection,
    rows: Sequence[Mapping[str, object]],
    before: Mapping[str, Site],
    after: Mapping[str, Site],
) -> None:
    """Add the events, and bring the projection to what they leave."""
    await connection.execute(insert(events), rows)
    added = [site for site in after.values() if site.id not in before]
    changed = [site for site in after.values() if site.id in before]
    if added:
        await connection.execute(insert(sites), [site_row(site) for site in added])
    if changed:
        await connection.execute(_UPDATE, [{**site_row(site), "key": site.id} for site in changed])
    await _move_hosts(connection, [site for site in after.values() if site.hosts != _hosts_of(before.get(site.id))])


_UPDATE = update(sites).where(sites.c.id == bindparam("key"))


def _hosts_of(site: Site | None) -> Sequence[str]:
    return site.hosts if site else ()


async def _move_hosts(connection: AsyncConnection, moved: Sequence[Site]) -> None:
    """Give sites the hosts that they have now. Raises :class:`HostTaken`."""
    for batch in _batches(site.id for site in moved):
        await connection.execute(delete(hosts).where(hosts.c.site.in_(batch)))
    claims = [(host, site.id) for site in moved for host in site.hosts]
    owners: dict[str, str] = {}
    for batch in _batches(host for host, _ in claims):
        taken = await connection.execute(select(hosts.c.host, hosts.c.site).where(hosts.c.host.in_(batch)))
        owners.update((host, site) for host, site in taken)
    for host, site in claims:
        _claim(owners, host, site)
    if claims:
        await connection.execute(insert(hosts), [row for site in moved for row in host_rows(site)])


def _claim(owners: dict[str, str], host: str, site: str) -> None:
    if host in owners:
        raise HostTaken(
            f"{host} already belongs to site {owners[host]!r}",
            id="store.host.taken",
            remedy="Ask the platform to settle whose host it is.",
        )
    owners[host] = site


def _batches(values: Iterable[str]) -> Sequence[Sequence[str]]:
    every = list(values)
    return [every[start : start + BATCH] for start in range(0, len(every), BATCH)]
