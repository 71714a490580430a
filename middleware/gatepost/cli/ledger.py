"""``gatepost ledger``: what crawlers took of a site, and what is forgotten of it.

Rules: counts are told, and what a crawler knew by then; nobody is held to a robots.txt that it need not have read.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command, family
from gatepost.cli.inputs import Database, Json, Site, site_named, with_gate
from gatepost.cli.ledger_rows import csv_of, parquet_of, told_visits
from gatepost.cli.ledger_words import report_of
from gatepost.cli.output import replace_file, tell, write, write_row
from gatepost.errors import GatepostError
from gatepost.service.owners import BY_ID

if TYPE_CHECKING:
    from gatepost.core.exposure import Exposure
    from gatepost.core.visits import Visits
    from gatepost.wiring import Gate

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the family."""
    ledger = family(app, "ledger", "What crawlers took of a site, before its owner said no and after.")
    add_command(
        ledger,
        "report",
        report,
        "gatepost ledger report --site blog.example",
        "gatepost ledger report --site blog.example --days 7 --csv",
    )
    add_command(
        ledger,
        "complaint",
        complaint,
        "gatepost ledger complaint --site blog.example complaint.zip",
        "gatepost ledger complaint --site blog.example --days 90 complaint.zip",
    )
    add_command(ledger, "purge", purge, "gatepost ledger purge", "gatepost ledger purge --before 2026-03-01")
    add_command(ledger, "erase", erase, "gatepost ledger erase --site blog.example")


def report(
    site: Site,
    days: Annotated[int, typer.Option(metavar="N", min=1, max=3650, help="Today and the days before it.")] = 30,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="The counts themselves, as CSV.")] = False,
    parquet: Annotated[Path | None, typer.Option(metavar="FILE", help="The same as Parquet, into a file.")] = None,
    database: Database = None,
) -> None:
    """Show who came to a site: each crawler before its owner said no and after, and whether it has read robots.txt.

    A worker writes its counts down every second. Exit 1: a crawler came for what robots.txt denied to it although it
    had read that, or had had a day to.
    """
    if json + csv + (parquet is not None) > 1:
        raise GatepostError(
            "two forms at once", id="cli.ledger.forms", remedy="Choose one of --json, --csv and --parquet."
        )

    async def found(gate: "Gate") -> "tuple[str, Visits, Sequence[Exposure]]":
        there = await gate.owners.show(site_named(site))
        visits = await gate.exposures.visits(there, days)
        counts = await gate.exposures.counts(there.id, visits.first_day) if csv or parquet else ()
        return there.host if there.hosts else there.id, visits, counts

    host, visits, counts = with_gate(database, found)
    if json:
        write_row(told_visits(visits))
    elif csv:
        write(csv_of(counts))
    elif parquet:
        replace_file(parquet, parquet_of(counts))
        tell(f"{len(counts)} counts")
    else:
        write(report_of(host, visits))
    if any(one.against for one in visits.crawlers):
        raise typer.Exit(FINDING)


def complaint(
    out: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Where the pack goes.")],
    site: Site,
    days: Annotated[int, typer.Option(metavar="N", min=1, max=3650, help="Today and the days before it.")] = 90,
    database: Database = None,
) -> None:
    """Write a pack to complain with: what the owner said, who was told and confirms it, and who came nevertheless.

    complaint.txt says it in words; the rest are the figures, the files that were served, and the proofs that all this
    stands in the record, which verify.py checks without Gatepost.
    """
    from gatepost.cli.complaint import complaint_pack

    async def made(gate: "Gate") -> bytes:
        return await complaint_pack(gate, await gate.owners.show(site_named(site)), days)

    octets = with_gate(database, made)
    replace_file(out, octets)
    tell(f"{out}: {len(octets):,} octets; begin with complaint.txt in it")


def purge(
    before: Annotated[
        str | None, typer.Option(metavar="DATE", help="What is from before it; else what the settings keep no longer.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Forget what is older than the setting ledger_days (180). A server does so by itself, every hour."""
    day = _day_of(before) if before else None
    _tell_forgotten(with_gate(database, lambda gate: gate.exposures.purge(day)), json)


def erase(site: Site, json: Json = False, database: Database = None) -> None:
    """Forget everything that is counted of one site. Its events and its record stay: they name no visitor."""

    async def erased(gate: "Gate") -> int:
        named = site_named(site)
        id = named.removeprefix(BY_ID) if named.startswith(BY_ID) else (await gate.owners.show(named)).id
        return await gate.exposures.erase(id)

    _tell_forgotten(with_gate(database, erased), json)


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise GatepostError(f"{text!r} is no date", id="cli.date", remedy="Write it as 2026-03-01.") from error


def _tell_forgotten(counts: int, json: bool) -> None:
    if json:
        write_row({"forgotten": counts})
    else:
        write(f"{counts:,} count{'' if counts == 1 else 's'} forgotten\n")
