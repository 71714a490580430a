"""User agent -> the crawlers it names.

Rules: whole product tokens only, in any case, the longest at its place; never inside a URL or an e-mail address; a
token that exists only in robots.txt is a forgery when a client sends it. One automaton (Aho-Corasick over lower-cased
bytes) finds the candidates and one pattern that never goes back beyond a word the addresses, so that time is linear in
the user agent whatever it holds.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from ahocorasick_rs import BytesAhoCorasick, Implementation

from gatepost.core.crawlers import Crawler, Match, SignatureSet, Standing
from gatepost.core.request import holds_controls
from gatepost.core.rollouts import Trial

__all__ = ["Matcher", "Misfit", "sample_misfits"]

_TOKEN_OCTETS = bytes(octet in b"abcdefghijklmnopqrstuvwxyz0123456789_-" for octet in range(256))
"""For each octet whether a product token may hold it."""

_ADDRESS = rb"""
    [%(ends)s] (?= [^%(ends)s]{%(longer)d} )
    (?:
        # A URL without its scheme, as +openai.com/gptbot: a host, and what follows it.
        (?: [^%(ends)s/:?\#]*+ [/:?\#] )*+
        (?! (?<= [/%(ends)s] ) (?: %(dotted)s ) (?! [^%(ends)s] ) )
        [a-z]{2,}+ (?: \. [a-z0-9-]++ )++ \+? (?! [^%(ends)s] )
      |
        (?= [^%(ends)s:@]*+ [:@] )
        (?:
            [^%(ends)s]* //: (?: [a-z0-9]{0,15} [a-z] )?  # a URL, from its scheme on
          | [^%(ends)s]* @ [a-z0-9._%%-]{0,64}            # an e-mail address, from its local part on
        )
    )
"""
"""An address, read backwards, and what ended it: only so does it begin where a pattern can be tried once, and end where
the rest of the word is left alone. Words that cannot hold a mark of an address and a token are passed over at once."""
_ENDS = rb"\s();,<>\"'\[\]{}|"
"""What ends a word of a user agent: a product, a URL, an address."""
_MARK = re.compile(rb"[.@:]")

_REMEMBERED = 4096
"""User agents a generation of the cache holds; two generations are kept."""
_REMEMBERED_OCTETS = 512
"""Longer user agents are never kept, so that the cache stays under about 5 MB."""


class Matcher:
    """A signature set, compiled. Made once for each set and shared by all sites; safe to use from several threads.

    ``on_trial`` are the tokens by which nobody is refused anew; what a machine's operator laid over a release is no
    part of its trial.
    """

    def __init__(self, signatures: SignatureSet, on_trial: Iterable[Trial] = ()) -> None:
        self.signatures = signatures
        issued = (trial for trial in on_trial if trial.crawler.lower() not in signatures.local)
        trials = {(trial.crawler.lower(), trial.token.lower()): trial for trial in issued}
        named = signatures.tokens_on_the_wire
        self._matches = tuple(
            _match(crawler, token, trials.get((crawler.name.lower(), token.lower()))) for crawler, token in named
        )
        self._tried = {match.crawler.name for match in self._matches if not match.on_trial or match.tried}
        tokens = [token.lower().encode("ascii") for _, token in named]
        self._addresses = _addresses(tokens)
        self._automaton = BytesAhoCorasick(tokens, implementation=Implementation.DFA)
        self._young: dict[bytes, tuple[Match, ...]] = {}
        self._old: dict[bytes, tuple[Match, ...]] = {}

    def on_trial(self, crawler: Crawler) -> bool:
        """Whether all that a crawler is recognised by is new and on trial, so that nothing refuses it yet."""
        return crawler.name not in self._tried

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
        text = user_agent.lower()
        if len(text) <= _REMEMBERED_OCTETS and not self._automaton.find_matches_as_indexes(text):
            return ()  # most are nobody's; of long ones, which are few, each octet is looked at as seldom as can be
        if _MARK.search(text):
            text = self._without_addresses(text)
        inside = b"\0" + text.translate(_TOKEN_OCTETS) + b"\0"
        hits = self._automaton.find_matches_as_indexes(text, overlapping=True)
        whole = [hit for hit in reversed(hits) if not (inside[hit[1]] or inside[hit[2] + 1])]
        whole.sort(key=itemgetter(1))  # the longest first at each place, as they came in the order of their ends
        named: dict[int, None] = {}
        reached = 0
        for index, _, end in whole:
            if end > reached:
                reached = end
                named[index] = None
        matches: dict[str, Match] = {}
        for index in named:
            match = self._matches[index]
            matches.setdefault(match.crawler.name, match)
        return tuple(matches.values())

    def _without_addresses(self, lowered: bytes) -> bytes:
        """``lowered`` without URLs and e-mail addresses, which name pages and people, not products."""
        return self._addresses.sub(b" ", b" " + lowered[::-1])[::-1]


def _addresses(tokens: Sequence[bytes]) -> re.Pattern[bytes]:
    """What finds addresses that are none of ``tokens`` themselves, as ``archive.org_bot`` is one."""
    dotted = b"|".join(re.escape(token[::-1]) for token in sorted(tokens) if b"." in token)
    longer = min(map(len, tokens), default=0) + 1
    parts = {b"ends": _ENDS, b"longer": longer, b"dotted": dotted or b"(?!)"}
    return re.compile(_ADDRESS % parts, re.VERBOSE)


def _match(crawler: Crawler, token: str, trial: Trial | None) -> Match:
    if trial is None:
        return Match(crawler, token, _standing(crawler))
    tried = replace(crawler, purposes=trial.refused_for, mixed_use=False) if trial.refused_for else None
    return Match(crawler, token, _standing(crawler), on_trial=True, tried=tried)


def _standing(crawler: Crawler) -> Standing:
    """What a user agent alone can prove: nothing, or that it lies."""
    if crawler.robots_only:
        return Standing.FORGED
    return Standing.CLAIMED if crawler.verification.possible else Standing.UNVERIFIABLE


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
