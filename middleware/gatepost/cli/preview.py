"""``gatepost preview``: the exact bytes that a site's directives have, or would have.

Rules: stdout has these bytes and nothing else; nothing is changed.
"""

import difflib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.inputs import Database, host_of, moment_of, with_gate
from gatepost.cli.output import tell, write_octets
from gatepost.cli.state import rendering_of, state_of
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.snapshot import ROBOTS_TXT, Rendering
from gatepost.core.wishes import read_wish

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]


class Format(StrEnum):
    """What can be previewed."""

    ROBOTS_TXT = "robots.txt"
    AI_TXT = "ai.txt"
    FIELDS = "fields"
    TDMREP = "tdmrep.json"
    RSL = "rsl"
    WORDS = "words"


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
    before, after = with_gate(database, lambda gate: _documents(gate, host, wishes or [], format, moment))
    if after is None:
        tell(f"gatepost: {host} offers nothing under a licence, so there is no RSL document (preview.rsl.none)")
        raise typer.Exit(FINDING)
    write_octets(_difference(before or b"", after, format) if diff else after)


async def _documents(
    gate: "Gate", host: str, wishes: Sequence[str], format: Format, at: datetime | None
) -> tuple[bytes | None, bytes | None]:
    """The document in force, now or at a time, and the one that the wishes lead to."""
    known = await gate.owners.show(host)
    state = await state_of(gate, host, at)
    addresses = gate.addresses(known.host)
    before = _octets(rendering_of(gate, state), format, addresses)
    if not wishes:
        return before, before
    wanted = await gate.owners.preview(host, [read_wish(wish, gate.signatures) for wish in wishes])
    return before, _octets(rendering_of(gate, replace(state, site=wanted)), format, addresses)


def _octets(rendering: Rendering, format: Format, addresses: Addresses) -> bytes | None:
    if format is Format.FIELDS:
        return b"".join(b"%b: %b\n" % field for field in rendering.fields_everywhere)
    paths = {
        Format.ROBOTS_TXT: ROBOTS_TXT,
        Format.AI_TXT: "/ai.txt",
        Format.TDMREP: "/.well-known/tdmrep.json",
        Format.RSL: _path(addresses.license),
        Format.WORDS: _path(addresses.terms),
    }
    document = rendering.documents.get(paths[format])
    return document.body if document else None


def _path(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def _difference(before: bytes, after: bytes, format: Format) -> bytes:
    then, now = (octets.decode("utf-8").splitlines(keepends=True) for octets in (before, after))
    return "".join(difflib.unified_diff(then, now, f"{format} in force", f"{format} as previewed")).encode()
