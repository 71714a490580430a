"""``gatepost signatures``: keep the signature file right.

Rules: all faults of a file at once, each with its id, its place and its remedy.
"""

from collections.abc import Iterable
from typing import Annotated

import typer

from gatepost.cli.commands import FINDING, add_command, family
from gatepost.cli.faults import show_faults
from gatepost.cli.inputs import Json, read_octets
from gatepost.cli.output import write
from gatepost.cli.signature_addresses import register_addresses
from gatepost.core.crawlers import SignatureSet
from gatepost.core.matching import Matcher, Misfit, sample_misfits
from gatepost.errors import Fault, SignatureFileError

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
    register_addresses(signatures)


def lint(
    file: Annotated[str | None, typer.Argument(help="A signature file; else the one in force. - is stdin.")] = None,
    json: Json = False,
) -> None:
    """Find every fault of a signature file, and every sample that is not treated as the file says.

    Exit 1: there are faults. Exit 2: the file cannot be read at all.
    """
    from gatepost.core.signatures import read_signatures

    source = _source() if file is None else read_octets(file, _MOST_READ)
    try:
        signatures = read_signatures(source)
        faults = tuple(_misfit_faults(source, signatures))
    except SignatureFileError as error:
        faults = error.faults
    show_faults(source, faults, json)
    if faults:
        raise typer.Exit(FINDING)
    if not json:
        write(f"version {signatures.version}, {len(signatures.crawlers)} entries, no faults\n")


def _source() -> bytes:
    """The signature file in force, as octets."""
    from gatepost.settings import read_settings
    from gatepost.sources import packaged_signatures

    file = read_settings().signatures
    return packaged_signatures() if file is None else read_octets(str(file), _MOST_READ)


def _misfit_faults(source: bytes, signatures: SignatureSet) -> Iterable[Fault]:
    """Samples that are recognised although they must not be, or not although they must."""
    return sorted(_fault(source, misfit) for misfit in sample_misfits(Matcher(signatures)))


def _fault(source: bytes, misfit: Misfit) -> Fault:
    line, column = _place(source, misfit)
    if misfit.expected:
        message = f"{misfit.crawler} is not recognised in its own sample {misfit.user_agent!r}"
        remedy = "Correct the sample, or give the entry a user-agent token that stands in it as a whole word."
        return Fault(line, column, "signatures.sample.missed", message, remedy)
    message = f"{misfit.crawler} is recognised in a sample that it must not match: {misfit.user_agent!r}"
    remedy = "Correct the sample, or choose a user-agent token that only the crawler has."
    return Fault(line, column, "signatures.sample.false", message, remedy)


def _place(source: bytes, misfit: Misfit) -> tuple[int, int]:
    """Where the sample stands below the entry's name; the name's place, or the start, where it is spelled otherwise."""
    entry = max(source.find(b"name: " + misfit.crawler.encode()), 0)
    found = source.find(misfit.user_agent.encode(), entry)
    position = found if found >= 0 else entry
    return source.count(b"\n", 0, position) + 1, position - source.rfind(b"\n", 0, position)
