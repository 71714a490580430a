"""Why a choice does not do what its owner may expect: each obstacle as a code, with what it is about.

Rules: an obstacle is told before the switches that it weakens; what still holds follows from its kind, and the
statement is untouched by all of them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from gatepost.core.crawlers import Crawler, SignatureSet
from gatepost.core.directives.robotstxt import RobotsTxt, evaluate
from gatepost.core.directives.robotstxt.model import fold_token
from gatepost.core.policy import SitePolicy
from gatepost.core.reach import Reach, SiteReach
from gatepost.core.sites import Site, Visibility
from gatepost.core.snapshot import Rendering

__all__ = ["Obstacle", "ObstacleKind", "obstacles", "obstacles_outside"]


class ObstacleKind(StrEnum):
    """What stands in the way, and what holds all the same."""

    NOT_PUBLIC = "not-public"
    """Every crawler is refused until the site is public; the choices are kept, and hold then."""
    STORE_SILENT = "store-silent"
    """The last known choices are in force; nothing can be changed."""
    NOT_LIVE = "not-live"
    """Some hosts still answer by what was said before; they follow by themselves."""
    OWN_FILE_CLOSES = "own-file-closes"
    """The owner's own robots.txt keeps search crawlers out, whatever is chosen here."""
    OWN_FILE_OVERRULED = "own-file-overruled"
    """The owner's own robots.txt lets crawlers in that are denied here; they stay denied."""
    PLAINER_FILE = "plainer-file"
    """Some readers misread the whole robots.txt, so that a plainer and stricter one is served."""
    ELSEWHERE = "elsewhere"
    """Some hosts lead to a server that is not behind Gatepost; nothing that is chosen here holds there."""
    NO_NAME = "no-name"
    """Some hosts are not in DNS, and lead nowhere."""
    UNREACHABLE = "unreachable"
    """At some hosts nothing answers."""
    CERTIFICATE = "certificate"
    """Some hosts have no certificate that can be believed, so that crawlers read nothing there."""
    SHADOWED = "shadowed"
    """At some hosts something in front of Gatepost answers robots.txt, so that nobody reads ours there."""
    EARLIER = "earlier"
    """At some hosts an earlier robots.txt of ours is read."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One obstacle; what does not belong to its kind is empty."""

    kind: ObstacleKind
    visibility: Visibility | None = None
    hosts: tuple[str, ...] = ()
    crawlers: tuple[str, ...] = ()
    """By name."""
    lines: tuple[int, ...] = ()
    """Of the owner's own robots.txt."""


def obstacles(
    site: Site, rendering: Rendering, own: RobotsTxt, signatures: SignatureSet, live: Collection[str], answers: bool
) -> Iterable[Obstacle]:
    """All that stand in the way of a site's choices; ``answers`` says whether the store does."""
    policy = rendering.policy
    if not policy.public:
        yield Obstacle(ObstacleKind.NOT_PUBLIC, site.visibility)
    if not answers:
        yield Obstacle(ObstacleKind.STORE_SILENT)
    late = tuple(host for host in site.hosts if host not in live)
    if late and answers:
        yield Obstacle(ObstacleKind.NOT_LIVE, hosts=late)
    if policy.public:
        yield from _of_own_file(policy, own, signatures)
    if rendering.caution:
        yield Obstacle(ObstacleKind.PLAINER_FILE)


_OUTSIDE = {
    Reach.ELSEWHERE: ObstacleKind.ELSEWHERE,
    Reach.NO_NAME: ObstacleKind.NO_NAME,
    Reach.UNREACHABLE: ObstacleKind.UNREACHABLE,
    Reach.CERTIFICATE: ObstacleKind.CERTIFICATE,
    Reach.SHADOWED: ObstacleKind.SHADOWED,
    Reach.EARLIER: ObstacleKind.EARLIER,
}


def obstacles_outside(reach: SiteReach) -> Iterable[Obstacle]:
    """All that were found by asking the hosts from outside."""
    for found, kind in _OUTSIDE.items():
        hosts = reach.hosts_in(found)
        if hosts:
            yield Obstacle(kind, hosts=hosts)


def _of_own_file(policy: SitePolicy, own: RobotsTxt, signatures: SignatureSet) -> Iterable[Obstacle]:
    closed, overruled = _Found(), _Found()
    for crawler in signatures.crawlers:
        denied = policy.ruling(crawler, policy.everywhere).denied
        for token in crawler.robots_tokens:
            verdict = evaluate(own, token, "/")
            if crawler.feeds_search and not denied and not verdict.allowed:
                closed.add(crawler, verdict.rule.line if verdict.rule else 0)
            elif denied and verdict.allowed and fold_token(token) in own.combined:
                overruled.add(crawler, own.combined[fold_token(token)].groups[0].line)
    yield from closed.told(ObstacleKind.OWN_FILE_CLOSES)
    yield from overruled.told(ObstacleKind.OWN_FILE_OVERRULED)


class _Found:
    def __init__(self) -> None:
        self.crawlers: dict[str, None] = {}
        self.lines: set[int] = set()

    def add(self, crawler: Crawler, line: int) -> None:
        self.crawlers[crawler.name] = None
        self.lines.add(line)

    def told(self, kind: ObstacleKind) -> Iterable[Obstacle]:
        if self.crawlers:
            yield Obstacle(kind, crawlers=tuple(self.crawlers), lines=tuple(sorted(self.lines)))
