"""``gatepost signatures test``: a signature file tried on its own samples and on every corpus, in exact counts."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.faults import fault_row, show_faults
from gatepost.cli.inputs import Json, signature_source
from gatepost.cli.output import write, write_lines, write_row
from gatepost.errors import Fault

if TYPE_CHECKING:
    from gatepost.core.corpora import Offence, Outcome
    from gatepost.core.crawlers import SignatureSet

__all__ = ["register"]


def register(signatures: typer.Typer) -> None:
    """Add the command."""
    add_command(
        signatures,
        "test",
        try_file,
        "gatepost signatures test",
        "gatepost signatures test crawler_signatures.yaml --json",
    )


def try_file(
    file: Annotated[str | None, typer.Argument(help="A signature file; else this machine's. - is stdin.")] = None,
    json: Json = False,
) -> None:
    """Try a signature file on its own samples, and on user agents of browsers, feed readers, link previews, fediverse
    servers, monitors, search crawlers, command-line tools and assistive tools, where every purpose is blocked (for
    search crawlers every one but search).

    No browser may be recognised, none of the others refused, and the pinned crawlers have to be known by name. A file
    that fails here reaches production by no path. Exit 1: somebody does not fare as expected, or the file has faults.
    """
    from gatepost.core.admission import sample_faults
    from gatepost.core.corpora import try_corpus
    from gatepost.core.matching import Matcher
    from gatepost.core.signatures import faults_of, read_placed
    from gatepost.sources import packaged_corpora

    _, source = signature_source(file)
    reading = read_placed(source)
    if reading.signatures is None:
        show_faults(source, faults_of(reading.findings), json)
        raise typer.Exit(FINDING)
    misfits = sample_faults(reading.signatures, reading.root)
    matcher = Matcher(reading.signatures)
    outcomes = [try_corpus(matcher, corpus) for corpus in packaged_corpora()]
    if json:
        _write_rows(reading.signatures, misfits, outcomes)
    else:
        show_faults(source, misfits, json)
        write_lines(_offence_lines(outcomes))
        write_lines(_table(reading.signatures, misfits, outcomes))
    if misfits or any(outcome.offences for outcome in outcomes):
        raise typer.Exit(FINDING)
    if not json:
        write(f"version {reading.signatures.version}: everybody fares as expected\n")


def _samples_in(signatures: "SignatureSet") -> int:
    return sum(len(crawler.samples_match) + len(crawler.samples_no_match) for crawler in signatures.crawlers)


def _write_rows(signatures: "SignatureSet", misfits: Sequence[Fault], outcomes: "Iterable[Outcome]") -> None:
    for fault in misfits:
        write_row({"kind": "sample", **fault_row(fault)})
    write_row({"kind": "samples", "lines": _samples_in(signatures), "failed": len(misfits)})
    for outcome in outcomes:
        for offence in outcome.offences:
            write_row({"kind": "offence", "corpus": outcome.corpus.name, **_told(offence)})
        write_row(
            {
                "kind": "corpus",
                "corpus": outcome.corpus.name,
                "expected": outcome.corpus.expected.value,
                "lines": len(outcome.corpus.specimens),
                "recognised": outcome.recognised,
                "refused": outcome.refused,
                "failed": len(outcome.offences),
            }
        )


def _told(offence: "Offence") -> dict[str, object]:
    return {
        "line": offence.specimen.line,
        "user_agent": offence.specimen.user_agent,
        "crawler": offence.match.crawler.name if offence.match else None,
        "token": offence.match.token if offence.match else None,
        "in_robots": offence.in_robots,
        "expected": offence.specimen.crawler or None,
    }


def _offence_lines(outcomes: "Iterable[Outcome]") -> Iterable[str]:
    for outcome in outcomes:
        for offence in outcome.offences:
            match = offence.match
            how = "said no to by robots.txt" if offence.in_robots else "recognised"
            taken = f"{how} as {match.crawler.name} by {match.token!r}" if match else "not recognised"
            wanted = f", expected {offence.specimen.crawler}" if offence.specimen.crawler else ""
            yield f"{outcome.corpus.name}.txt line {offence.specimen.line}: {taken}{wanted}"
            yield f"  {offence.specimen.user_agent}"


def _table(signatures: "SignatureSet", misfits: Sequence[Fault], outcomes: "Iterable[Outcome]") -> Iterable[str]:
    row = "{:<22}{:>7}{:>12}{:>9}{:>8}  {}".format
    yield row("", "lines", "recognised", "refused", "failed", "expected")
    yield row("its own samples", f"{_samples_in(signatures):,}", "", "", len(misfits), "as the file says")
    for outcome in outcomes:
        corpus = outcome.corpus
        counts = (f"{count:,}" for count in (len(corpus.specimens), outcome.recognised, outcome.refused))
        yield row(corpus.kind, *counts, len(outcome.offences), corpus.expected)
