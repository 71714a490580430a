"""One wish, taken up into a statement: the place that it speaks of says otherwise, the rest stays.

Rules: what is said without a date and what is said for a time stand apart; neither touches the other.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import replace

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern
from gatepost.core.preferences import CrawlerException, PathException, PreferenceStatement, Stance, Stances
from gatepost.core.schedules import with_dated
from gatepost.core.wishes import CrawlerWish, PurposeWish, SharingWish, Wish
from gatepost.errors import StatementError

__all__ = ["amended"]


def amended(statement: PreferenceStatement, wish: Wish) -> PreferenceStatement:
    """The statement with what the wish asks for. Raises :class:`StatementError` for what cannot be written down."""
    if wish.period is None:
        return _said(statement, wish)
    wanted = with_dated(statement, wish.period, lambda dated: _said(dated, wish))
    if wanted == statement and _takes_back(wish):
        raise StatementError(
            f"nothing of this was said for just the time {wish.period}",
            id="statement.period.unsaid",
            remedy="Name the period as gatepost sites show spells it. To end at a date what is said without one, take "
            "it back and say it until then: NAME=inherit NAME=VALUE@..DATE.",
        )
    return wanted


def _takes_back(wish: Wish) -> bool:
    return (wish.sharing if isinstance(wish, SharingWish) else wish.stance) is None


def _said(statement: PreferenceStatement, wish: Wish) -> PreferenceStatement:
    match wish:
        case SharingWish():
            return replace(statement, partner_sharing=wish.sharing)
        case CrawlerWish():
            return replace(statement, crawlers=_with_crawler(statement.crawlers, wish))
        case PurposeWish(purpose, stance, path):
            if path is None:
                return replace(statement, stances=statement.stances.with_stance(purpose, stance))
            return replace(statement, paths=_with_path(statement.paths, path, purpose, stance))


def _with_crawler(crawlers: Iterable[CrawlerException], wish: CrawlerWish) -> tuple[CrawlerException, ...]:
    by_name = {exception.crawler.lower(): exception for exception in crawlers}
    by_name.pop(wish.crawler.lower(), None)
    if wish.stance is not None:
        by_name[wish.crawler.lower()] = CrawlerException(wish.crawler, wish.stance)
    return tuple(exception for _, exception in sorted(by_name.items()))


def _with_path(
    paths: Iterable[PathException], pattern: PathPattern, purpose: Purpose, stance: Stance | None
) -> tuple[PathException, ...]:
    others: list[PathException] = []
    before = Stances()
    for path in paths:
        if path.pattern == pattern:
            before = path.stances
        else:
            others.append(path)
    stances = before.with_stance(purpose, stance)
    if stances != Stances():
        # Put in where it belongs, for a site may have thousands: to sort them anew at each wish took minutes.
        insort(others, PathException(pattern, stances), key=lambda path: path.pattern.precedence)
    return tuple(others)
