"""What another list would change in ours: new crawlers, differences, and what may not be taken over.

Rules: nothing here changes a signature set; a person does, from what is proposed. A token has to pass the very rules
that lint has; a token that exists only in robots.txt is never taken as a user agent, nor is a service that people see
(a preview, a feed reader) filed under AI. For a crawler that we have, a list is a hint and no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import accumulate

from gatepost.core.crawlers import AI_PURPOSES, Crawler, Evidence, HonoursRobots, SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.other_lists import MISFILED, Listed, OtherList, Refusal, Told
from gatepost.core.proposal_parts import Part, entry_name, parts_of
from gatepost.core.signature_writing import entry_lines
from gatepost.core.signatures import read_signatures
from gatepost.core.yaml_events import quoted
from gatepost.errors import Fault, SignatureFileError

__all__ = ["Proposed", "Verdict", "propose"]

_LONGEST_URL = 300

_HEAD = ("format: 1", 'version: "0.0.0"', "crawlers:")
_TO_COMPLETE = frozenset(
    {
        "signatures.field.missing",
        "signatures.mixed_use.missing",
        "signatures.robots_token.missing",
        "signatures.samples.missing",
        "signatures.service.missing",
    }
)
"""Faults of an entry that is not complete yet."""
_REFUSED_ROBOTS_TOKENS = frozenset(
    f"signatures.robots_token.{word}" for word in ("generic", "number", "directive", "duplicate")
)


class Verdict(StrEnum):
    """What becomes of an entry of another list."""

    NEW = "new"
    KNOWN = "known"
    DIFFERING = "differing"
    """We have the crawler, and the list says something else of it."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Proposed:
    """An entry of another list, judged."""

    listed: Listed
    verdict: Verdict
    crawler: Crawler | None = None
    """Ours, where we have it."""
    parts: tuple[Part, ...] = ()
    """Of a new one."""
    differences: tuple[str, ...] = ()
    refusal: Refusal | None = None


def propose(other: OtherList, signatures: SignatureSet) -> tuple[Proposed, ...]:
    """Every entry of another list, judged against a signature set, in the list's order."""
    judging = _Judging(signatures, other.read_on)
    return tuple(judging.judge(listed) for listed in other.entries)


class _Judging:
    """What is ours, and what was proposed so far."""

    def __init__(self, signatures: SignatureSet, today: date) -> None:
        self._signatures = signatures
        self._matcher = Matcher(signatures)
        self._today = today
        self._robots_tokens = {token.lower(): one for one in signatures.crawlers for token in one.robots_tokens}
        self._proposed: dict[str, str] = {}

    def judge(self, listed: Listed) -> Proposed:
        ours = self._ours(listed)
        if listed.refused is not None and (ours is None or listed.refused.id == MISFILED):
            return Proposed(listed, Verdict.REFUSED, ours, refusal=listed.refused)
        return self._new(listed) if ours is None else self._held(listed, ours)

    def _ours(self, listed: Listed) -> Crawler | None:
        """The crawler that we have under this name, or recognise by one of these tokens."""
        named = self._signatures.by_name.get(listed.name.value.lower())
        recognised = (
            match.crawler
            for token in _values(listed.user_agent_tokens)
            for match in self._matcher.recognise(token.encode("utf-8", "replace"))
        )
        by_robots_token = (self._robots_tokens.get(token.lower()) for token in _values(listed.robots_tokens))
        return named or next(recognised, None) or next(filter(None, by_robots_token), None)

    def _held(self, listed: Listed, ours: Crawler) -> Proposed:
        refusal = _misfiled(listed, ours)
        if refusal is not None:
            return Proposed(listed, Verdict.REFUSED, ours, refusal=refusal)
        tokens = tuple(token for token in _values(listed.user_agent_tokens) if not self._recognised(token, ours))
        if tokens:
            refusal, _ = _linted(replace(listed, user_agent_tokens=Told(tokens, "")), self._today)
        if refusal is not None:
            return Proposed(listed, Verdict.REFUSED, ours, refusal=refusal)
        differences = tuple(_differences(listed, ours, tokens))
        return Proposed(listed, Verdict.DIFFERING if differences else Verdict.KNOWN, ours, differences=differences)

    def _recognised(self, token: str, ours: Crawler) -> bool:
        return any(match.crawler is ours for match in self._matcher.recognise(token.encode("utf-8", "replace")))

    def _new(self, listed: Listed) -> Proposed:
        refusal, parts = _linted(listed, self._today)
        refusal = refusal or _missed(listed) or self._doubled(listed)
        if refusal is not None:
            return Proposed(listed, Verdict.REFUSED, refusal=refusal)
        return Proposed(listed, Verdict.NEW, parts=parts)

    def _doubled(self, listed: Listed) -> Refusal | None:
        """A name or token that an earlier entry of the list has; if there is none, it is this one's from now on."""
        words = (
            [("signatures.name.duplicate", f"name {entry_name(listed)}")]
            + [("signatures.token.duplicate", f"token {token}") for token in _values(listed.user_agent_tokens)]
            + [("signatures.robots_token.duplicate", f"robots {token}") for token in _values(listed.robots_tokens)]
        )
        for id, word in words:
            if word.lower() in self._proposed:
                return Refusal(id, f"the list has it already, as {quoted(self._proposed[word.lower()])}")
        self._proposed |= {word.lower(): listed.key for _, word in words}
        return None


def _values(told: Told[tuple[str, ...]] | None) -> tuple[str, ...]:
    return told.value if told else ()


def _misfiled(listed: Listed, ours: Crawler) -> Refusal | None:
    """Why what a list says of a crawler of ours cannot be meant."""
    if ours.robots_only and _values(listed.user_agent_tokens):
        reason = f"{ours.name} exists in robots.txt alone; a user agent that carries it is a forgery"
        return Refusal("signatures.import.robots_only", reason)
    if ours.service is not None and listed.purposes and listed.purposes.value & AI_PURPOSES:
        reason = f"its service here is {ours.service}, which an AI opt-out may not refuse; the list files it under AI"
        return Refusal(MISFILED, reason)
    return None


def _differences(listed: Listed, ours: Crawler, tokens: tuple[str, ...]) -> Iterator[str]:
    """What a list says of a crawler of ours that we do not; ``tokens`` are those that we do not recognise it by."""
    yield from (f"user_agent_tokens: the list has {quoted(token)} as well" for token in tokens)
    held = {token.lower() for token in (*ours.robots_tokens, *ours.user_agent_tokens)}
    robots_tokens = (token for token in _values(listed.robots_tokens) if token.lower() not in held)
    yield from (f"robots_tokens: the list has {quoted(token)} as well" for token in robots_tokens)
    yield from _other_purposes(listed, ours)
    yield from _other_evidence(listed.honours_robots, ours.honours_robots)
    if listed.documentation is not None and _address(listed.documentation.value) != _address(ours.documentation):
        yield f"documentation: the list names {_shown(listed.documentation.value)}"


def _other_purposes(listed: Listed, ours: Crawler) -> Iterator[str]:
    if listed.purposes is not None and listed.purposes.value != ours.purposes:
        doubt = f" (uncertain: {listed.purposes.doubt})" if listed.purposes.doubt else ""
        yield f"purposes: the list says {_words(listed.purposes.value)}{doubt}, we say {_words(ours.purposes)}"
    if listed.service is not None and listed.service.value is not ours.service:
        yield f"service: the list says {listed.service.value}, we say {ours.service or 'none'}"


def _other_evidence(listed: Told[Evidence] | None, ours: Evidence) -> Iterator[str]:
    unknown = HonoursRobots.UNDOCUMENTED
    if listed is not None and listed.value.value is not ours.value and listed.value.value is not unknown:
        yield f"honours_robots: the list says {listed.value.value}, we say {ours.value}"


def _words(values: frozenset[str]) -> str:
    return ", ".join(sorted(values)) or "none"


def _address(url: str) -> str:
    """A URL without what makes no difference to a person."""
    return url.partition("://")[2].removeprefix("www.").rstrip("/").lower()


def _missed(listed: Listed) -> Refusal | None:
    """A user agent that the list has for a crawler, and that its tokens do not recognise."""
    tokens = _values(listed.user_agent_tokens)
    if not tokens:
        return None
    unknown = Evidence(HonoursRobots.UNDOCUMENTED, "", date.min)
    alone = Matcher(SignatureSet("", "", (Crawler(listed.key, "", "", unknown, user_agent_tokens=tokens),)))
    for sample in _values(listed.samples):
        if not alone.recognise(sample.encode("utf-8", "replace")):
            reason = f"as whole words, its tokens do not stand in the list's own user agent {quoted(sample)}"
            return Refusal("signatures.sample.missed", reason)
    return None


def _shown(url: str) -> str:
    """A URL whole, where that is harmless."""
    return url if len(url) <= _LONGEST_URL and url.isprintable() and " " not in url else quoted(url)


def _linted(listed: Listed, today: date) -> tuple[Refusal | None, tuple[Part, ...]]:
    """What lint says against a new entry, or its parts without those that lint would not take."""
    parts = tuple(parts_of(listed, today))
    faults = _faults(parts)
    for key in ("user_agent_tokens", "name", "robots_tokens"):
        fault = faults.get(key)
        if fault is not None and _refuses(key, fault):
            return Refusal(fault.id, fault.message.removeprefix(f"{entry_name(listed)}: ")), ()
    kept = (_without(part, faults[part.key]) if part.key in faults else part for part in parts)
    return None, tuple(kept)


def _refuses(key: str, fault: Fault) -> bool:
    return key != "robots_tokens" or fault.id in _REFUSED_ROBOTS_TOKENS


def _without(part: Part, fault: Fault) -> Part:
    return Part(part.key, None, f"what the list says cannot be taken: {fault.message} ({fault.id})")


def _faults(parts: tuple[Part, ...]) -> dict[str, Fault]:
    """The first fault of each key of an entry that is still to be completed."""
    fields = [part.field for part in parts if part.field is not None]
    text = "\n".join([*_HEAD, *entry_lines(fields), ""])
    ends = accumulate((len(field.lines) for field in fields), initial=len(_HEAD))
    last_lines = dict(zip([field.key for field in fields], list(ends)[1:], strict=True))
    found: dict[str, Fault] = {}
    for fault in _read_faults(text):
        if fault.id not in _TO_COMPLETE:
            key = next((key for key, last in last_lines.items() if fault.line <= last), "name")
            found.setdefault(key, fault)
    return found


def _read_faults(text: str) -> tuple[Fault, ...]:
    try:
        read_signatures(text.encode("utf-8", "replace"))
    except SignatureFileError as error:
        return error.faults
    return ()
