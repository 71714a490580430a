"""``gatepost signatures``: keep the signature file right.

Rules: all faults of a file at once, each with its id, its place and its remedy.
"""

from typing import Annotated

import typer

from gatepost.cli.commands import FINDING, add_command, family
from gatepost.cli.faults import show_faults
from gatepost.cli.inputs import Json, read_octets
from gatepost.cli.output import write

__all__ = ["register"]

_MOST_READ = 1024 * 1024 + 1
"""One octet more than the reader takes, so that it can say that the file is too large."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    signatures = family(app, "signatures", "Keep the signature file right.")
    add_command(
        signatures,
        "lint",
        lint,
        "gatepost signatures lint",
        "gatepost signatures lint crawler_signatures.yaml --json",
    )


def lint(
    file: Annotated[str | None, typer.Argument(help="A signature file; else the one in force. - is stdin.")] = None,
    json: Json = False,
) -> None:
    """Find every fault of a signature file, and every sample that is not treated as the file says.

    Exit 1: there are faults. Exit 2: the file cannot be read at all.
    """
    from gatepost.core.admission import sample_faults
    from gatepost.core.signatures import faults_of, read_placed

    source = _source() if file is None else read_octets(file, _MOST_READ)
    reading = read_placed(source)
    signatures = reading.signatures
    faults = faults_of(reading.findings) if signatures is None else sample_faults(signatures, reading.root)
    show_faults(source, faults, json)
    if faults:
        raise typer.Exit(FINDING)
    if signatures and not json:
        write(f"version {signatures.version}, {len(signatures.crawlers)} entries, no faults\n")


def _source() -> bytes:
    """The signature file in force, as octets."""
    from gatepost.settings import read_settings
    from gatepost.sources import packaged_signatures

    file = read_settings().signatures
    return packaged_signatures() if file is None else read_octets(str(file), _MOST_READ)
