"""Where the hosts of a site lead, as asked from outside: what an answer there means.

Rules: only what the answers prove is told, and what they leave open is ``UNKNOWN``; a file is ours by its octets, and
not by what it says of itself, which a copy says too.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gatepost.core.directives.plain_words import OPENINGS
from gatepost.core.directives.robotstxt.rendering import WRITTEN_BY

__all__ = ["Answer", "HostReach", "Reach", "SiteReach", "Wanted", "continued", "leads_on", "reach_of"]


class Reach(StrEnum):
    """Where a host leads."""

    LIVE = "live"
    """To the robots.txt of now."""
    EARLIER = "earlier"
    """To a robots.txt that Gatepost once wrote, and that is not the one of now: a cache or a copy in front keeps it."""
    SHADOWED = "shadowed"
    """To Gatepost, in front of which something else answers robots.txt."""
    ELSEWHERE = "elsewhere"
    """To a server that is not behind Gatepost."""
    NO_NAME = "no-name"
    """Nowhere: DNS has no address for it."""
    UNREACHABLE = "unreachable"
    """Nowhere: nothing answers at its address, or not in time."""
    CERTIFICATE = "certificate"
    """To a server whose certificate is not good for it, which crawlers leave."""
    UNKNOWN = "unknown"
    """It cannot be told from here."""


@dataclass(frozen=True, slots=True)
class HostReach:
    """One host."""

    host: str
    reach: Reach
    since: datetime
    """When it was first seen like this, without another answer in between."""


@dataclass(frozen=True, slots=True)
class SiteReach:
    """All hosts of a site, the canonical one first."""

    at: datetime
    """When they were asked."""
    hosts: tuple[HostReach, ...]

    @property
    def live(self) -> int:
        """How many are live."""
        return sum(one.reach is Reach.LIVE for one in self.hosts)

    @property
    def since(self) -> datetime | None:
        """Since when all of them have been seen live; ``None`` where not all are."""
        return max((one.since for one in self.hosts), default=None) if self.live == len(self.hosts) else None

    def hosts_in(self, reach: Reach) -> tuple[str, ...]:
        """Those that lead there."""
        return tuple(one.host for one in self.hosts if one.reach is reach)


def continued(before: SiteReach | None, now: SiteReach) -> SiteReach:
    """What is seen now, with since when, if the site wanted the same the time before."""
    seen = {(one.host, one.reach): one.since for one in before.hosts} if before else {}
    hosts = (replace(one, since=seen.get((one.host, one.reach), one.since)) for one in now.hosts)
    return replace(now, hosts=tuple(hosts))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every host of a site ought to answer."""

    robots: tuple[bytes, ...]
    """The SHA-256 of the robots.txt: as it is, and with what the app behind says of its own."""
    policy: bytes
    """The SHA-256 of the site's policy in plain words."""

    @classmethod
    def of(cls, robots: Sequence[bytes], policy: bytes) -> "Wanted":
        """By the octets of the files."""
        return cls(tuple(hashlib.sha256(body).digest() for body in robots), hashlib.sha256(policy).digest())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answered, or the id of the error for which there is nothing.

    The octets are not kept: any host may send as many as a robots.txt may have, and a look has any number of hosts.
    """

    status: int = 0
    sha256: bytes = b""
    """Of what was sent."""
    says_ours: bool = False
    """Whether it says of itself that Gatepost wrote it as a robots.txt."""
    opens_ours: bool = False
    """Whether it begins as a policy of Gatepost's does."""
    fault: str = ""

    @classmethod
    def of(cls, status: int, body: bytes) -> "Answer":
        """By its octets."""
        return cls(
            status,
            hashlib.sha256(body).digest(),
            f"# {WRITTEN_BY}".encode() in body.splitlines(),
            body.startswith(tuple(opening.encode() for opening in OPENINGS)),
        )

    @property
    def definite(self) -> bool:
        """Whether it tells what is there; a refusal, an error of the server, and no answer at all do not."""
        return 200 <= self.status < 400 or self.status in (404, 410) or self.fault == "outward.large"


_FAULTS = {
    "outward.name": Reach.NO_NAME,
    "outward.unreachable": Reach.UNREACHABLE,
    "outward.slow": Reach.UNREACHABLE,
    "outward.certificate": Reach.CERTIFICATE,
}


def reach_of(wanted: Wanted, robots: Answer, policy: Answer | None = None) -> Reach | None:
    """Where a host leads that answers so; ``None``: the policy has to be asked for, too, before it can be told."""
    if robots.fault in _FAULTS:
        return _FAULTS[robots.fault]
    if robots.status == 200 and robots.sha256 in wanted.robots:
        return Reach.LIVE
    if robots.status == 200 and robots.says_ours:
        return Reach.EARLIER
    if not robots.definite:
        return Reach.UNKNOWN
    return _by_policy(wanted, policy) if policy else None


def _by_policy(wanted: Wanted, policy: Answer) -> Reach:
    """Where a host leads whose robots.txt is not ours."""
    if policy.status == 200 and policy.sha256 == wanted.policy:
        return Reach.SHADOWED
    earlier = policy.status == 200 and policy.opens_ours
    return Reach.ELSEWHERE if policy.definite and not earlier else Reach.UNKNOWN


_location = re.compile(r"https?://(?P<host>[^/?#@:]+)(?::[0-9]+)?(?P<path>/[^?#]*)").fullmatch


def leads_on(location: str, path: str, hosts: Collection[str]) -> bool:
    """Whether a redirect leads to the same file of the same site, as crawlers follow it (RFC 9309 §2.3.1.2)."""
    found = _location(location)
    return found is not None and found["host"].lower() in hosts and found["path"] == path
