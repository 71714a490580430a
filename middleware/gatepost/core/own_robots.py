"""What may stand in an owner's own robots.txt, before it is read and merged."""

import re
from collections.abc import Sequence

from gatepost.core.crawlers import SignatureSet
from gatepost.core.directives.robotstxt import evaluate, read_robots
from gatepost.core.search import SearchTouched, search_unconfirmed
from gatepost.errors import StatementError

__all__ = ["MAX_ROBOTS_TXT", "check_own_robots", "check_own_search", "closed_to_search", "joined"]

MAX_ROBOTS_TXT = 100 * 1024
"""Octets of an owner's own robots.txt; a quarter of what readers must take (RFC 9309 §2.5: 500 KiB) is left to ours."""

_NOT_TEXT = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")
"""A control character, or half a surrogate pair."""


def check_own_robots(text: str) -> None:
    """Raises :class:`StatementError` for a text that is too long or no text."""
    fault = _NOT_TEXT.search(text)
    if fault:
        raise StatementError(
            f"robots.txt holds the character U+{ord(fault[0]):04X} in line {text.count(chr(10), 0, fault.start()) + 1}",
            id="statement.robots-txt.characters",
            remedy="Remove it: robots.txt is text, with no control characters but tabs and line ends.",
        )
    octets = len(text.encode())
    if octets > MAX_ROBOTS_TXT:
        raise StatementError(
            f"a robots.txt of {octets} octets is too long",
            id="statement.robots-txt.length",
            remedy=f"Use at most {MAX_ROBOTS_TXT} octets; one rule with * can stand for many.",
        )


def check_own_search(before: str, after: str, signatures: SignatureSet, confirmed: bool) -> None:
    """Raises :class:`~gatepost.errors.ConfirmationNeeded` when ``after`` closes the site to search where ``before`` did
    not: a file of an owner's own takes it out of search as surely as a stance does."""
    touched = () if confirmed else closed_to_search(before, after, signatures)
    if touched:
        raise search_unconfirmed(touched)


def closed_to_search(before: str, after: str, signatures: SignatureSet) -> Sequence[SearchTouched]:
    """The crawlers that feed search whom ``after`` keeps out of the front page and ``before`` does not; the whole site,
    where these are all that it was open to."""
    then, now = read_robots(before), read_robots(after)
    feeding = [crawler for crawler in signatures.crawlers if crawler.feeds_search and crawler.robots_tokens]
    came = [one for one in feeding if evaluate(then, one.robots_tokens[0], "/").allowed]
    closed = [one for one in came if not evaluate(now, one.robots_tokens[0], "/").allowed]
    if closed and len(closed) == len(came):
        return (SearchTouched(),)
    return tuple(SearchTouched(crawler=one.name) for one in closed)


def joined(own: str, of_app: str) -> str:
    """The owner's own robots.txt together with what the app behind says."""
    return f"{own}\n{of_app}" if own and of_app else own or of_app
