"""What a change of a default comes to, as ``gatepost sites set --preview`` tells it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatepost.cli.output import progress
from gatepost.core.periods import moment_text
from gatepost.core.wishes import read_wish
from gatepost.service.default_preview import DefaultPreview, Effects

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["preview_default"]


async def preview_default(gate: "Gate", id: str, wishes: Sequence[str]) -> str:
    """In a line, how many sites would be treated otherwise, and how many keep to what their owners chose."""
    preview = await DefaultPreview.of(gate.owners, id, [read_wish(wish, gate.signatures) for wish in wishes])
    effects = Effects()
    with progress("pages of sites") as count:
        async for _ in preview.count(effects):
            count()
    begins = f", from {moment_text(preview.begins)} on" if preview.begins else ""
    return (
        f"{effects.changed:,} sites change (for {effects.opened:,} of them more is allowed), "
        f"{effects.untouched:,} explicit choices untouched{begins}"
    )
