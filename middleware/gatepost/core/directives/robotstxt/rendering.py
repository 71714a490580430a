"""robots.txt from a site's policy and the owner's own file: the intent as groups and rules, then as bytes.

Rules, each with its reason (the readers in the field were tried; the grid of :mod:`.read_back` keeps watch):

* Groups are shaped ``User-agent`` lines, ``Content-*`` lines, rules: the only shape that every reader takes alike. Old
  readers end a group at a blank line, Protego at an unknown line between user-agent lines.
* Every group has a rule, because Google lets a group without one fuse with the next.
* Crawlers with the same rules share a group, which keeps the file readable for the owner who previews it.
* ``*`` stands once, last. Nothing is left to inheritance: a named group takes nothing from ``*`` (RFC 9309 §2.2.1), so
  the owner's own rules are repeated in each.
* A token that contains another one stands before it, and is named whenever the other's rules differ, because old
  readers take the first group whose token occurs anywhere in theirs.
* Rules are sorted longest first, allow before disallow: first-match and longest-match readers then agree.
* Keys that begin with Allow, Disallow, User-agent or Sitemap are never invented: Google would take them for these.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from gatepost.core.crawlers import Crawler
from gatepost.core.directives.robotstxt.model import Cause, Group, Record, RobotsTxt, Rule, Source, fold_token
from gatepost.core.directives.rsl import license_required, licensed_purposes
from gatepost.core.directives.vocabulary import (
    CONTENT_SIGNAL,
    CONTENT_USAGE,
    Addresses,
    content_signal,
    content_usage,
    denies,
    spoken_of,
)
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import ALWAYS_OPEN, SitePolicy
from gatepost.core.zones import Zone

__all__ = ["Caution", "WrittenLine", "compose_robots", "write_robots", "written_lines"]

Caution = int
"""How much is left out for the sake of readers that got it wrong: 0 nothing, 1 our own allowances by path, 2 also
whatever of the owner's file is more than a plain prefix."""

_Rules = tuple[Rule, ...]

_ROOT = PathPattern("/")
_WHOLE = Cause(Source.STANCE)
_EVERYWHERE = Rule(False, _ROOT, 0, _WHOLE)
_OPEN_FILES = tuple(
    Rule(True, PathPattern(path), 0, Cause(Source.OPEN)) for path in ALWAYS_OPEN if path != "/robots.txt"
)
"""The policy files that a refused crawler has to read; robots.txt itself is implied (RFC 9309 §2.2.2)."""
_SAFE_KEY = re.compile(r"(?!allow|dis|user|site)[a-z-]+", re.IGNORECASE)
"""Keys of the owner's other records that are passed on: none that a reader could take for ours, typos included."""
WRITTEN_BY = "Written by Gatepost from what the owner of this site has decided."
"""A comment of every file that is written here."""

_HEAD = (
    WRITTEN_BY,
    "A crawler without a group of its own follows the last one.",
)
_RESERVATION = (
    "This is an express reservation of rights under Article 4 of the European Union",
    "Directive 2019/790 on copyright and related rights in the digital single market.",
)


@dataclass(frozen=True)
class _Own:
    """The owner's own file, by token."""

    robots: RobotsTxt
    caution: Caution

    def _groups(self, token: str) -> tuple[Group, ...]:
        """The token's own groups, else those for ``*`` (RFC 9309 §2.2.1)."""
        combined = self.robots.combined.get(fold_token(token)) or self.robots.combined.get("*")
        return combined.groups if combined else ()

    def rules(self, token: str) -> tuple[Rule, ...]:
        """What the file says to a crawler."""
        rules = (rule for group in self._groups(token) for rule in group.rules)
        return tuple(rule for rule in rules if self.caution < 2 or rule.pattern.literal)

    def records(self, token: str) -> tuple[Record, ...]:
        """The other records it gives that crawler."""
        records = (record for group in self._groups(token) for record in group.records)
        return tuple(_own_record(record) for record in records if _SAFE_KEY.fullmatch(record.key))

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens that have a group."""
        return tuple(combined.token for folded, combined in self.robots.combined.items() if folded != "*")


def compose_robots(
    policy: SitePolicy, crawlers: Sequence[Crawler], own: RobotsTxt, addresses: Addresses, caution: Caution = 0
) -> RobotsTxt:
    """The file that says what ``policy`` comes to for each of ``crawlers``, with the owner's own rules merged in.

    What the owner's own file says of a crawler holds too, except where it would open what the policy denies.
    """
    theirs = _Own(own, caution)
    zones = (policy.everywhere, *policy.zones)
    for_all = tuple(policy.denies_unknown(zone) for zone in zones)
    denied = dict.fromkeys(theirs.tokens, for_all)
    one_of_each = {policy.seen_as(crawler): crawler for crawler in crawlers}  # hundreds of crawlers, a few rulings
    denials = {seen: tuple(policy.ruling(one, zone).denied for zone in zones) for seen, one in one_of_each.items()}
    known = {token: denials[policy.seen_as(crawler)] for crawler in crawlers for token in crawler.robots_tokens}
    spelled = {fold_token(token) for token in known}
    denied = {token: no for token, no in denied.items() if fold_token(token) not in spelled} | known
    rules_of = cache(lambda no, own_rules: _rules(zones, no, own_rules, caution))
    rules = {token: rules_of(no, theirs.rules(token)) for token, no in denied.items()}
    for_all_rules = rules_of(for_all, theirs.rules("*"))
    insisted = {fold_token(token) for token, no in denied.items() if any(no)} | set(own.combined)
    named = _named(rules, for_all_rules, insisted)
    groups = [
        Group(tokens, group_rules, _records(policy, theirs, tokens[0], group_rules), 0)
        for tokens, group_rules in _grouped({token: rules[token] for token in named}, theirs)
    ]
    groups.append(Group(("*",), for_all_rules, _records(policy, theirs, "*", for_all_rules), 0))
    return RobotsTxt(
        tuple(groups),
        own.sitemaps,
        _global_records(policy, own, addresses),
        comments=(*own.comments, *_HEAD, *(_RESERVATION if _reserves(zones) else ())),
    )


def _reserves(zones: Iterable[Zone]) -> bool:
    return any(denies(zone.preferences.ai_training) for zone in zones)


def _rules(zones: Sequence[Zone], denied: Sequence[bool], own: _Rules, caution: Caution) -> _Rules:
    """The rules of one crawler; ``denied`` says for each zone, the rest of the site first, whether it is."""
    if not any(denied):
        return _sorted((*own, *_allow_root(own)))
    ours = _rules_by_path(zones[1:], denied[1:], own, caution)
    if denied[0] and not any(rule.allow for rule in ours):
        return _sorted((*_OPEN_FILES, _EVERYWHERE))
    whole = (_EVERYWHERE,) if denied[0] else ()
    refused = [rule.pattern for rule in (*ours, *whole) if not rule.allow]
    kept = [rule for rule in own if not rule.allow or not any(rule.pattern.may_meet(no) for no in refused)]
    return _sorted((*_OPEN_FILES, *ours, *kept, *_crossings(ours, kept), *(whole or _allow_root((*ours, *kept)))))


def _rules_by_path(zones: Sequence[Zone], denied: Sequence[bool], own: _Rules, caution: Caution) -> list[Rule]:
    """A rule for each exception by path, but those that would open what the owner's own rules close altogether."""
    rules = [
        Rule(not no, zone.pattern, 0, Cause(Source.STANCE, below=zone.pattern))
        for zone, no in zip(zones, denied, strict=True)
        if zone.pattern is not None
    ]
    return [rule for rule in rules if not rule.allow or not (caution or _closed_by_owner(rule.pattern, own))]


def _allow_root(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """``Allow: /``, so that no group is without a rule; not where it would win a tie against a refusal of all."""
    closed = any(not rule.allow and rule.pattern.octets <= 1 for rule in rules)
    return () if closed else (Rule(True, _ROOT, 0, Cause(Source.NOTHING_DENIED)),)


def _closed_by_owner(pattern: PathPattern, own: Iterable[Rule]) -> bool:
    """Whether the owner's own rules close all of a zone that the policy leaves open."""
    covering = [rule for rule in own if rule.pattern.covers(pattern)]
    longest = max((rule.pattern.octets for rule in covering), default=0)
    return any(not rule.allow for rule in covering) and not any(
        rule.allow for rule in covering if rule.pattern.octets == longest
    )


def _crossings(ours: Iterable[Rule], own: Sequence[Rule]) -> Iterable[Rule]:
    """The owner's wildcard refusals once more below each path that we open, which would outweigh the shorter ones."""
    opened = [rule.pattern.text for rule in ours if rule.allow and rule.pattern.literal]
    wild = [rule for rule in own if not rule.allow and rule.pattern.text.startswith("/*")]
    return (
        Rule(False, PathPattern(path + rule.pattern.text[1:]), rule.line, rule.cause)
        for path in opened
        for rule in wild
    )


def _sorted(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Longest first, allow before disallow, each once, whatever line they came from; what we say ourselves is ours."""
    distinct: dict[tuple[PathPattern, bool], Rule] = {}
    for rule in sorted(rules, key=lambda rule: rule.cause is not None):
        cause = rule.cause or Cause(Source.OWN, rule.line)
        distinct[rule.pattern, rule.allow] = Rule(rule.allow, rule.pattern, 0, cause)
    return tuple(sorted(distinct.values(), key=lambda rule: (-rule.pattern.octets, not rule.allow, rule.pattern.text)))


def _named(rules: Mapping[str, tuple[Rule, ...]], for_all: tuple[Rule, ...], insisted: Container[str]) -> list[str]:
    """The tokens that need a group: those insisted on, those that differ from ``*``, and those that contain one that is
    named and differs from them."""
    named: dict[str, str] = {}
    for token in sorted(rules, key=lambda token: (len(token), fold_token(token))):
        key = fold_token(token)
        inside = (named[other] for other in named if other in key)
        if key in insisted or rules[token] != for_all or any(rules[other] != rules[token] for other in inside):
            named[key] = token
    return list(named.values())


def _grouped(rules: Mapping[str, tuple[Rule, ...]], own: _Own) -> Iterable[tuple[tuple[str, ...], tuple[Rule, ...]]]:
    """Tokens with the same rules and records together; a group comes after those whose tokens contain its own."""
    depths: dict[str, int] = {}
    for token in sorted(rules, key=len, reverse=True):
        containing = (
            depths[other] for other in depths if token.lower() in other.lower() and rules[other] != rules[token]
        )
        depths[token] = max(containing, default=-1) + 1
    groups: dict[tuple[int, tuple[Rule, ...], tuple[Record, ...]], list[str]] = {}
    for token in sorted(rules, key=str.lower):
        groups.setdefault((depths[token], rules[token], own.records(token)), []).append(token)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], len(item[0][1]), item[1][0].lower()))
    return [(tuple(tokens), group_rules) for (_, group_rules, _), tokens in ordered]


def _records(policy: SitePolicy, own: _Own, token: str, rules: Sequence[Rule]) -> tuple[Record, ...]:
    """The same ``Content-*`` lines in every group, and what the owner's file adds, unless we speak of it ourselves."""
    ours = tuple(_content_lines(policy))
    spoken = {record.key.lower() for record in ours}
    kept = () if set(rules) == {*_OPEN_FILES, _EVERYWHERE} else own.records(token)
    return ours + tuple(record for record in kept if record.key.lower() not in spoken)


def _content_lines(policy: SitePolicy) -> Iterable[Record]:
    """Content Signals first, then AIPREF's rule (attach-05 §3), the narrower paths before the whole site."""
    for key, spell, spelling in (
        ("Content-Signal", content_signal, CONTENT_SIGNAL),
        ("Content-Usage", content_usage, CONTENT_USAGE),
    ):
        everywhere = spell(policy.everywhere.preferences)
        for zone in (*policy.zones, policy.everywhere):
            value = spell(zone.preferences)
            if value and (zone.pattern is None or value != everywhere):
                told = Cause(Source.STATEMENT, below=zone.pattern, purposes=spoken_of(spelling, zone.preferences))
                yield Record(key, f"{zone.pattern.text} {value}" if zone.pattern else value, 0, told)


def _global_records(policy: SitePolicy, own: RobotsTxt, addresses: Addresses) -> tuple[Record, ...]:
    """RSL's pointer, which speaks to everyone only before the first group (RSL §4.4); then the owner's own."""
    zones = [zone for zone in (policy.everywhere, *policy.zones) if license_required(zone.preferences)]
    kept = tuple(_own_record(record) for record in own.records if _SAFE_KEY.fullmatch(record.key))
    if not zones:
        return kept
    told = Cause(Source.STATEMENT, below=zones[0].pattern, purposes=licensed_purposes(zones[0].preferences))
    return (
        Record("License", addresses.license, 0, told),
        *(record for record in kept if record.key.lower() != "license"),
    )


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A line of the file, without its end, and what it was written for."""

    text: str = ""
    group: Group | None = None
    token: str = ""
    """Of a user-agent line."""
    cause: Cause | None = None
    """``None`` for a blank line, and for a user-agent line, which is there for its group."""


def write_robots(robots: RobotsTxt) -> str:
    """The file: LF, no BOM, no blank line within a group, a blank line between groups, sitemaps last."""
    return "".join(f"{line.text}\n" for line in written_lines(robots))


def written_lines(robots: RobotsTxt) -> Iterable[WrittenLine]:
    """The same line by line, each with its cause."""
    blocks = [[_line(f"{record.key}: {record.value}", cause=record.cause) for record in robots.records]]
    blocks.append([_comment_line(comment) for comment in robots.comments])
    blocks += [_group_lines(group) for group in robots.groups]
    blocks.append([_line(f"Sitemap: {sitemap}", cause=Cause(Source.OWN)) for sitemap in robots.sitemaps])
    for index, block in enumerate(block for block in blocks if block):
        yield from (WrittenLine(),) if index else ()
        yield from block


def _line(text: str, group: Group | None = None, token: str = "", cause: Cause | None = None) -> WrittenLine:
    """A line without what some reader takes for the end of one."""
    if not text.isprintable():
        text = "".join(character for character in text if character.isprintable())
    return WrittenLine(text, group, token, cause)


def _comment_line(comment: str) -> WrittenLine:
    ours = comment in _HEAD or comment in _RESERVATION
    return _line(f"# {comment}".rstrip(), cause=Cause(Source.NOTE if ours else Source.OWN))


def _group_lines(group: Group) -> list[WrittenLine]:
    lines = [_line(f"User-agent: {token}", group, token) for token in group.tokens]
    lines += [_line(f"{record.key}: {record.value}", group, cause=record.cause) for record in group.records]
    for rule in group.rules:
        text = f"{'Allow' if rule.allow else 'Disallow'}: {_written(rule.pattern)}"
        lines.append(_line(text, group, cause=rule.cause))
    return lines


def _own_record(record: Record) -> Record:
    return Record(record.key, record.value, 0, Cause(Source.OWN, record.line))


def _written(pattern: PathPattern) -> str:
    """A pattern in a line of robots.txt, where ``#`` would begin a comment."""
    return pattern.text.replace("#", "%23")
