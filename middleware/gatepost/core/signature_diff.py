"""Two signature sets side by side: who came, who went, what is said otherwise, and whether the version says as much.

The version of a signature set tells what an update may do to decisions, as a semantic version tells it of a program:

    major   what a crawler takes content for changed, mixed use included: what owners said means something else now
    minor   crawlers came or went
    patch   everything else

Rules: crawlers are paired by name, letter case aside, as exceptions name them; values are told as people write them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from gatepost.core.crawlers import Crawler, Evidence, PageDirective, Purpose, SignatureSet, Verification

__all__ = ["BREAKING", "CrawlerChange", "Difference", "FieldChange", "Step", "compare"]

BREAKING = frozenset({"purposes", "mixed_use"})
"""The fields by which what an owner said holds for a crawler or does not."""


class Step(StrEnum):
    """How far apart two versions are, from the smallest to the largest."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"

    @property
    def size(self) -> int:
        """A number by which steps compare."""
        return list(Step).index(self)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an entry that says something else now; of a list, only what differs."""

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def breaking(self) -> bool:
        """Whether what owners said means something else now."""
        return self.field in BREAKING


@dataclass(frozen=True, slots=True)
class CrawlerChange:
    """A crawler that both sets have and that is not the same in both."""

    name: str
    fields: tuple[FieldChange, ...]

    @property
    def breaking(self) -> bool:
        """Whether what owners said means something else for it now."""
        return any(field.breaking for field in self.fields)


@dataclass(frozen=True, slots=True)
class Difference:
    """All that tells one set from another; each part in the order of the new set, what went in that of the old."""

    old: SignatureSet
    new: SignatureSet
    come: tuple[Crawler, ...]
    gone: tuple[Crawler, ...]
    changed: tuple[CrawlerChange, ...]

    @property
    def breaking(self) -> tuple[CrawlerChange, ...]:
        """The changes by which what owners said means something else."""
        return tuple(change for change in self.changed if change.breaking)

    @property
    def needed(self) -> Step:
        """The smallest step of the version that says as much as the change does."""
        if self.breaking:
            return Step.MAJOR
        if self.come or self.gone:
            return Step.MINOR
        return Step.NONE if self.old.sha256 == self.new.sha256 else Step.PATCH

    @property
    def made(self) -> Step:
        """The step that the version took; none where it stayed or went back."""
        old, new = _numbers(self.old.version), _numbers(self.new.version)
        if new <= old:
            return Step.NONE
        first = next(index for index, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1])
        return (Step.MAJOR, Step.MINOR, Step.PATCH)[first]

    @property
    def version_too_small(self) -> bool:
        """Whether the version promises less change than there is."""
        return self.made.size < self.needed.size


def compare(old: SignatureSet, new: SignatureSet) -> Difference:
    """What the step from one set to the other comes to."""
    pairs = [(old.by_name[name], crawler) for name, crawler in new.by_name.items() if name in old.by_name]
    changes = (CrawlerChange(after.name, tuple(_changes(before, after))) for before, after in pairs if before != after)
    return Difference(
        old,
        new,
        tuple(crawler for name, crawler in new.by_name.items() if name not in old.by_name),
        tuple(crawler for name, crawler in old.by_name.items() if name not in new.by_name),
        tuple(changes),
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _changes(before: Crawler, after: Crawler) -> Iterator[FieldChange]:
    was, now = dict(_told(before)), dict(_told(after))
    for field in was:
        if was[field] != now[field]:
            gone = tuple(value for value in was[field] if value not in now[field])
            come = tuple(value for value in now[field] if value not in was[field])
            yield FieldChange(field, *((gone, come) if gone or come else (was[field], now[field])))


def _told(part: Crawler | Evidence | Verification, above: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every field with its values as words, those of the parts of an entry under ``part.field``."""
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, Evidence | Verification):
            yield from _told(value, f"{field.name}.")
        else:
            yield above + field.name.replace("samples_", "samples."), tuple(_words(value))


def _words(value: object) -> Iterator[str]:
    match value:
        case None:
            return
        case bool():
            yield str(value).lower()
        case frozenset():
            yield from (purpose for purpose in Purpose if purpose in value)
        case tuple():
            for item in value:
                yield from _words(item)
        case PageDirective(directive, withholds):
            yield f"{directive}: {', '.join(_words(withholds))}"
        case date():
            yield value.isoformat()
        case _:
            yield str(value)
