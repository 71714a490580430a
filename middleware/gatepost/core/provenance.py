"""A site's directives line by line, each line with what put it there: the stances that counted and the levels that
said so.

Rules: the lines and their causes come from the renderers, the reasons from the ruling that they rendered; nothing is
guessed from the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gatepost.core.crawlers import Crawler, Purpose, SignatureSet
from gatepost.core.directives.robotstxt.model import RobotsTxt, Source, fold_token
from gatepost.core.directives.robotstxt.reading import read_robots
from gatepost.core.directives.robotstxt.rendering import WrittenLine, compose_robots, written_lines
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.directives.written import DirectiveLine
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import Reason, SitePolicy
from gatepost.core.preferences import Origin, Stance
from gatepost.core.snapshot import Rendering
from gatepost.core.zones import Zone
from gatepost.errors import Fault

__all__ = ["Because", "TracedLine", "trace_lines", "trace_robots"]


@dataclass(frozen=True, slots=True)
class Because:
    """One reason for a line."""

    reason: Reason
    stance: Stance | None = None
    purpose: Purpose | None = None
    """The purpose whose stance counted; ``None`` when a crawler is named or none counted."""
    origin: Origin | None = None
    """The level that said so; ``None`` when the rule is Gatepost's own."""


@dataclass(frozen=True, slots=True)
class TracedLine:
    """A line with its number, counted from 1, and its origin."""

    number: int
    text: str
    source: Source | None
    """``None`` for a blank line."""
    own_line: int = 0
    """In the owner's own file; 0 when the line is ours."""
    because: tuple[Because, ...] = ()
    notes: tuple[Fault, ...] = ()
    """What is odd about the line of the owner's own file that it comes from."""


def trace_robots(
    rendering: Rendering, own_robots: str, signatures: SignatureSet, addresses: Addresses
) -> tuple[TracedLine, ...]:
    """The lines of the robots.txt of ``rendering``, which was made of the same own file, signatures and addresses."""
    own = read_robots(own_robots)
    robots = compose_robots(rendering.policy, signatures.crawlers, own, addresses, rendering.caution)
    trace = _Trace(rendering.policy, _by_token(signatures.crawlers), own)
    lines = (trace.line(number, line) for number, line in enumerate(written_lines(robots), 1))
    notes: dict[int, tuple[Fault, ...]] = {}
    for note in own.notes:
        notes[note.line] = (*notes.get(note.line, ()), note)
    return tuple(replace(line, notes=notes[line.own_line]) if line.own_line in notes else line for line in lines)


def trace_lines(policy: SitePolicy, lines: Iterable[DirectiveLine]) -> tuple[TracedLine, ...]:
    """The lines of any other directive, as its renderer wrote them of the policy."""
    return tuple(_traced(policy, number, line) for number, line in enumerate(lines, 1))


def _traced(policy: SitePolicy, number: int, line: DirectiveLine) -> TracedLine:
    if not policy.public:
        return TracedLine(number, line.text, Source.STATEMENT, 0, (Because(Reason.NOT_PUBLIC),))
    zone = _zone(policy, line.below)
    because = [_of_purpose(zone, purpose) for purpose in line.purposes]
    because += [
        Because(_REASONS[one.value.stance], one.value.stance, None, one.origin)
        for one in policy.preferences.crawlers
        if one.value.crawler == line.crawler
    ]
    source = (Source.STATEMENT if because else Source.NOTE) if line.text else None
    return TracedLine(number, line.text, source, 0, tuple(because))


def _zone(policy: SitePolicy, below: PathPattern | None) -> Zone:
    return next((zone for zone in policy.zones if zone.pattern == below), policy.everywhere)


def _of_purpose(zone: Zone, purpose: Purpose) -> Because:
    said = zone.of(purpose)
    return Because(_REASONS[said.value], said.value, purpose, said.origin)


def _by_token(crawlers: Sequence[Crawler]) -> dict[str, Crawler]:
    return {fold_token(token): crawler for crawler in crawlers for token in crawler.robots_tokens}


@dataclass(frozen=True)
class _Trace:
    policy: SitePolicy
    crawlers: dict[str, Crawler]
    own: RobotsTxt

    def line(self, number: int, line: WrittenLine) -> TracedLine:
        if line.token:
            return self._token_line(number, line)
        cause = line.cause
        if cause is None:
            return TracedLine(number, line.text, None)
        because: tuple[Because, ...] = ()
        if cause.source is Source.STATEMENT:
            because = self._said(_zone(self.policy, cause.below), cause.purposes)
        elif cause.source is Source.STANCE and line.group:
            because = self._rulings(line.group.tokens, [_zone(self.policy, cause.below)])
        return TracedLine(number, line.text, cause.source, cause.line, because)

    def _token_line(self, number: int, line: WrittenLine) -> TracedLine:
        """A crawler is named for what is wanted of it anywhere; for nothing of that, by the owner's own file."""
        crawler = self.crawlers.get(fold_token(line.token))
        own = self.own.combined.get(fold_token(line.token))
        if crawler is None and own is not None:
            return TracedLine(number, line.text, Source.OWN, own.groups[0].line)
        because = self._rulings((line.token,), (self.policy.everywhere, *self.policy.zones))
        return TracedLine(number, line.text, Source.STANCE, 0, because)

    def _rulings(self, tokens: Iterable[str], zones: Iterable[Zone]) -> tuple[Because, ...]:
        """Why crawlers are denied or let in, each reason once, and what is said before what is not."""
        found: dict[Because, None] = {}
        for zone in zones:
            for token in tokens:
                crawler = self.crawlers.get(fold_token(token))
                if crawler is None:
                    found.update(dict.fromkeys(self._said(zone)))
                else:
                    ruling = self.policy.ruling(crawler, zone)
                    found[Because(ruling.reason, ruling.stance, ruling.purpose, ruling.origin)] = None
        spoken = tuple(because for because in found if because.stance)
        return spoken or tuple(found)

    def _said(self, zone: Zone, purposes: Iterable[Purpose] = Purpose) -> tuple[Because, ...]:
        """What is said in a zone."""
        if not self.policy.public:
            return (Because(Reason.NOT_PUBLIC),)
        return tuple(_of_purpose(zone, purpose) for purpose in purposes if zone.of(purpose).value)


_REASONS = {
    None: Reason.NOTHING_SAID,
    Stance.ALLOW: Reason.ALLOWED,
    Stance.ASK: Reason.ASKED,
    Stance.LICENSE: Reason.LICENCE_REQUIRED,
    Stance.BLOCK: Reason.REFUSED,
}
