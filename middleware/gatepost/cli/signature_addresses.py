"""``gatepost signatures addresses``: the address lists that operators publish, as far as they are at hand.

Rules: what is told is what the fleet has in its store; a list is asked for only where somebody says so.
"""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.commands import FINDING, add_command, check_client
from gatepost.cli.inputs import Database, Json, with_gate
from gatepost.cli.output import emphasised, flush, write, write_row
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.core.address_lists import ListStanding
    from gatepost.wiring import Gate

__all__ = ["register"]


def register(signatures: typer.Typer) -> None:
    """Add the command to ``gatepost signatures``."""
    add_command(
        signatures,
        "addresses",
        addresses,
        "gatepost signatures addresses",
        "gatepost signatures addresses --json",
    )


def addresses(
    fetch: Annotated[bool, typer.Option("--fetch", help="Ask for every list now.")] = False,
    accept: Annotated[
        str | None, typer.Option(metavar="URL", help="Ask for this list now, and take it though it leaps.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show each address list that the signature file names: its age, its size, and what went wrong the last time.

    A gate asks for them once a day where the setting address_lists is on; --fetch does it now, for the whole fleet.
    Exit 1: a list could not be had or was refused, or is older than 7 days.
    """
    if fetch or accept is not None:
        check_client()
    if with_gate(database, lambda gate: _shown(gate, fetch, accept, json)):
        raise typer.Exit(FINDING)


async def _shown(gate: "Gate", fetch: bool, accept: str | None, json: bool) -> bool:
    """Show every list as soon as it is known; whether there is a finding."""
    today, found = datetime.now(UTC).date(), False
    async for standing in _standings(gate, fetch, accept):
        found = found or standing.fault is not None or standing.alarming(today)
        if json:
            write_row(_told(gate, standing, today))
        else:
            _show(_told(gate, standing, today))
        flush()
    return found


async def _standings(gate: "Gate", fetch: bool, accept: str | None) -> "AsyncIterator[ListStanding]":
    lists = gate.address_lists
    if accept is not None:
        if accept not in lists.urls():
            raise GatepostError(
                f"the signature file names no address list {accept}",
                id="addresses.unknown",
                remedy="gatepost signatures addresses shows all that it names.",
            )
        yield await lists.fetch(accept, accept=True)
        return
    await lists.take_up()
    for standing in lists.standings():
        yield await lists.fetch(standing.url) if fetch else standing


def _told(gate: "Gate", standing: "ListStanding", today: date) -> dict[str, Any]:
    """A list as JSON has it."""
    found = gate.address_lists.at_hand(standing.url)
    named = [one.name for one in gate.signatures.crawlers if standing.url in one.verification.address_lists]
    return {
        "url": standing.url,
        "crawlers": named,
        "asked": standing.asked and standing.asked.isoformat(),
        "good": standing.good and standing.good.isoformat(),
        "age_days": standing.age(today),
        "alarm": standing.alarming(today),
        "networks": len(found.networks) if found else 0,
        "ipv4_addresses": found.extent(4) if found else 0,
        "ipv6_64s": found.extent(6) if found else 0,
        "fault": asdict(standing.fault) if standing.fault else None,
    }


def _show(told: dict[str, Any]) -> None:
    """The same for people."""
    age, fault = told["age_days"], told["fault"]
    word, colour = ("fault", "red") if fault else ("old", "yellow") if told["alarm"] else ("ok", "green")
    if age is None and not fault:
        word, colour = "none", "yellow"
    known = f"{told['networks']} networks, found good {age} days ago" if age is not None else "never had"
    write(f"{emphasised(f'{word:<5}', colour)} {told['url']}\n      {', '.join(told['crawlers'])}: {known}\n")
    if fault:
        write(f"      {fault['message']}  [{fault['id']}]\n      {fault['remedy']}\n")
