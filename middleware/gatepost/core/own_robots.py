"""What may stand in an owner's own robots.txt, before it is read and merged."""

import re

from gatepost.errors import StatementError

__all__ = ["MAX_ROBOTS_TXT", "check_own_robots", "joined"]

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


def joined(own: str, of_app: str) -> str:
    """The owner's own robots.txt together with what the app behind says."""
    return f"{own}\n{of_app}" if own and of_app else own or of_app
