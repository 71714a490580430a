"""``gatepost export-gate``: what may be handed to a partner of a file of items, judged by what every site says."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.export_source import ExportFormat, format_of
from gatepost.cli.inputs import Database, Json, with_gate
from gatepost.cli.output import tell, write_lines, write_row
from gatepost.core.crawlers import Purpose
from gatepost.errors import ExportRefused

if TYPE_CHECKING:
    from gatepost.core.exports import Tally

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(
        app,
        "export-gate",
        export_gate,
        "gatepost export-gate items.ndjson shared.ndjson --partner acme --purpose ai-training --dry-run",
        "gatepost export-gate items.ndjson shared.ndjson --partner acme --purpose ai-training",
        "gatepost export-gate items.csv shared.csv --partner acme --purpose ai-training --json",
    )


def export_gate(
    source: Annotated[str, typer.Argument(metavar="IN", help="The items; - is stdin, but for Parquet.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Where those go that may be shared.")],
    partner: Annotated[str, typer.Option(metavar="ID", help="Who gets them.")],
    purpose: Annotated[Purpose, typer.Option(help="What they are taken for.")],
    format: Annotated[
        ExportFormat | None, typer.Option(help="Of both files; else by the name of IN: *.csv, *.parquet, or NDJSON.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and write nothing.")] = False,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="An Ed25519 private key (PEM) to sign with.")] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Write those items of a file that may be handed to a partner for a purpose, and a manifest beside them.

    Every item needs the fields id, site, authors, path, visibility ("public"), state ("live"), and explicit, password,
    unanswered_question, private_answer, message, paid, partner_owned (all false); what it consists of is content, or
    content_NAME. What is missing, null, spelled otherwise or not known withholds. An item is shared if its site and
    those of all authors are public, say partner-sharing=allow, and do not say no to the purpose, and if the partner
    has a licence for it now.

    OUT.manifest.json comes last: without it, OUT is not whole. Exit 1: nothing was handed over, because there is no
    licence, a canary passed, or what owners say kept changing.
    """
    from gatepost.cli.export_run import ExportRun, Order

    order = Order(source, out, format or format_of(source), partner, purpose, dry_run, key)
    try:
        export = with_gate(database, lambda gate: ExportRun(gate, order).run())
    except ExportRefused as error:
        tell(f"gatepost: {error} ({error.id})")
        tell(f"  {error.remedy}")
        raise typer.Exit(FINDING) from error
    if json:
        write_row(export.fields())
    else:
        write_lines(_lines(export.tally, dry_run))


def _lines(tally: "Tally", dry_run: bool) -> Iterable[str]:
    """What became of the items, for people."""
    verb = "would be " if dry_run else ""
    yield f"{tally.taken:>14,}  items"
    yield f"{tally.shared:>14,}  {verb}shared"
    yield f"{tally.withheld:>14,}  {verb}withheld; one with several reasons counts for each:"
    for reason, count in tally.reasons.most_common():
        yield f"{count:>14,}    {reason}"
