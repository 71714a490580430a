"""What touches search: every way in which a statement says no to it, which needs a separate, named confirmation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gatepost.core.crawlers import SignatureSet
from gatepost.core.preferences import PreferenceStatement, Stance
from gatepost.core.schedules import boundaries, said_at
from gatepost.errors import ConfirmationNeeded

__all__ = ["SearchTouched", "check_search", "search_touched", "search_unconfirmed"]


@dataclass(frozen=True, slots=True)
class SearchTouched:
    """A way in which a statement says no to search: everywhere, below a path, or to a crawler that feeds it."""

    path: str = ""
    crawler: str = ""

    def __str__(self) -> str:
        return self.crawler or f"search on {self.path or 'the whole site'}"


def check_search(
    before: PreferenceStatement, after: PreferenceStatement, signatures: SignatureSet, confirmed: bool
) -> None:
    """Raises :class:`ConfirmationNeeded` when ``after`` says no to search where, or when, ``before`` did not."""
    touched = search_touched(before, after, signatures)
    if touched and not confirmed:
        raise search_unconfirmed(touched)


def search_unconfirmed(touched: Sequence[SearchTouched]) -> ConfirmationNeeded:
    """What asks whether search is meant to be told no."""
    return ConfirmationNeeded(
        f"this touches search: {', '.join(map(str, touched))}",
        id="statement.search.unconfirmed",
        remedy="Confirm it separately (--confirm-search) if the site is to disappear from search results.",
        effects=[str(one) for one in touched],
    )


def search_touched(
    before: PreferenceStatement, after: PreferenceStatement, signatures: SignatureSet
) -> Sequence[SearchTouched]:
    """Every way in which ``after`` says no to search at some time and ``before`` does not then."""
    touched: set[SearchTouched] = set()
    for moment in (None, *boundaries([before, after])):
        then, now = ({*_no_to_search(said_at(one, moment), signatures)} for one in (before, after))
        touched |= now - then
    return sorted(touched, key=str)


def _no_to_search(statement: PreferenceStatement, signatures: SignatureSet) -> Iterable[SearchTouched]:
    """Every way in which a statement says no to search."""
    yield from (SearchTouched(path.pattern.text) for path in statement.paths if _denies(path.stances.search))
    if _denies(statement.stances.search):
        yield SearchTouched()
    for exception in statement.crawlers:
        crawler = signatures.by_name.get(exception.crawler.lower())
        if crawler is not None and crawler.feeds_search and exception.stance.denies:
            yield SearchTouched(crawler=crawler.name)


def _denies(stance: Stance | None) -> bool:
    return stance is not None and stance.denies
