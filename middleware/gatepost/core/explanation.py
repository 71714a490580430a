"""What is decided about a request, by which rule, and who said so: as values, for every door that tells it.

Rules: the decision comes from the function that the doors use; what cannot be known from a user agent is said as a
note, not guessed; no prose stands here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gatepost.core.clients import Client, client_of
from gatepost.core.crawlers import Crawler, Match, Standing
from gatepost.core.directives.robotstxt import RobotsTxt, evaluate, read_robots
from gatepost.core.directives.robotstxt.model import Rule
from gatepost.core.licences import Licences
from gatepost.core.matching import Matcher
from gatepost.core.origins import DatedWish, Held, Origins
from gatepost.core.periods import at
from gatepost.core.policy import Decision, decide
from gatepost.core.request import CrawlRequest
from gatepost.core.sites import Site
from gatepost.core.snapshot import ROBOTS_TXT, Rendering
from gatepost.core.state import State

__all__ = ["Explanation", "Note", "Question", "RobotsVerdict", "explain"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; ``at`` is a time that was or will be, or ``None`` for now."""

    host: str
    path: str
    request: CrawlRequest
    at: datetime | None = None


class Note(StrEnum):
    """What has to be known to read an explanation rightly."""

    HOST_UNKNOWN = "host-unknown"
    """No site has this host: what holds for unknown hosts is shown."""
    HOST_UNKNOWN_THEN = "host-unknown-then"
    AS_IT_STANDS = "as-it-stands"
    """The site is as it stands then by what is said; crawlers are recognised by today's signature file."""
    BY_NAME = "by-name"
    """Crawlers are recognised by name: one that is disguised as a browser is not caught."""
    FORGED = "forged"
    UNVERIFIABLE = "unverifiable"
    NOT_FROM_PARTNER = "not-from-partner"
    """It would pass under a data partner's licence, and does not come from the partner's addresses; what it signs is
    not known here."""


@dataclass(frozen=True, slots=True)
class RobotsVerdict:
    """What robots.txt says to a crawler by its product token, or to a client by its user agent."""

    token: str
    allowed: bool
    rule: Rule | None
    group: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to a :class:`Question`."""

    question: Question
    site: Site | None
    """``None``: no site has, or had, this host."""
    decision: Decision
    since: datetime | None
    """Since when what the decision rests on holds; ``None`` where no history tells it."""
    match: Match | None
    """The crawler that was judged."""
    robots: RobotsVerdict
    robots_only: tuple[RobotsVerdict, ...]
    """The same for the tokens that exist in robots.txt alone and govern this crawler."""
    held: tuple[Held, ...]
    """What holds on the path, purpose by purpose, and for data partners."""
    dated: tuple[DatedWish, ...]
    """What is said for a time, and is not over."""
    client: Client | None
    """``None`` when a crawler was recognised."""
    notes: tuple[Note, ...]

    @property
    def standing(self) -> Standing | None:
        """How far the crawler's identity is borne out; ``None`` where none was recognised."""
        return self.decision.standing or (self.match.standing if self.match else None)

    @property
    def user_agent(self) -> str:
        """The first user agent, as text."""
        return _text(self.question.request)


def explain(
    question: Question, origins: Origins, rendering: Rendering, matcher: Matcher, licences: Licences
) -> Explanation:
    """Decide about a request to a site and say why; ``rendering`` is what the site's directives say, ``licences`` are
    those of all data partners."""
    request, state = question.request, origins.state
    robots = read_robots(rendering.documents[ROBOTS_TXT].body)
    matches = [match for agent in request.user_agents for match in matcher.recognise(agent)]
    span = at(state.at)
    decision = decide(state.policy, matches, request.paths, licences.proven(matches, request.peer, span))
    believed = decide(state.policy, matches, request.paths, licences.claimed(matches, span))
    judged = next((one for one in matches if one.crawler.name == decision.crawler), matches[0] if matches else None)
    crawlers = matcher.signatures.crawlers
    return Explanation(
        question,
        state.site,
        decision,
        origins.since_of(decision, request.paths[0]),
        judged,
        _verdict(robots, judged.crawler if judged else None, question),
        tuple(
            _verdict(robots, crawler, question)
            for crawler in crawlers
            if judged and judged.crawler.name in crawler.governs
        ),
        origins.held(lambda policy: policy.zones_at(request.paths[0])[0]),
        origins.dated(),
        None if judged else client_of(_text(request)),
        tuple(_notes(state, question, judged, unproven=believed != decision)),
    )


def _text(request: CrawlRequest) -> str:
    return request.user_agents[0].decode("utf-8", "backslashreplace")


def _verdict(robots: RobotsTxt, crawler: Crawler | None, question: Question) -> RobotsVerdict:
    token = crawler.robots_tokens[0] if crawler and crawler.robots_tokens else _text(question.request)
    verdict = evaluate(robots, token, question.path)
    return RobotsVerdict(token, verdict.allowed, verdict.rule, verdict.group)


def _notes(state: State, question: Question, match: Match | None, *, unproven: bool) -> Iterable[Note]:
    if state.site is None:
        yield Note.HOST_UNKNOWN_THEN if question.at else Note.HOST_UNKNOWN
    if question.at:
        yield Note.AS_IT_STANDS
    if match is None:
        yield Note.BY_NAME
    elif match.standing is Standing.FORGED:
        yield Note.FORGED
    elif unproven:
        yield Note.NOT_FROM_PARTNER
    elif match.standing is Standing.UNVERIFIABLE:
        yield Note.UNVERIFIABLE
