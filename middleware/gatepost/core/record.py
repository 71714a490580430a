"""A chain of entries that tells every later change: what was written, in which order, and that nothing is missing.

Rules: entries are numbered from 1 without gaps; the digest of each seals its content, the digest before it, and one
further back, so that whoever has noted one digest can be shown any entry before it in a few steps; nothing here knows
what the entries say.

The links back are those of a skip list (J. Myers, "An applicative random-access stack", 1983; A. Buldas et al.,
"Time-stamping with binary linking schemes", 1998; P. Maniatis and M. Baker, "Secure history preservation through
timeline entanglement", 2002): a walk from an entry to any before it takes O(log n) steps.

A chain that lost its newest entries is a shorter chain without a fault: only a head that was noted elsewhere tells.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

__all__ = [
    "START",
    "Altered",
    "Entry",
    "Head",
    "Proof",
    "Step",
    "Tail",
    "Verification",
    "check_proof",
    "jump",
    "leaf_of",
    "link",
    "proof_of",
    "spelled",
    "tail_numbers",
    "walk",
]

START = bytes(32)
"""The digest before the first entry."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain goes: its last number (0 for none) and that entry's digest."""

    number: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is kept."""

    number: int
    content: bytes
    digest: bytes


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), check_circular=False, default=lambda odd: {"unreadable": repr(odd)}
)


def spelled(fields: Mapping[str, object]) -> bytes:
    """The canonical content of an entry: JSON in ASCII, with sorted keys and no spaces. A field ``record`` names the
    kind of entry and the version of this spelling, so that no entry of one chain can stand in another.

    What JSON cannot say, which only a damaged row holds, is spelled so that it equals nothing that can be written.
    """
    return _ENCODER.encode(fields).encode()


def leaf_of(number: int, content: bytes) -> bytes:
    """What the chain seals of an entry itself: SHA-256 of 0x00, the number in decimal, a line feed and the content."""
    return hashlib.sha256(b"\x00%d\n%b" % (number, content)).digest()


def link(previous: bytes, jumped: bytes, leaf: bytes) -> bytes:
    """The digest of an entry: SHA-256 of 0x01, the digests of the entry before and of the one that it jumps to, and
    its leaf."""
    return hashlib.sha256(b"\x01" + previous + jumped + leaf).digest()


def jump(number: int) -> int:
    """The number that an entry links back to beside the one before it.

    >>> [jump(number) for number in range(1, 9)]
    [0, 1, 0, 3, 4, 3, 0, 7]
    """
    rest, weight = number, 0
    while rest:  # skew binary: weights are 2^k - 1, the largest first; the last is the length of the jump
        weight = (1 << (rest + 1).bit_length() - 1) - 1
        rest -= weight
    return number - weight


def tail_numbers(number: int) -> Sequence[int]:
    """The entries, from ``number`` back to 0, whose digests have to be known to go on after it."""
    numbers = [number]
    while numbers[-1]:
        numbers.append(jump(numbers[-1]))
    return numbers


class Tail:
    """The end of a chain, to go on from."""

    def __init__(self, number: int = 0, digests: Mapping[int, bytes] | None = None) -> None:
        """``digests`` holds those of :func:`tail_numbers`, but that of 0."""
        known = {0: START, **(digests or {})}
        self._stack = [(one, known[one]) for one in reversed(tail_numbers(number))]

    @property
    def head(self) -> Head:
        """Where the chain ends."""
        return Head(*self._stack[-1])

    def copy(self) -> "Tail":
        """Another one, to go on from the same end."""
        other = Tail()
        other._stack = self._stack.copy()
        return other

    def add(self, content: bytes) -> bytes:
        """Put an entry behind the last one; its digest."""
        stack = self._stack
        number, previous = stack[-1]
        back = -1
        if len(stack) > 2 and number - stack[-2][0] == stack[-2][0] - stack[-3][0]:
            back = -3  # two jumps of one length become one: see `jump`
        digest = link(previous, stack[back][1], leaf_of(number + 1, content))
        if back == -3:
            del stack[-2:]
        stack.append((number + 1, digest))
        return digest


@dataclass(frozen=True, slots=True)
class Altered:
    """An entry that is not what was written, or is not there."""

    number: int
    missing_until: int = 0
    """The last one of a row of missing entries; 0 for an entry that is there, and was altered."""


_DOUBTS = 16
"""How many digests one entry may seem to have, where many were altered."""


class Verification:
    """Reads a chain from its first entry to its last, and tells what was altered.

    An altered entry, or an altered digest, is told once, and what stands behind it is judged as if nothing had been;
    where a good part of all is altered, some that stand behind it may be told too.
    Memory stays the same whatever the length.
    """

    def __init__(self) -> None:
        self.head = Head(0, START)
        self._known: dict[int, tuple[bytes, ...]] = {0: (START,)}
        """What the digests that later entries link to may be: as it is kept, and as it should be if that differs."""

    def check(self, entry: Entry) -> Sequence[Altered]:
        """What is wrong with the next entry, if anything."""
        expected, back = self.head.number + 1, jump(entry.number)
        found = [] if entry.number == expected else [Altered(expected, entry.number - 1)]
        leaf = leaf_of(entry.number, entry.content)
        before, jumped = self._known.get(entry.number - 1, ()), self._known.get(back, ())
        pairs = zip(before, before, strict=True) if back == entry.number - 1 else product(before, jumped)
        due: dict[bytes, tuple[bytes, bytes]] = {}
        for pair in pairs:
            due[link(*pair, leaf)] = pair
            if entry.digest in due:  # which also tells which of the linked digests were right
                self._known[entry.number - 1], self._known[back] = ((one,) for one in pair)
                due = {}
                break
        found += [Altered(entry.number)] if due else []
        self._go_on(entry, tuple(due))
        return found

    def _go_on(self, entry: Entry, due: tuple[bytes, ...]) -> None:
        """``due`` is what the entry's digest should be, where it is another one."""
        self.head = Head(entry.number, entry.digest)
        self._known[entry.number] = (entry.digest, *due)[:_DOUBTS]
        needed = set(tail_numbers(entry.number))
        self._known = {number: digests for number, digests in self._known.items() if number in needed}


@dataclass(frozen=True, slots=True)
class Step:
    """What one entry on the way seals."""

    number: int
    previous: bytes
    jumped: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """Shows that an entry stands under a head."""

    number: int
    head: Head
    steps: tuple[Step, ...]
    """From the head to the entry."""


def walk(start: int, number: int) -> Sequence[int]:
    """The shortest way back from an entry to one before it, both among it."""
    way = [start]
    while way[-1] > number:
        back = jump(way[-1])
        way.append(back if back >= number else way[-1] - 1)
    return way


def proof_of(number: int, head: Head, leaves: Mapping[int, bytes], digests: Mapping[int, bytes]) -> Proof:
    """The proof that an entry stands under a head.

    ``leaves`` are those of the entries on the way (:func:`walk`), ``digests`` those that they link to, but that of 0.
    """
    known = {0: START, **digests}
    steps = (Step(one, known[one - 1], known[jump(one)], leaves[one]) for one in walk(head.number, number))
    return Proof(number, head, tuple(steps))


def check_proof(proof: Proof, content: bytes) -> bool:
    """Whether a proof shows that an entry with this content stands under its head."""
    way = walk(proof.head.number, proof.number)
    if not proof.number or [step.number for step in proof.steps] != list(way):
        return False
    due = proof.head.digest
    for step, goes_to in zip(proof.steps, (*way[1:], proof.number), strict=True):
        if link(step.previous, step.jumped, step.leaf) != due:
            return False
        due = step.previous if goes_to == step.number - 1 else step.jumped
    return proof.steps[-1].leaf == leaf_of(proof.number, content)
