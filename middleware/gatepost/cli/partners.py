"""``gatepost partners``: who is handed content under which licence, and how each is told of changes.

Rules: a secret is printed once, when it is made; what is on stdout is the answer alone.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.commands import add_command, family
from gatepost.cli.inputs import Database, Json, moment_of, with_gate
from gatepost.cli.output import progress, tell, write, write_row
from gatepost.cli.partner_simulator import simulate
from gatepost.core.access import PARTNER_SCOPES
from gatepost.core.crawlers import Purpose
from gatepost.core.duty_words import day_of
from gatepost.core.partners import Partner
from gatepost.core.sites import Actor, ActorKind

if TYPE_CHECKING:
    from gatepost.service.partners import PartnerChange
    from gatepost.wiring import Gate

__all__ = ["look_at_sites", "register"]

Id = Annotated[str, typer.Argument(metavar="ID", help="As gatepost partners list shows it.")]
Name = Annotated[str | None, typer.Option(help="As owners are told.")]
Purposes = Annotated[
    list[Purpose] | None, typer.Option("--purpose", help="What it is licensed for; may be repeated, and names all.")
]
Since = Annotated[str | None, typer.Option(metavar="DATE", help="When the licence begins; it may be to come.")]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="When it ends; 'open': not at all.")]
Contact = Annotated[str | None, typer.Option(help="Whom to write to.")]
Endpoint = Annotated[str | None, typer.Option(metavar="URL", help="Where notices are pushed to; '': it fetches them.")]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--network", metavar="CIDR", help="Where its crawlers come from; may be repeated, names all; '': none."
    ),
]
Crawlers = Annotated[
    list[str] | None,
    typer.Option(
        "--crawler", metavar="NAME", help="A crawler that fetches for it; may be repeated, names all; '': none."
    ),
]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--crawler-key", metavar="X", help="An Ed25519 key that its crawlers sign with; may be repeated; '': none."
    ),
]
StopDays = Annotated[
    int | None,
    typer.Option(min=1, max=3650, metavar="DAYS", help="For how long it may take to stop; 3 for a new partner."),
]
RemoveDays = Annotated[
    int | None,
    typer.Option(min=1, max=3650, metavar="DAYS", help="The same to remove the past; 30 for a new partner."),
]

_OPEN = "open"


def register(app: typer.Typer) -> None:
    """Add the family."""
    partners = family(app, "partners", "Data partners: licences, and how they are told of changes.")
    add_command(
        partners,
        "add",
        add,
        "gatepost partners add acme --name 'Acme Data' --purpose ai-training --endpoint https://acme.example/notices",
        "gatepost partners add tiny --name 'Tiny Lab' --purpose ai-training --until 2027-12-31 --token",
    )
    add_command(partners, "list", list_, "gatepost partners list", "gatepost partners list --json")
    add_command(partners, "show", show, "gatepost partners show acme")
    add_command(
        partners,
        "change",
        change,
        "gatepost partners change acme --until 2027-12-31",
        "gatepost partners change acme --endpoint https://acme.example/new",
        "gatepost partners change acme --crawler GPTBot --crawler-key kPdxlZqEOXKh1wMJe8lCg4X9WvU8iXK0yLLBk0hTVmU",
    )
    add_command(partners, "rotate", rotate, "gatepost partners rotate acme", "gatepost partners rotate acme --finish")
    add_command(partners, "end", end, "gatepost partners end acme")
    add_command(
        partners,
        "simulate",
        simulate,
        "gatepost partners simulate --secret whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0 --port 8090",
        "gatepost partners simulate --secret whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0 --receipts acme --token gpo_...",
    )


def add(
    id: Annotated[str, typer.Argument(metavar="ID", help="A short name in lower case, for ever.")],
    name: Annotated[str, typer.Option(help="As owners are told.")],
    purpose: Annotated[list[Purpose], typer.Option(help="What it is licensed for; may be repeated.")],
    since: Since = None,
    until: Until = None,
    contact: Contact = None,
    endpoint: Endpoint = None,
    network: Networks = None,
    crawler: Crawlers = None,
    crawler_key: Keys = None,
    stop_days: StopDays = None,
    remove_days: RemoveDays = None,
    token: Annotated[bool, typer.Option("--token", help="Make a token for the API as well.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Add a partner, and print the secret that its notices are signed with: this once.

    With --token the second line is a token, by which the partner fetches its notices and confirms them. All sites are
    looked at, so that the partner is told of whatever changes from now on.
    """
    wanted = _change(
        name, purpose, since, until, contact, endpoint, network, crawler, crawler_key, stop_days, remove_days
    )

    async def make(gate: "Gate") -> dict[str, str | None]:
        new = Partner(id, name, frozenset(purpose), datetime.now(UTC))
        secret = await gate.partners.add(wanted.of(new))
        made: str | None = None
        try:
            if token:
                made, _ = await gate.access.add_token(Actor(ActorKind.PARTNER, id), PARTNER_SCOPES)
        finally:  # the partner is there by now, and no other command shows its secret
            _print_once(json, {"id": id, "secret": secret, "token": made})
        await look_at_sites(gate)
        return {}

    with_gate(database, make)
    tell("Keep it now: it is not shown again.")


def _print_once(json: bool, row: dict[str, str | None]) -> None:
    if json:
        write_row(row)
    else:
        write("".join(f"{row[what]}\n" for what in ("secret", "token") if row.get(what)))


async def look_at_sites(gate: "Gate", *, again: bool = False) -> None:
    """Write what is due for the sites, with progress on stderr."""
    with progress("sites looked at, by the hundreds") as count:
        async for _ in gate.partners.look_at_sites(again=again):
            count()


def _change(
    name: str | None,
    purposes: Collection[Purpose] | None,
    since: str | None,
    until: str | None,
    contact: str | None,
    endpoint: str | None,
    networks: Collection[str] | None,
    crawlers: Collection[str] | None,
    keys: Collection[str] | None,
    stop_days: int | None,
    remove_days: int | None,
) -> "PartnerChange":
    from gatepost.service.partners import PartnerChange

    return PartnerChange(
        name=name,
        purposes=purposes or None,
        since=moment_of(since) if since else None,
        until=moment_of(until) if until and until != _OPEN else None,
        contact=contact,
        endpoint=endpoint,
        networks=_all_of(networks),
        crawlers=_all_of(crawlers),
        keys=_all_of(keys),
        stop_within=_days(stop_days),
        remove_within=_days(remove_days),
        reopened=until == _OPEN,
    )


def _all_of(names: Collection[str] | None) -> Collection[str] | None:
    """What is named; an empty name says that there is none."""
    return [name for name in names if name] if names else None


def _days(days: int | None) -> timedelta | None:
    return timedelta(days=days) if days else None


def list_(json: Json = False, database: Database = None) -> None:
    """List the partners: id, name, purposes, and until when each is licensed."""
    now = datetime.now(UTC)
    for partner in with_gate(database, lambda gate: gate.partners.all()):
        if json:
            write_row(_row(partner))
        else:
            write(f"{partner.id:<20}  {partner.name:<30}  {_licence(partner, now)}\n")


def _licence(partner: Partner, now: datetime) -> str:
    purposes = ", ".join(sorted(partner.purposes))
    if partner.ended(now) and partner.until:
        return f"{purposes}, ended on {day_of(partner.until)}"
    until = f" until {day_of(partner.until)}" if partner.until else ""
    pending = ", once all sites have been looked at" if partner.pending else ""
    return f"{purposes}, since {day_of(partner.since)}{until}{pending}"


def _row(partner: Partner) -> dict[str, Any]:
    return {
        "id": partner.id,
        "name": partner.name,
        "purposes": sorted(partner.purposes),
        "pending": sorted(partner.pending),
        "since": partner.since.isoformat(timespec="seconds"),
        "until": partner.until.isoformat(timespec="seconds") if partner.until else None,
        "contact": partner.contact,
        "endpoint": partner.endpoint,
        "gone": partner.gone,
        "secrets": len(partner.secrets),
        "crawlers": list(partner.crawlers),
        "networks": list(partner.networks),
        "keys": list(partner.keys),
        "stop_days": partner.stop_within / timedelta(days=1),
        "remove_days": partner.remove_within / timedelta(days=1),
    }


def show(id: Id, json: Json = False, database: Database = None) -> None:
    """Show a partner: its licence, how it is reached, and how many secrets sign."""
    partner = with_gate(database, lambda gate: gate.partners.show(id))
    if json:
        write_row(_row(partner))
        return
    write(f"{partner.name} ({partner.id})\n")
    for what, said in _told(partner):
        write(f"  {what:<10}  {said}\n")


def _told(partner: Partner) -> list[tuple[str, str]]:
    gone = " (says that it is gone: nothing is pushed until another is named)" if partner.gone else ""
    days = timedelta(days=1)
    return [
        ("licence", _licence(partner, datetime.now(UTC))),
        ("notices", f"pushed to {partner.endpoint}{gone}" if partner.endpoint else "fetched by the partner"),
        ("secrets", f"{len(partner.secrets)} in use"),
        ("time", f"{partner.stop_within / days:g} days to stop, {partner.remove_within / days:g} to remove"),
        ("crawlers", ", ".join(partner.crawlers) or "none"),
        ("networks", ", ".join(partner.networks) or "none"),
        ("keys", ", ".join(partner.keys) or "none"),
        ("contact", partner.contact or "nobody"),
    ]


def change(
    id: Id,
    name: Name = None,
    purpose: Purposes = None,
    since: Since = None,
    until: Until = None,
    contact: Contact = None,
    endpoint: Endpoint = None,
    network: Networks = None,
    crawler: Crawlers = None,
    crawler_key: Keys = None,
    stop_days: StopDays = None,
    remove_days: RemoveDays = None,
    database: Database = None,
) -> None:
    """Change a partner; what is not named stays. With another endpoint all that is open is pushed there."""
    wanted = _change(
        name, purpose, since, until, contact, endpoint, network, crawler, crawler_key, stop_days, remove_days
    )

    async def make(gate: "Gate") -> Partner:
        partner = await gate.partners.change(id, wanted)
        await look_at_sites(gate)
        return partner

    write(f"{id}: {_licence(with_gate(database, make), datetime.now(UTC))}\n")


def rotate(
    id: Id,
    finish: Annotated[bool, typer.Option("--finish", help="Let the newest secret alone sign from now on.")] = False,
    database: Database = None,
) -> None:
    """Make a new secret, and print it: this once. The ones before sign as well until --finish."""
    if finish:
        gone = with_gate(database, lambda gate: gate.partners.finish_rotation(id))
        write(f"{id}: {gone} secret{'' if gone == 1 else 's'} gone\n")
        return
    write(with_gate(database, lambda gate: gate.partners.rotate_secret(id)) + "\n")
    tell(f"Keep it now: it is not shown again. When the partner has it: gatepost partners rotate {id} --finish.")


def end(id: Id, database: Database = None) -> None:
    """End a partner's licence now. What it still owes stays open."""
    partner = with_gate(database, lambda gate: gate.partners.end(id))
    write(f"{id}: {_licence(partner, datetime.now(UTC))}\n")
