"""What a request costs more with something in front of the app."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.clock import Timings, time_requests
from benchmarks.doors import BARE, GATEPOST, NO_OP, PEERS, App, Peer, doors_of_ours, raw_app, release, starlette_app
from benchmarks.report import Figure, Table
from benchmarks.sample_sites import OPTED_OUT, SILENT
from benchmarks.traffic import Request, browsers, unknown_crawlers, zipf

from gatepost import Gate
from gatepost.core.policy import decide
from gatepost.core.snapshot import ROBOTS_TXT

__all__ = ["measure_requests"]

_ZIPF_AGENTS = 30_000
_WARM = 8_000
"""Requests before the clock starts, so that caches are as full as they stay."""


@dataclass(frozen=True)
class _Case:
    """One kind of visitor."""

    name: str
    requests: Sequence[Request]
    budget: tuple[float, float] | None = None
    warm: int = 0
    starlette: bool = False


def _cases(gate: Gate, draws: int) -> list[_Case]:
    hot = browsers(64)
    drawn = _WARM + draws
    refused, allowed = _crawlers(gate)
    silent, opted_out = _to(SILENT), _to(OPTED_OUT)
    return [
        _Case("browser, site without a statement, 64 agents", silent(hot), (4, 2.5), starlette=True),
        _Case("browser, the same, Zipf over 30,000 agents", silent(zipf(browsers(_ZIPF_AGENTS), drawn)), (8, 5), _WARM),
        _Case("browser, opted-out site (fields added)", opted_out(hot), (10, 6), starlette=True),
        _Case("crawler, refused", _visits(OPTED_OUT, zipf(refused, drawn)), (15, 6), _WARM, starlette=True),
        _Case("crawler, allowed", _visits(SILENT, zipf(allowed, drawn)), warm=_WARM),
        _Case("crawler without a signature", _visits(SILENT, unknown_crawlers(27))),
    ]


def _visits(host: str, agents: Sequence[bytes]) -> list[Request]:
    return [Request(agent, host.encode(), accept=b"*/*") for agent in agents]


def _to(host: str) -> Callable[[Sequence[bytes]], list[Request]]:
    return lambda agents: [Request(agent, host.encode()) for agent in agents]


def _crawlers(gate: Gate) -> tuple[list[bytes], list[bytes]]:
    """The samples of the signature file: those of crawlers that the opted-out site refuses, and the others."""
    snapshot = gate.snapshots.held(OPTED_OUT)
    assert snapshot is not None
    refused: list[bytes] = []
    allowed: list[bytes] = []
    for crawler in gate.signatures.crawlers:
        for sample in map(str.encode, crawler.samples_match):
            decision = decide(snapshot.rendering.policy, gate.matcher.recognise(sample), ["/"])
            (refused if decision.refused else allowed).append(sample)
    return refused, allowed


async def measure_requests(gate: Gate, rounds: int) -> tuple[list[Figure], list[Table]]:
    """Every kind of visitor through every door, robots.txt last."""
    peers = {peer.name: peer for peer in PEERS if release(peer.package)}
    raw = doors_of_ours(raw_app, gate) | {name: peer.make(raw_app) for name, peer in peers.items()}
    starlette = doors_of_ours(starlette_app(), gate)
    figures, rows, rows_starlette = [], [], []
    for case in _cases(gate, rounds * 16):
        timings = await _time(case, raw, rounds, peers)
        unit = timings.added(NO_OP, BARE)
        rows.append([case.name, *(_added(timings, door, unit) for door in raw if door != BARE)])
        if case.budget is not None:
            figures.append(Figure(case.name, timings.added(GATEPOST, BARE) / unit, "x", *case.budget))
        if case.starlette:
            timings = await _time(case, starlette, max(rounds // 2, 40), {})
            rows_starlette.append([case.name, *_starlette_cells(timings)])
    page = float(rows_starlette[-1][-1])
    figures.append(Figure("crawler, refused, to the Starlette page it replaces", page, "of the page", 1))
    robots, robots_row = await _robots(gate, rounds)
    missing = [[peer.name, "not installed"] for peer in PEERS if peer.name not in peers]
    head = ["", *(door for door in raw if door != BARE)]
    note = "Nanoseconds, and multiples of what the no-op adds in the same rounds. 15 header fields, a raw ASGI app."
    tables = [
        Table("What a request costs more", head, rows, note),
        Table(
            "The same in front of Starlette",
            ("", "bare, ns", "no-op adds", "Gatepost adds", "with Gatepost / bare"),
            rows_starlette,
        ),
        Table("/robots.txt", ("", "Gatepost, ns", "Starlette route, ns", "ratio"), [robots_row]),
        *([Table("Peers that are missing", ("peer", ""), missing)] if missing else []),
    ]
    return [*figures, robots], tables


async def _time(case: _Case, doors: Mapping[str, App], rounds: int, peers: Mapping[str, Peer]) -> Timings:
    slow = [name for name, peer in peers.items() if peer.slow]
    if case.warm:
        quick = {name: app for name, app in doors.items() if name not in slow}
        await time_requests(quick, case.requests[: case.warm], case.warm // 16)
    return await time_requests(doors, case.requests[case.warm :], rounds, slow)


def _added(timings: Timings, door: str, unit: float) -> str:
    added = timings.added(door, BARE)
    return f"{added:,.0f} ({added / unit:.3g}x)"


def _starlette_cells(timings: Timings) -> list[str]:
    bare = timings.whole(BARE)
    added = [timings.added(door, BARE) for door in (NO_OP, GATEPOST)]
    return [f"{bare:,.0f}", *(f"{value:,.0f}" for value in added), f"{(bare + added[1]) / bare:.2f}"]


async def _robots(gate: Gate, rounds: int) -> tuple[Figure, list[str]]:
    """robots.txt from ready octets, and the same octets from a route."""
    snapshot = gate.snapshots.held(OPTED_OUT)
    assert snapshot is not None
    body = snapshot.rendering.documents[ROBOTS_TXT].body
    doors = {GATEPOST: doors_of_ours(raw_app, gate)[GATEPOST], BARE: starlette_app(body)}
    requests = [Request(agent, OPTED_OUT.encode(), ROBOTS_TXT) for agent in browsers(64)]
    timings = await time_requests(doors, requests, rounds)
    ours, theirs = timings.whole(GATEPOST), timings.whole(BARE)
    row = [f"{len(body):,} octets", f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.2f}"]
    return Figure("robots.txt, to a Starlette route of its size", ours / theirs, "of the route", 1), row
