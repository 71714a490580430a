"""Regular expressions of other lists -> product tokens, where that says the same.

Rules: a pattern counts as tokens if it is nothing but a few literals: plain characters, escaped marks, classes that
list their characters, groups and alternatives of these. The ``/`` that sets a version off may end it (RFC 9110
§10.1.5), as a token stands for every version. All else (anchors, wildcards, repetition, what may not follow) is no
token, and nothing is guessed.
"""

from dataclasses import dataclass

__all__ = ["literals_of", "tokens_of"]

_MOST = 16
"""Literals that a pattern may stand for."""
_LONGEST = 100
_SPECIAL = frozenset("^$.*+?{}[]()|\\")


class _NotLiteral(Exception):
    """The pattern says more than literals can."""


def tokens_of(pattern: str) -> tuple[str, ...] | None:
    """The product tokens that a pattern stands for, letter case aside; ``None`` if it says anything else."""
    literals = literals_of(pattern)
    if literals is None:
        return None
    tokens: dict[str, str] = {}
    for literal in literals:
        token = literal.removesuffix("/")
        tokens.setdefault(token.lower(), token)
    return tuple(tokens.values())


def literals_of(pattern: str) -> tuple[str, ...] | None:
    """Every text that a pattern matches, in its order, if these are few; else ``None``."""
    try:
        reading = _Reading(pattern)
        literals = reading.alternatives()
        if reading.rest or not all(literals):
            return None
    except _NotLiteral:
        return None
    return tuple(dict.fromkeys(literals))


@dataclass
class _Reading:
    """A pattern, read from its left; ``rest`` is what is still to come."""

    rest: str

    def __post_init__(self) -> None:
        if len(self.rest) > _LONGEST:
            raise _NotLiteral

    def alternatives(self) -> list[str]:
        """Texts up to the end, or to a bracket that closes a group."""
        found = self._sequence()
        while self.rest.startswith("|"):
            self.rest = self.rest[1:]
            found += self._sequence()
        return _few(found)

    def _sequence(self) -> list[str]:
        texts = [""]
        while self.rest and self.rest[0] not in "|)":
            choices = self._part()
            texts = _few([text + choice for text in texts for choice in choices])
        return texts

    def _part(self) -> list[str]:
        char, self.rest = self.rest[0], self.rest[1:]
        if char == "\\":
            return [self._escaped()]
        if char == "[":
            return self._choice()
        if char == "(":
            return self._group()
        if char in _SPECIAL:
            raise _NotLiteral
        return [char]

    def _escaped(self) -> str:
        """A mark that is meant as it stands; an escaped letter or digit is a class or a reference."""
        char, self.rest = self.rest[:1], self.rest[1:]
        if not char or char.isalnum() or not char.isascii():
            raise _NotLiteral
        return char

    def _choice(self) -> list[str]:
        """Characters of which one stands there; no ranges, no negation."""
        inside, closed, self.rest = self.rest.partition("]")
        if not (closed and inside.isascii() and inside.isalnum()):
            raise _NotLiteral
        return list(inside)

    def _group(self) -> list[str]:
        if self.rest.startswith("?"):
            raise _NotLiteral
        found = self.alternatives()
        if not self.rest.startswith(")"):
            raise _NotLiteral
        self.rest = self.rest[1:]
        return found


def _few(texts: list[str]) -> list[str]:
    if len(texts) > _MOST:
        raise _NotLiteral
    return texts
