"""What many sites cost a worker: memory, and the time of a request. Measured in processes of their own.

    python -m benchmarks.sites_held rss|traced SITES STATEMENTS

Four sites of five say nothing, the rest share so many statements. robots.txt is not read back here, which takes a while
for each statement and leaves nothing behind.
"""

import asyncio
import gc
import json
import os
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.clock import time_requests
from benchmarks.doors import doors_of_ours, raw_app
from benchmarks.report import Figure, Table
from benchmarks.sample_sites import distinct_statements, gate_on
from benchmarks.traffic import Request, browsers

import gatepost.core.snapshot
from gatepost import PreferenceStatement, Site
from gatepost.sources import load_signatures

__all__ = ["measure_sites"]

_CACHE_FULL = 200_000
"""Sites that a worker holds at most (``service/snapshots``)."""


class _MadeUp(Mapping[str, Site]):
    """Sites that take no memory: each is made when it is asked for."""

    def __init__(self, count: int, statements: list[PreferenceStatement]) -> None:
        self._count, self._statements = count, statements

    def __getitem__(self, host: str) -> Site:
        number = int(host.partition(".")[0].removeprefix("site"))
        said = PreferenceStatement() if number % 5 else self._statements[number // 5 % len(self._statements)]
        return Site(host, (host,), said)

    def __iter__(self) -> Iterator[str]:
        return (f"site{number}.example" for number in range(self._count))

    def __len__(self) -> int:
        return self._count


def measure_sites(sites: int, statements: int) -> tuple[list[Figure], list[Table]]:
    """Memory and time, by two processes."""
    plain, traced = (_elsewhere(kind, sites, statements) for kind in ("rss", "traced"))
    share = plain["held"] / sites
    full = (plain["interpreter"] + plain["statements"] + share * _CACHE_FULL) / 1e6
    rows = [
        ["memory before any site (RSS)", f"{plain['interpreter'] / 1e6:.1f} MB"],
        [f"{statements:,} statements in every directive (RSS)", f"{plain['statements'] / 1e6:.1f} MB"],
        [f"{sites:,} sites held (RSS)", f"{plain['held'] / 1e6:.1f} MB, {share:.0f} octets each"],
        [f"{sites:,} sites held (tracemalloc)", f"{traced['held'] / 1e6:.1f} MB"],
        [f"a full cache, {_CACHE_FULL:,} sites, and everything else (computed)", f"{full:.0f} MB"],
        ["browser's request, 1 site held", f"{plain['one']:,.0f} ns"],
        [f"the same, {sites:,} held, one host", f"{plain['same']:,.0f} ns"],
        [f"the same, {sites:,} held, any host", f"{plain['any']:,.0f} ns"],
    ]
    return [
        Figure("one host's request, with 1 and with many sites", plain["same"] / plain["one"], "of 1 site's", 1.2),
        Figure("memory for 1,000,000 sites, by the bounded cache", full, "MB", 100, 30),
    ], [Table("Many sites", ("", "measured"), rows)]


def _elsewhere(kind: str, sites: int, statements: int) -> dict[str, float]:
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "benchmarks.sites_held", kind, str(sites), str(statements)]
    finished = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(finished.stdout)
    return measured


async def _measure(traced: bool, count: int, statements: int) -> dict[str, float]:
    setattr(gatepost.core.snapshot, "disagreements", lambda *given: ())  # noqa: B010 - not a name of its own
    signatures = load_signatures()
    sites = _MadeUp(count, distinct_statements(signatures, statements))
    gate = gate_on(signatures, sites)
    await gate.snapshots.visit("site1.example")
    found: dict[str, float] = {"interpreter": _resident()}
    before = _resident()
    for number in range(0, 5 * statements, 5):
        await gate.snapshots.visit(f"site{number}.example")
    found["statements"] = _resident() - before
    gc.collect()
    if traced:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0] if traced else _resident()
    for host in sites:
        await gate.snapshots.visit(host)
    gc.collect()
    found["held"] = (tracemalloc.get_traced_memory()[0] if traced else _resident()) - before
    if not traced:
        hosts = list(sites)
        random.Random(3).shuffle(hosts)
        lone = gate_on(signatures, sites)
        await lone.snapshots.visit("site1.example")
        found["one"] = await _request_time(lone, ["site1.example"])
        found["same"] = await _request_time(gate, ["site1.example"])
        found["any"] = await _request_time(gate, hosts)
    return found


async def _request_time(gate: Any, hosts: list[str]) -> float:
    """What a browser's request takes to these hosts; those without a statement, so that only their number differs."""
    doors = {"": doors_of_ours(raw_app, gate)["Gatepost"]}
    agents = browsers(64)
    quiet = [host for host in hosts if int(host.partition(".")[0].removeprefix("site")) % 5][:8_000]
    requests = [Request(agents[index % 64], host.encode()) for index, host in enumerate(quiet)]
    return (await time_requests(doors, requests, 500)).whole("")


def _resident() -> int:
    """The memory of this process in octets, where the system tells."""
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text(encoding="ascii").split()[1]) if statm.is_file() else 0
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    kind, *sizes = sys.argv[1:]
    json.dump(asyncio.run(_measure(kind == "traced", *map(int, sizes))), sys.stdout)
