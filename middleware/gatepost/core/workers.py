"""What a worker tells of itself: by which signatures it recognises crawlers, and what it has met.

Rules: a report replaces the one before it; it names no site, no person and no address.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from gatepost.core.unknown_crawlers import UnknownCrawler

__all__ = ["Met", "WorkerReport", "report_of", "told_report"]


@dataclass(frozen=True, slots=True)
class Met:
    """Requests that a signature on trial would have had refused, since it is in force here."""

    crawler: str
    requests: int
    samples: tuple[str, ...]
    """Some of their user agents."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What one worker runs."""

    worker: str
    """Machine, process and a word of chance: no two have the same."""
    at: datetime
    gatepost: str
    """The version of Gatepost."""
    release: int
    """The number of the release that it follows; 0 for its machine's own file."""
    version: str
    """Of the signature set for every site."""
    sha256: str
    part: str
    """The version for a part of the sites; empty where there is none."""
    percent: int
    since: datetime
    """When it went over to them."""
    behind: int
    """Hosts that it still answers for by the signatures before."""
    refused: str
    """Why it did not take up something newer; empty where nothing was refused."""
    met: tuple[Met, ...] = ()
    unknown: tuple[UnknownCrawler, ...] = ()
    """The most frequent ones since it started."""
    own: str = ""
    """The SHA-256 of its machine's own file, without what is laid over it; an older version does not tell it."""


def told_report(report: WorkerReport) -> str:
    """A report as JSON."""
    return json.dumps(asdict(report), sort_keys=True, default=datetime.isoformat)


def report_of(text: str) -> WorkerReport:
    """The report that a text tells; what a newer version says beside it is passed over."""
    said = json.loads(text)
    fields = {name: said[name] for name in WorkerReport.__slots__ if name in said}
    times = {name: datetime.fromisoformat(said[name]) for name in ("at", "since")}
    return WorkerReport(**(fields | times | {"met": _met(said["met"]), "unknown": _unknown(said.get("unknown", ()))}))


def _met(said: Sequence[dict[str, object]]) -> tuple[Met, ...]:
    return tuple(Met(str(one["crawler"]), int(str(one["requests"])), _texts(one["samples"])) for one in said)


def _unknown(said: Sequence[dict[str, object]]) -> tuple[UnknownCrawler, ...]:
    return tuple(
        UnknownCrawler(
            str(one["name"]),
            str(one["user_agent"]),
            int(str(one["count"])),
            datetime.fromisoformat(str(one["first_seen"])),
            datetime.fromisoformat(str(one["last_seen"])),
            int(str(one.get("error", 0))),  # an older version does not tell it
        )
        for one in said
    )


def _texts(said: object) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, list) else ()
