"""What a level says at a moment, where it says some things for a time only.

Rules: what is said for a time stands in place of what is said without one, for just the purpose, path, crawler or
switch that it names. Of several periods that overlap, the strictest holds: an opt-out for a month is not undone by an
``allow`` for its second week, and nobody has to work out which was said last. What is said for the same thing and for
exactly the same period as before replaces it. What is past is in the history, and leaves the statement at the next
change.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Protocol, TypeVar

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern
from gatepost.core.periods import Period
from gatepost.core.preferences import (
    CrawlerException,
    DatedStatement,
    PathException,
    PreferenceStatement,
    Sharing,
    Stance,
    Stances,
    strictness,
)
from gatepost.errors import StatementError

__all__ = ["boundaries", "check_size", "exceptions_in", "moments_from", "said_at", "with_dated", "without_past"]

MAX_PERIODS = 50
"""In one statement: each begins and ends, and what holds in between is compared with what held before."""
MAX_AT_DATES = 4_000
"""Exceptions times periods: what a worker resolves in half a second, when the site is first visited."""


Key = TypeVar("Key")
Value = TypeVar("Value")

Weight = Callable[[Value], int]


class _Pick(Protocol):
    """Which of two counts, where both speak."""

    def __call__(self, one: Value, other: Value, weight: Weight[Value]) -> Value: ...


def _latter(one: Value, other: Value, weight: Weight[Value]) -> Value:
    return other


def _strictest(one: Value, other: Value, weight: Weight[Value]) -> Value:
    return max(one, other, key=weight)


def said_at(statement: PreferenceStatement, moment: datetime | None) -> PreferenceStatement:
    """The plain statement that is in force at a moment; ``None`` is before everything."""
    if not statement.dated:
        return statement
    always = replace(statement, dated=())
    running = [dated.statement for dated in statement.dated if dated.period.holds(moment)]
    if not running:
        return always
    return _joined(always, reduce(lambda one, other: _joined(one, other, _strictest), running), _latter)


def _joined(one: PreferenceStatement, other: PreferenceStatement, pick: _Pick) -> PreferenceStatement:
    """Both together, without their dated parts."""
    stances = _merged(dict(one.stances.said()), dict(other.stances.said()), pick, strictness)
    crawlers = _merged(_by_name(one), _by_name(other), pick, lambda exception: strictness(exception.stance))
    return PreferenceStatement(
        _stances_of(stances),
        _paths_of(_merged(_by_place(one), _by_place(other), pick, strictness)),
        tuple(exception for _, exception in sorted(crawlers.items())),
        _merged(_switch(one), _switch(other), pick, list(Sharing).index).get("partner-sharing"),
    )


def _merged(
    one: Mapping[Key, Value], other: Mapping[Key, Value], pick: _Pick, weight: Weight[Value]
) -> dict[Key, Value]:
    return {**one, **{key: pick(one[key], value, weight) if key in one else value for key, value in other.items()}}


def _switch(statement: PreferenceStatement) -> Mapping[str, Sharing]:
    return {"partner-sharing": statement.partner_sharing} if statement.partner_sharing else {}


def _by_name(statement: PreferenceStatement) -> Mapping[str, CrawlerException]:
    return {exception.crawler.lower(): exception for exception in statement.crawlers}


def _by_place(statement: PreferenceStatement) -> Mapping[tuple[PathPattern, Purpose], Stance]:
    return {(path.pattern, purpose): stance for path in statement.paths for purpose, stance in path.stances.said()}


def _stances_of(said: Mapping[Purpose, Stance]) -> Stances:
    return reduce(lambda stances, pair: stances.with_stance(*pair), said.items(), Stances())


def _paths_of(said: Mapping[tuple[PathPattern, Purpose], Stance]) -> tuple[PathException, ...]:
    found: dict[PathPattern, Stances] = {}
    for (pattern, purpose), stance in said.items():
        found[pattern] = found.get(pattern, Stances()).with_stance(purpose, stance)
    return tuple(PathException(pattern, found[pattern]) for pattern in sorted(found, key=lambda one: one.precedence))


def boundaries(statements: Iterable[PreferenceStatement]) -> Sequence[datetime]:
    """Every moment at which one of the statements may change by itself, the first one first."""
    periods = (dated.period for statement in statements for dated in statement.dated)
    return sorted({moment for period in periods for moment in period.moments})


def moments_from(now: datetime, statements: Iterable[PreferenceStatement]) -> Sequence[datetime]:
    """``now``, and every later moment at which one of the statements may change: what holds at these holds between."""
    return [now, *(moment for moment in boundaries(statements) if moment > now)]


def without_past(statement: PreferenceStatement, now: datetime) -> PreferenceStatement:
    """The statement without the periods that are over."""
    if not statement.dated:
        return statement
    return replace(statement, dated=tuple(one for one in statement.dated if not one.period.over_by(now)))


def with_dated(
    statement: PreferenceStatement, period: Period, amend: Callable[[PreferenceStatement], PreferenceStatement]
) -> PreferenceStatement:
    """The statement with something else said for a period. Raises :class:`StatementError` for too many periods."""
    by_period = {dated.period: dated.statement for dated in statement.dated}
    by_period[period] = amend(by_period.get(period, PreferenceStatement()))
    kept = [DatedStatement(*item) for item in by_period.items() if item[1] != PreferenceStatement()]
    if len(kept) > MAX_PERIODS:
        raise StatementError(
            f"{len(kept)} periods are more than a statement takes",
            id="statement.periods.many",
            remedy=f"Use at most {MAX_PERIODS} different ones; what is said for the same period counts once.",
        )
    return replace(statement, dated=tuple(sorted(kept, key=lambda dated: dated.period.order)))


def check_size(statement: PreferenceStatement) -> None:
    """Raises :class:`StatementError` for more exceptions, at more dates, than can be worked out beside other work."""
    if statement.dated and exceptions_in(statement) * len(statement.dated) > MAX_AT_DATES:
        raise StatementError(
            f"{exceptions_in(statement)} exceptions with {len(statement.dated)} periods are too much for a statement",
            id="statement.periods.large",
            remedy=f"Use fewer of either (product: {MAX_AT_DATES}); one pattern with * stands for many paths.",
        )


def exceptions_in(statement: PreferenceStatement) -> int:
    """How many exceptions a statement has; whatever is said for a time only is one as well."""
    plain = len(statement.paths) + len(statement.crawlers)
    return plain + sum(_sayings_in(dated.statement) for dated in statement.dated)


def _sayings_in(statement: PreferenceStatement) -> int:
    said = sum(1 for _ in statement.stances.said()) + (statement.partner_sharing is not None)
    return said + len(statement.paths) + len(statement.crawlers)
