"""What a change of the platform's, a region's or a plan's default comes to, before it is made, in a line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatepost.cli.output import progress
from gatepost.core.wishes import read_wish
from gatepost.service.default_effects import effect_of_default

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["preview_default"]


async def preview_default(gate: "Gate", id: str, wishes: Sequence[str]) -> str:
    """How many sites would be treated otherwise, and how many keep to what their owners chose."""
    read = [read_wish(wish, gate.signatures) for wish in wishes]
    with progress("sites") as seen:
        effect = await effect_of_default(gate.owners, id, read, seen)
    return (
        f"{effect.changed:,} sites change (for {effect.opened:,} of them more is allowed), "
        f"{effect.untouched:,} explicit choices untouched"
    )
