"""``gatepost sites import`` and ``export``: sites as NDJSON, one a line.

Rules: an import adds to what is there; a stance that a row does not name stays as it is, so that no import takes an
opt-out back; a row that cannot be taken is named and left out, the others are taken.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.inputs import Database, batches, host_of, opened, with_gate
from gatepost.cli.output import destination, ndjson, progress, tell
from gatepost.cli.state import every_site, row_of
from gatepost.core.preferences import PreferenceStatement
from gatepost.core.sites import Actor, ActorKind, Site, amend
from gatepost.core.wishes import Wish, read_wish
from gatepost.errors import GatepostError, StoreUnavailable

if TYPE_CHECKING:
    from gatepost.cli.site_rows import SiteRow
    from gatepost.wiring import Gate

__all__ = ["register"]

_LONGEST = 4 * 1024 * 1024
"""Octets of a row: an owner's robots.txt of the permitted size, escaped in the costliest way, and room to spare."""


def register(sites: typer.Typer) -> None:
    """Add the commands to ``gatepost sites``."""
    add_command(
        sites,
        "export",
        export_sites,
        "gatepost sites export",
        "gatepost sites export sites.ndjson",
    )
    add_command(
        sites,
        "import",
        import_sites,
        "gatepost sites import sites.ndjson",
        "gatepost sites import - < sites.ndjson",
    )


def import_sites(
    file: Annotated[str, typer.Argument(help="One site a line, as export writes them; - is stdin.")],
    confirm_search: Annotated[bool, typer.Option("--confirm-search", help="Yes, rows may say no to search.")] = False,
    actor: Annotated[str, typer.Option(metavar="NAME", help="Who acts, for the history.")] = "import",
    database: Database = None,
) -> None:
    """Add sites, and what their owners said, from NDJSON.

    A row is {"id", "hosts", "visibility", "wishes", "robots_txt"}; only hosts is needed. A site that is there already
    gets what the row adds; what the row does not name stays as it is. Exit 1: some rows were left out, and are named.
    """
    with opened(file) as stream:
        lines = chain.from_iterable(batches(stream, _LONGEST))
        taken, left_out = with_gate(
            database, lambda gate: _Import(gate, Actor(ActorKind.MIGRATION, actor), confirm_search).take_all(lines)
        )
    tell(f"{taken} sites taken, {left_out} rows left out")
    raise typer.Exit(FINDING if left_out else 0)


@dataclass(frozen=True)
class _Import:
    gate: "Gate"
    actor: Actor
    search_confirmed: bool

    async def take_all(self, lines: Iterable[bytes]) -> tuple[int, int]:
        """How many rows were taken and how many were left out, which are named on stderr."""
        taken, left_out = 0, 0
        with progress("sites") as count:
            for number, line in enumerate(lines, start=1):
                try:
                    taken += await self._take(line)
                except StoreUnavailable:
                    raise
                except GatepostError as error:
                    left_out += 1
                    tell(f"line {number}: {error} ({error.id}) {error.remedy}")
                count()
        return taken, left_out

    async def _take(self, line: bytes) -> bool:
        """One row, checked before anything of it is written; an empty line is none."""
        from gatepost.cli.site_rows import read_row

        if not line.strip():
            return False
        row = read_row(line)
        hosts = [host_of(host) for host in row.hosts]
        wishes = [read_wish(wish, self.gate.signatures) for wish in row.wishes]
        store = self.gate.store
        known = await (store.site(row.id) if row.id else store.site_by_host(hosts[0]))
        statement = known.statement if known else PreferenceStatement()
        amend(statement, wishes, self.gate.signatures, search_confirmed=self.search_confirmed)
        site = known or await self.gate.owners.add_site(hosts, self.actor, row.id)
        await self._change(site, row, hosts, wishes)
        return True

    async def _change(self, site: Site, row: "SiteRow", hosts: Sequence[str], wishes: Sequence[Wish]) -> None:
        owners = self.gate.owners
        if wishes:
            await owners.change_preferences(
                site.host, wishes, self.actor, search_confirmed=self.search_confirmed, reason="import"
            )
        if row.visibility is not None:
            await owners.change_visibility(site.host, row.visibility, self.actor, "import")
        for host in hosts:
            if host not in site.hosts:
                await owners.add_host(site.host, host, self.actor)
        if row.robots_txt is not None:
            await owners.change_robots_txt(site.host, row.robots_txt, self.actor)


def export_sites(
    file: Annotated[str, typer.Argument(help="Where to; - is stdout.")] = "-", database: Database = None
) -> None:
    """Write every site and what its owner said as NDJSON, in the order of their ids."""
    with destination(file) as put:
        with_gate(database, lambda gate: _export(gate, put))


async def _export(gate: "Gate", put: Callable[[str], object]) -> None:
    with progress("sites") as count:
        async for site in every_site(gate):
            put(ndjson(row_of(site)))
            count()
