"""``gatepost preview``: the exact bytes that a site's directives have, or would have.

Rules: stdout has these bytes and nothing else; nothing is changed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.inputs import Database, host_of, moment_of, with_gate
from gatepost.cli.output import tell, write
from gatepost.core.preview import Format, Previewed
from gatepost.core.wishes import read_wish

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(
        app,
        "preview",
        preview,
        "gatepost preview --site blog.example",
        "gatepost preview --site blog.example --format fields",
        "gatepost preview --site blog.example --set ai-training=license --set GPTBot=allow --diff",
        "gatepost preview --site blog.example --at 2027-01-01",
    )


def preview(
    site: Annotated[str, typer.Option(metavar="HOST", help="Any host of the site.")],
    format: Annotated[
        Format, typer.Option(help="Which directive; fields are the response fields.")
    ] = Format.ROBOTS_TXT,
    wishes: Annotated[
        list[str] | None, typer.Option("--set", metavar="WISH", help="As if this were set; may be repeated.")
    ] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Only what differs from what is in force.")] = False,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="As things stand then: ISO 8601, else UTC.")] = None,
    database: Database = None,
) -> None:
    """Show the exact bytes of a directive of a site, as they are, were, or would be.

    Exit 1: the site has no such document, because its owner offers no licence.
    """
    host = host_of(site)
    moment = moment_of(at) if at else None
    document = with_gate(database, lambda gate: _preview(gate, host, wishes or [], format, moment))
    if document.after is None:
        tell(f"gatepost: {host} offers nothing under a licence, so there is no RSL document (preview.rsl.none)")
        raise typer.Exit(FINDING)
    write(document.difference if diff else document.after)


async def _preview(gate: "Gate", host: str, wishes: Sequence[str], format: Format, at: datetime | None) -> Previewed:
    read = [read_wish(wish, gate.signatures) for wish in wishes]
    return (await gate.overviews.preview_documents(host, read, at))[list(Format).index(format)]
