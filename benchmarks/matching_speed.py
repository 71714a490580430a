"""User agents a second: remembered, never seen before, and the worst that 8 KB can hold."""

from benchmarks.clock import nanoseconds_each
from benchmarks.report import Figure, Table
from benchmarks.traffic import browsers

from gatepost import SignatureSet
from gatepost.core.matching import Matcher

__all__ = ["measure_matching"]

_OCTETS = 8 * 1024


def measure_matching(signatures: SignatureSet, scale: int) -> tuple[list[Figure], list[Table]]:
    """The matcher alone; ``scale`` is how many distinct browsers it sees."""
    matcher = Matcher(signatures)
    samples = [sample.encode() for crawler in signatures.crawlers for sample in crawler.samples_match]
    hot = browsers(64) * 100
    nanoseconds_each(matcher.recognise, hot)
    found = {
        "browsers, remembered": nanoseconds_each(matcher.recognise, hot),
        "browsers, all distinct": nanoseconds_each(Matcher(signatures).recognise, browsers(scale)),
        "crawlers, all distinct": nanoseconds_each(Matcher(signatures).recognise, samples, chunk=100),
        **{name: nanoseconds_each(matcher.recognise, [text] * 40, chunk=8) for name, text in _long().items()},
    }
    rows = [[name, f"{taken:,.0f}", f"{1e9 / taken:,.0f}"] for name, taken in found.items()]
    cold = found["browsers, all distinct"] / 1000
    figure = Figure(f"agent never seen before, {len(signatures.crawlers)} crawlers", cold, "µs", 3, 1.5)
    return [figure], [Table("User agents", ("", "ns each", "a second"), rows)]


def _long() -> dict[str, bytes]:
    """Fillings of 8 KB; the slowest is the worst that we know."""
    fillings = {
        "8 KB of a browser": b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 ",
        "8 KB of crawlers": b"GPTBot/1.4 ClaudeBot ",
        "8 KB of crawlers in URLs": b"http://x/GPTBot GPTBot@x.example ",
        "8 KB of near misses": b"xGPTBotx_",
    }
    return {name: (filling * _OCTETS)[:_OCTETS] for name, filling in fillings.items()}
