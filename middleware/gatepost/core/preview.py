"""What wishes would come to before they are made: the documents in force and as they would be, and what to confirm.

Rules: nothing is written; the documents are rendered as for the doors, and read back by readers that we did not write;
a wish that has dates is shown at one of them, against what holds until then.
"""

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gatepost.core.consent import confirmation_token, statement_widens
from gatepost.core.crawlers import Crawler, Purpose, SignatureSet
from gatepost.core.directives.aitxt import aitxt_lines
from gatepost.core.directives.plain_words import Wording, plain_lines, render_plain_words
from gatepost.core.directives.response_fields import field_lines
from gatepost.core.directives.robotstxt import evaluate, read_robots
from gatepost.core.directives.robotstxt.read_back import READERS, disagreements, questions
from gatepost.core.directives.rsl import rsl_lines
from gatepost.core.directives.tdmrep import tdmrep_lines
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.partner_view import Telling
from gatepost.core.preferences import PreferenceStatement
from gatepost.core.provenance import TracedLine, trace_lines, trace_robots
from gatepost.core.schedules import without_past
from gatepost.core.search import SearchTouched, search_touched
from gatepost.core.snapshot import ROBOTS_TXT, Rendering
from gatepost.core.state import State
from gatepost.core.steps import Step

__all__ = [
    "Consequences",
    "Format",
    "Preview",
    "Previewed",
    "Probe",
    "ReaderVerdict",
    "Rendered",
    "Traced",
    "Verdict",
    "consequences_of",
    "preview_of",
    "previewed_documents",
    "traced_documents",
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
class Traced:
    """The same line by line, each line with what put it there; no lines: there is no such document."""

    format: Format
    before: tuple[TracedLine, ...]
    after: tuple[TracedLine, ...]


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
    sha256: str
    """Of these octets, in hexadecimal: what the record keeps of them."""


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
    traced: tuple[Traced, ...]
    """The same, line by line."""
    verdict: Verdict
    """About robots.txt as it would be."""
    consequences: Consequences
    steps: tuple[datetime, ...]
    """When something else is said: now, and at each date that comes."""
    shown: datetime
    """The one of them that the documents are of."""
    tellings: tuple[Telling, ...] = ()
    """What data partners will be told."""

    def document(self, format: Format) -> Previewed:
        """One of the documents."""
        return self.documents[list(Format).index(format)]


@dataclass(frozen=True)
class Rendered:
    """A step with what is rendered of it."""

    step: Step
    before: Rendering
    after: Rendering
    signatures: SignatureSet
    addresses: Addresses
    wording: Wording | None = None
    """The words of the policy in plain words, if not English ones."""


def preview_of(steps: Sequence[Step], rendered: Rendered) -> Preview:
    """What a change of a site comes to, which is the first of the ``steps``; one of them is ``rendered``."""
    change, step = steps[0], rendered.step
    return Preview(
        previewed_documents((rendered.before, rendered.after), rendered.addresses, rendered.wording),
        traced_documents(rendered),
        verdict_on(rendered.after, step.after.subject.robots_txt, rendered.signatures),
        consequences_of(change.before, change.after.subject.statement, rendered.signatures),
        tuple(one.after.at for one in steps),
        step.after.at,
    )


def traced_documents(rendered: Rendered) -> tuple[Traced, ...]:
    """Every document line by line, in the order of :class:`Format`."""
    then = _traced(rendered, rendered.before, rendered.step.before)
    now = _traced(rendered, rendered.after, rendered.step.after)
    return tuple(Traced(*one) for one in zip(Format, then, now, strict=True))


def _traced(of: Rendered, rendering: Rendering, state: State) -> Sequence[tuple[TracedLine, ...]]:
    policy, addresses = rendering.policy, of.addresses
    robots = trace_robots(rendering, state.subject.robots_txt, of.signatures, addresses)
    others = (
        aitxt_lines(policy),
        field_lines(policy.everywhere.preferences, of.signatures.crawlers, addresses),
        tdmrep_lines(policy, addresses),
        rsl_lines(policy, addresses),
        plain_lines(policy, of.wording),
    )
    return [robots, *(trace_lines(policy, lines) for lines in others)]


def consequences_of(before: State, statement: PreferenceStatement, signatures: SignatureSet) -> Consequences:
    """What has to be confirmed before the site of a state says ``statement``."""
    site, now = before.subject, before.at
    said, wanted = (without_past(one, now) for one in (site.statement, statement))
    return Consequences(
        tuple(statement_widens(site, wanted, before.above, signatures, now)),
        tuple(search_touched(said, wanted, signatures)),
        confirmation_token(site, wanted),
    )


def previewed_documents(
    renderings: tuple[Rendering, Rendering], addresses: Addresses, wording: Wording | None = None
) -> tuple[Previewed, ...]:
    """Every document in force and as it would be, in the order of :class:`Format`."""
    then, now = renderings
    return tuple(
        Previewed(format, *(_document_text(one, format, addresses, wording) for one in (then, now)))
        for format in Format
    )


def _document_text(rendering: Rendering, format: Format, addresses: Addresses, wording: Wording | None) -> str | None:
    """A document as text; ``None`` when there is none."""
    if format is Format.FIELDS:
        return b"".join(b"%b: %b\n" % field for field in rendering.fields_everywhere).decode("ascii")
    if format is Format.WORDS:
        return render_plain_words(rendering.policy, wording)
    paths = {
        Format.ROBOTS_TXT: ROBOTS_TXT,
        Format.AI_TXT: "/ai.txt",
        Format.TDMREP: "/.well-known/tdmrep.json",
        Format.RSL: _path(addresses.license),
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
    readers = tuple(ReaderVerdict(name, name not in wrong) for name in READERS)
    return Verdict(readers, probes, len(body), hashlib.sha256(body).hexdigest())


def _probed(crawlers: Sequence[Crawler]) -> Sequence[tuple[Crawler, Purpose]]:
    """The first crawler in the file that feeds search, and the first that comes for training alone."""
    named = [crawler for crawler in crawlers if crawler.robots_tokens and not crawler.robots_only]
    search = [(one, Purpose.SEARCH) for one in named if one.mixed_use]
    training = [(one, Purpose.AI_TRAINING) for one in named if one.purposes == {Purpose.AI_TRAINING}]
    return [*search[:1], *training[:1]]
