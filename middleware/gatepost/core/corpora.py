"""Corpora: user agents that a signature set is tried on before anybody trusts it, and what became of each of them.

A corpus is a text. It begins with comments that say what it is, then ``# Expected:``, ``# Origin:``, ``# Licence:`` and
``# Lines:``; a user agent a line follows, in a corpus of named crawlers ``NAME: USER AGENT``. ``#`` begins a comment.

Rules: whoever is tried is tried against a no to every purpose, search crawlers against a no to all but search, by the
function that the doors use; a corpus that is not as long as it says proves nothing and is not used.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from gatepost.core.crawlers import Crawler, Match, Purpose, SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.policy import SitePolicy, blocking, decide
from gatepost.errors import CorpusError

__all__ = ["Corpus", "Expected", "Offence", "Outcome", "Specimen", "read_corpus", "try_corpus"]

_HEAD = re.compile(r"^# (Expected|Origin|Licence|Lines): (.+)$", re.MULTILINE)
_FRONT_PAGE = ("/",)


_ALL_BLOCKED = blocking(Purpose)
_ALL_BUT_SEARCH = blocking(set(Purpose) - {Purpose.SEARCH})


class Expected(StrEnum):
    """What has to become of every user agent of a corpus."""

    UNRECOGNISED = "not recognised"
    """It names no crawler at all: a person's browser."""
    LET_IN = "not refused"
    """No purpose that a site blocks has it refused."""
    FOR_SEARCH = "not refused but for search"
    """No purpose that a site blocks has it refused, except search itself."""
    NAMED = "recognised by name"
    """It is recognised as the crawler that its line names."""


_NEVER_REFUSED = (Expected.LET_IN, Expected.FOR_SEARCH)


@dataclass(frozen=True, slots=True)
class Specimen:
    """One user agent of a corpus."""

    line: int
    """Where it stands; counts from 1."""
    user_agent: str
    crawler: str = ""
    """The crawler that it has to be recognised as; empty where the corpus names none."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """User agents of one kind."""

    name: str
    expected: Expected
    origin: str
    licence: str
    specimens: tuple[Specimen, ...]

    @property
    def kind(self) -> str:
        """The name in words: ``feed readers``."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Offence:
    """A user agent that did not fare as its corpus expects; ``match`` is what recognised it, if anything did."""

    specimen: Specimen
    match: Match | None
    in_robots: bool = False
    """It is let in, and robots.txt says no to it: one of its own names stands there as a token of the crawler."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a corpus fared, in exact counts."""

    corpus: Corpus
    recognised: int
    refused: int
    offences: tuple[Offence, ...]


def read_corpus(name: str, text: str) -> Corpus:
    """The corpus that ``text`` holds; raises :class:`~gatepost.errors.CorpusError` when it is not whole."""
    head = dict(_HEAD.findall(text))
    specimens = tuple(_specimens(text))
    if head.keys() != {"Expected", "Origin", "Licence", "Lines"} or head["Expected"] not in set(Expected):
        raise _damaged(name, "its head does not say what is expected, its origin, its licence and its lines")
    if head["Lines"] != str(len(specimens)):
        raise _damaged(name, f"it has {len(specimens)} user agents, and says that it has {head['Lines']}")
    expected = Expected(head["Expected"])
    if expected is Expected.NAMED:
        specimens = tuple(_named(specimen) for specimen in specimens)
    return Corpus(name, expected, head["Origin"], head["Licence"], specimens)


def _specimens(text: str) -> Iterator[Specimen]:
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.startswith("#"):
            yield Specimen(number, line)


def _named(specimen: Specimen) -> Specimen:
    crawler, _, user_agent = specimen.user_agent.partition(": ")
    return Specimen(specimen.line, user_agent, crawler)


def _damaged(name: str, what: str) -> CorpusError:
    return CorpusError(
        f"the corpus {name} is damaged: {what}", id="corpus.damaged", remedy="Install this version of Gatepost anew."
    )


def try_corpus(matcher: Matcher, corpus: Corpus) -> Outcome:
    """What becomes of a corpus where every purpose is blocked, search aside where the corpus feeds it."""
    policy = _ALL_BLOCKED if corpus.expected is Expected.LET_IN else _ALL_BUT_SEARCH
    recognised = refused = 0
    offences: list[Offence] = []
    for specimen in corpus.specimens:
        matches = matcher.recognise(specimen.user_agent.encode())
        decision = decide(policy, matches, _FRONT_PAGE)
        recognised += bool(matches)
        refused += decision.refused
        match = next((one for one in matches if one.crawler.name == decision.crawler), None)
        if _offends(corpus.expected, specimen, matches, refused=decision.refused):
            offences.append(Offence(specimen, match))
    if corpus.expected in _NEVER_REFUSED:
        offences += _denied(matcher.signatures, corpus, policy)
    return Outcome(corpus, recognised, refused, tuple(offences))


def _denied(signatures: SignatureSet, corpus: Corpus, policy: SitePolicy) -> Iterator[Offence]:
    """Whom robots.txt would say no to by a token that is not looked for in user agents, and so refuses nobody."""
    alone = (
        replace(crawler, user_agent_tokens=tokens, robots_tokens=())
        for crawler in signatures.crawlers
        if (tokens := _tokens_of_robots_alone(crawler)) and policy.ruling(crawler, policy.everywhere).denied
    )
    matcher = Matcher(SignatureSet("", "", tuple(alone)))
    for specimen in corpus.specimens:
        for match in matcher.recognise(specimen.user_agent.encode()):
            yield Offence(specimen, match, in_robots=True)


def _tokens_of_robots_alone(crawler: Crawler) -> tuple[str, ...]:
    """None of a crawler that exists in robots.txt alone: its tokens are looked for, as forgeries."""
    if crawler.robots_only:
        return ()
    sent = {token.lower() for token in crawler.user_agent_tokens}
    return tuple(token for token in crawler.robots_tokens if token.lower() not in sent)


def _offends(expected: Expected, specimen: Specimen, matches: tuple[Match, ...], *, refused: bool) -> bool:
    if expected is Expected.UNRECOGNISED:
        return bool(matches)
    if expected in _NEVER_REFUSED:
        return refused
    return specimen.crawler not in [match.crawler.name for match in matches]
