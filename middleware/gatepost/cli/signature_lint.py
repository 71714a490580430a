"""``gatepost signatures lint``: everything that one look at a signature file shows.

Rules: all faults at once, each with its id, its place and its remedy; only errors make it fail.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.faults import fault_row, show_faults
from gatepost.cli.inputs import Json, signature_source
from gatepost.cli.output import write, write_row
from gatepost.errors import Fault, FaultLevel

if TYPE_CHECKING:
    from gatepost.core.crawlers import SignatureSet

__all__ = ["register"]


def register(signatures: typer.Typer) -> None:
    """Add the command."""
    add_command(
        signatures,
        "lint",
        lint,
        "gatepost signatures lint",
        "gatepost signatures lint crawler_signatures.yaml --json",
        "gatepost signatures lint crawler_signatures.yaml --sarif",
    )


def lint(
    file: Annotated[str | None, typer.Argument(help="A signature file; else the one in force. - is stdin.")] = None,
    json: Json = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="As a SARIF 2.1.0 log, for code hosts.")] = False,
) -> None:
    """Find every fault of a signature file, every sample that is not treated as the file says, and what is worth a
    look: reviews that are overdue, tokens that hold one another.

    Exit 1: there are errors; warnings and notes are none. Exit 2: the file cannot be read at all.
    """
    if json and sarif:
        raise typer.BadParameter("--json and --sarif exclude each other")
    name, source = signature_source(file)
    signatures, faults = _judged(source)
    if sarif:
        _write_sarif(name, faults)
    elif json:
        for fault in faults:
            write_row({**fault_row(fault), "level": fault.level.value})
    else:
        show_faults(source, faults, json)
        if signatures:
            write(f"version {signatures.version}, {len(signatures.crawlers)} entries, {_counted(faults)}\n")
    raise typer.Exit(FINDING if any(fault.level is FaultLevel.ERROR for fault in faults) else 0)


def _judged(source: bytes) -> "tuple[SignatureSet | None, Sequence[Fault]]":
    """The set, if the file can be read, and all that was found in it."""
    from gatepost.core.admission import sample_faults
    from gatepost.core.signature_hygiene import hygiene_faults
    from gatepost.core.signatures import faults_of, read_placed

    reading = read_placed(source)
    signatures = reading.signatures
    errors = faults_of(reading.findings) if signatures is None else sample_faults(signatures, reading.root)
    return signatures, sorted([*errors, *hygiene_faults(reading.root, datetime.now(UTC).date())])


def _counted(faults: Sequence[Fault]) -> str:
    count = Counter(fault.level for fault in faults)
    words = [f"{count[level]} {level}{'s' * (count[level] > 1)}" for level in FaultLevel if count[level]]
    return ", ".join(words if count[FaultLevel.ERROR] else ["no faults", *words])


def _write_sarif(name: str, faults: Sequence[Fault]) -> None:
    from gatepost.cli.sarif import sarif_log
    from gatepost.core import admission, signature_hygiene, signatures
    from gatepost.sources import own_version

    remedies = signatures.REMEDIES | admission.REMEDIES | signature_hygiene.REMEDIES
    write_row(sarif_log(own_version(), name, faults, remedies, signature_hygiene.LEVELS))
