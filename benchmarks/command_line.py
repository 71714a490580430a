"""The command line of the benchmarks."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from benchmarks.likeness_speed import measure_likeness
from benchmarks.matching_speed import measure_matching
from benchmarks.report import Figure, Table, rewrite_readme, shown
from benchmarks.request_cost import measure_requests
from benchmarks.sample_sites import sample_gate
from benchmarks.sites_held import measure_sites
from benchmarks.start_up import measure_start

from gatepost import SignatureSet
from gatepost.sources import load_signatures

__all__ = ["main"]

Measured = tuple[list[Figure], list[Table]]

_README = Path(__file__).with_name("README.md")


def main() -> None:
    """Measure, show, and keep what was shown in README.md; a quick run is shown only."""
    parser = argparse.ArgumentParser(prog="python benchmarks", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="20 s in place of 4 minutes, on less of everything")
    parser.add_argument(
        "--only", choices=["requests", "matching", "likeness", "sites", "start"], help="one part alone; shown only"
    )
    chosen = parser.parse_args()
    begun = perf_counter()
    figures: list[Figure] = []
    tables: list[Table] = []
    for name, part in _parts(load_signatures(), quick=chosen.quick).items():
        if chosen.only in (None, name):
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            more_figures, more_tables = part()
            figures += more_figures
            tables += more_tables
    report = shown(figures, tables, perf_counter() - begun, chosen.quick)
    print(report)
    if not chosen.quick and not chosen.only:
        rewrite_readme(_README, report)


def _parts(signatures: SignatureSet, *, quick: bool) -> dict[str, Callable[[], Measured]]:
    return {
        "requests": lambda: asyncio.run(_requests(signatures, 100 if quick else 1_000)),
        "matching": lambda: measure_matching(signatures, 5_000 if quick else 30_000),
        "likeness": lambda: measure_likeness(5_000 if quick else 30_000),
        "sites": lambda: measure_sites(*((10_000, 20) if quick else (100_000, 1_000))),
        "start": lambda: measure_start(*((3, 20_000) if quick else (9, 100_000))),
    }


async def _requests(signatures: SignatureSet, rounds: int) -> Measured:
    return await measure_requests(await sample_gate(signatures), rounds)
