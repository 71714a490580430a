"""``gatepost signatures import``: what another list has that ours has not, as a proposal for a person to complete.

Rules: no signature file is ever written, whatever path leads to it; a file that is there is replaced only if it is a
proposal itself.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import add_command
from gatepost.cli.inputs import Database, Json, read_octets, signatures_known
from gatepost.cli.output import replace_file, tell, telling_files, write, write_row
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.core.other_lists import OtherList
    from gatepost.core.proposals import Proposed

__all__ = ["register"]

_BEGINNING = 64 * 1024
"""Of a file, in which a proposal says that it is one."""


def register(signatures: typer.Typer) -> None:
    """Add the command."""
    add_command(
        signatures,
        "import",
        import_list,
        "gatepost signatures import --from ai-crawler-index",
        "gatepost signatures import --from crawler-user-agents --to proposal.yaml",
        "gatepost signatures import --from robots.json --to proposal.yaml --json",
    )


def import_list(
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="LIST|FILE", help="ai.robots.txt, crawler-user-agents, ai-crawler-index, or a file."
        ),
    ],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="PROPOSAL.yaml", help="Where to write what is new.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show what another list of crawlers has that the signatures in force have not, and write it as a proposal.

    ai.robots.txt is asked for where it is published; crawler-user-agents and ai-crawler-index are read as their PyPI
    packages are installed; a file may be any of the three, as published. New crawlers become entries, each
    value with its source, for a person to complete; `gatepost signatures lint` tells what is missing. What differs and
    what may not be taken over stands below as comments. No signature file is changed.
    """
    from gatepost.core.proposal_writing import MOST_NEW, write_proposal
    from gatepost.core.proposals import Verdict, propose

    target = None if to is None else _target(to)
    signatures = signatures_known(None, database)
    other = _list(source)
    proposed = propose(other, signatures)
    if target is not None:
        replace_file(target, write_proposal(other, proposed, signatures).encode("utf-8", "replace"))
    if json:
        for one in proposed:
            write_row(_row(one))
    else:
        write("".join(_shown(other, proposed, signatures.version)))
    new = sum(one.verdict is Verdict.NEW for one in proposed)
    if target is not None:
        left = f"; left for the next import: {new - MOST_NEW}" if new > MOST_NEW else ""
        tell(f"{to}: entries to be completed: {min(new, MOST_NEW)}{left}")


def _list(source: str) -> "OtherList":
    """The list that is named, or that a file holds."""
    from gatepost.core.other_lists import MAX_OCTETS, ListName, read_list
    from gatepost.settings import read_settings
    from gatepost.sources import HttpOutward, installed_list, published_list

    today = datetime.now(UTC).date()
    if source == ListName.AI_ROBOTS_TXT:
        return read_list(asyncio.run(published_list(HttpOutward(read_settings().private_addresses))), today)
    if source in set(ListName):
        octets, version = installed_list(ListName(source))
        return read_list(octets, today, version)
    return read_list(read_octets(source, MAX_OCTETS + 1), today)


def _target(to: Path) -> Path:
    """Where to write, links followed, if nothing is lost by it."""
    from gatepost.core.proposal_writing import is_proposal
    from gatepost.settings import read_settings
    from gatepost.sources import packaged_file

    with telling_files(str(to)):
        target = Path(os.path.realpath(to))
        settings = read_settings()
        live = [packaged_file(), *filter(None, [settings.signatures, settings.signatures_overlay])]
        if any(_is_same(target, file) for file in live):
            raise GatepostError(
                f"{to} is a signature file in force",
                id="signatures.import.live",
                remedy="Name a file of its own for the proposal; its entries are moved by a person.",
            )
        if target.exists() and not (target.is_file() and is_proposal(read_octets(str(target), _BEGINNING))):
            raise GatepostError(
                f"{to} is there already, and is no proposal",
                id="signatures.import.target",
                remedy="Name a new file, or one that an import wrote.",
            )
    return target


def _is_same(target: Path, file: Path) -> bool:
    """Whether both are one file, by its path or as a hard link."""
    return target == Path(os.path.realpath(file)) or (target.exists() and file.exists() and target.samefile(file))


def _row(one: "Proposed") -> dict[str, object]:
    return {
        "key": one.listed.key,
        "verdict": one.verdict,
        "crawler": one.crawler and one.crawler.name,
        "differences": list(one.differences),
        "refusal": one.refusal and {"id": one.refusal.id, "reason": one.refusal.reason},
        "missing": [part.key for part in one.parts if part.field is None],
        "uncertain": [part.key for part in one.parts if part.doubt],
    }


def _shown(other: "OtherList", proposed: "Sequence[Proposed]", version: str) -> Iterator[str]:
    from gatepost.core.proposals import Verdict

    counts = Counter(one.verdict for one in proposed)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    yield f"{other.title} beside signature file {version}: {told}\n"
    for verdict in (Verdict.NEW, Verdict.DIFFERING, Verdict.REFUSED):
        for one in proposed:
            if one.verdict is verdict:
                yield from _lines(one)


def _lines(one: "Proposed") -> Iterator[str]:
    from gatepost.core.yaml_events import quoted

    name = one.crawler.name if one.crawler else quoted(one.listed.key)
    missing = [part.key for part in one.parts if part.field is None]
    said = [f"{one.refusal.reason}  [{one.refusal.id}]"] if one.refusal else one.differences
    for sentence in said or [f"missing: {', '.join(missing)}" if missing else ""]:
        yield f"{one.verdict:<10} {name:<32} {sentence}".rstrip() + "\n"
