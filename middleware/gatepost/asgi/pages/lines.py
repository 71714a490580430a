"""A document in force and as it would be, as one list of lines: those that stay, that go and that are new."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from gatepost.core.provenance import TracedLine

__all__ = ["Fate", "ShownLine", "shown_lines"]

_AROUND = 3
"""Lines that stay, shown around those that change."""


class Fate(StrEnum):
    """What becomes of a line."""

    STAYS = "stays"
    ADDED = "added"
    REMOVED = "removed"
    GAP = "gap"
    """Stands for lines that stay and are not shown."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line, or how many are left out."""

    fate: Fate
    line: TracedLine | None = None
    left_out: int = 0

    @property
    def changes(self) -> bool:
        """Whether it goes or is new."""
        return self.fate in (Fate.ADDED, Fate.REMOVED)


def shown_lines(before: Sequence[TracedLine], after: Sequence[TracedLine]) -> list[ShownLine]:
    """Everything, where nothing changes; else what changes with a little around it."""
    matcher = SequenceMatcher(None, [line.text for line in before], [line.text for line in after], autojunk=False)
    codes = matcher.get_opcodes()
    if all(code == "equal" for code, *_ in codes):
        return [ShownLine(Fate.STAYS, line) for line in after]
    shown: list[ShownLine] = []
    for code, i1, i2, j1, j2 in codes:
        if code == "equal":
            shown += _stretch(after[j1:j2], first=j1 == 0, last=j2 == len(after))
        else:
            shown += [ShownLine(Fate.REMOVED, line) for line in before[i1:i2]]
            shown += [ShownLine(Fate.ADDED, line) for line in after[j1:j2]]
    return shown


def _stretch(lines: Sequence[TracedLine], *, first: bool, last: bool) -> Iterable[ShownLine]:
    """Lines that stay: their ends, next to what changes."""
    head = 0 if first else _AROUND
    tail = 0 if last else _AROUND
    if len(lines) <= head + tail + 1:
        return [ShownLine(Fate.STAYS, line) for line in lines]
    gap = ShownLine(Fate.GAP, left_out=len(lines) - head - tail)
    kept = [ShownLine(Fate.STAYS, line) for line in lines]
    return [*kept[:head], gap, *kept[len(lines) - tail :]]
