"""``gatepost record``: what was served when, and whether the record still is what was written.

Rules: stdout has the octets or the rows and nothing else, what they are stands on stderr; nothing is changed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gatepost.cli.commands import FINDING, add_command, family
from gatepost.cli.inputs import Database, Json, host_of, moment_of, with_gate
from gatepost.cli.output import ndjson, progress, replace_file, tell, write, write_octets, write_row
from gatepost.errors import GatepostError
from gatepost.service.served import Format, Served

if TYPE_CHECKING:
    from gatepost.core.record import Head
    from gatepost.storage.engines import Database as OpenDatabase
    from gatepost.storage.projection import Difference

__all__ = ["register"]

Answer = TypeVar("Answer")

Site = Annotated[str, typer.Option("--site", metavar="HOST", help="Any host that the site had then.")]
At = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="ISO 8601, UTC where it names no zone; a date is its midnight. Else now."),
]


def register(app: typer.Typer) -> None:
    """Add the family."""
    record = family(app, "record", "What was served when, and whether the record still is what was written.")
    add_command(
        record,
        "show",
        show,
        "gatepost record show --site blog.example --at 2026-03-01T12:00+01:00",
        "gatepost record show --site blog.example --format ai.txt",
    )
    add_command(record, "head", head, "gatepost record head", "gatepost record head --json")
    add_command(record, "verify", verify, "gatepost record verify", "gatepost record verify --json")
    add_command(
        record,
        "evidence",
        evidence,
        "gatepost record evidence --site blog.example blog.zip",
        "gatepost record evidence --site blog.example --at 2026-03-01 blog.zip",
    )


def show(
    site: Site,
    at: At = None,
    format: Annotated[
        Format, typer.Option(help="Which directive; fields are the response fields.")
    ] = Format.ROBOTS_TXT,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show the exact bytes that a host was served at a time.

    What they come from is told on stderr, or as JSON in place of the bytes. A change counts from the time of its
    event; a worker may have heard of it a moment later. Exit 1: there was no such document then.
    """
    host, moment = host_of(site), _moment(at)
    served = with_gate(database, lambda gate: gate.served.at(host, moment, format))
    if json:
        write_row(served.told() | {"text": None if served.octets is None else served.octets.decode("utf-8", "replace")})
    elif served.octets is not None:
        write_octets(served.octets)
    tell(_origin(served))
    if served.octets is None:
        tell(f"gatepost: {host} had no {format} then (record.document.none)")
        raise typer.Exit(FINDING)


def _moment(at: str | None) -> datetime:
    return moment_of(at) if at else datetime.now(UTC)


def _origin(served: Served) -> str:
    site, edition = served.state.site, served.edition
    subject = f"site {site.id}, revision {site.revision}" if site else f"no site had {served.host}"
    made = f"signatures {edition.signatures[:16]}, Gatepost {edition.gatepost}"
    if served.in_force is None:
        return f"{subject}; no worker had begun to serve then: built with what is in force now ({made})"
    if served.rendering is None:
        return f"{subject}; not written down as served: rebuilt ({made}, in force by publication {served.in_force})"
    return f"{subject}; {made}; publications {served.in_force} and {served.rendering}"


def head(json: Json = False, database: Database = None) -> None:
    """Print how far the record goes: the heads of both chains, to be noted elsewhere.

    A record that lost its newest entries has no fault in itself; `gatepost record verify --head` finds it out by a
    head that was noted before.
    """
    heads = _with_database(database, _heads)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    for table, one in heads.items():
        if json:
            write_row({"chain": table, "number": one.number, "digest": one.digest.hex(), "at": moment})
        else:
            write(f"{table}:{one.number}:{one.digest.hex()} {moment}\n")


async def _heads(database: "OpenDatabase") -> "dict[str, Head]":
    from gatepost.storage.chains import EVENTS, PUBLICATIONS

    return {chain.table.name: await database.run(chain.head, long=True) for chain in (EVENTS, PUBLICATIONS)}


def verify(
    heads: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="CHAIN:N:DIGEST", help="As `record head` printed it; may be repeated."),
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Read everything that is kept, and name each entry that is not what was written.

    Both chains, the octets that they name, the sites and hosts that follow from the events, and the partners and
    duties that follow from the rest. Exit 1: something differs.
    """
    noted = [_noted(text) for text in heads or ()]
    found = _with_database(database, partial(_verify, noted=noted, json=json))
    raise typer.Exit(FINDING if found else 0)


async def _verify(database: "OpenDatabase", noted: "Sequence[tuple[str, Head]]", json: bool) -> int:
    from gatepost.storage.inspection import Inspection

    found = 0
    with progress("entries") as count:
        inspection = Inspection(database, count)
        async for difference in inspection.everything(noted):
            write(ndjson(_row_of(difference)) if json else _line_of(difference))
            found += 1
    ends = ", ".join(f"{table} to {one.number}" for table, one in inspection.heads.items())
    tell(f"{ends}: {found or 'no'} difference{'' if found == 1 else 's'}")
    return found


def _row_of(difference: "Difference") -> dict[str, str]:
    return {
        "table": difference.table,
        "place": difference.place,
        "site": difference.site,
        "what": difference.what,
    }


def _line_of(difference: "Difference") -> str:
    of = f" of site {difference.site}" if difference.site and difference.site != difference.place else ""
    return f"{difference.table} {difference.place}{of}: {difference.what}\n"


def _noted(text: str) -> "tuple[str, Head]":
    from gatepost.core.record import Head
    from gatepost.storage.chains import EVENTS, PUBLICATIONS

    table, _, rest = text.strip().partition(":")
    number, _, digest = rest.partition(":")
    try:
        if table not in {EVENTS.table.name, PUBLICATIONS.table.name}:
            raise ValueError(table)
        return table, Head(int(number), bytes.fromhex(digest))
    except ValueError as error:
        raise GatepostError(
            f"{text!r} is no head", id="record.head", remedy="Write it as `gatepost record head` does: events:12:0f…"
        ) from error


def _with_database(database: str | None, use: "Callable[[OpenDatabase], Awaitable[Answer]]") -> Answer:
    """What ``use`` makes of the database that is named, or that the settings name."""
    from gatepost.settings import read_settings
    from gatepost.storage.engines import database_of

    opened = database_of(read_settings({"database": database}).database)

    async def run() -> Answer:
        try:
            return await use(opened)
        finally:
            await opened.close()

    return asyncio.run(run())


def evidence(
    site: Site,
    file: Annotated[Path, typer.Argument(metavar="OUT.ZIP", help="Where to; a file that is there is replaced.")],
    at: At = None,
    database: Database = None,
) -> None:
    """Write all that proves what one site said and was served at a time, with a program that checks it.

    The program, verify.py, needs nothing but Python.
    """
    from gatepost.cli.evidence import bundle

    host, moment = host_of(site), _moment(at)
    octets = with_gate(database, lambda gate: bundle(gate, host, moment))
    replace_file(file, octets)
