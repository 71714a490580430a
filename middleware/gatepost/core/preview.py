"""What wishes would come to before they are made: the documents in force and as they would be, and what to confirm.

Rules: nothing is written; the documents are rendered as for the doors, and read back by readers that we did not write.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gatepost.core.consent import confirmation_token, statement_widens
from gatepost.core.crawlers import Crawler, Purpose, SignatureSet
from gatepost.core.directives.robotstxt import evaluate, read_robots
from gatepost.core.directives.robotstxt.read_back import READERS, disagreements, questions
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.preferences import PreferenceStatement
from gatepost.core.provenance import TracedLine, trace_robots
from gatepost.core.schedules import without_past
from gatepost.core.search import SearchTouched, search_touched
from gatepost.core.snapshot import ROBOTS_TXT, Rendering
from gatepost.core.state import State

__all__ = [
    "Consequences",
    "Format",
    "Preview",
    "Previewed",
    "Probe",
    "ReaderVerdict",
    "Verdict",
    "consequences_of",
    "preview_of",
    "previewed_documents",
]


class Format(StrEnum):
    """What can be previewed."""

    ROBOTS_TXT = "robots.txt"
    AI_TXT = "ai.txt"
    FIELDS = "fields"
    """The response fields where no path exception holds."""
    TDMREP = "tdmrep.json"
    RSL = "rsl"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Previewed:
    """A document in force and as it would be; ``None``: the site has, or would have, no such document."""

    format: Format
    before: str | None
    after: str | None

    @property
    def changes(self) -> bool:
        """Whether the wishes make a difference here."""
        return self.before != self.after

    @property
    def difference(self) -> str:
        """As a unified diff; empty when there is none."""
        then, now = ((text or "").splitlines(keepends=True) for text in (self.before, self.after))
        names = f"{self.format} in force", f"{self.format} as previewed"
        return "".join(difflib.unified_diff(then, now, *names))


@dataclass(frozen=True, slots=True)
class ReaderVerdict:
    """Whether an independent reader takes robots.txt as it is meant, for every crawler on a grid of paths."""

    reader: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """What robots.txt says to one crawler about the front page."""

    crawler: str
    purpose: Purpose
    allowed: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What readers make of a robots.txt."""

    readers: tuple[ReaderVerdict, ...]
    probes: tuple[Probe, ...]
    octets: int


@dataclass(frozen=True, slots=True)
class Consequences:
    """What has to be confirmed before a change."""

    widens: tuple[str, ...]
    """What would be allowed that is not: a purpose, ``PATH:PURPOSE``, a crawler, or partner sharing."""
    search: tuple[SearchTouched, ...]
    """Every new no to search."""
    token: str
    """What confirms this very change."""

    def __bool__(self) -> bool:
        return bool(self.widens or self.search)


@dataclass(frozen=True, slots=True)
class Preview:
    """All that wishes come to."""

    documents: tuple[Previewed, ...]
    """In the order of :class:`Format`."""
    before: tuple[TracedLine, ...]
    """robots.txt in force, line by line."""
    after: tuple[TracedLine, ...]
    """robots.txt as it would be."""
    verdict: Verdict
    """About robots.txt as it would be."""
    consequences: Consequences

    def document(self, format: Format) -> Previewed:
        """One of the documents."""
        return self.documents[list(Format).index(format)]


def preview_of(
    before: State,
    after: State,
    renderings: tuple[Rendering, Rendering],
    signatures: SignatureSet,
    addresses: Addresses,
) -> Preview:
    """What a change of a site from one state to the other comes to; ``renderings`` are of these two."""
    then, now = renderings
    own = before.subject.robots_txt, after.subject.robots_txt
    return Preview(
        previewed_documents(renderings, addresses),
        trace_robots(then, own[0], signatures, addresses),
        trace_robots(now, own[1], signatures, addresses),
        verdict_on(now, own[1], signatures),
        consequences_of(before, after.subject.statement, signatures),
    )


def consequences_of(before: State, statement: PreferenceStatement, signatures: SignatureSet) -> Consequences:
    """What has to be confirmed before the site of a state says ``statement``."""
    site, now = before.subject, before.at
    said, wanted = (without_past(one, now) for one in (site.statement, statement))
    return Consequences(
        tuple(statement_widens(site, wanted, before.above, signatures, now)),
        tuple(search_touched(said, wanted, signatures)),
        confirmation_token(site, wanted),
    )


def previewed_documents(renderings: tuple[Rendering, Rendering], addresses: Addresses) -> tuple[Previewed, ...]:
    """Every document in force and as it would be, in the order of :class:`Format`."""
    then, now = renderings
    return tuple(
        Previewed(format, _document_text(then, format, addresses), _document_text(now, format, addresses))
        for format in Format
    )


def _document_text(rendering: Rendering, format: Format, addresses: Addresses) -> str | None:
    """A document as text; ``None`` when there is none."""
    if format is Format.FIELDS:
        return b"".join(b"%b: %b\n" % field for field in rendering.fields_everywhere).decode("ascii")
    paths = {
        Format.ROBOTS_TXT: ROBOTS_TXT,
        Format.AI_TXT: "/ai.txt",
        Format.TDMREP: "/.well-known/tdmrep.json",
        Format.RSL: _path(addresses.license),
        Format.WORDS: _path(addresses.terms),
    }
    document = rendering.documents.get(paths[format])
    return document.body.decode("utf-8") if document else None


def _path(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def verdict_on(rendering: Rendering, own_robots: str, signatures: SignatureSet) -> Verdict:
    """What the readers make of a site's robots.txt as it is published."""
    body = rendering.documents[ROBOTS_TXT].body
    text = body.decode("utf-8")
    robots = read_robots(body)
    grid = questions(rendering.policy, signatures.crawlers, read_robots(own_robots))
    wrong = {one.reader for one in disagreements(text, robots, grid)}
    probes = tuple(
        Probe(crawler.name, purpose, evaluate(robots, crawler.robots_tokens[0], "/").allowed)
        for crawler, purpose in _probed(signatures.crawlers)
    )
    return Verdict(tuple(ReaderVerdict(name, name not in wrong) for name in READERS), probes, len(body))


def _probed(crawlers: Sequence[Crawler]) -> Sequence[tuple[Crawler, Purpose]]:
    """The first crawler in the file that feeds search, and the first that comes for training alone."""
    named = [crawler for crawler in crawlers if crawler.robots_tokens and not crawler.robots_only]
    search = [(one, Purpose.SEARCH) for one in named if one.mixed_use]
    training = [(one, Purpose.AI_TRAINING) for one in named if one.purposes == {Purpose.AI_TRAINING}]
    return [*search[:1], *training[:1]]
