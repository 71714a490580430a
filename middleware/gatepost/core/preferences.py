"""What owners and platforms want: stances by purpose, stated sparsely at several levels, resolved with their origin.

Rules: a level holds only what it says; nothing said stays apart from ``allow`` (AIPREF: *unknown*); every resolved
value carries the level that said it. Whether a stance leads to a refusal is ``core/policy``'s to say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern

__all__ = [
    "CrawlerException",
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
    SITE = "site"
    PATH = "path exception"
    CRAWLER = "crawler exception"


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
    crawlers: tuple[CrawlerException, ...] = ()
    partner_sharing: Sharing | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a resolved value comes from."""

    level: Level
    detail: str = ""
    """The path pattern or the crawler of an exception."""
    by: Level | None = None
    """The level that made an exception."""

    def __str__(self) -> str:
        """As people read it: ``path exception /press/``."""
        return f"{self.level} {self.detail}".rstrip()


@dataclass(frozen=True, slots=True)
class LevelStatement:
    """A statement together with the level that made it."""

    level: Level
    statement: PreferenceStatement


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


def resolve(levels: Sequence[LevelStatement]) -> Preferences:
    """What ``levels`` say together, given from the widest to the narrowest: the narrowest that says something wins.

    Exceptions of several levels stand side by side; of two for the same path and purpose, or for the same crawler, the
    narrower level's holds. What a level says also holds against path exceptions of wider levels that are less strict:
    who says no is not undone by an exception that somebody above made. (For a crawler that is named this is
    ``core/policy``'s to judge, which knows its purposes.)
    """
    nothing: Resolved[Stance | None] = Resolved(None, Origin(Level.BUILT_IN))
    stances = dict.fromkeys(Purpose, nothing)
    sharing = Resolved(Sharing.REFUSE, Origin(Level.BUILT_IN))
    paths: dict[PathPattern, Resolved[PathException]] = {}
    crawlers: dict[str, Resolved[CrawlerException]] = {}
    for level in levels:
        statement, origin = level.statement, Origin(level.level)
        stances.update((purpose, Resolved(stance, origin)) for purpose, stance in statement.stances.said())
        if statement.partner_sharing is not None:
            sharing = Resolved(statement.partner_sharing, origin)
        paths = {pattern: _held_against(statement, path) for pattern, path in paths.items()}
        for path in statement.paths:
            wider = paths[path.pattern].value.stances if path.pattern in paths else Stances()
            merged = PathException(path.pattern, _overlaid(wider, path.stances))
            paths[path.pattern] = Resolved(merged, Origin(Level.PATH, path.pattern.text, level.level))
        for exception in statement.crawlers:
            named = Origin(Level.CRAWLER, exception.crawler, level.level)
            crawlers[exception.crawler.lower()] = Resolved(exception, named)
    return Preferences(
        stances=tuple(stances[purpose] for purpose in Purpose),
        partner_sharing=sharing,
        paths=tuple(
            path
            for _, path in sorted(paths.items(), key=lambda item: item[0].precedence)
            if path.value.stances != Stances()
        ),
        crawlers=tuple(exception for _, exception in sorted(crawlers.items())),
    )


def _overlaid(stances: Stances, above: Stances) -> Stances:
    """The stances with what ``above`` says in their place."""
    for purpose, stance in above.said():
        stances = stances.with_stance(purpose, stance)
    return stances


def _held_against(statement: PreferenceStatement, path: Resolved[PathException]) -> Resolved[PathException]:
    """A wider level's path exception without what is less strict than what ``statement`` says of the same paths."""
    pattern, held = path.value.pattern, path.value.stances
    met = (
        own.stances for own in statement.paths if own.pattern.octets <= pattern.octets and own.pattern.may_meet(pattern)
    )
    for stances in (statement.stances, *met):
        for purpose, stance in stances.said():
            if strictness(held.of(purpose)) < strictness(stance):
                held = held.with_stance(purpose, None)
    return Resolved(PathException(pattern, held), path.origin)
