"""``gatepost sites list``, ``import`` and ``export``: all sites, as NDJSON one a line, or from CSV."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.inputs import Database, Json, opened, with_gate
from gatepost.cli.output import destination, ndjson, progress, tell, telling_files, write, write_row
from gatepost.cli.rows_written import every_row, row_of
from gatepost.cli.sites_import import SitesImport
from gatepost.core.sites import Actor, ActorKind
from gatepost.core.state import wishes_of
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]


def register(sites: typer.Typer) -> None:
    """Add the commands to ``gatepost sites``."""
    add_command(sites, "list", list_, "gatepost sites list", "gatepost sites list --json")
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
        "gatepost sites import sites.csv --rejects left-out.csv",
        "gatepost sites import - < sites.ndjson",
    )


def list_(json: Json = False, database: Database = None) -> None:
    """List the sites: canonical host, visibility, revision, and what the owner said."""
    with_gate(database, lambda gate: _list(gate, json))


async def _list(gate: "Gate", json: bool) -> None:
    async for site in gate.overviews.every_site():
        if json:
            write_row({**row_of(site), "revision": site.revision})
        else:
            said = "  ".join(wishes_of(site.statement)) or "nothing said"
            host = site.host if site.hosts else f"(no host) {site.id}"
            write(f"{host:<32}  {site.visibility:<18}  {site.revision:>4}  {said}\n")


def import_sites(
    file: Annotated[str, typer.Argument(help="NDJSON as export writes it, or CSV if it is named *.csv; - is stdin.")],
    confirm_search: Annotated[bool, typer.Option("--confirm-search", help="Yes, rows may say no to search.")] = False,
    confirm_defaults: Annotated[
        bool, typer.Option("--confirm-defaults", help="Yes, rows of defaults may allow more than before.")
    ] = False,
    actor: Annotated[str, typer.Option(metavar="NAME", help="Who acts, for the history.")] = "import",
    rejects: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where the rows that were left out go, to be mended.")
    ] = None,
    database: Database = None,
) -> None:
    """Add sites, and what their owners said, from NDJSON or CSV.

    A row is {"id", "hosts", "visibility", "wishes", "robots_txt", "region", "plan", "kept"}; only hosts is needed. A
    row {"id": "*", "wishes"} is the platform's own statement, as are *region:NAME and *plan:NAME. A site that is there
    already gets what the row adds; what the row does not name stays as it is, so that an import that was broken off
    can be run again. In CSV the first line names the columns, hosts and wishes stand with spaces between them, and
    there is no place for what was kept at moves. Exit 1: some rows were left out, and are named.
    """
    with opened(file) as stream, _rejects(rejects) as put:
        from gatepost.cli.site_rows import csv_lines, ndjson_lines

        lines = csv_lines(stream) if file.endswith(".csv") else ndjson_lines(stream)
        movers = Actor(ActorKind.MIGRATION, actor)
        counts = with_gate(
            database, lambda gate: SitesImport(gate, movers, confirm_search, confirm_defaults, put).take(lines)
        )
    tell(f"{counts.taken} sites taken, {counts.left_out} rows left out, {counts.unchanged} unchanged")
    raise typer.Exit(FINDING if counts.left_out else 0)


@contextmanager
def _rejects(file: str | None) -> Iterator[Callable[[bytes], object]]:
    """Writes rows to a file, if one is named."""
    if file is None:
        yield lambda octets: None
        return
    with telling_files(file), Path(file).open("wb") as stream:
        yield stream.write


def export_sites(
    file: Annotated[str, typer.Argument(help="Where to; - is stdout.")] = "-", database: Database = None
) -> None:
    """Write every site and what its owner said as NDJSON, in the order of their ids; the defaults come first.

    Imported into an empty database, the rows give the same sites; what happened before (gatepost sites history) stays
    here.
    """
    if file.endswith(".csv"):
        raise GatepostError(
            "CSV has no place for what was kept at moves, nor for the platform's statement",
            id="sites.export.csv",
            remedy="Name the file *.ndjson.",
        )
    with destination(file) as put:
        with_gate(database, lambda gate: _export(gate, put))


async def _export(gate: "Gate", put: Callable[[str], object]) -> None:
    with progress("sites") as count:
        async for row in every_row(gate):
            put(ndjson(row))
            count()
