"""``gatepost tokens``: what programs and operators show to be let in by the control API and the console.

Rules: a token is printed once, when it is made or rotated; what is kept is a digest of it.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.commands import add_command, family
from gatepost.cli.inputs import Database, Json, host_of, with_gate
from gatepost.cli.output import tell, write, write_row
from gatepost.core.access import Scope
from gatepost.core.sites import Actor, ActorKind
from gatepost.core.tokens import OVERLAP, Token
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]

Id = Annotated[str, typer.Argument(metavar="ID", help="As gatepost tokens list shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    tokens = family(app, "tokens", "Tokens for the control API and the console.")
    add_command(
        tokens,
        "add",
        add,
        "gatepost tokens add platform:dashboard --scope sites:read --scope sites:write",
        "gatepost tokens add operator:lea --scope sites:read --site blog.example --expires 30d",
    )
    add_command(tokens, "list", list_, "gatepost tokens list", "gatepost tokens list --json")
    add_command(tokens, "rotate", rotate, "gatepost tokens rotate 1f2e3d4c5b6a")
    add_command(tokens, "revoke", revoke, "gatepost tokens revoke 1f2e3d4c5b6a")


def add(
    actor: Annotated[str, typer.Argument(metavar="KIND:NAME", help="As whom it acts: platform, operator or partner.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be repeated.")],
    site: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="A site that it is for, else all; may be repeated.")
    ] = None,
    expires: Annotated[str | None, typer.Option(metavar="90d", help="For how long: 12h, 90d; else for ever.")] = None,
    database: Database = None,
) -> None:
    """Make a token, and print it: this once, since only a digest of it is kept.

    With --site it is for the sites that have these hosts now, whatever hosts they have later.
    """
    who, life = _actor(actor), _life(expires) if expires else None
    hosts = [host_of(text) for text in site or ()]

    async def make(gate: "Gate") -> str:
        sites = [(await gate.owners.show(host)).id for host in hosts] if hosts else None
        token, _ = await gate.access.add_token(who, scope, sites, life)
        return token

    write(with_gate(database, make) + "\n")
    tell("Keep it now: it is not shown again.")


def _actor(text: str) -> Actor:
    kind, _, name = text.partition(":")
    if kind not in (ActorKind.PLATFORM, ActorKind.OPERATOR, ActorKind.PARTNER) or not name:
        raise GatepostError(
            f"{text!r} is not KIND:NAME",
            id="access.token.actor",
            remedy="Write platform:NAME, operator:NAME or partner:ID; only the platform may allow more than before.",
        )
    return Actor(ActorKind(kind), name)


_life_of = re.compile(r"([1-9][0-9]{0,4})([hd])").fullmatch


def _life(text: str) -> timedelta:
    found = _life_of(text)
    if found is None:
        raise GatepostError(f"{text!r} is no time to live", id="access.token.life", remedy="Write 12h or 90d.")
    return timedelta(hours=int(found[1])) if found[2] == "h" else timedelta(days=int(found[1]))


def list_(json: Json = False, database: Database = None) -> None:
    """List the tokens: id, as whom each acts, what it may do, for which sites, and until when."""
    for row in map(_row, _tokens(database)):
        if json:
            write_row(row)
        else:
            sites = "all sites" if row["sites"] is None else ", ".join(row["sites"])
            until = f"until {row['expires']}" if row["expires"] else "for ever"
            write(f"{row['id']}  {row['actor']:<24}  {until:<32}  {' '.join(row['scopes'])}  {sites}\n")


def _tokens(database: str | None) -> Sequence[Token]:
    return with_gate(database, lambda gate: gate.access.tokens())


def _row(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "actor": f"{token.actor.kind}:{token.actor.name}",
        "scopes": sorted(token.scopes),
        "sites": None if token.sites is None else sorted(token.sites),
        "added": token.added.isoformat(timespec="seconds"),
        "expires": token.expires.isoformat(timespec="seconds") if token.expires else None,
    }


def rotate(id: Id, database: Database = None) -> None:
    """Give a token another secret, and print it; the former one is good for an hour longer."""
    write(with_gate(database, lambda gate: gate.access.rotate_token(id)) + "\n")
    minutes = int(OVERLAP.total_seconds() // 60)
    tell(f"Keep it now: it is not shown again. The former one is good for {minutes} minutes longer; revoke ends both.")


def revoke(id: Id, database: Database = None) -> None:
    """Make a token worth nothing, at once."""
    with_gate(database, lambda gate: gate.access.revoke_token(id))
    write(f"{id}: revoked\n")
