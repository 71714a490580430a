"""What a robots.txt says: groups, rules, other records (RFC 9309 §2.2), and the groups that speak to one crawler.

Rules: the model holds what was written; comparing without regard to case and combining groups come on asking.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern
from gatepost.errors import Fault

__all__ = ["Cause", "CombinedGroup", "Group", "Record", "RobotsTxt", "Rule", "Source", "fold_token"]


class Source(StrEnum):
    """What puts a line into a file that we write."""

    OWN = "own"
    """The owner's own robots.txt."""
    STANCE = "stance"
    """What is wanted of the group's crawlers, everywhere or below the pattern that the cause names."""
    STATEMENT = "statement"
    """What is wanted for the cause's purposes, everywhere or below that pattern, told to every reader."""
    OPEN = "always-open"
    """The policy files, which a refused crawler has to read."""
    NOTHING_DENIED = "nothing-denied"
    """A group needs a rule, and nothing else is to be said."""
    NOTE = "note"
    """A comment of ours."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a line is in a file that we write."""

    source: Source
    line: int = 0
    """Of the owner's own file."""
    below: PathPattern | None = None
    """The pattern of the path exception whose stances count; ``None`` for the whole site."""
    purposes: tuple[Purpose, ...] = tuple(Purpose)
    """Those whose stances are told, where all readers are told."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An ``Allow`` or ``Disallow`` line that has a path (RFC 9309 §2.2.2)."""

    allow: bool
    pattern: PathPattern
    line: int
    cause: Cause | None = field(default=None, compare=False)
    """``None`` for a rule that was read."""

    @property
    def precedence(self) -> tuple[int, bool]:
        """A key that sorts the rule that wins first: the most octets, and of equal ones *allow* (RFC 9309 §2.2.2)."""
        return -self.pattern.octets, not self.allow


@dataclass(frozen=True, slots=True)
class Record:
    """Any other line of key and value (RFC 9309 §2.2.4), as it was written."""

    key: str
    value: str
    line: int
    cause: Cause | None = field(default=None, compare=False)
    """``None`` for a record that was read."""


@dataclass(frozen=True, slots=True)
class Group:
    """User-agent lines and what follows them (RFC 9309 §2.2.1).

    ``rules`` is empty where the group had none, and where it had only rules without a path.
    """

    tokens: tuple[str, ...]
    rules: tuple[Rule, ...]
    records: tuple[Record, ...]
    line: int


@dataclass(frozen=True)
class CombinedGroup:
    """All groups that name one crawler; their rules are one set (RFC 9309 §2.2.1)."""

    token: str
    groups: tuple[Group, ...]

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all groups; the first that matches a path decides."""
        return tuple(sorted((rule for group in self.groups for rule in group.rules), key=lambda rule: rule.precedence))


@dataclass(frozen=True)
class RobotsTxt:
    """A robots.txt as read: what it says, and in ``notes`` all that is odd about how it says it."""

    groups: tuple[Group, ...] = ()
    sitemaps: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    """Records that stand before any group, or that speak of the whole site."""
    notes: tuple[Fault, ...] = ()
    """In the order of the file."""
    comments: tuple[str, ...] = ()
    """The comment lines before the first record, without their marks."""

    @cached_property
    def combined(self) -> Mapping[str, CombinedGroup]:
        """By folded token, ``*`` among them, the groups that name it."""
        named: dict[str, tuple[str, list[Group]]] = {}
        for group in self.groups:
            for folded, token in {fold_token(token): token for token in reversed(group.tokens)}.items():
                named.setdefault(folded, (token, []))[1].append(group)
        return {folded: CombinedGroup(token, tuple(groups)) for folded, (token, groups) in named.items()}


def fold_token(token: str) -> str:
    """A product token as it is compared: without regard to case (RFC 9309 §2.2.1)."""
    return token.lower()
