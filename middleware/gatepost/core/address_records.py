"""How the record keeps what became of asking for an operator's address list.

Rules: one entry a day and list, whichever worker asked; the good list stays named by its octets as long as no better
one takes its place, whatever was answered since.
"""

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, date, datetime, time

from gatepost.core.address_lists import ListFault, ListStanding
from gatepost.core.publications import Kind, Publication, Published
from gatepost.core.record import spelled

__all__ = ["list_named", "read_standing", "standing_kept"]


def standing_kept(standing: ListStanding) -> Publication:
    """A standing as an entry; the day that it tells of is the entry's time."""
    fault = spelled(asdict(standing.fault)) if standing.fault else b""
    kept = tuple(octets for octets in (standing.octets, fault) if octets)
    said = {
        "asked": _spelled(standing.asked),
        "good": _spelled(standing.good),
        "etag": standing.etag,
        "list": _name(standing.octets),
        "fault": _name(fault),
        "blobs": sorted(_name(octets) for octets in kept),
    }
    at = datetime.combine(standing.asked or date.min, time(), UTC)
    return Publication(Kind.ADDRESS_LIST, standing.url, at, spelled(said).decode(), kept)


def list_named(entry: Published) -> tuple[bytes, bytes]:
    """The names of the octets of the good list and of the fault; empty where there is none."""
    said = json.loads(entry.content)
    return bytes.fromhex(said["list"]), bytes.fromhex(said["fault"])


def read_standing(url: str, entry: Published, octets: bytes, fault: bytes) -> ListStanding:
    """An entry as a standing, given the octets that it names."""
    said = json.loads(entry.content)
    told = ListFault(**json.loads(fault)) if fault else None
    return ListStanding(url, _day(said["asked"]), _day(said["good"]), said["etag"], octets, told)


def _name(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest() if octets else ""


def _spelled(day: date | None) -> str:
    return day.isoformat() if day else ""


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
