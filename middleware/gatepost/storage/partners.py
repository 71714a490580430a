"""Data partners at rest: as they are now, and in the record as they ever were.

Rules: their secrets are here and nowhere else; a partner of which something new is said has all sites looked at again,
as it may know of others from then on, and is handed nothing new before that is done; one is written by whoever knows
what it is, and by nobody else.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from gatepost.core.partners import Partner, partner_content, pending_after
from gatepost.core.publications import Kind
from gatepost.errors import RevisionConflict, StoreUnavailable
from gatepost.storage.chains import PUBLICATIONS
from gatepost.storage.insertion import insert_rows
from gatepost.storage.publications import last_published
from gatepost.storage.tables import partners, publications, sweeps

__all__ = [
    "begin_sweep",
    "end_sweep",
    "keep_partner",
    "mark_gone",
    "partner",
    "partner_of",
    "partners_kept",
    "partners_readable",
]

_log = logging.getLogger("gatepost.notices")

_ALL = select(partners).order_by(partners.c.id)
_ONE = select(partners).where(partners.c.id == bindparam("named"))
_DROP = delete(partners).where(partners.c.id == bindparam("named"))
_GONE = update(partners).where(partners.c.id == bindparam("named"), partners.c.gone != bindparam("now"))
_SWEEP = 1


@cache
def _spelling() -> TypeAdapter[Partner]:
    return TypeAdapter(Partner)


def partners_kept(connection: Connection) -> Sequence[Partner]:
    """All partners, those whose licence is over included, in the order of their ids.

    Raises :class:`~gatepost.errors.StoreUnavailable` where one of them cannot be read.
    """
    return [_read(row) for row in connection.execute(_ALL)]


def partners_readable(connection: Connection) -> Sequence[Partner]:
    """The same without those that cannot be read here, as a newer version may have written them; these are logged."""
    found: list[Partner] = []
    for row in connection.execute(_ALL):
        try:
            found.append(_read(row))
        except StoreUnavailable as error:
            _log.error("%s. %s", error, error.remedy)
    return found


def partner(connection: Connection, id: str) -> Partner | None:
    """A partner by its id."""
    row = connection.execute(_ONE, {"named": id}).first()
    return _read(row) if row else None


def _read(row: Row[*tuple[object, ...]]) -> Partner:
    try:
        return partner_of(row.partner, row.secrets, row.gone)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable(
            f"what is kept of the partner {row.id} cannot be read",
            id="store.partner.unreadable",
            remedy="Upgrade this worker, if a newer version wrote it; else run gatepost record verify.",
        ) from error


def partner_of(said: str, secrets: str, gone: bool) -> Partner:
    """The partner that a row keeps. Raises :class:`ValueError` for one that cannot be read."""
    return _spelling().validate_python({**json.loads(said), "secrets": json.loads(secrets), "gone": gone})


def keep_partner(connection: Connection, partner: Partner, at: datetime, before: Partner | None) -> None:
    """Write a partner in place of ``before``, and have all sites looked at anew where something is said of it anew.

    Raises :class:`~gatepost.errors.RevisionConflict`.
    """
    kept = _checked(connection, partner.id, before)
    _write(connection, replace(partner, pending=pending_after(kept, partner, at)))
    if _record(connection, partner, at):
        begin_sweep(connection, at)


def _write(connection: Connection, partner: Partner) -> None:
    said = _spelling().dump_python(partner, mode="json", exclude={"secrets", "gone"})
    row = {"id": partner.id, "partner": json.dumps(said), "secrets": json.dumps(partner.secrets), "gone": partner.gone}
    connection.execute(_DROP, {"named": partner.id})
    connection.execute(insert(partners), row)


def _checked(connection: Connection, id: str, before: Partner | None) -> Partner | None:
    """What is kept, if it is what was read before; how far the sites have been looked at is nobody's to say."""
    kept = partner(connection, id)
    if (kept and replace(kept, pending=frozenset())) != (before and replace(before, pending=frozenset())):
        raise RevisionConflict(
            f"the partner {id} is not what it was when it was read",
            id="store.partner.conflict",
            remedy="Read the partner again, and make the change on what it is now.",
        )
    return kept


def _record(connection: Connection, partner: Partner, at: datetime) -> bool:
    """Write an entry, unless the last one says the same, as another secret is none; whether it was written."""
    content, last = partner_content(partner), last_published(connection, Kind.PARTNER.value, partner.id)
    if last is not None and last.content == content:
        return False
    row = {"at": at.astimezone(UTC), "kind": Kind.PARTNER.value, "key": partner.id, "content": content}
    insert_rows(connection, publications, PUBLICATIONS.sealed(connection, [row]))
    return True


def mark_gone(connection: Connection, id: str, gone: bool) -> bool:
    """Its endpoint says that it is gone, or answers again; whether that is new."""
    return connection.execute(_GONE.values(gone=bindparam("now")), {"named": id, "now": gone}).rowcount > 0


def end_sweep(connection: Connection, at: datetime) -> None:
    """All sites have been looked at, for everybody whose licence was not over."""
    connection.execute(update(sweeps).values(after=None))
    for one in partners_readable(connection):
        if one.pending and not one.ended(at):
            _write(connection, replace(one, pending=frozenset()))


def begin_sweep(connection: Connection, at: datetime) -> None:
    """Have all sites looked at from the first one on."""
    connection.execute(delete(sweeps))
    connection.execute(insert(sweeps), {"id": _SWEEP, "begun": at, "after": ""})
