"""``gatepost signatures lint``: everything that one look at a signature file shows.

Rules: all faults at once, each with its id, its place and its remedy; only errors make it fail.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.faults import fault_row, show_faults
from gatepost.cli.inputs import Json, read_signature_file, signature_source
from gatepost.cli.output import write, write_row
from gatepost.errors import Fault, FaultLevel, SignatureFileError

if TYPE_CHECKING:
    from gatepost.core.crawlers import SignatureSet

__all__ = ["register"]

_MISSED = "signatures.pinned.missed"
"""A fault that has no entry to stand in, so that it is told of either file."""


def register(signatures: typer.Typer) -> None:
    """Add the command."""
    add_command(
        signatures,
        "lint",
        lint,
        "gatepost signatures lint",
        "gatepost signatures lint crawler_signatures.yaml --json",
        "gatepost signatures lint crawler_signatures.yaml --sarif",
        "gatepost signatures lint local_crawlers.yaml --overlay",
    )


def lint(
    file: Annotated[str | None, typer.Argument(help="A signature file; else this machine's. - is stdin.")] = None,
    json: Json = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="As a SARIF 2.1.0 log, for code hosts.")] = False,
    overlay: Annotated[bool, typer.Option("--overlay", help="The file is an overlay of this machine's.")] = False,
) -> None:
    """Find every fault of a signature file, every sample that is not treated as the file says, and what is worth a
    look: reviews that are overdue, tokens that hold one another. An overlay is judged by its own lines, laid over this
    machine's signature file; without a file, both that this machine has are judged, and tried on the corpora as at a
    start.

    Exit 1: there are errors; warnings and notes are none. Exit 2: the file cannot be read at all.
    """
    if json and sarif:
        raise typer.BadParameter("--json and --sarif exclude each other")
    look = _look(file, overlay=overlay)
    if sarif:
        _write_sarif(look.name, look.faults)
    elif json:
        for fault in look.faults:
            write_row({**fault_row(fault), "level": fault.level.value})
    else:
        _show(look)
    raise typer.Exit(FINDING if any(fault.level is FaultLevel.ERROR for fault in look.faults) else 0)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look shows."""

    name: str
    """Of the signature file."""
    sources: Mapping[str, bytes]
    """The files by what their faults call them; the signature file's have no name."""
    signatures: "SignatureSet | None"
    faults: Sequence[Fault]


def _show(look: _Look) -> None:
    for fault in look.faults:
        show_faults(look.sources[fault.file], [fault], json=False)
    if look.signatures:
        version, count = look.signatures.version, len(look.signatures.crawlers)
        write(f"version {version}, {count} entries, {_counted(look.faults)}\n")


def _look(file: str | None, *, overlay: bool) -> _Look:
    """A look at a file, at one that is an overlay, or at all that this machine has."""
    above = _overlay(file, meant=overlay)
    name, source = signature_source(None if overlay else file)
    signatures, faults = _judged(source, as_a_start_does=file is None and not overlay)
    if above is None or signatures is None:
        return _Look(name, {"": source}, signatures, faults)
    laid = read_signature_file(above)
    signatures, more = _judged_above(source, laid, above)
    if not overlay:
        more = [*faults, *_not_told(more, faults)]
    return _Look(name, {"": source, above: laid}, signatures, more)


def _not_told(faults: Sequence[Fault], told: Sequence[Fault]) -> Iterator[Fault]:
    """What both files have wrong together, without what the lower one has wrong by itself."""
    missed = {fault.message for fault in told if fault.id == _MISSED}
    for fault in faults:
        if fault not in told and not (fault.id == _MISSED and fault.message in missed):
            yield fault


def _judged(source: bytes, *, as_a_start_does: bool) -> "tuple[SignatureSet | None, Sequence[Fault]]":
    """The set, if the file can be read, and all that was found in it; the corpora are tried where a start would."""
    from gatepost.core.admission import admit
    from gatepost.core.signature_hygiene import hygiene_faults
    from gatepost.core.signatures import read_placed
    from gatepost.sources import packaged_corpora

    reading, errors = read_placed(source), tuple[Fault, ...]()
    try:
        admit(source, packaged_corpora() if as_a_start_does else ())
    except SignatureFileError as error:
        errors = error.faults
    return reading.signatures, sorted([*errors, *hygiene_faults(reading.root, datetime.now(UTC).date())])


def _overlay(file: str | None, *, meant: bool) -> str | None:
    """The overlay to be judged: the file if that is meant, this machine's if no file is named."""
    from gatepost.settings import read_settings

    if file is not None:
        return file if meant else None
    set_one = read_settings().signatures_overlay
    if meant and set_one is None:
        raise typer.BadParameter("name the overlay, or set signatures_overlay")
    return None if set_one is None else str(set_one)


def _judged_above(source: bytes, laid: bytes, name: str) -> "tuple[SignatureSet | None, Sequence[Fault]]":
    """The set that both files make, if they do, and all that was found in the overlay."""
    from gatepost.core.overlay import lay_over
    from gatepost.core.signature_hygiene import hygiene_faults
    from gatepost.sources import packaged_corpora

    try:
        done = lay_over(source, laid)
        signatures = done.admitted(packaged_corpora())
    except SignatureFileError as error:
        return None, [replace(fault, file=name) if fault.file else fault for fault in error.faults]
    worth_a_look = [*done.warnings, *hygiene_faults(done.overlay, datetime.now(UTC).date())]
    return signatures, [replace(fault, file=name) for fault in sorted(worth_a_look)]


def _counted(faults: Sequence[Fault]) -> str:
    count = Counter(fault.level for fault in faults)
    words = [f"{count[level]} {level}{'s' * (count[level] > 1)}" for level in FaultLevel if count[level]]
    return ", ".join(words if count[FaultLevel.ERROR] else ["no faults", *words])


def _write_sarif(name: str, faults: Sequence[Fault]) -> None:
    from gatepost.cli.sarif import sarif_log
    from gatepost.core import admission, overlay, signature_hygiene, signatures
    from gatepost.sources import own_version

    remedies = signatures.REMEDIES | admission.REMEDIES | signature_hygiene.REMEDIES | overlay.REMEDIES
    write_row(sarif_log(own_version(), name, faults, remedies, signature_hygiene.LEVELS | overlay.LEVELS))
