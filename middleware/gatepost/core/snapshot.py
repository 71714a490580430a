"""All that the request path needs of a site, made ready when the site changes.

Rules: the same intent and the same signatures give the same bytes and the same ETag; what does not depend on the host
is shared by all sites that want the same; a robots.txt that some reader takes otherwise than it is meant is not
published.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gatepost.core.crawlers import Purpose, SignatureSet
from gatepost.core.directives.aitxt import render_aitxt
from gatepost.core.directives.plain_words import render_plain_words
from gatepost.core.directives.response_fields import Fields, render_fields
from gatepost.core.directives.robotstxt.model import RobotsTxt
from gatepost.core.directives.robotstxt.read_back import Disagreement, disagreements, questions
from gatepost.core.directives.robotstxt.reading import read_robots
from gatepost.core.directives.robotstxt.rendering import compose_robots, write_robots
from gatepost.core.directives.rsl import LINK_TYPE, license_required, render_rsl
from gatepost.core.directives.tdmrep import render_tdm_policy, render_tdmrep
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.matching import Matcher
from gatepost.core.periods import Span
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import (
    Level,
    LevelStatement,
    PreferenceStatement,
    Stance,
    Stances,
    resolve,
    strictness,
)
from gatepost.core.sites import Site
from gatepost.core.timelines import Timeline, timeline_of
from gatepost.core.zones import Zone

__all__ = [
    "AI_TXT",
    "ROBOTS_TXT",
    "STRICT",
    "UNKNOWN",
    "Document",
    "Rendering",
    "SiteSnapshot",
    "needs_host",
    "policy_of",
    "render",
    "verify_robots",
]

STRICT = PreferenceStatement(
    Stances(ai_answers=Stance.BLOCK, assistants=Stance.BLOCK, ai_training=Stance.BLOCK, archives=Stance.BLOCK)
)
"""What holds for a host that no site has: nobody consented to anything, and search is not hurt by it."""

UNKNOWN = SitePolicy(resolve([LevelStatement(Level.BUILT_IN, STRICT)]))
"""The policy of such a host."""

AI_TXT = "/ai.txt"
ROBOTS_TXT = "/robots.txt"
MAX_ROBOTS_OCTETS = 500 * 1024
"""What every reader takes (RFC 9309 §2.5)."""


@dataclass(frozen=True, slots=True)
class Document:
    """A policy file, ready to be sent."""

    body: bytes
    content_type: str
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{hashlib.blake2b(self.body, digest_size=16).hexdigest()}"')


@dataclass(frozen=True)
class Rendering:
    """What a policy comes to in every directive, for one set of addresses and one robots.txt of the owner's own."""

    policy: SitePolicy
    documents: Mapping[str, Document]
    """By path."""
    fields: Mapping[Stances, Fields]
    """The response fields of each zone, by its stances."""
    caution: int
    """What had to be left out of robots.txt until every reader agreed; 0 nothing."""
    disagreements: tuple[Disagreement, ...]
    """What readers took otherwise in the first version; empty with ``caution`` 0."""
    fields_everywhere: Fields = field(init=False)
    """The response fields where no path exception holds."""
    uniform: bool = field(init=False)
    """Whether the response fields are the same on every path."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields_everywhere", self.fields[self.policy.everywhere.preferences])
        object.__setattr__(self, "uniform", not self.policy.zones)

    def fields_at(self, paths: Sequence[str]) -> Fields:
        """The response fields for a path in all its readings: where they differ, the strictest for each purpose."""
        if self.uniform:
            return self.fields_everywhere
        zones = [zone for path in paths for zone in self.policy.zones_at(path)]
        return self.fields.get(_strictest(zones)) or self.fields[zones[0].preferences]


def _strictest(zones: Sequence[Zone]) -> Stances:
    return Stances(*(max((zone.of(purpose).value for zone in zones), key=strictness) for purpose in Purpose))


@dataclass(frozen=True, slots=True)
class SiteSnapshot:
    """A site as the doors see it."""

    host: str
    """The canonical host; the one that was asked for where no site has it."""
    hosts: tuple[str, ...]
    """Every host of the site; none where no site has it."""
    site: str
    """The site's id; empty for hosts that no site has."""
    own_robots: str
    """The owner's own robots.txt."""
    rendering: Rendering
    matcher: Matcher
    """The signatures that the rendering was made by, and by which the site's visitors are recognised."""
    timeline: Timeline | None = None
    """What else holds when, where something is said for a time; the rendering is of the phases that are touched."""
    touched: range = range(1)

    def fits(self, span: Span) -> bool:
        """Whether the rendering is the right one for a time."""
        return self.timeline is None or self.timeline.touched(span) == self.touched


def policy_of(site: Site | None, above: Sequence[LevelStatement], span: Span) -> SitePolicy:
    """The policy of a site at a time, given what the levels above it say, or of hosts that no site has."""
    if site is None:
        return UNKNOWN
    return SitePolicy(timeline_of(site, above).during(span), site.visibility)


def render(policy: SitePolicy, own_robots: str, signatures: SignatureSet, addresses: Addresses, host: str) -> Rendering:
    """Render every directive, and read robots.txt back until all readers agree."""
    robots, caution, found = verify_robots(policy, read_robots(own_robots), signatures, addresses)
    zones = (policy.everywhere, *policy.zones)
    documents = {
        ROBOTS_TXT: _text(robots),
        AI_TXT: _text(render_aitxt(policy)),
        "/.well-known/tdmrep.json": Document(render_tdmrep(policy, addresses).encode(), "application/json"),
        _path(addresses.terms): _text(render_plain_words(policy)),
    }
    licence = render_rsl(policy, addresses)
    if licence is not None:
        documents[_path(addresses.license)] = Document(licence.encode(), LINK_TYPE)
        tdm_policy = render_tdm_policy(host, addresses)
        documents[_path(addresses.tdm_policy)] = Document(tdm_policy.encode(), "application/ld+json")
    fields = {
        stances: render_fields(stances, signatures.crawlers, addresses)
        for stances in {zone.preferences for zone in zones}
    }
    return Rendering(policy, documents, fields, caution, found)


def verify_robots(
    policy: SitePolicy, own: RobotsTxt, signatures: SignatureSet, addresses: Addresses
) -> tuple[str, int, tuple[Disagreement, ...]]:
    """The robots.txt to publish, how much caution it took, and what the readers made of the first version.

    A version that some reader takes otherwise gives way to a plainer one; the plainest is published whatever is said
    of it, because no file at all would allow everything.
    """
    grid = questions(policy, signatures.crawlers, own)
    first: tuple[Disagreement, ...] = ()
    text, caution = "", 0
    for caution in (0, 1, 2):
        robots = compose_robots(policy, signatures.crawlers, own, addresses, caution)
        text = write_robots(robots)
        found = disagreements(text, robots, grid)
        first = first or found
        if not found and len(text) <= MAX_ROBOTS_OCTETS:
            break
    return text, caution, first


def needs_host(policy: SitePolicy) -> bool:
    """Whether the directives hold addresses of the site's own, so that they cannot be shared with other sites."""
    return any(license_required(zone.preferences) for zone in (policy.everywhere, *policy.zones))


def _text(text: str) -> Document:
    return Document(text.encode("utf-8"), "text/plain; charset=utf-8")


def _path(address: str) -> str:
    return "/" + address.split("/", 3)[3]
