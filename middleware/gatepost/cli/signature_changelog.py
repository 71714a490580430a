"""``gatepost signatures changelog``: what changed in the signature file from release to release."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import add_command
from gatepost.cli.inputs import Database, read_signature_file, with_gate
from gatepost.cli.output import write_octets
from gatepost.errors import GatepostError, SignatureFileError

if TYPE_CHECKING:
    from gatepost.core.crawlers import SignatureSet

__all__ = ["register"]


def register(signatures: typer.Typer) -> None:
    """Add the command."""
    add_command(
        signatures,
        "changelog",
        changelog,
        "gatepost signatures changelog",
        "gatepost signatures changelog older_signatures.yaml crawler_signatures.yaml",
        "gatepost signatures changelog crawler_signatures.yaml --atom",
    )


def changelog(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...", help="Signature files, the oldest first; else the releases in the database."),
    ] = None,
    atom: Annotated[bool, typer.Option("--atom", help="As an Atom feed.")] = False,
    json_feed: Annotated[bool, typer.Option("--json-feed", help="As a JSON Feed 1.1.")] = False,
    database: Database = None,
) -> None:
    """Tell what changed from release to release, newest first: crawlers that came or went, and what is said otherwise.

    What changes the meaning of what owners said is marked as breaking. A file's day is that of its newest review.
    """
    from gatepost.core.signature_changelog import changelog_atom, changelog_json_feed, changelog_text, releases_of

    if atom and json_feed:
        raise GatepostError("one form at a time", id="signatures.changelog.form", remedy="Leave out one of the two.")
    if files:
        releases = releases_of((_reviewed(signatures), signatures) for signatures in map(_read, files))
    else:
        releases = with_gate(database, lambda gate: gate.changelog.told())
    if atom:
        write_octets(changelog_atom(releases))
    elif json_feed:
        write_octets(changelog_json_feed(releases))
    else:
        write_octets(changelog_text(releases).encode())


def _read(file: str) -> "SignatureSet":
    """The set in a file; its faults name the file."""
    from gatepost.core.signatures import read_signatures

    try:
        return read_signatures(read_signature_file(file))
    except SignatureFileError as error:
        raise SignatureFileError(tuple(replace(fault, file=file) for fault in error.faults)) from error


def _reviewed(signatures: "SignatureSet") -> datetime:
    """The beginning of the day on which a set was last reviewed, which is all that a file knows of its time."""
    from gatepost.core.freshness import freshness

    return datetime.combine(freshness(signatures, datetime.now(UTC).date()).newest, time(), UTC)
