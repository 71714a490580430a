"""``gatepost sites``: the sites of a platform and what their owners want.

Rules: every change is an event with its actor; what a change comes to is shown as its effect on crawlers; consent is
never assumed, and what touches search is confirmed by name.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli import site_hosts, sites_in_bulk
from gatepost.cli.commands import add_command, family
from gatepost.cli.dates import From, Notice, Until, dated_wishes
from gatepost.cli.default_preview import preview_default
from gatepost.cli.inputs import Database, Json, actor_of, host_of, read_text, with_gate
from gatepost.cli.output import write, write_lines, write_row
from gatepost.cli.site_changes import HostWishes, SiteChange, Undo
from gatepost.cli.site_shown import site_lines, told_site
from gatepost.core.defaults import PLAN, REGION, is_default
from gatepost.core.sites import (
    PLATFORM,
    Actor,
    ActorKind,
    CanonicalHostChanged,
    Change,
    Event,
    HostAdded,
    HostRemoved,
    OwnerChanged,
    PlacementChanged,
    RobotsTxtChanged,
    SiteAdded,
    StatementChanged,
    Visibility,
    VisibilityChanged,
)
from gatepost.core.state import wishes_of
from gatepost.errors import GatepostError
from gatepost.service.owners import BY_ID

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]

_ROBOTS_TXT_READ = 1024 * 1024
"""More than the use case takes, so that it can say that a file is too long."""

Host = Annotated[str | None, typer.Argument(metavar="HOST", help="Any host of the site; a URL will do.")]
Platform = Annotated[bool, typer.Option("--platform", help="The platform's own statement, in place of a site's.")]
Region = Annotated[str | None, typer.Option(metavar="R", help="A region, by the platform's name for it.")]
Plan = Annotated[str | None, typer.Option(metavar="P", help="A plan, by the platform's name for it.")]
ConfirmSearch = Annotated[bool, typer.Option("--confirm-search", help="Yes, this is meant to touch search.")]
Confirm = Annotated[str, typer.Option(metavar="TOKEN", help="Yes, this is meant to allow more than before.")]
Yes = Annotated[bool, typer.Option("--yes", help="The same without a token, for scripts that have asked.")]
Reason = Annotated[str, typer.Option(help="Why, for the history.")]
ExpectRevision = Annotated[int | None, typer.Option(metavar="N", help="Only if the site is at this revision.")]
Visible = Annotated[Visibility | None, typer.Option(help="Where the site stands.")]
OwnRobots = Annotated[str | None, typer.Option(metavar="FILE", help="The owner's own robots.txt; - is stdin.")]
Alias = Annotated[list[str] | None, typer.Option(metavar="H", help="One more host; may be repeated.")]
RemoveAlias = Annotated[list[str] | None, typer.Option(metavar="H", help="A host that goes; may be repeated.")]
Canonical = Annotated[str | None, typer.Option(metavar="H", help="Which of the site's hosts is the canonical one.")]
Owner = Annotated[str | None, typer.Option(metavar="NAME", help="Whose the site is now; what was said stays.")]
SiteId = Annotated[str | None, typer.Option("--id", metavar="ID", help="The site with this id, whatever its hosts.")]
Preview = Annotated[bool, typer.Option("--preview", help="Of a default: count what would change, and change nothing.")]
ActorName = Annotated[
    str,
    typer.Option(
        "--actor", metavar="[KIND:]NAME", help="Who acts: owner, platform, operator or migration, and a name."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    sites = family(app, "sites", "Add, show and change sites.")
    add_command(
        sites,
        "add",
        add,
        "gatepost sites add blog.example --alias www.blog.example",
        "gatepost sites add https://bücher.example/",
    )
    add_command(sites, "show", show, "gatepost sites show blog.example", "gatepost sites show --platform --json")
    add_command(
        sites,
        "set",
        set_,
        "gatepost sites set blog.example ai-training=block partner-sharing=refuse",
        "gatepost sites set blog.example /press/:ai-training=allow GPTBot=inherit --reason 'press office' --yes",
        "gatepost sites set blog.example --visibility private",
        "gatepost sites set --platform ai-training=ask",
        "gatepost sites set --region eu ai-training=block --preview",
        "gatepost sites set --platform ai-training=block --notice 30",
        "gatepost sites set blog.example ai-training=block --from 2026-12-01 --until 2027-03-01",
        "gatepost sites set blog.example --region eu",
        "gatepost sites set blog.example --alias new.example --canonical new.example",
    )
    add_command(sites, "undo", undo, "gatepost sites undo blog.example")
    add_command(sites, "history", history, "gatepost sites history blog.example")
    site_hosts.register(sites)
    sites_in_bulk.register(sites)


def add(
    host: Annotated[str, typer.Argument(metavar="HOST", help="The canonical host; a URL will do.")],
    alias: Alias = None,
    id: Annotated[str | None, typer.Option(help="The site's id on the platform; else its host.")] = None,
    region: Region = None,
    plan: Plan = None,
    actor: ActorName = "platform:command line",
    database: Database = None,
) -> None:
    """Add a site; nothing is said for it until its owner or the platform says something."""
    hosts = [host_of(text) for text in (host, *(alias or ()))]
    site = with_gate(
        database, lambda gate: gate.owners.add_site(hosts, actor_of(actor), id, region=region or "", plan=plan or "")
    )
    write(f"{', '.join(site.hosts)}: added as {site.id}, revision {site.revision}\n")


def show(
    host: Host = None,
    id: SiteId = None,
    platform: Platform = False,
    region: Region = None,
    plan: Plan = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show what a site or a default says, what holds there, and who said it."""
    key = _key(host, platform, region, plan, id)

    async def told(gate: "Gate") -> dict[str, Any]:
        return told_site(await gate.overviews.origins_of(await gate.overviews.state_of_subject(key)))

    answer = with_gate(database, told)
    if json:
        write_row(answer)
    else:
        write_lines(site_lines(answer))


def _key(
    host: str | None, platform: bool, region: str | None = None, plan: str | None = None, id: str | None = None
) -> str:
    """The host of a site, or its id, or the id under which the platform, a region or a plan speaks."""
    named = [host_of(host)] if host is not None else []
    named += [BY_ID + id] if id is not None else []
    named += [PLATFORM] if platform else []
    named += [REGION + region] if region else []
    named += [PLAN + plan] if plan else []
    if len(named) != 1:
        raise GatepostError(
            "a host, --id, --platform, --region or --plan has to be named, and only one",
            id="sites.subject",
            remedy="Name one of them.",
        )
    return named[0]


def set_(
    words: Annotated[list[str] | None, typer.Argument(metavar="HOST WISH", help="A host, then NAME=VALUE.")] = None,
    id: SiteId = None,
    platform: Platform = False,
    region: Region = None,
    plan: Plan = None,
    confirm_search: ConfirmSearch = False,
    confirm: Confirm = "",
    yes: Yes = False,
    expect_revision: ExpectRevision = None,
    visibility: Visible = None,
    robots_txt: OwnRobots = None,
    alias: Alias = None,
    remove_alias: RemoveAlias = None,
    canonical: Canonical = None,
    owner: Owner = None,
    actor: ActorName = "command line",
    reason: Reason = "",
    preview: Preview = False,
    from_: From = "",
    until: Until = "",
    notice: Notice = None,
    database: Database = None,
) -> None:
    """Change what a site, the platform, a region or a plan says.

    With a HOST, --region and --plan say where the site belongs; it keeps what was stricter before.

    A wish is NAME=VALUE. NAME: search, ai-answers, assistants, ai-training, archives, partner-sharing, a crawler's
    name, or a path before one of the five (/press/:ai-training). VALUE: allow, ask, block, license (partner-sharing:
    allow, refuse), or inherit to take back what was said. One that says no to search needs --confirm-search, one that
    allows more than before --confirm TOKEN (the first attempt prints the line to repeat); else nothing is changed.

    For a time: --from and --until, or NAME=VALUE@FROM..UNTIL, where either side may be missing. It stands in place of
    what is said without a date; of several that overlap the strictest holds.
    """
    key, wishes = _key_and_wishes(words or (), platform, region, plan, id)
    wishes = dated_wishes(wishes, from_, until, notice)
    if preview:
        return _preview(key, wishes, database)
    hosts, acting = _host_wishes(alias or (), remove_alias or (), canonical), _acting(actor, key)
    own_robots = None if robots_txt is None else read_text(robots_txt, _ROBOTS_TXT_READ)
    confirmed = (confirm_search, expect_revision, confirm, yes)
    place = (None, None) if is_default(key) else (region, plan)
    change = SiteChange(key, acting, reason, wishes, hosts, visibility, own_robots, *confirmed, *place, owner)
    return write_lines(with_gate(database, change.make))


def _host_wishes(added: Iterable[str], removed: Iterable[str], canonical: str | None) -> HostWishes:
    return HostWishes(
        [host_of(text) for text in added],
        [host_of(text) for text in removed],
        None if canonical is None else host_of(canonical),
    )


def _acting(actor: str, key: str) -> Actor:
    """Who acts; on a default it is the platform that does, unless another is named."""
    return actor_of(actor, ActorKind.PLATFORM if is_default(key) else ActorKind.OWNER)


def _key_and_wishes(
    words: Sequence[str], platform: bool, region: str | None, plan: str | None, id: str | None
) -> tuple[str, Sequence[str]]:
    """What is spoken of, and what is wished; beside a host or an id, a region and a plan say where it belongs."""
    if not words or "=" in words[0]:
        placed = (region, plan) if id is None else (None, None)
        return _key(None, platform, *placed, id), words
    if id is not None:
        return _key(words[0], platform, id=id), words[1:]
    return (_key(words[0], platform) if platform else host_of(words[0])), words[1:]


def _preview(key: str, wishes: Sequence[str], database: str | None) -> None:
    if not is_default(key):
        raise GatepostError(
            "--preview counts what a default comes to",
            id="sites.set.preview",
            remedy="For one site: gatepost preview --site HOST --set WISH.",
        )
    write(with_gate(database, lambda gate: preview_default(gate, key, wishes)) + "\n")


def undo(
    host: Host = None,
    id: SiteId = None,
    platform: Platform = False,
    region: Region = None,
    plan: Plan = None,
    confirm_search: ConfirmSearch = False,
    confirm: Confirm = "",
    yes: Yes = False,
    actor: ActorName = "command line",
    reason: Reason = "",
    database: Database = None,
) -> None:
    """Put back what a site or a default said before the last change of its statement, for 30 days.

    It is a change like any other: what allows more than before needs --confirm TOKEN.
    """
    key = _key(host, platform, region, plan, id)
    change = Undo(key, _acting(actor, key), reason, confirm_search, confirm, yes)
    write_lines(with_gate(database, change.make))


def history(
    host: Host = None,
    id: SiteId = None,
    platform: Platform = False,
    region: Region = None,
    plan: Plan = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show every change of a site or a default: when, who, what, why."""
    key = _key(host, platform, region, plan, id)
    events = with_gate(database, lambda gate: gate.overviews.history(key))
    for event in events:
        row = _told_event(event)
        if json:
            write_row(row)
        else:
            reason = f"  ({row['reason']})" if row["reason"] else ""
            write(f"{row['revision']:>4}  {row['at']}  {row['actor']}  {row['kind']}: {row['change']}{reason}\n")


def _told_event(event: Event) -> dict[str, object]:
    return {
        "revision": event.revision,
        "at": event.at.isoformat(timespec="seconds"),
        "actor": f"{event.actor.kind}:{event.actor.name}",
        "kind": event.change.kind,
        "change": _told_change(event.change),
        "reason": event.reason,
    }


def _told_change(change: Change) -> str:
    match change:
        case SiteAdded(hosts):
            return ", ".join(hosts)
        case HostAdded(host) | HostRemoved(host) | CanonicalHostChanged(host):
            return host
        case OwnerChanged(owner):
            return owner
        case PlacementChanged():
            placed = [f"region {change.region}"] * bool(change.region) + [f"plan {change.plan}"] * bool(change.plan)
            return ", ".join(placed) or "no region, no plan"
        case StatementChanged(statement):
            return "  ".join(wishes_of(statement)) or "nothing said"
        case VisibilityChanged(visibility):
            return visibility
        case RobotsTxtChanged(text):
            return f"{len(text.splitlines())} lines"
