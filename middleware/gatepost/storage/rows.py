"""Values at rest: how events and sites are spelled in rows, and read back.

Rules: sparse, what is not said is not written; a row that holds anything unknown is refused, never read in part; text
that one of the databases could not hold is refused for both.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticSerializationError
from sqlalchemy import RowMapping

from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Actor, ActorKind, Change, Event, Site, Visibility
from gatepost.errors import StatementError, StoreUnavailable

__all__ = ["event_of", "event_row", "host_rows", "site_row", "sites_of", "utc"]

Row = RowMapping | Mapping[str, Any]
"""A row by column names."""

Value = TypeVar("Value")


@cache
def _changes() -> TypeAdapter[Change]:
    return TypeAdapter(Annotated[Change, Field(discriminator="kind")], config=ConfigDict(extra="forbid"))


@cache
def _statements() -> TypeAdapter[PreferenceStatement | None]:
    # The union is no statement about None: pydantic takes a setting for all nested dataclasses only beside one.
    return TypeAdapter(PreferenceStatement | None, config=ConfigDict(extra="forbid"))


@cache
def _floors() -> TypeAdapter[tuple[tuple[LevelStatement, ...], ...]]:
    return TypeAdapter(tuple[tuple[LevelStatement, ...], ...])


def event_row(event: Event) -> dict[str, object]:
    """An event as a row of ``events``. Raises :class:`StatementError` for text that cannot be stored."""
    if event.at.tzinfo is None:
        raise ValueError("an event's time needs its time zone")
    return _storable(
        {
            "site": event.site,
            "revision": event.revision,
            "at": event.at.astimezone(UTC),
            "actor_kind": event.actor.kind.value,
            "actor_name": event.actor.name,
            "kind": event.change.kind,
            "change": _json_of(_changes(), event.change),
            "reason": event.reason,
        }
    )


def event_of(row: Row) -> Event:
    """The event that a row of ``events`` holds."""
    with _readable("event", row["site"], row["revision"]):
        return Event(
            site=row["site"],
            revision=row["revision"],
            at=utc(row["at"]),
            actor=Actor(ActorKind(row["actor_kind"]), row["actor_name"]),
            change=_changes().validate_python({**json.loads(row["change"]), "kind": row["kind"]}),
            reason=row["reason"],
        )


def site_row(site: Site) -> dict[str, object]:
    """A site as a row of ``sites``. Raises :class:`StatementError` for text that cannot be stored."""
    return _storable(
        {
            "id": site.id,
            "revision": site.revision,
            "visibility": site.visibility.value,
            "statement": _json_of(_statements(), site.statement),
            "robots_txt": site.robots_txt,
            "region": site.region,
            "plan": site.plan,
            "kept": _json_of(_floors(), site.kept),
        }
    )


def host_rows(site: Site) -> Sequence[dict[str, object]]:
    """A site's hosts as rows of ``hosts``; their events had the same text, so that it can be stored."""
    return [{"host": host, "site": site.id, "position": position} for position, host in enumerate(site.hosts)]


def sites_of(rows: Iterable[Sequence[Any]]) -> Sequence[Site]:
    """The sites that rows hold: the columns of ``sites``, and one host after another (or none)."""
    return [_site_of(list(group)) for _, group in groupby(rows, key=itemgetter(0))]


def _site_of(rows: Sequence[Sequence[Any]]) -> Site:
    id, revision, visibility, said, robots_txt, region, plan, kept, _ = rows[0]
    with _readable("site", id, revision):
        statement = _statement_of(said) if len(said) <= _SHORT else _read_statement(said)
        hosts = tuple(row[-1] for row in rows if row[-1] is not None)
        floors = _floors().validate_json(kept) if kept != "[]" else ()
        return Site(id, hosts, statement, Visibility(visibility), robots_txt, revision, region, plan, floors)


def _read_statement(said: str) -> PreferenceStatement:
    statement = _statements().validate_json(said)
    if statement is None:
        raise ValueError("a statement is never null")
    return statement


_SHORT = 1_000
_statement_of = lru_cache(2_048)(_read_statement)
"""Millions of sites say the same few things: they are read once, and the sites share them. Long ones are not kept."""


def utc(moment: datetime) -> datetime:
    """A stored time with its zone, which SQLite does not keep."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _json_of(adapter: TypeAdapter[Value], value: Value) -> str:
    try:
        return adapter.dump_json(value, exclude_defaults=True).decode()
    except PydanticSerializationError as error:
        raise _unstorable() from error


def _storable(row: dict[str, object]) -> dict[str, object]:
    """The row, if both databases can hold its text: PostgreSQL takes no NUL, neither takes half a surrogate pair."""
    text = "".join(value for value in row.values() if isinstance(value, str))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _unstorable() from error
    if "\0" in text:
        raise _unstorable()
    return row


def _unstorable() -> StatementError:
    return StatementError(
        "the text holds a NUL or half a surrogate pair",
        id="store.text.unstorable",
        remedy="Remove the characters that are not text.",
    )


@contextmanager
def _readable(what: str, site: str, revision: int) -> Iterator[None]:
    """Turn whatever is wrong with a row into :class:`StoreUnavailable`."""
    try:
        yield
    except (ValueError, TypeError) as error:  # pydantic's and json's errors are ValueErrors
        raise StoreUnavailable(
            f"the {what} of site {site!r} at revision {revision} cannot be read: {error}",
            id="store.row.unreadable",
            remedy="The row is from a newer Gatepost, or was changed by hand: upgrade Gatepost, or restore a backup.",
        ) from error
