"""``gatepost owners``: the link by which a site's owner comes in."""

from typing import Annotated

import typer

from gatepost.cli.commands import add_command, family
from gatepost.cli.inputs import Database, host_of, with_gate
from gatepost.cli.output import write

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    owners = family(app, "owners", "Let the owners of sites in.")
    add_command(owners, "link", link, "gatepost owners link blog.example --actor ada")


def link(
    host: Annotated[str, typer.Argument(metavar="HOST", help="Any host of the site; a URL will do.")],
    actor: Annotated[str, typer.Option(metavar="NAME", help="Who comes in, for the history.")],
    path: Annotated[str, typer.Option(metavar="P", help="Where below the owner's pages it leads to.")] = "",
    database: Database = None,
) -> None:
    """Print the address by which an owner comes in: good once, for a quarter of an hour, for this site alone.

    It needs the setting secret (GATEPOST_SECRET), the same as the server's.
    """
    key = host_of(host)
    write(with_gate(database, lambda gate: gate.owner_link(key, actor, path)) + "\n")
