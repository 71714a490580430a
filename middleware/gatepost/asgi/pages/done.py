"""What a page says of the change that was just made on it: carried by the address that the browser is sent back to.

Rules: it says no more than is true; a change with dates holds for its time alone, and on a site that is not public
nothing holds before it is.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from gatepost.core.periods import Period, read_period
from gatepost.core.wishes import SharingWish, Wish
from gatepost.errors import StatementError

__all__ = ["Done", "done_query", "read_done"]

_KINDS = ("saved", "undone", "unchanged", "erased")


@dataclass(frozen=True, slots=True)
class Done:
    """What was done; ``during`` is the time for which all of it holds, if it has one."""

    kind: str = ""
    during: Period | None = None


def done_query(kind: str, wishes: Sequence[Wish] = ()) -> str:
    """The query by which the page is told."""
    periods = {wish.period for wish in wishes if not _takes_back(wish)}
    during = periods.pop() if len(periods) == 1 else None
    return urlencode([("done", kind), *([("during", str(during))] if during else [])])


def _takes_back(wish: Wish) -> bool:
    return (wish.sharing if isinstance(wish, SharingWish) else wish.stance) is None


def read_done(request: Request) -> Done:
    """What a request's query tells; what nobody of ours can have written is nothing."""
    kind, during = (request.query_params.get(name, "") for name in ("done", "during"))
    if kind not in _KINDS:
        return Done()
    with suppress(StatementError):
        return Done(kind, read_period(during) if during else None)
    return Done()
