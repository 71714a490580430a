"""Releases of signature sets: each step from what was in force to what is in force next, as the record keeps it.

Rules: a release says everything, so that the last one alone tells what to do; it names the one that it follows, so that
a worker takes no old one for a new one; what was rolled back is never rolled back to.

A worker knows an old release by what it follows itself, or, when it starts, by what the copy of its machine says was
followed there last. One that starts without such a copy knows neither: it takes the newest entry that is well signed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from gatepost.core.crawlers import Purpose
from gatepost.core.publications import Kind, Publication, Published, entry_content
from gatepost.core.record import spelled
from gatepost.core.rollouts import IssuedSet, Rollout, Trial
from gatepost.errors import ReleaseRefused

__all__ = ["Release", "ReleaseKind", "release_of", "released", "rollout_before", "signed_content"]


class ReleaseKind(StrEnum):
    """How a release came about."""

    PUBLISHED = "published"
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True)
class Release:
    """A step from one rollout to the next; ``signature`` is of :func:`signed_content`, and empty where nobody signs."""

    kind: ReleaseKind
    at: datetime
    actor: str
    reason: str
    rollout: Rollout
    after: int
    """The number of the release before it; 0 for the first."""
    number: int = 0
    """Its own in the record; 0 for one that is not written yet."""
    signature: bytes = b""


def released(release: Release, sources: Iterable[bytes]) -> Publication:
    """A release as an entry of the record; ``sources`` are the files of its sets."""
    octets = tuple(sources)
    said = {**_said(release), "signature": release.signature.hex()}
    return Publication(Kind.RELEASE, "", release.at, entry_content(octets, said), octets)


def release_of(entry: Published) -> Release:
    """The release that an entry of the record tells.

    Raises :class:`~gatepost.errors.ReleaseRefused` where it is none that this version understands.
    """
    try:
        return _release_of(entry)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReleaseRefused(
            f"release {entry.number} says something that this version of Gatepost does not understand ({error!r})",
            id="signatures.release.unreadable",
            remedy="Bring Gatepost here to the version that it was released with; or roll back with that version.",
        ) from error


def _release_of(entry: Published) -> Release:
    said = json.loads(entry.content)
    rollout = Rollout(_set_of(said["whole"]), _set_of(said["part"]), int(said["percent"]))
    return Release(
        ReleaseKind(said["kind"]),
        datetime.fromisoformat(said["at"]),
        said["actor"],
        said["reason"],
        rollout,
        int(said["after"]),
        entry.number,
        bytes.fromhex(said["signature"]),
    )


def signed_content(release: Release) -> bytes:
    """What a release's signature is of: all that it says, and which release it follows."""
    return spelled({"record": "release/1", **_said(release)})


def _said(release: Release) -> Mapping[str, object]:
    return {
        "kind": release.kind.value,
        "at": release.at.isoformat(),
        "actor": release.actor,
        "reason": release.reason,
        "whole": _told(release.rollout.whole),
        "part": _told(release.rollout.part),
        "percent": release.rollout.percent,
        "after": release.after,
    }


class _Set(TypedDict):
    sha256: str
    version: str
    on_trial: list[list[str]]
    """Crawler, token, and the purposes that it is refused for already."""


def _told(issued: IssuedSet | None) -> _Set | None:
    if issued is None:
        return None
    on_trial = sorted([one.crawler, one.token, *sorted(one.refused_for)] for one in issued.on_trial)
    return {"sha256": issued.sha256, "version": issued.version, "on_trial": on_trial}


def _set_of(said: _Set | None) -> IssuedSet | None:
    if said is None:
        return None
    on_trial = (Trial(crawler, token, frozenset(map(Purpose, rest))) for crawler, token, *rest in said["on_trial"])
    return IssuedSet(bytes.fromhex(said["sha256"]).hex(), said["version"], frozenset(on_trial))


def rollout_before(releases: Sequence[Release]) -> Rollout | None:
    """What a roll-back leads to: the rollout before the present one, those that were rolled back already left out.

    ``None`` where there is nothing to roll back.
    """
    rollouts = [Rollout()]
    for release in releases:
        if release.kind is ReleaseKind.PUBLISHED:
            rollouts.append(release.rollout)
        elif len(rollouts) > 1:
            rollouts.pop()
    return rollouts[-2] if len(rollouts) > 1 else None
