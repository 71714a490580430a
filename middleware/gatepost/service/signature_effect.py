"""What another signature set comes to for the sites of a platform, before it is published: counted, not guessed.

Rules: sites are read a page at a time and judged by the functions that the doors use, those of the same opinion once;
robots.txt is composed and written as it would be served, but not read back; nothing is written.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gatepost.core.crawlers import Crawler
from gatepost.core.defaults import defaults_of
from gatepost.core.directives.robotstxt.reading import read_robots
from gatepost.core.directives.robotstxt.rendering import compose_robots, write_robots
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.levels import statements_for
from gatepost.core.periods import at
from gatepost.core.policy import Action, SitePolicy
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.signature_diff import Difference
from gatepost.core.sites import Site
from gatepost.core.snapshot import MAX_ROBOTS_OCTETS, policy_of
from gatepost.ports import SiteStore

__all__ = ["DecisionChange", "SignatureEffect", "SignatureEffects"]

_JUDGED = 4_096
"""Opinions that are remembered."""
_SHOWN = 5
"""Hosts that are named as examples."""


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """A crawler that is let in, tagged or refused otherwise; below a path, where it is the same on the rest of the
    site."""

    crawler: str
    before: Action
    after: Action


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What becomes of all sites of one opinion."""

    growth: int = 0
    """Octets that robots.txt gains; negative for those that it loses."""
    robots_change: bool = False
    over_budget: bool = False
    decisions: tuple[DecisionChange, ...] = ()
    void: tuple[str, ...] = ()


@dataclass
class SignatureEffects:
    """How many sites meet which effect."""

    sites: int = 0
    robots_changed: int = 0
    """Sites whose robots.txt would be other octets."""
    octets: int = 0
    """What all these files gain together, negative for a loss."""
    octets_most: int = 0
    """The most that one of them gains."""
    over_budget: int = 0
    """Sites whose robots.txt would outgrow what every reader takes (RFC 9309 §2.5), and does not now."""
    decided_otherwise: int = 0
    """Sites with another decision about at least one crawler."""
    decisions: Counter[DecisionChange] = field(default_factory=Counter)
    void: Counter[str] = field(default_factory=Counter)
    """Sites with an exception for a crawler that is gone, by its name."""
    void_hosts: dict[str, list[str]] = field(default_factory=dict)
    """The first few of them."""
    void_defaults: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the platform's, the regions' and the plans' statements with such an exception."""

    def add(self, host: str, verdict: _Verdict) -> None:
        """Count a site."""
        self.sites += 1
        self.robots_changed += verdict.robots_change
        self.octets += verdict.growth
        self.octets_most = max(self.octets_most, verdict.growth)
        self.over_budget += verdict.over_budget
        self.decided_otherwise += bool(verdict.decisions)
        self.decisions.update(verdict.decisions)
        self.void.update(verdict.void)
        for name in verdict.void:
            hosts = self.void_hosts.setdefault(name, [])
            if len(hosts) < _SHOWN:
                hosts.append(host)

    @property
    def void_exceptions(self) -> bool:
        """Whether anything that somebody said by a crawler's name would speak of nobody."""
        return bool(self.void or self.void_defaults)


@dataclass(frozen=True)
class SignatureEffect:
    """A difference between two sets, tried on sites; ``addresses`` gives the addresses of a host's documents."""

    store: SiteStore
    difference: Difference
    now: datetime
    addresses: Callable[[str], Addresses]
    _defaults: dict[str, PreferenceStatement] = field(default_factory=dict)
    """What has been read of the defaults, by id."""
    _judged: dict[Site, _Verdict] = field(default_factory=dict)
    """What becomes of sites, but for what tells one from another of the same opinion."""

    async def count(self, effects: SignatureEffects) -> AsyncIterator[str]:
        """Count site by site into ``effects``; gives the id of each page's last site."""
        for default in await self.store.defaults():
            self._defaults[default.id] = default.statement
            for name in self._void([default.statement]):
                effects.void_defaults.setdefault(name, []).append(default.id)
        after = ""
        while page := await self.store.sites(after=after):
            after = page[-1].id
            for site in page:
                effects.add(site.host if site.hosts else site.id, self._verdict_on(site))
            yield after

    def _verdict_on(self, site: Site) -> _Verdict:
        alike = replace(site, id="", hosts=(), revision=0)
        known = self._judged.get(alike)
        if known is None:
            if len(self._judged) >= _JUDGED:
                self._judged.clear()
            known = self._judged[alike] = self._judge(site)
        return known

    def _judge(self, site: Site) -> _Verdict:
        levels = defaults_of(site.region, site.plan)
        above = [
            LevelStatement(level, self._defaults.get(id, PreferenceStatement()), name) for id, level, name in levels
        ]
        policy = policy_of(site, above, at(self.now))
        verdict = _Verdict(decisions=tuple(self._decisions(policy)), void=self._void(statements_for(site, ())))
        if not self._directives_may_change(policy):
            return verdict
        own = read_robots(site.robots_txt)
        addresses = self.addresses(site.hosts[0] if site.hosts else site.id)
        before, after = (
            write_robots(compose_robots(policy, signatures.crawlers, own, addresses)).encode()
            for signatures in (self.difference.old, self.difference.new)
        )
        over = len(before) <= MAX_ROBOTS_OCTETS < len(after)
        return replace(verdict, growth=len(after) - len(before), robots_change=before != after, over_budget=over)

    @property
    def _pairs(self) -> Iterator[tuple[Crawler | None, Crawler | None]]:
        """Every crawler that is not the same in both sets, as each of them has it."""
        yield from ((None, crawler) for crawler in self.difference.come)
        yield from ((crawler, None) for crawler in self.difference.gone)
        old, new = self.difference.old.by_name, self.difference.new.by_name
        yield from ((old[change.name.lower()], new[change.name.lower()]) for change in self.difference.changed)

    def _decisions(self, policy: SitePolicy) -> Iterator[DecisionChange]:
        for pair in self._pairs:
            before, after = (_actions(policy, crawler) for crawler in pair)
            crawler = pair[1] or pair[0]
            if before != after and crawler is not None:
                first = next(index for index, action in enumerate(before) if action is not after[index])
                yield DecisionChange(crawler.name, before[first], after[first])

    def _directives_may_change(self, policy: SitePolicy) -> bool:
        """Whether a token says something else now; most changes of a signature file are none that a site would see."""
        sides: tuple[dict[str, tuple[bool, ...]], ...] = ({}, {})
        for pair in self._pairs:
            for tokens, crawler in zip(sides, pair, strict=True):
                if crawler is not None:
                    tokens.update(dict.fromkeys(crawler.robots_tokens, _denied(policy, crawler)))
        return sides[0] != sides[1]

    def _void(self, statements: Iterable[PreferenceStatement]) -> tuple[str, ...]:
        """The crawlers that these statements name and that are gone."""
        named = {name.lower() for statement in statements for name in _crawlers_in(statement)}
        return tuple(crawler.name for crawler in self.difference.gone if crawler.name.lower() in named)


def _crawlers_in(statement: PreferenceStatement) -> Iterator[str]:
    for said in (statement, *(dated.statement for dated in statement.dated)):
        yield from (exception.crawler for exception in said.crawlers)


def _actions(policy: SitePolicy, crawler: Crawler | None) -> Sequence[Action]:
    """What is done with a crawler in each zone, the rest of the site first; whom nobody knows is let in."""
    zones = (policy.everywhere, *policy.zones)
    return [policy.ruling(crawler, zone).action if crawler else Action.ALLOW for zone in zones]


def _denied(policy: SitePolicy, crawler: Crawler) -> tuple[bool, ...]:
    return tuple(policy.ruling(crawler, zone).denied for zone in (policy.everywhere, *policy.zones))
