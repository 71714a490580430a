"""User agent -> the crawlers it names.

Rules: whole product tokens only, in any case, the longest at its place; never inside a URL or an e-mail address; a
token that exists only in robots.txt is a forgery when a client sends it. One automaton (Aho-Corasick over lower-cased
bytes) finds the candidates, so that time is linear in the user agent whatever it holds; the checks run on its few
hits only.
"""

import re
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick, Implementation

from gatepost.core.crawlers import Crawler, Match, SignatureSet, Standing
from gatepost.core.request import holds_controls

__all__ = ["Matcher", "Misfit", "sample_misfits"]

_TOKEN_OCTETS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-")
_WORD = re.compile(rb"[^\s();,<>\"'\[\]{}|]+")
"""What lies between the delimiters of a user agent: a product, a URL, an address."""
_HOST_WORD = re.compile(rb"\+?(?:[a-z0-9-]+\.)+[a-z]{2,}(?=[/:?#]|$)")
"""A URL without its scheme, as in ``+openai.com/gptbot``."""
_SCHEME_TAIL = re.compile(rb"[a-z][a-z0-9]*$")
_LOCAL_PART_TAIL = re.compile(rb"[a-z0-9._%-]+$")

_REMEMBERED = 4096
"""User agents a generation of the cache holds; two generations are kept."""
_REMEMBERED_OCTETS = 512
"""Longer user agents are never kept, so that the cache stays under about 5 MB."""


class Matcher:
    """A signature set, compiled. Made once for each set and shared by all sites; safe to use from several threads.

    ``on_trial`` are the names of the crawlers that are tagged and never refused.
    """

    def __init__(self, signatures: SignatureSet, on_trial: frozenset[str] = frozenset()) -> None:
        self.signatures = signatures
        self.on_trial = on_trial
        named = [(token, crawler) for crawler in signatures.crawlers for token in crawler.user_agent_tokens]
        on_the_wire = {token.lower() for token, _ in named}
        named += [
            (token, crawler)
            for crawler in signatures.crawlers
            if crawler.robots_only
            for token in crawler.robots_tokens
            if token.lower() not in on_the_wire
        ]
        self._matches = tuple(
            Match(crawler, token, _standing(crawler), crawler.name in on_trial) for token, crawler in named
        )
        tokens = [token.lower().encode("ascii") for token, _ in named]
        self._dotted = frozenset(token for token in tokens if b"." in token)
        self._automaton = BytesAhoCorasick(tokens, implementation=Implementation.DFA)
        self._young: dict[bytes, tuple[Match, ...]] = {}
        self._old: dict[bytes, tuple[Match, ...]] = {}

    def recognise(self, user_agent: bytes) -> tuple[Match, ...]:
        """Every crawler that ``user_agent`` names, in the order of its tokens; empty when it names none."""
        found = self.recall(user_agent)
        if found is None:
            found = self._search(user_agent)
            if len(user_agent) <= _REMEMBERED_OCTETS and not holds_controls(user_agent):
                self._remember(user_agent, found)
        return found

    def recall(self, user_agent: bytes) -> tuple[Match, ...] | None:
        """The same, if it is remembered: never for a user agent that is long or holds control characters."""
        found = self._young.get(user_agent)
        if found is None:
            found = self._old.get(user_agent)
            if found is not None:
                self._remember(user_agent, found)
        return found

    def _remember(self, user_agent: bytes, found: tuple[Match, ...]) -> None:
        """Two plain dictionaries that change places when one is full cost less than an ordered cache, and a flood of
        made-up user agents never holds more than both.
        """
        if len(self._young) >= _REMEMBERED:
            self._old, self._young = self._young, {}
        self._young[user_agent] = found

    def _search(self, user_agent: bytes) -> tuple[Match, ...]:
        lowered = user_agent.lower()
        if not self._automaton.find_matches_as_indexes(lowered):
            return ()
        cleaned = self._without_addresses(lowered)
        spans = [
            (start, -end, index)
            for index, start, end in self._automaton.find_matches_as_indexes(cleaned, overlapping=True)
            if _stands_alone(cleaned, start, end)
        ]
        matches: dict[str, Match] = {}
        reached = 0
        for _, negative_end, index in sorted(spans):
            if -negative_end > reached:
                reached = -negative_end
                match = self._matches[index]
                matches.setdefault(match.crawler.name, match)
        return tuple(matches.values())

    def _without_addresses(self, lowered: bytes) -> bytes:
        """``lowered`` with blanks in place of URLs and e-mail addresses, which name pages and people, not products."""
        cleaned = bytearray(lowered)
        for found in _WORD.finditer(lowered):
            start = self._address_start(found.group())
            if start is not None:
                cleaned[found.start() + start : found.end()] = b" " * (found.end() - found.start() - start)
        return bytes(cleaned)

    def _address_start(self, word: bytes) -> int | None:
        """Where in a word its URL or e-mail address begins; ``None`` when it holds none."""
        scheme_end = word.find(b"://")
        if scheme_end >= 0:
            scheme = _SCHEME_TAIL.search(word, max(0, scheme_end - 16), scheme_end)
            return scheme.start() if scheme else scheme_end
        at = word.find(b"@")
        if at >= 0:
            local_part = _LOCAL_PART_TAIL.search(word, max(0, at - 64), at)
            return local_part.start() if local_part else at
        if _HOST_WORD.match(word) and word.partition(b"/")[0] not in self._dotted:
            return 0
        return None


def _standing(crawler: Crawler) -> Standing:
    """What a user agent alone can prove: nothing, or that it lies."""
    if crawler.robots_only:
        return Standing.FORGED
    return Standing.CLAIMED if crawler.verification.possible else Standing.UNVERIFIABLE


def _stands_alone(text: bytes, start: int, end: int) -> bool:
    """Whether the octets around a hit cannot belong to a product token, so that the hit is a whole one."""
    return (start == 0 or text[start - 1] not in _TOKEN_OCTETS) and (end == len(text) or text[end] not in _TOKEN_OCTETS)


@dataclass(frozen=True, slots=True)
class Misfit:
    """A sample of the signature file that the matcher does not treat as the file says."""

    crawler: str
    user_agent: str
    expected: bool
    """Whether the file says that it matches."""


def sample_misfits(matcher: Matcher) -> tuple[Misfit, ...]:
    """Every sample that is recognised although it must not be, or not recognised although it must."""
    return tuple(
        Misfit(crawler.name, sample, expected)
        for crawler in matcher.signatures.crawlers
        for expected, samples in ((True, crawler.samples_match), (False, crawler.samples_no_match))
        for sample in samples
        if expected is not any(match.crawler is crawler for match in matcher.recognise(sample.encode()))
    )
