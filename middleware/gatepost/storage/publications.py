"""What was served: written and found again.

Rules: an entry is written only where the last one of its kind and key says something else; its octets are kept before
it, in the same transaction.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select

from gatepost.core.publications import Publication, Published
from gatepost.errors import RevisionConflict
from gatepost.storage.blobs import keep_blobs
from gatepost.storage.chains import PUBLICATIONS
from gatepost.storage.insertion import insert_rows
from gatepost.storage.rows import utc
from gatepost.storage.tables import former_hosts, publications

__all__ = ["due", "former_sites", "keep_copy", "last_published", "publish", "publish_next", "published"]

_OF_KEY: Select[tuple[int, datetime, str]] = (
    select(publications.c.number, publications.c.at, publications.c.content)
    .where(publications.c.kind == bindparam("kind"), publications.c.key == bindparam("key"))
    .order_by(publications.c.number)
)
_LAST_OF_KEY = _OF_KEY.order_by(None).order_by(publications.c.number.desc()).limit(1)
_LAST = (
    select(func.max(publications.c.number))
    .where(publications.c.kind == bindparam("kind"), publications.c.key.in_(bindparam("keys", expanding=True)))
    .group_by(publications.c.key)
)
_SAID = select(publications.c.key, publications.c.content).where(publications.c.number.in_(_LAST))
_DROP_KIND = delete(publications).where(publications.c.kind == bindparam("named"))
_FORMER = select(former_hosts.c.site).where(former_hosts.c.host == bindparam("named")).order_by(former_hosts.c.site)


def due(connection: Connection, wanted: Sequence[Publication]) -> Sequence[Publication]:
    """Those that say something new, in their order; of nothing an empty one is nothing new."""
    said: dict[tuple[str, str], str] = {}
    for kind in {one.kind for one in wanted}:
        keys = [one.key for one in wanted if one.kind is kind]
        rows = connection.execute(_SAID, {"kind": kind.value, "keys": keys})
        said.update(((kind.value, row.key), row.content) for row in rows)
    found = []
    for one in wanted:
        place = (one.kind.value, one.key)
        if said.get(place, "" if one.blobs else one.content) != one.content:
            said[place] = one.content
            found.append(one)
    return found


def publish(connection: Connection, wanted: Sequence[Publication]) -> None:
    """Write those that say something new."""
    new = due(connection, wanted)
    keep_blobs(connection, [octets for one in new for octets in one.blobs])
    rows = [
        {"at": one.at.astimezone(UTC), "kind": one.kind.value, "key": one.key, "content": one.content} for one in new
    ]
    if rows:
        insert_rows(connection, publications, PUBLICATIONS.sealed(connection, rows))


def published(connection: Connection, kind: str, key: str) -> Sequence[Published]:
    """Every entry of a kind and key, in the order in which they were written."""
    rows = connection.execute(_OF_KEY, {"kind": kind, "key": key})
    return [Published(row.number, utc(row.at), row.content) for row in rows]


def publish_next(connection: Connection, publication: Publication, after: int) -> None:
    """Write one after the entry of its kind and key that has the number ``after``. Raises :class:`RevisionConflict`."""
    last = last_published(connection, publication.kind.value, publication.key)
    number = last.number if last else 0
    if number != after:
        raise RevisionConflict(
            f"somebody was quicker: the last {publication.kind} is number {number}, not {after}",
            id="store.revision.conflict",
            remedy="Look at what is in force now, and do it again if it is still wanted.",
            revision=number,
        )
    publish(connection, [publication])


def keep_copy(connection: Connection, entry: Published, kind: str, octets: Sequence[bytes]) -> None:
    """Hold an entry of another database's record in place of what is held of its kind; no link of a chain.

    One that is newer stays: of several who keep a copy, one may be slow.
    """
    held = last_published(connection, kind, "")
    if held is not None and held.number > entry.number:
        return
    connection.execute(_DROP_KIND, {"named": kind})
    keep_blobs(connection, octets)
    row = {"number": entry.number, "at": entry.at, "kind": kind, "key": "", "content": entry.content, "digest": b""}
    connection.execute(insert(publications), row)


def last_published(connection: Connection, kind: str, key: str) -> Published | None:
    """The last entry of a kind and key."""
    row = connection.execute(_LAST_OF_KEY, {"kind": kind, "key": key}).first()
    return Published(row.number, utc(row.at), row.content) if row else None


def former_sites(connection: Connection, host: str) -> Sequence[str]:
    """The ids of the sites that gave up a host."""
    return [row.site for row in connection.execute(_FORMER, {"named": host})]
