"""What it costs to see whether an unrecognised client looks like a crawler, and to tally it."""

from datetime import UTC, datetime

from benchmarks.clock import nanoseconds_each
from benchmarks.report import Figure, Table
from benchmarks.traffic import browsers, unknown_crawlers

from gatepost.core.likeness import OCTETS_READ
from gatepost.core.sightings import Tally

__all__ = ["measure_likeness"]

_AT = datetime(2026, 11, 28, tzinfo=UTC)


def measure_likeness(scale: int) -> tuple[list[Figure], list[Table]]:
    """A worker's tally; ``scale`` is how many distinct browsers it sees."""
    made_up = [b"Mozilla/5.0 (compatible; Q%xbot/1.0; +https://q.example/)" % number for number in range(scale // 10)]
    found = {
        "browsers, remembered": _each(browsers(64) * 100),
        "browsers, all distinct": _each(browsers(scale)),
        "unknown crawlers, remembered": _each(unknown_crawlers(18) * 100),
        "unknown crawlers, all distinct, more than there are places": _each(made_up),
        **{f"the worst of {OCTETS_READ} octets: {name}": _each([text] * 400) for name, text in _long().items()},
    }
    rows = [[name, f"{taken:,.0f}", f"{1e9 / taken:,.0f}"] for name, taken in found.items()]
    cold = found["browsers, all distinct"] / 1000
    figure = Figure("browser never seen before, seen not to be a crawler", cold, "µs", 3, 2)
    return [figure], [Table("Unknown crawlers", ("", "ns each", "a second"), rows)]


def _each(agents: list[bytes]) -> float:
    tally = Tally()
    return nanoseconds_each(lambda agent: tally.note(agent, _AT), agents, chunk=200)


def _long() -> dict[str, bytes]:
    """Longer by one octet than what is remembered."""
    fillings = {"comments": b"(x;", "words": b"bot ", "addresses": b"a@a."}
    return {name: (filling * OCTETS_READ)[: OCTETS_READ + 1] for name, filling in fillings.items()}
