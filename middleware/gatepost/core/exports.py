"""The export gate: whether an item may be handed to a partner for a purpose.

Rules: :func:`decide_export` is the one function behind every door of the gate: command, Spark and Python. An item is
shared only if the partner is licensed for the purpose, if every field is known and none withholds, and if its site and
all whose work is in it are public, hand content to partners, and do not say no to the purpose; any doubt withholds.
Every reason is told, not the first alone. What owners allow opens nothing that an item's own fields withhold.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gatepost.core.export_consents import Consent, Consents, NamesSeen
from gatepost.core.export_items import FIELDS, ExportReason, Item
from gatepost.core.request import path_readings
from gatepost.errors import AmbiguousRequest

__all__ = ["SITE_CHECKS", "ExportDecision", "Judging", "SiteCheck", "Tally", "Verdict", "decide_export"]


class Verdict(StrEnum):
    """What becomes of an item."""

    SHARE = "share"
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True)
class ExportDecision:
    """What becomes of an item, and every reason why, in the order of :class:`ExportReason`."""

    verdict: Verdict
    reasons: tuple[ExportReason, ...] = ()

    @property
    def shared(self) -> bool:
        """Whether it may be handed over."""
        return self.verdict is Verdict.SHARE


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """What has to hold of the site that an item stands on, and of the site of everybody whose work is in it."""

    of_site: ExportReason
    of_author: ExportReason
    holds: Callable[[Consent, Sequence[str]], bool]
    """Given the readings of the item's path; none: the place is not known."""


SITE_CHECKS = (
    SiteCheck(ExportReason.SITE_NOT_PUBLIC, ExportReason.AUTHOR_NOT_PUBLIC, lambda consent, readings: consent.public),
    SiteCheck(
        ExportReason.SITE_REFUSES_SHARING,
        ExportReason.AUTHOR_REFUSES_SHARING,
        lambda consent, readings: consent.shares,
    ),
    SiteCheck(
        ExportReason.SITE_DENIES_PURPOSE,
        ExportReason.AUTHOR_DENIES_PURPOSE,
        lambda consent, readings: not consent.denies(readings),
    ),
)

_SHARED = ExportDecision(Verdict.SHARE)
_ORDER = {reason: place for place, reason in enumerate(ExportReason)}


def decide_export(item: Item, consents: Consents) -> ExportDecision:
    """Whether an item may be handed to the partner and for the purpose that ``consents`` are of, and why not."""
    if item.values is None:
        return _withheld([ExportReason.UNREADABLE])
    reasons: list[ExportReason] = [] if consents.licensed else [ExportReason.NOT_LICENSED]
    if item.strange:
        reasons.append(ExportReason.UNKNOWN_FIELD)
    for field, value in zip(FIELDS, item.values, strict=True):
        reason = field.reason_for(value)
        if reason is not None:
            reasons.append(reason)
    reasons += _site_reasons(item.values, consents)
    return _withheld(reasons) if reasons else _SHARED


def _withheld(reasons: Iterable[ExportReason]) -> ExportDecision:
    return ExportDecision(Verdict.WITHHOLD, tuple(sorted(set(reasons), key=_ORDER.__getitem__)))


def _site_reasons(values: Sequence[object], consents: Consents) -> Iterator[ExportReason]:
    """What withholds an item by what owners say. Where an author's work stood there is not known: anywhere."""
    _, site, authors, path, *_ = values
    readings: Sequence[str] = ()
    if isinstance(path, str) and path != "*":
        try:
            readings = _readings(path)
        except AmbiguousRequest:
            yield ExportReason.UNKNOWN_PATH
    if isinstance(site, str):
        yield from _reasons_by(consents.find(site), readings, ExportReason.UNKNOWN_SITE, of_author=False)
    for author in authors if isinstance(authors, list) else ():
        if isinstance(author, str):
            yield from _reasons_by(consents.find(author), (), ExportReason.UNKNOWN_AUTHORS, of_author=True)


def _readings(path: str) -> Sequence[str]:
    bare, _, query = path.partition("?")
    return path_readings(bare.encode("utf-8", "surrogatepass"), query.encode("utf-8", "surrogatepass"))


def _reasons_by(
    found: Sequence[Consent], readings: Sequence[str], unknown: ExportReason, *, of_author: bool
) -> Iterator[ExportReason]:
    if not found:
        yield unknown
    for consent in found:
        for check in SITE_CHECKS:
            if not check.holds(consent, readings):
                yield check.of_author if of_author else check.of_site


class Tally:
    """Counts what became of items; an item with several reasons counts for each."""

    def __init__(self) -> None:
        self.shared = self.withheld = 0
        self.reasons: Counter[ExportReason] = Counter()

    @property
    def taken(self) -> int:
        """How many items were judged."""
        return self.shared + self.withheld

    def count(self, decision: ExportDecision) -> bool:
        """Count a decision; whether the item may be handed over."""
        if decision.shared:
            self.shared += 1
        else:
            self.withheld += 1
            self.reasons.update(decision.reasons)
        return decision.shared

    def withdraw(self, later: "Tally") -> None:
        """What was shared has been judged anew: what is withheld by now was not shared."""
        self.shared = later.shared
        self.withheld += later.withheld
        self.reasons.update(later.reasons)


class Judging:
    """Judges items by what all sites say, counts them, and remembers whose items it shared."""

    def __init__(self, consents: Consents) -> None:
        self.consents = consents
        self.tally = Tally()
        self._seen = NamesSeen()

    def admits(self, item: Item) -> bool:
        """Whether an item may be handed over."""
        shared = self.tally.count(decide_export(item, self.consents))
        if shared:
            for name in item.sites:
                self._seen.add(name)
        return shared

    def touched_by(self, now: Consents) -> bool:
        """Whether what is said by now may concern an item that was shared."""
        changed = now.changed_since(self.consents)
        return self.tally.shared > 0 and (changed is None or any(map(self._seen.may_hold, changed)))
