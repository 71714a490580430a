"""``gatepost sites move-host``: a host goes from one site to another.

Rules: it is one step, and no statement goes with the host: it answers by what its new site says, and what that comes to
is told.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import add_command
from gatepost.cli.inputs import Database, actor_of, host_of, with_gate
from gatepost.cli.output import write_lines
from gatepost.cli.site_changes import noticed_lines
from gatepost.core.sites import Actor, ActorKind
from gatepost.errors import GatepostError
from gatepost.service.owners import BY_ID

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]


def register(sites: typer.Typer) -> None:
    """Add the command to ``gatepost sites``."""
    add_command(
        sites,
        "move-host",
        move_host,
        "gatepost sites move-host www.blog.example --to shop.example",
        "gatepost sites move-host www.blog.example --to-id 17 --reason 'sold'",
    )


def move_host(
    host: Annotated[str, typer.Argument(metavar="HOST", help="The host that moves; a URL will do.")],
    to: Annotated[str | None, typer.Option(metavar="HOST", help="Any host of the site that gets it.")] = None,
    to_id: Annotated[str | None, typer.Option("--to-id", metavar="ID", help="The same by the site's id.")] = None,
    actor: Annotated[
        str, typer.Option(metavar="[KIND:]NAME", help="Who acts; the platform, unless a kind is named.")
    ] = "command line",
    reason: Annotated[str, typer.Option(help="Why, for the history of both sites.")] = "",
    database: Database = None,
) -> None:
    """Move a host from the site that has it to another, in one step.

    What either site says stays with that site; the host answers by what its new site says, and workers that have not
    heard of it yet by what its old one did. The last host can be moved only from a site that is deleted.
    """
    if (to is None) == (to_id is None):
        raise GatepostError(
            "--to or --to-id has to say which site gets the host, and only one",
            id="sites.move-host.subject",
            remedy="Name one of them.",
        )
    taker = BY_ID + to_id if to_id is not None else host_of(to or "")
    who = actor_of(actor, ActorKind.PLATFORM)
    write_lines(with_gate(database, lambda gate: _moved(gate, host_of(host), taker, who, reason)))


async def _moved(gate: "Gate", host: str, to: str, actor: Actor, reason: str) -> Sequence[str]:
    before = await gate.overviews.state_of(host)
    old, new = await gate.owners.move_host(host, to, actor, reason)
    if old.id == new.id:
        return [f"{host}: nothing to change; it is a host of site {new.id} already"]
    after = await gate.overviews.state_of(host)
    return [
        host,
        f"  - site {old.id}, revision {old.revision}",
        f"  + site {new.id}, revision {new.revision}",
        *noticed_lines(before.policy, after.policy, gate.signatures),
        "What both sites say is as it was.",
    ]
