"""Where a list goes on: an opaque cursor that holds the last thing shown.

Rules: a list is in an order that changes do not disturb, so that no page shows a thing twice; a cursor gives no right.
"""

import base64
import binascii

from gatepost.errors import RequestRefused

__all__ = ["cursor_after", "number_of", "position_of"]


def cursor_after(last: str) -> str:
    """The cursor of the page after the one that ends with ``last``."""
    return base64.urlsafe_b64encode(last.encode()).rstrip(b"=").decode("ascii")


def position_of(cursor: str) -> str:
    """What the page before ended with; empty at the beginning. Raises :class:`RequestRefused`."""
    try:
        octets = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = octets.decode()
    except (ValueError, binascii.Error) as error:
        raise _no_cursor() from error
    if "\0" in position or cursor_after(position) != cursor:
        raise _no_cursor()
    return position


def number_of(cursor: str) -> int | None:
    """The same where lists are in the order of numbers; ``None`` at the beginning."""
    position = position_of(cursor)
    if position and not (position.isdecimal() and len(position) < 10):
        raise _no_cursor()
    return int(position) if position else None


def _no_cursor() -> RequestRefused:
    return RequestRefused(
        "the cursor is none of ours",
        id="api.cursor",
        remedy="Send next as it was given, or none to begin at the beginning.",
    )
