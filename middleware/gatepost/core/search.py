"""What touches search: every way in which a statement says no to it, which needs a separate, named confirmation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gatepost.core.crawlers import SignatureSet
from gatepost.core.preferences import PreferenceStatement, Stance
from gatepost.errors import ConfirmationNeeded

__all__ = ["SearchTouched", "check_search", "search_touched"]


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
    """Raises :class:`ConfirmationNeeded` when ``after`` says no to search where ``before`` did not."""
    touched = search_touched(before, after, signatures)
    if touched and not confirmed:
        raise ConfirmationNeeded(
            f"this touches search: {', '.join(map(str, touched))}",
            id="statement.search.unconfirmed",
            remedy="Confirm it separately (--confirm-search) if the site is to disappear from search results.",
            effects=[str(one) for one in touched],
        )


def search_touched(
    before: PreferenceStatement, after: PreferenceStatement, signatures: SignatureSet
) -> Sequence[SearchTouched]:
    """Every way in which ``after`` says no to search and ``before`` does not."""
    return sorted({*_no_to_search(after, signatures)} - {*_no_to_search(before, signatures)}, key=str)


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
