"""``gatepost signatures unknown``: which clients of a log look like crawlers and have no entry.

Rules: what looks like a crawler is ``core/likeness``'s to say, with its signs; memory is the same for any log.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gatepost.cli.commands import add_command
from gatepost.cli.inputs import Database, Json, signatures_known
from gatepost.cli.log_files import Logs, log_lines
from gatepost.cli.output import visible, write_lines, write_row
from gatepost.core.logs import LogFormat
from gatepost.core.matching import Matcher
from gatepost.core.sightings import Sighting, Tally

__all__ = ["register"]

_PLACES = 8192
_WIDTH = 160


def register(signatures: typer.Typer) -> None:
    """Add the command."""
    add_command(
        signatures,
        "unknown",
        unknown,
        "gatepost signatures unknown access.log",
        "gatepost signatures unknown access.log.1.gz access.log --top 50 --json",
    )


def unknown(
    logs: Logs,
    top: Annotated[int, typer.Option(min=1, max=_PLACES, metavar="N", help="So many of them.")] = 25,
    signatures: Annotated[Path | None, typer.Option(help="A signature file in place of the set in force.")] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """List what looks like a crawler and has no entry, the most requests first; all versions of a product are one.

    Why it looks like one is said: its name, a contact, a library, no browser's engine. How many sites and addresses
    there are is an estimate. Of requests those are told that it made for certain; with --json, "requests" is the most,
    and "error" what may be too many of them. Some are apps and feed readers: this is a list to look through, not one to
    block.
    """
    tally, matcher = Tally(_PLACES), Matcher(signatures_known(signatures, database))
    for format, lines in log_lines(logs):
        if format is not None:
            _take(lines, format, matcher, tally)
    sightings = tally.told(top)
    if json:
        for sighting in sightings:
            write_row(_told(sighting))
    else:
        write_lines(_lines(sightings))


def _take(lines: Iterable[bytes], log: LogFormat, matcher: Matcher, tally: Tally) -> None:
    for line in lines:
        user_agent = log.user_agent(line)
        if user_agent is None or matcher.recognise(user_agent) or not tally.concerns(user_agent):
            continue
        if (request := log.request(line)) is not None:
            tally.note(user_agent, request.at, request.host.lower(), request.address)


def _told(sighting: Sighting) -> dict[str, object]:
    """All that is known, as JSON has it."""
    return {
        "product": sighting.product,
        "requests": sighting.count,
        "error": sighting.error,
        "sites": sighting.sites.count,
        "addresses": sighting.addresses.count,
        "first": _moment(sighting.first),
        "last": _moment(sighting.last),
        "signs": list(sighting.signs),
        "sample": _text(sighting),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _text(sighting: Sighting) -> str:
    return sighting.sample.decode("utf-8", "backslashreplace")


def _lines(sightings: Sequence[Sighting]) -> Iterable[str]:
    """The same for people."""
    if not sightings:
        yield "nothing looks like a crawler and has no entry"
    for one in sightings:
        times = f", {one.first:%Y-%m-%d %H:%M} to {one.last:%Y-%m-%d %H:%M} UTC" if one.first and one.last else ""
        sites = f", about {one.sites.count:,} sites" if one.sites.count else ""
        yield f"{one.least:>12,}  {visible(one.product)}  ({', '.join(one.signs)})"
        yield f"              about {one.addresses.count:,} addresses{sites}{times}"
        yield f"              {visible(_text(one))[:_WIDTH]}"
