"""What owners and platforms want: stances by purpose, stated sparsely at several levels, resolved with their origin.

Rules: a level holds only what it says; nothing said stays apart from ``allow`` (AIPREF: *unknown*); every resolved
value carries the level that said it. Whether a stance leads to a refusal is ``core/policy``'s to say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial, reduce
from typing import Generic, TypeVar

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern
from gatepost.core.periods import Period

__all__ = [
    "NOTHING_SAID",
    "CrawlerException",
    "DatedStatement",
    "Level",
    "LevelStatement",
    "Origin",
    "PathException",
    "PreferenceStatement",
    "Preferences",
    "Resolved",
    "Sharing",
    "Stance",
    "Stances",
    "in_order",
    "overlaid",
    "resolve",
    "strictness",
]


class Stance(StrEnum):
    """What an owner wants for a purpose, from the least to the most strict."""

    ALLOW = "allow"
    ASK = "ask"
    """Say no, in every directive, and let the request through."""
    LICENSE = "license"
    """Refuse, and say where a licence is to be had (402)."""
    BLOCK = "block"
    """Say no and refuse."""

    @property
    def denies(self) -> bool:
        """Whether directives say no."""
        return self is not Stance.ALLOW

    @property
    def refuses(self) -> bool:
        """Whether requests are refused."""
        return self is Stance.BLOCK or self is Stance.LICENSE


_STRICTNESS = {Stance.ALLOW: 0, None: 1, Stance.ASK: 2, Stance.LICENSE: 3, Stance.BLOCK: 4}
"""Nothing said is stricter than ``allow``: the most restrictive known value beats unknown, unknown beats a permission.
"""


def strictness(stance: Stance | None) -> int:
    """A number by which stances compare; ``None`` is nothing said."""
    return _STRICTNESS[stance]


class Sharing(StrEnum):
    """The owner's second, separate switch: may the platform hand content to data partners."""

    ALLOW = "allow"
    REFUSE = "refuse"


class Level(StrEnum):
    """Who said something, from the widest to the narrowest."""

    BUILT_IN = "built-in"
    PLATFORM = "platform"
    REGION = "region"
    PLAN = "plan"
    KEPT = "kept"
    """What held before, and holds on: at a move to a region or plan whose defaults say less; while nobody can be sure
    that the time has come for something else."""
    SITE = "site"
    PATH = "path exception"
    CRAWLER = "crawler exception"

    def narrower_than(self, other: "Level") -> bool:
        """Whether this level speaks for fewer sites or paths."""
        order = list(Level)
        return order.index(self) > order.index(other)

    def counts_beside(self, by: "Level") -> bool:
        """Whether a stance of this level counts beside the exception that level ``by`` made for a crawler.

        A narrower level's does; and every level's beside what is kept at a move, which is a floor and no permission.
        """
        return by is Level.KEPT or self.narrower_than(by)


@dataclass(frozen=True, slots=True)
class Stances:
    """A stance, or nothing, for each of the five purposes."""

    search: Stance | None = None
    ai_answers: Stance | None = None
    assistants: Stance | None = None
    ai_training: Stance | None = None
    archives: Stance | None = None

    def of(self, purpose: Purpose) -> Stance | None:
        """The stance for one purpose; ``None`` is nothing said."""
        stance: Stance | None = getattr(self, purpose.name.lower())
        return stance

    def with_stance(self, purpose: Purpose, stance: Stance | None) -> "Stances":
        """A copy that says something else for one purpose."""
        return replace(self, **{purpose.name.lower(): stance})

    def said(self) -> Iterable[tuple[Purpose, Stance]]:
        """The purposes that have a stance, in the order of :class:`Purpose`."""
        for purpose in Purpose:
            stance = self.of(purpose)
            if stance is not None:
                yield purpose, stance


@dataclass(frozen=True, slots=True)
class PathException:
    """What is wanted otherwise below some paths."""

    pattern: PathPattern
    stances: Stances


@dataclass(frozen=True, slots=True)
class CrawlerException:
    """What is wanted of one crawler, whatever its purposes; ``crawler`` is its name in the signature file."""

    crawler: str
    stance: Stance


@dataclass(frozen=True, slots=True)
class PreferenceStatement:
    """The stances of one level: deviations only."""

    stances: Stances = Stances()
    paths: tuple[PathException, ...] = ()
    """One to a pattern, the most specific first (:attr:`~gatepost.core.patterns.PathPattern.precedence`)."""
    crawlers: tuple[CrawlerException, ...] = ()
    partner_sharing: Sharing | None = None
    dated: tuple["DatedStatement", ...] = ()
    """What holds in its place for a time (``core/schedules``), the earlier period first; empty at one moment."""


@dataclass(frozen=True, slots=True)
class DatedStatement:
    """What a level says for a time; its statement has no dated parts of its own."""

    period: Period
    statement: PreferenceStatement


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a resolved value comes from."""

    level: Level
    detail: str = ""
    """The path pattern or the crawler of an exception; the name of a region or a plan."""
    by: Level = Level.SITE
    """The level that made an exception."""

    def __str__(self) -> str:
        """As people read it: ``region eu``, ``path exception /press/``, ``crawler exception GPTBot of the plan``."""
        exception = self.level in (Level.PATH, Level.CRAWLER)
        by = f" of the {self.by}" if exception and self.by in (Level.PLATFORM, Level.REGION, Level.PLAN) else ""
        return f"{self.level} {self.detail}".rstrip() + by


@dataclass(frozen=True, slots=True)
class LevelStatement:
    """A statement together with the level that made it."""

    level: Level
    statement: PreferenceStatement
    name: str = ""
    """Of the region or the plan."""


Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True, slots=True)
class Resolved(Generic[Value]):
    """A value and its origin."""

    value: Value
    origin: Origin


@dataclass(frozen=True, slots=True)
class Preferences:
    """What all levels together say for one site; hashable, so that sites that want the same share what follows."""

    stances: tuple[Resolved[Stance | None], ...]
    """One for each purpose, in the order of :class:`Purpose`."""
    partner_sharing: Resolved[Sharing]
    paths: tuple[Resolved[PathException], ...] = ()
    """Longest pattern first."""
    crawlers: tuple[Resolved[CrawlerException], ...] = ()
    """By crawler name."""


NOTHING_SAID = Preferences(
    (Resolved(None, Origin(Level.BUILT_IN)),) * len(Purpose), Resolved(Sharing.REFUSE, Origin(Level.BUILT_IN))
)
"""What holds where nobody says anything."""


def resolve(levels: Sequence[LevelStatement], upon: Preferences = NOTHING_SAID) -> Preferences:
    """What ``levels`` say together, given from the widest to the narrowest: the narrowest that says something wins.

    Exceptions of several levels stand side by side; of two for the same path and purpose, or for the same crawler, the
    narrower level's holds. What a level says also holds against path exceptions of wider levels that are less strict:
    who says no is not undone by an exception that somebody above made. (For a crawler that is named this is
    ``core/policy``'s to judge, which knows its purposes.) Statements are given as of one moment.
    """
    return reduce(_resolved, levels, upon)


def _resolved(upon: Preferences, level: LevelStatement) -> Preferences:
    statement, origin = level.statement, Origin(level.level, level.name)
    said = dict(statement.stances.said())
    stances = (
        Resolved(said[purpose], origin) if purpose in said else wider
        for purpose, wider in zip(Purpose, upon.stances, strict=True)
    )
    paths = {path.value.pattern: path for path in map(partial(_held_against, statement, upon), upon.paths)}
    for path in statement.paths:
        wider = paths[path.pattern].value.stances if path.pattern in paths else Stances()
        merged = PathException(path.pattern, overlaid(wider, path.stances))
        paths[path.pattern] = Resolved(merged, Origin(Level.PATH, path.pattern.text, level.level))
    crawlers = {one.value.crawler.lower(): one for one in upon.crawlers}
    for exception in statement.crawlers:
        named = Origin(Level.CRAWLER, exception.crawler, level.level)
        crawlers[exception.crawler.lower()] = Resolved(exception, named)
    sharing = statement.partner_sharing
    return Preferences(
        tuple(stances),
        upon.partner_sharing if sharing is None else Resolved(sharing, origin),
        in_order(path for path in paths.values() if path.value.stances != Stances()),
        tuple(one for _, one in sorted(crawlers.items())),
    )


def overlaid(stances: Stances, above: Stances) -> Stances:
    """The stances with what ``above`` says in their place."""
    return reduce(lambda merged, said: merged.with_stance(*said), above.said(), stances)


def in_order(paths: Iterable[Resolved[PathException]]) -> tuple[Resolved[PathException], ...]:
    """Path exceptions, the longest pattern first."""
    return tuple(sorted(paths, key=lambda path: path.value.pattern.precedence))


def _held_against(
    statement: PreferenceStatement, upon: Preferences, path: Resolved[PathException]
) -> Resolved[PathException]:
    """A wider level's path exception, without what is less strict than what ``statement`` says there.

    Its pattern may be longer than one of the statement's, and win where both match. Where the shorter surely has all
    its paths, nothing need be said for the shorter to hold; else the stricter is said for all of them.
    """
    pattern, held = path.value.pattern, path.value.stances
    for purpose, stance in statement.stances.said():
        if strictness(held.of(purpose)) < strictness(stance):
            held = held.with_stance(purpose, None)
    met = (own for own in statement.paths if own.pattern.octets <= pattern.octets and own.pattern.may_meet(pattern))
    for own in met:
        inside = own.pattern.covers(pattern)
        for purpose, stance in own.stances.said():
            if strictness(held.of(purpose)) < strictness(stance):
                anyway = None if inside else max(stance, _anyway(statement, upon, pattern, purpose), key=strictness)
                held = held.with_stance(purpose, anyway)
    return Resolved(PathException(pattern, held), path.origin)


def _anyway(statement: PreferenceStatement, upon: Preferences, pattern: PathPattern, purpose: Purpose) -> Stance | None:
    """What holds for the paths of a pattern by what surely encloses it."""
    said = statement.stances.of(purpose)
    around = [*(path.value for path in upon.paths), *statement.paths]
    enclosing = [path for path in around if path.stances.of(purpose) and path.pattern.covers(pattern)]
    if not enclosing:
        return said or upon.stances[list(Purpose).index(purpose)].value
    longest = max(enclosing, key=lambda path: path.pattern.octets)
    return max(said, longest.stances.of(purpose), key=strictness)
