"""Two signature sets on the same requests: who is recognised otherwise, and who would be refused otherwise.

Rules: memory does not grow with the log: a row for each pair of crawlers that changed places, up to a number, and
bounded sums in each row. Would-be refusals are those of a site that blocks all AI purposes and says nothing else,
decided by the one function behind every door.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gatepost.core.clients import Client, client_of
from gatepost.core.crawlers import Crawler, Match, SignatureSet
from gatepost.core.frequent import Counted, Distinct, Frequent
from gatepost.core.likeness import OCTETS_READ, Kind, likeness_of
from gatepost.core.logs import LogFormat, LoggedRequest
from gatepost.core.matching import Matcher
from gatepost.core.policy import AI_OPT_OUT, decide, is_always_open
from gatepost.core.request import site_key
from gatepost.errors import AmbiguousRequest

__all__ = ["OTHERS", "Change", "Changed", "Replay", "Replayed", "Sample", "Verify"]

OTHERS = "*"
"""Stands for all crawlers that found no row of their own."""

Verify = Callable[[Crawler, str], bool | None]
"""Whether an address is the crawler's by its operator's lists; ``None``: not known."""

_REMEMBERED = 16_384
"""User agents whose verdict a generation of the memory holds, and there are two: less than 20 MiB."""
_MOST_ROWS = 1_000
_SAMPLES = 5
_HOSTS = 64
_HOSTS_TOLD = 5


class Change(StrEnum):
    """How a request is taken otherwise than before."""

    RECOGNISED = "newly recognised"
    LOST = "no longer recognised"
    RENAMED = "recognised as another"
    TREATED = "recognised as before, and treated otherwise"


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What one set makes of a user agent."""

    matches: tuple[Match, ...]
    refused: bool
    """On a site that blocks all AI purposes."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(match.crawler.name for match in self.matches)

    @property
    def first(self) -> str:
        return self.matches[0].crawler.name if self.matches else ""


class _Side:
    """One signature set, judged by a site that says no to AI alone."""

    def __init__(self, signatures: SignatureSet) -> None:
        self.matcher = Matcher(signatures)

    def judge(self, user_agent: bytes) -> _Opinion:
        matches = self.matcher.recognise(user_agent)
        return _Opinion(matches, decide(AI_OPT_OUT, matches, ("/",)).refused)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What both sets make of a user agent; worked out once for each and then looked up."""

    before: _Opinion
    after: _Opinion
    change: Change | None
    browser: bool
    """It looks like a person's browser."""

    @property
    def newly_refused(self) -> bool:
        return self.after.refused and not self.before.refused

    @property
    def no_longer_refused(self) -> bool:
        return self.before.refused and not self.after.refused

    @property
    def key(self) -> tuple[str, str]:
        """The crawlers that are named first; empty for none."""
        return self.before.first, self.after.first

    @property
    def matches(self) -> tuple[Match, ...]:
        return (*self.after.matches, *self.before.matches)


def _change(before: _Opinion, after: _Opinion) -> Change | None:
    if before.names == after.names:
        return Change.TREATED if before.refused is not after.refused else None
    if not before.matches:
        return Change.RECOGNISED
    return Change.RENAMED if after.matches else Change.LOST


@dataclass(frozen=True, slots=True)
class Sample:
    """A user agent that was seen, up to 512 octets of it, and what it says of itself."""

    user_agent: str
    client: Client


@dataclass(frozen=True, slots=True)
class Changed:
    """All requests that changed from one crawler to another; no crawler is the empty name."""

    change: Change
    before: str
    after: str
    requests: int
    browser_like: int
    """Those whose user agent looks like a person's browser."""
    newly_refused: int
    """On a site that blocks all AI purposes."""
    browsers_refused: int
    """Those of them that look like a person's browser."""
    no_longer_refused: int
    verified: int
    """Those from an address of the crawler's operator; ``disproved`` from another one; the rest is not known."""
    disproved: int
    sites: Distinct
    hosts: tuple[Counted, ...]
    samples: tuple[Sample, ...]


class _Row:
    """What is summed up for a pair of crawlers."""

    def __init__(self) -> None:
        self.requests = self.browser_like = self.newly_refused = self.browsers_refused = self.no_longer_refused = 0
        self.verified = self.disproved = 0
        self.sites = Distinct()
        self.hosts = Frequent(_HOSTS)
        self.samples: dict[bytes, None] = {}

    def note(self, verdict: _Verdict, request: LoggedRequest, verified: bool | None) -> None:
        open_to_all = is_always_open((request.path,))
        self.requests += 1
        self.browser_like += verdict.browser
        self.newly_refused += verdict.newly_refused and not open_to_all
        self.browsers_refused += verdict.newly_refused and verdict.browser and not open_to_all
        self.no_longer_refused += verdict.no_longer_refused and not open_to_all
        self.verified += verified is True
        self.disproved += verified is False
        if host := _site(request.host):
            self.sites = self.sites.seen(host)
            self.hosts.note(host)
        if len(self.samples) < _SAMPLES:
            self.samples[request.user_agent[:OCTETS_READ]] = None

    def told(self, change: Change, before: str, after: str) -> Changed:
        texts = [sample.decode("utf-8", "backslashreplace") for sample in self.samples]
        return Changed(
            *(change, before, after, self.requests, self.browser_like),
            *(self.newly_refused, self.browsers_refused, self.no_longer_refused, self.verified, self.disproved),
            *(self.sites, self.hosts.told(_HOSTS_TOLD), tuple(Sample(text, client_of(text)) for text in texts)),
        )


def _site(host: str) -> str:
    """The host as sites have it; empty where it is none."""
    try:
        return site_key(host.encode("ascii"))
    except (AmbiguousRequest, UnicodeEncodeError):
        return ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out."""

    requests: int
    unreadable: int
    """Lines that tell of no request."""
    recognised_before: int
    recognised_after: int
    search_refused: tuple[str, ...]
    """Crawlers that feed search, which would newly be refused: in a request, or in a sample of their own entry."""
    changes: tuple[Changed, ...]
    """The most requests first; a row between two :data:`OTHERS` has what found no row of its own."""

    @property
    def changed(self) -> int:
        """Requests that are recognised or treated otherwise."""
        return sum(row.requests for row in self.changes)

    @property
    def newly_refused(self) -> int:
        """Requests that would newly be refused."""
        return sum(row.newly_refused for row in self.changes)

    @property
    def browsers_refused(self) -> int:
        """Those of them that look like a person's browser."""
        return sum(row.browsers_refused for row in self.changes)

    @property
    def browsers_recognised(self) -> int:
        """Requests that look like a person's browser, and would newly be taken for a crawler's."""
        return sum(row.browser_like for row in self.changes if row.change is Change.RECOGNISED)

    @property
    def no_longer_refused(self) -> int:
        """Requests that would no longer be refused."""
        return sum(row.no_longer_refused for row in self.changes)


class Replay:
    """Takes the lines of logs, and tells what the new set changes."""

    def __init__(self, old: SignatureSet, new: SignatureSet, verify: Verify) -> None:
        self._old, self._new = _Side(old), _Side(new)
        self._verify = verify
        self._verdicts: dict[bytes, _Verdict | None] = {}
        self._older_verdicts: dict[bytes, _Verdict | None] = {}
        self._rows: dict[tuple[Change, str, str], _Row] = {}
        self._requests = self._unreadable = self._recognised_before = self._recognised_after = 0
        self._search_refused = {
            crawler.name
            for crawler in old.crawlers
            if crawler.feeds_search
            if any(self._judge(sample.encode()).newly_refused for sample in crawler.samples_match)
        }

    def unreadable(self, lines: int) -> None:
        """Count lines that no format could read."""
        self._unreadable += lines

    def take(self, lines: Sequence[bytes], log: LogFormat) -> None:
        """Replay the lines of a log."""
        user_agent_of, known, judge = log.user_agent, self._verdicts, self._verdict
        unreadable = 0
        for line in lines:
            user_agent = user_agent_of(line)
            if user_agent is None:
                unreadable += 1
                continue
            try:
                verdict = known[user_agent]
            except KeyError:
                verdict = judge(user_agent)
            if verdict is not None:
                self._note(verdict, line, log)
        self._requests += len(lines) - unreadable
        self._unreadable += unreadable

    def _verdict(self, user_agent: bytes) -> _Verdict | None:
        """``None`` where neither set recognises anybody, as for most."""
        if user_agent in self._older_verdicts:
            verdict = self._older_verdicts[user_agent]
        else:
            matches = self._old.matcher.recognise(user_agent) or self._new.matcher.recognise(user_agent)
            verdict = self._judge(user_agent) if matches else None
        if len(user_agent) <= OCTETS_READ:
            if len(self._verdicts) >= _REMEMBERED:
                self._older_verdicts = dict(self._verdicts)
                self._verdicts.clear()
            self._verdicts[user_agent] = verdict
        return verdict

    def _judge(self, user_agent: bytes) -> _Verdict:
        before, after = self._old.judge(user_agent), self._new.judge(user_agent)
        change = _change(before, after)
        browser = change is not None and likeness_of(user_agent).kind is Kind.BROWSER
        return _Verdict(before, after, change, browser)

    def _note(self, verdict: _Verdict, line: bytes, log: LogFormat) -> None:
        self._recognised_before += bool(verdict.before.matches)
        self._recognised_after += bool(verdict.after.matches)
        if verdict.change is not None and (request := log.request(line)) is not None:
            self._note_change(verdict, verdict.change, request)

    def _note_change(self, verdict: _Verdict, change: Change, request: LoggedRequest) -> None:
        key = (change, *verdict.key)
        if key not in self._rows and len(self._rows) >= _MOST_ROWS:
            key = (change, OTHERS, OTHERS)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _Row()
        row.note(verdict, request, self._verify(verdict.matches[0].crawler, request.address))
        if verdict.newly_refused and not is_always_open((request.path,)):
            crawlers = (match.crawler for match in verdict.matches)
            self._search_refused.update(crawler.name for crawler in crawlers if crawler.feeds_search)

    def told(self) -> Replayed:
        """What came out so far."""
        changes = [row.told(*key) for key, row in self._rows.items()]
        return Replayed(
            *(self._requests, self._unreadable, self._recognised_before, self._recognised_after),
            tuple(sorted(self._search_refused)),
            tuple(sorted(changes, key=lambda one: (-one.requests, one.before, one.after))),
        )
