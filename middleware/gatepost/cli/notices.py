"""``gatepost notices``: what data partners were told of sites, and what they confirmed.

Rules: each duty is told by what the partner said and by nothing else; exit 1 where something is overdue.
"""

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.commands import FINDING, add_command, family
from gatepost.cli.inputs import Database, Json, Site, site_named, with_gate
from gatepost.cli.output import tell, visible, write, write_row
from gatepost.cli.partners import look_at_sites
from gatepost.core.duties import Duty
from gatepost.core.duty_words import sentence_of, word_of
from gatepost.core.notices import Item
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]

Partner = Annotated[str, typer.Option("--partner", metavar="ID", help="As gatepost partners list shows it.")]


def register(app: typer.Typer) -> None:
    """Add the family."""
    notices = family(app, "notices", "What data partners were told of sites, and what they confirmed.")
    add_command(
        notices,
        "list",
        list_,
        "gatepost notices list --site blog.example",
        "gatepost notices list --partner acme --open",
        "gatepost notices list --overdue --json",
    )
    add_command(notices, "deliver", deliver, "gatepost notices deliver", "gatepost notices deliver --json")
    add_command(notices, "resend", resend, "gatepost notices resend --partner acme")
    add_command(notices, "digest", digest, "gatepost notices digest --partner acme --day 2026-11-28")
    add_command(
        notices,
        "remove-item",
        remove_item,
        "gatepost notices remove-item --site blog.example --item 4711 --url https://blog.example/4711",
    )
    add_command(notices, "check", check, "gatepost notices check")


def list_(
    site: Annotated[str | None, typer.Option(metavar="HOST", help="Of one site, by any of its hosts.")] = None,
    partner: Annotated[str | None, typer.Option(metavar="ID", help="Of one partner.")] = None,
    open: Annotated[bool, typer.Option("--open", help="Only what is still owed.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what should have been confirmed by now.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """List what partners were told, and what each has done about it.

    Exit 1: something that is listed is overdue.
    """
    late = with_gate(database, lambda gate: _list(gate, site and site_named(site), partner or "", open, overdue, json))
    raise typer.Exit(FINDING if late else 0)


async def _list(gate: "Gate", named: str | None, partner: str, open: bool, overdue: bool, json: bool) -> int:
    """How many are overdue of those that were listed."""
    from gatepost.service.partners import DutyFilter

    if partner:
        await gate.partners.show(partner)
    site = (await gate.owners.show(named)).id if named else ""
    names, now, late = await gate.partners.names(), gate.partners.clock.now(), 0
    async for duty in gate.partners.duties(DutyFilter(partner, site, open, overdue)):
        late += duty.overdue(now)
        name = names.get(duty.notice.partner, duty.notice.partner)
        write_row(_row(duty, name, now)) if json else write(_line(duty, name, now))
    return late


def _line(duty: Duty, name: str, now: datetime) -> str:
    return f"{duty.notice.id}  {visible(f'{_subject(duty)}: {sentence_of(duty, name, now)}')}\n"


def _subject(duty: Duty) -> str:
    notice = duty.notice
    part = f" item {notice.item.id}" if notice.item else "".join(f" {path}" for path in notice.paths)
    purpose = f", {notice.purpose}" if notice.purpose else ""
    return f"{notice.hosts[0] if notice.hosts else notice.site}{part}{purpose}"


def _row(duty: Duty, name: str, now: datetime) -> dict[str, Any]:
    notice = duty.notice
    times = ("delivered", "stopped", "removed", "refused", "stop_by", "remove_by", "due")
    moments = {what: getattr(duty, what) for what in times}
    return {
        "notice": notice.id,
        "revision": notice.number,
        "partner": notice.partner,
        "site": notice.site,
        "hosts": list(notice.hosts),
        "purpose": notice.purpose,
        "action": notice.action,
        "paths": list(notice.paths),
        "item": notice.item.id if notice.item else None,
        "since": notice.since.isoformat(),
        "state": word_of(duty),
        "told": sentence_of(duty, name, now),
        "open": duty.open,
        "overdue": duty.overdue(now),
        **{what: moment and moment.isoformat() for what, moment in moments.items()},
        "dataset_version": duty.version or None,
        "reason": duty.reason or None,
        "problem": duty.problem or None,
    }


def deliver(json: Json = False, database: Database = None) -> None:
    """Push all that is due now, once. A server does so by itself, as soon as something is due.

    Exit 1: a push failed; it is tried again in time.
    """
    found = with_gate(database, lambda gate: gate.deliveries.deliver_once())
    for partner, tally in sorted(found.items()):
        if json:
            write_row({"partner": partner, **asdict(tally)})
        else:
            problem = f" ({visible(tally.problem)})" if tally.problem else ""
            write(f"{partner}: {tally.accepted} taken, {tally.failed} failed{problem}\n")
    if not found:
        tell("Nothing is due.")
    if any(tally.failed for tally in found.values()):
        raise typer.Exit(FINDING)


def resend(
    partner: Partner,
    notice: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this one; may be repeated.")] = None,
    database: Database = None,
) -> None:
    """Have what a partner still owes pushed once more, with all attempts before it."""
    again = with_gate(database, lambda gate: gate.partners.resend(partner, notice or ()))
    write(f"{partner}: {again} to be pushed again\n")


def digest(
    partner: Partner,
    day: Annotated[str, typer.Option(metavar="DATE", help="In UTC, such as 2026-11-28.")],
    json: Json = False,
    database: Database = None,
) -> None:
    """List who newly opted out on a day: of each site and purpose the last that was said.

    Who may be used again by the end of that day is not in it, and single items are not.
    """
    wanted = _day(day)
    with_gate(database, lambda gate: _digest(gate, partner, wanted, json))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise GatepostError(f"{text!r} is no day", id="cli.day", remedy="Write it as 2026-11-28.") from error


async def _digest(gate: "Gate", partner: str, day: date, json: bool) -> None:
    await gate.partners.show(partner)
    after = 0
    while page := await gate.partners.digest(partner, day, after):
        for duty in page:
            write_row(_asked(duty)) if json else write(f"{visible(_subject(duty))}: {duty.notice.action}\n")
        after = page[-1].notice.number


def _asked(duty: Duty) -> dict[str, Any]:
    notice = duty.notice
    return {
        "site": notice.site,
        "hosts": list(notice.hosts),
        "former_hosts": list(notice.former_hosts),
        "purpose": notice.purpose,
        "action": notice.action,
        "paths": list(notice.paths),
        "since": notice.since.isoformat(),
        "notice": notice.id,
        "revision": notice.number,
    }


def remove_item(
    site: Site,
    item: Annotated[str, typer.Option(metavar="ID", help="As exports call it.")],
    url: Annotated[list[str] | None, typer.Option(help="An address that it had; may be repeated.")] = None,
    database: Database = None,
) -> None:
    """Have one post removed by every partner that ever knew its site, as when it was made private or deleted."""
    named = site_named(site)

    async def remove(gate: "Gate") -> list[tuple[str, str]]:
        found = await gate.owners.show(named)
        told = await gate.partners.remove_item(found.id, Item(item, tuple(url or ())))
        return [(notice.id, notice.partner) for notice in told]

    notices = with_gate(database, remove)
    write("".join(f"{id}  {partner}\n" for id, partner in notices))
    tell(f"{len(notices) or 'no'} partner{'' if len(notices) == 1 else 's'} to be told")


def check(database: Database = None) -> None:
    """Look at all sites again, and write whatever partners have not been told yet; otherwise done once a day."""
    with_gate(database, lambda gate: look_at_sites(gate, again=True))
    tell("all sites were looked at")
