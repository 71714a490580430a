"""Counting among any number of things in bounded memory: which are the most frequent, and how many differ.

Rules: what is counted may be made up by strangers, so that every sum has a place for each of so many things and no
more; what is not exact says by how much it may be off.
"""

import math
from dataclasses import dataclass
from hashlib import blake2b
from heapq import heappush, heapreplace

__all__ = ["Counted", "Distinct", "Frequent"]


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something came: at most ``count`` times, and at least ``count - error`` times."""

    item: str
    count: int
    error: int = 0


class Frequent:
    """The most frequent items, by Space-Saving (Metwally, Agrawal and El Abbadi, 2005).

    An item without a place takes that of the one with the smallest count, and its count on top: so no count is too
    small, none is too large by more than all notes divided by the places, and what came more often than that is there.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._counts: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._order: list[tuple[int, str]] = []
        """A heap with each item once, by a count that it had."""

    def note(self, item: str) -> str | None:
        """Count an item; what lost its place to it, if anything did."""
        if item in self._counts:
            self._counts[item] += 1
            return None
        if len(self._counts) < self._places:
            self._counts[item] = 1
            heappush(self._order, (1, item))
            return None
        return self._take_place(item)

    def _take_place(self, item: str) -> str:
        while (least := self._order[0])[0] != (count := self._counts[least[1]]):
            heapreplace(self._order, (count, least[1]))  # each time paid for by a note of that item
        del self._counts[least[1]]
        self._errors.pop(least[1], None)
        self._counts[item], self._errors[item] = count + 1, count
        heapreplace(self._order, (count + 1, item))
        return least[1]

    def told(self, most: int | None = None) -> tuple[Counted, ...]:
        """The most frequent first."""
        ordered = sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(Counted(item, count, self._errors.get(item, 0)) for item, count in ordered[:most])


_MARKS = 2048


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many different texts were seen, by linear counting in 256 octets; the same in every process."""

    marks: int = 0

    def seen(self, text: str) -> "Distinct":
        """One more text; the same one changes nothing."""
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()
        mark = 1 << (int.from_bytes(digest) % _MARKS)
        return self if self.marks & mark else Distinct(self.marks | mark)

    @property
    def count(self) -> int:
        """About how many: exact for a few, within about 3 % for thousands, and never more than 15,615."""
        unmarked = max(_MARKS - self.marks.bit_count(), 1)
        return round(_MARKS * math.log(_MARKS / unmarked))
