"""What the ledger tells, for people at a terminal: a table with plots, and a line in plain words for each crawler."""

import io
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from gatepost.core.crawlers import HonoursRobots, Standing

if TYPE_CHECKING:
    from rich.table import Table

    from gatepost.core.visits import CrawlerVisits, Visits

__all__ = ["report_of", "words_of"]

_BARS = "▁▂▃▄▅▆▇█"
_UNITS = ("B", "kB", "MB", "GB", "TB")
_WIDTH = 110
"""Where nobody looks; a terminal has its own."""


def report_of(host: str, visits: "Visits") -> str:
    """The whole report."""
    span = f"{host}, {visits.first_day} to {visits.last_day}"
    if not visits.crawlers:
        return f"{span}: no known crawler came\n"
    looked_at = sys.stdout.isatty()
    from rich.console import Console

    text = io.StringIO()
    console = Console(
        file=text,
        width=None if looked_at else _WIDTH,
        force_terminal=looked_at,
        no_color=not looked_at or bool(os.environ.get("NO_COLOR")),
        highlight=False,
    )
    console.print(span)
    console.print(_table(visits))
    return text.getvalue() + "".join(f"{words_of(one, visits.at)}\n" for one in visits.crawlers)


def _table(visits: "Visits") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("crawler", no_wrap=True)
    licensed = any(one.licensed for one in visits.crawlers)
    for name in ("before", "after", *(["licensed"] if licensed else []), "refused", "paths", "sent"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("served and refused, by day", no_wrap=True)
    table.add_column("last seen", no_wrap=True)
    most = max(max(day.served, day.refused) for one in visits.crawlers for day in one.days)
    for one in visits.crawlers:
        table.add_row(
            one.crawler,
            f"{one.served_before:,}",
            f"{one.served_after:,}",
            *([f"{one.licensed:,}"] if licensed else []),
            f"{one.refused:,}",
            "?" if one.paths is None else f"{one.paths:,}",
            _octets(one.octets),
            f"{plot([day.served for day in one.days], most)}\n[red]{plot([day.refused for day in one.days], most)}[/]",
            ago(one.last_seen, visits.at),
        )
    return table


def plot(values: Sequence[int], most: int) -> str:
    """A bar for each value; none for nothing, and one for however little."""
    return "".join(_BARS[-(-value * (len(_BARS) - 1) // most)] if value else " " for value in values)


def _octets(number: float) -> str:
    for unit in _UNITS[:-1]:
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} {_UNITS[-1]}"


def ago(then: datetime, now: datetime) -> str:
    """How long ago something was: in minutes, hours or days."""
    seconds = (now - then).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 2 * 86_400:
        return f"{seconds // 3600:.0f} h ago"
    return f"{seconds // 86_400:.0f} days ago"


def words_of(one: "CrawlerVisits", now: datetime) -> str:
    """A crawler in plain words."""
    return f"{one.crawler}: {', '.join(_taken(one))}; " + "; ".join(_known(one, now))


def _taken(one: "CrawlerVisits") -> Iterable[str]:
    if one.denied or one.served_after:
        yield f"{_pages(one.served_before)} before you said no"
        yield f"{one.served_after:,} after"
    else:
        yield _pages(one.served_before)
    if one.licensed:
        names = " and ".join(one.partners)
        yield f"{one.licensed:,} under {f'the licence of {names}' if names else 'a licence'}"
    if one.refused:
        yield f"{one.refused:,} refused"


def _pages(number: int) -> str:
    return f"{number:,} page{'' if number == 1 else 's'}"


def _known(one: "CrawlerVisits", now: datetime) -> Iterable[str]:
    last = ago(one.reading.at, now) if one.reading else ""
    yield {
        "never-read": "it was not seen reading robots.txt",
        "read-before": f"it has not read the new file yet, the last time it read one was {last}",
        "read-since": f"it has read the new file {last}",
        "read": f"it has read robots.txt {last}",
    }[one.knowledge]
    if one.against:
        what = "a request was" if one.against == 1 else f"{one.against:,} requests were"
        yield f"{what} against robots.txt, which it had read or had had a day to read"
    if one.denied and one.honours_robots is HonoursRobots.NO:
        yield "its operator says that it does not honour robots.txt: only a refusal keeps it away"
    if one.standings == (Standing.FORGED,):
        yield "whoever came, the name is forged"
