"""A line of a directive and what of the policy it says: how every directive but robots.txt is written.

Rules: the line and what it says come from one renderer, so that nobody has to guess the one from the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern

__all__ = ["DirectiveLine", "text_of"]


@dataclass(frozen=True, slots=True)
class DirectiveLine:
    """One line, without its end."""

    text: str = ""
    purposes: tuple[Purpose, ...] = ()
    """The purposes whose stances it tells; none: it stands there whatever is said."""
    below: PathPattern | None = None
    """The pattern of the path exception whose stances these are; ``None`` for the whole site."""
    crawler: str = ""
    """The crawler whose exception it tells."""


def text_of(lines: Iterable[DirectiveLine]) -> str:
    """The lines as a file."""
    return "".join(f"{line.text}\n" for line in lines)
