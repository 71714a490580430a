"""A copy of sites in a SQLite file of its own, with the store's tables: :class:`gatepost.ports.LastKnown`.

Rules: it is a copy and never the truth, so one that is damaged, or that is of another store, is set aside and begun
anew, by who writes and not by who reads; a database that is no copy is left as it is; several workers of a machine keep
one file, and no state of a site goes back to an older one; its size is bounded.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
    text,
    update,
)

from gatepost.core.publications import Published
from gatepost.core.sites import Site
from gatepost.errors import SettingsError, StoreUnavailable
from gatepost.ports import Standing
from gatepost.storage import publications, reading
from gatepost.storage.blobs import blob
from gatepost.storage.engines import database_of
from gatepost.storage.rows import host_rows, site_row
from gatepost.storage.sqlite import Sqlite, make_file
from gatepost.storage.tables import hosts, sites

__all__ = ["FileCopy", "open_last_known"]

SUFFIX = "-snapshot"
"""Of the copy beside a SQLite file."""
ASIDE = "-aside"
"""Of a copy that was begun anew; only the last one is kept."""

MOST_BYTES = 256 * 2**20
"""Of the file; some 400,000 sites without a robots.txt of their own."""
_OUT_AT_ONCE = 1000

_LOST = -1
"""The turn of who wrote while another did: no copy is ever found so."""

_mark = Table(
    "gatepost_copy",
    MetaData(),
    Column("store", Text, nullable=False),
    Column("copy", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", Text),
)
"""One row: what the file is a copy of, and how far it has come."""

_REMEMBERED = "SELECT 1 FROM gatepost_copy WHERE store = ? AND turn > 0"
_IDS: BindParameter[object] = bindparam("ids", expanding=True)
_KNOWN = select(sites.c.id, sites.c.revision).where(sites.c.id.in_(_IDS))
_COUNT = select(func.count()).select_from(sites).where(reading.NO_DEFAULT)
_OLDEST = (
    select(sites.c.id).where(reading.NO_DEFAULT).order_by(text("rowid")).limit(_OUT_AT_ONCE)
)  # a site is written anew
_DROP_SITES = delete(sites).where(sites.c.id.in_(_IDS))
_DROP_HOSTS = delete(hosts).where(or_(hosts.c.site.in_(_IDS), hosts.c.host.in_(bindparam("named", expanding=True))))

_log = logging.getLogger("gatepost.snapshots")

Answer = TypeVar("Answer")


def open_last_known(database: str, path: Path | None) -> "FileCopy | None":
    """The copy of a database's sites in the file ``path``; nothing is opened before the first call.

    Without a path it is beside a SQLite file; there is none of a database in memory, or of PostgreSQL. Raises
    :class:`~gatepost.errors.SettingsError`.
    """
    store = database_of(database)
    file = store.file if isinstance(store, Sqlite) else None
    if path is None:
        return FileCopy(file.with_name(file.name + SUFFIX), store.place) if file else None
    if file and path.resolve() == file.resolve():
        raise SettingsError(
            f"snapshot names the database itself: {path}",
            id="settings.snapshot.database",
            remedy="Name another file for the snapshot, or none: it is then beside the database.",
        )
    return FileCopy(path.absolute(), store.place)


class FileCopy:
    """The copy in ``path`` of the store at the place ``of``; made by :func:`open_last_known`."""

    def __init__(self, path: Path, of: str) -> None:
        self._path = path
        self._of = of
        self._file = Sqlite(path)
        self._ready = False
        self._set_aside: set[str] = set()

    def remembers(self) -> bool:
        """Whether there is such a copy, and something in it: the store has been there."""
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True)) as connection:
                return connection.execute(_REMEMBERED, (self._of,)).fetchone() is not None
        except sqlite3.Error:
            return False

    async def standing(self) -> Standing:
        """How far the copy has come; one that is damaged, or of another store, is begun anew."""
        return await self._mended(_standing)

    async def extent(self) -> int:
        """How many sites it holds."""
        return await self._run(lambda connection: int(connection.execute(_COUNT).scalar_one()))

    async def site(self, id: str) -> Site | None:
        """A site by its id, or one of the statements above the sites."""
        return await self._run(partial(reading.site, id=id))

    async def site_by_host(self, host: str) -> Site | None:
        """A site by any of its site keys."""
        return await self._run(partial(reading.site_by_host, host=host))

    async def among(self, ids: Collection[str]) -> Collection[str]:
        """Those of these ids that it holds."""
        return (await self._run(partial(_revisions, ids=ids))).keys()

    async def last_published(self, kind: str, key: str = "") -> Published | None:
        """The last entry of a kind and key that it holds."""
        return await self._run(partial(publications.last_published, kind=kind, key=key))

    async def octets(self, name: bytes) -> bytes | None:
        """What is kept under a SHA-256; ``None`` when it is not there, or is not what its name says."""
        return await self._run(partial(blob, name=name))

    async def keep_published(self, entry: Published, kind: str, octets: Sequence[bytes]) -> None:
        """Hold an entry of the record in place of an older one of its kind, with the octets that it names."""
        await self._mended(partial(publications.keep_copy, entry=entry, kind=kind, octets=octets), writes=True)

    async def keep(self, sites: Sequence[Site], since: Standing, position: int, at: datetime) -> Standing:
        """Hold sites, and come to a position; see :class:`gatepost.ports.LastKnown`."""
        return await self._mended(partial(_keep, kept=sites, since=since, position=position, at=at), writes=True)

    async def close(self) -> None:
        """Let go of the file."""
        self._ready = False
        await self._file.close()

    async def _mended(self, work: Callable[[Connection], Answer], *, writes: bool = False) -> Answer:
        """The same as :meth:`_run`, on a copy begun anew where the one that is there is of no use."""
        try:
            return await self._run(work, writes=writes)
        except StoreUnavailable as error:
            # Once a process: two that share a file by mistake would take it from each other for ever.
            if error.id not in ("store.damaged", "copy.other") or error.id in self._set_aside:
                raise
            self._set_aside.add(error.id)
            _log.warning("the copy is set aside as %s and begun anew: %s", self._path.name + ASIDE, error)
            await asyncio.to_thread(_move_away, self._path)
            return await self._run(work, writes=writes)

    async def _run(self, work: Callable[[Connection], Answer], *, writes: bool = False) -> Answer:
        try:
            if not self._ready:
                await self._open()
            return await self._file.run(partial(_of_store, place=self._of, work=work), writes=writes)
        except StoreUnavailable:
            await self.close()  # the next call begins with a look at what is there
            raise

    async def _open(self) -> None:
        with suppress(OSError):  # which opening it will tell
            await asyncio.to_thread(make_file, self._path)
        await self._file.run(partial(_claim, place=self._of), writes=True, ready=False)
        self._ready = True


def _move_away(path: Path) -> None:
    """Set a file aside. SQLite sees in whoever has it open that it has moved, and leaves its old name alone."""
    with suppress(FileNotFoundError):
        path.replace(path.with_name(path.name + ASIDE))
    for companion in ("-wal", "-shm"):  # they would be taken for those of the next file
        path.with_name(path.name + companion).unlink(missing_ok=True)


def _claim(connection: Connection, place: str) -> None:
    """Make an empty file a copy of the store at a place, before anything else. Raises :class:`StoreUnavailable`."""
    tables = inspect(connection).get_table_names()
    if not tables:
        _mark.create(connection)
        connection.execute(insert(_mark), {"store": place, "copy": token_hex(8), "turn": 0, "position": 0})
    elif _mark.name not in tables:
        raise StoreUnavailable(
            "the file is a database of another kind, not a copy of sites",
            id="copy.foreign",
            remedy="Name another file in the setting snapshot; this one is left as it is.",
        )


def _of_store(connection: Connection, place: str, work: Callable[[Connection], Answer]) -> Answer:
    """Do the work, if the file still is a copy of that store. Raises :class:`StoreUnavailable`."""
    store = connection.execute(select(_mark.c.store)).scalar_one()
    if store != place:
        raise StoreUnavailable(
            f"the file is a copy of another store, {store}",
            id="copy.other",
            remedy="Name a file for each store in the setting snapshot.",
        )
    return work(connection)


def _standing(connection: Connection) -> Standing:
    copy, turn, position, at = connection.execute(
        select(_mark.c.copy, _mark.c.turn, _mark.c.position, _mark.c.at)
    ).one()
    return Standing(copy, turn, position, datetime.fromisoformat(at) if at else None)


def _keep(connection: Connection, kept: Sequence[Site], since: Standing, position: int, at: datetime) -> Standing:
    now = _standing(connection)
    alone = (now.copy, now.turn) == (since.copy, since.turn)
    reached = position if alone or not now.turn else min(position, now.position)
    _replace(connection, kept)
    _make_room(connection)
    after = replace(now, turn=now.turn + 1, position=reached, at=at if alone else now.at)
    row = {"turn": after.turn, "position": reached, "at": after.at.isoformat() if after.at else None}
    connection.execute(update(_mark), row)
    return after if alone else replace(after, turn=_LOST)


def _revisions(connection: Connection, ids: Collection[str]) -> dict[str, int]:
    """The sites that are held, with their revisions."""
    rows = (row for batch in reading.batches(ids) for row in connection.execute(_KNOWN, {"ids": batch}))
    return {row.id: row.revision for row in rows}


def _replace(connection: Connection, kept: Sequence[Site]) -> None:
    """Hold sites in place of what was held of them; a host is theirs that another site had."""
    known = _revisions(connection, [site.id for site in kept])
    newer = {site.id: site for site in kept if site.revision >= known.get(site.id, 0)}
    for ids in reading.batches(newer):
        batch = [newer[id] for id in ids]
        connection.execute(_DROP_HOSTS, {"ids": ids, "named": [host for site in batch for host in site.hosts]})
        connection.execute(_DROP_SITES, {"ids": ids})
        connection.execute(insert(sites), [site_row(site) for site in batch])
        if rows := [row for site in batch for row in host_rows(site)]:
            connection.execute(insert(hosts), rows)


def _make_room(connection: Connection) -> None:
    while _bytes_used(connection) > MOST_BYTES:
        ids = connection.execute(_OLDEST).scalars().all()
        if not ids:
            return
        connection.execute(_DROP_HOSTS, {"ids": ids, "named": []})
        connection.execute(_DROP_SITES, {"ids": ids})


def _bytes_used(connection: Connection) -> int:
    pages, free, size = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
