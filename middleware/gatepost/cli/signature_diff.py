"""``gatepost signatures diff``: what tells two signature files apart, and what that does to the sites of a platform.

Rules: both files only have to be readable, as the older one may be from before some rule; nothing is written anywhere.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.inputs import Database, Json, with_gate
from gatepost.cli.output import progress, write, write_lines, write_row
from gatepost.cli.signature_before import Before, in_force, read

if TYPE_CHECKING:
    from gatepost.core.signature_diff import Difference
    from gatepost.service.signature_effect import SignatureEffects
    from gatepost.wiring import Gate

__all__ = ["register"]


def register(signatures: typer.Typer) -> None:
    """Add the command."""
    add_command(
        signatures,
        "diff",
        diff,
        "gatepost signatures diff crawler_signatures.yaml",
        "gatepost signatures diff crawler_signatures.yaml crawler_signatures.yaml --markdown",
        "gatepost signatures diff crawler_signatures.yaml --effect --json",
    )


def diff(
    one: Annotated[
        str, typer.Argument(metavar="FILE", help="The new file, beside the set in force; or the old one. - is stdin.")
    ],
    other: Annotated[str | None, typer.Argument(metavar="NEW", help="The new file, if the old one was named.")] = None,
    effect: Annotated[bool, typer.Option("--effect", help="Also count what becomes of the sites.")] = False,
    database: Database = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="For a comment on a pull request.")] = False,
    json: Json = False,
) -> None:
    """Tell which crawlers came, went and changed, field by field, and whether the version says as much: major where
    what a crawler takes content for changed, which is breaking, minor where crawlers came or went, else patch.

    A file that stands alone is compared with what was published for every site; where nothing was, with this machine's
    file.
    With --effect: how many sites' robots.txt changes and by how many bytes, for which crawlers the decision changes,
    and which exceptions lose the crawler that they name. Exit 1: the change is breaking, its version is too small, an
    exception loses its crawler, or a robots.txt grows too large for its readers.
    """
    from gatepost.core.signature_diff import compare

    if json and markdown:
        raise typer.BadParameter("--json and --markdown exclude each other")
    old = in_force(database) if other is None else Before(read(one))
    difference = compare(old.signatures, read(other or one))
    effects = with_gate(database, lambda gate: _counted(gate, difference)) if effect else None
    if json:
        from gatepost.cli.signature_rows import diff_row

        write_row(diff_row(difference, effects, old.release))
    else:
        _write_words(difference, effects, old.told, markdown=markdown)
    if _found(difference, effects):
        raise typer.Exit(FINDING)


async def _counted(gate: "Gate", difference: "Difference") -> "SignatureEffects":
    from gatepost.service.signature_effect import SignatureEffect, SignatureEffects

    effects = SignatureEffects()
    effect = SignatureEffect(gate.store, difference, datetime.now(UTC), gate.addresses)
    with progress("pages of sites") as count:
        async for _ in effect.count(effects):
            count()
    return effects


def _write_words(
    difference: "Difference", effects: "SignatureEffects | None", compared_with: str, *, markdown: bool
) -> None:
    from gatepost.cli.signature_words import diff_lines, effect_lines

    write_lines(diff_lines(difference, compared_with, markdown=markdown))
    if effects is not None:
        write("\n")
        write_lines(effect_lines(effects, markdown=markdown))


def _found(difference: "Difference", effects: "SignatureEffects | None") -> bool:
    amiss = bool(difference.breaking) or difference.version_too_small
    return amiss or (effects is not None and (effects.void_exceptions or effects.over_budget > 0))
