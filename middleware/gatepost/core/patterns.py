"""Path patterns as robots.txt writes them (RFC 9309 §2.2.2, §2.2.3), for every part that compares paths.

Rules: a pattern and a path are compared in one normal form, so that what a file says and what a door does cannot
differ; matching takes time linear in the path for each wildcard, on any input.
"""

from dataclasses import dataclass
from functools import cached_property

__all__ = ["PathPattern", "comparable_path", "normal_form"]

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NO_URI_HOLDS = frozenset(range(0x21)) | frozenset(range(0x7F, 0x100)) | frozenset(b'"<>\\^`{|}')
"""Octets that RFC 3986 §2 leaves no place for."""
_HEX = frozenset(b"0123456789abcdefABCDEF")


def normal_form(text: str) -> str:
    """A path or pattern as RFC 9309 §2.2.2 compares it.

    Octets outside ASCII, and those that no URI may hold, are percent-encoded in upper case; percent-encoded unreserved
    characters are decoded. Reserved characters stay as they were written, so ``%2F`` is never ``/`` and ``%2A`` is
    never the wildcard. A percent sign that starts no escape is kept.
    """
    octets = _octets(text)
    if b"%" not in octets and _NO_URI_HOLDS.isdisjoint(octets):
        return text
    out: list[str] = []
    position = 0
    while position < len(octets):
        octet = octets[position]
        pair = octets[position + 1 : position + 3]
        if octet == 0x25 and len(pair) == 2 and _HEX.issuperset(pair):
            value = int(pair, 16)
            out.append(chr(value) if value in _UNRESERVED else f"%{value:02X}")
            position += 3
            continue
        out.append(f"%{octet:02X}" if octet in _NO_URI_HOLDS else chr(octet))
        position += 1
    return "".join(out)


def _octets(text: str) -> bytes:
    """UTF-8; octets that came in as lone surrogates go out as they were, other surrogates as ``?``."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def comparable_path(text: str) -> str:
    """A path as patterns are compared with it: in normal form, and with ``*`` and ``$`` encoded.

    These two are operators in patterns only (RFC 9309 §2.2.3); a path's own are what ``%2A`` and ``%24`` in a pattern
    mean.
    """
    return normal_form(text).replace("*", "%2A").replace("$", "%24")


@dataclass(frozen=True)
class PathPattern:
    """A path pattern: ``*`` is any run of characters, a final ``$`` is the end of the path (RFC 9309 §2.2.3).

    ``text`` is kept in normal form, so that two spellings of one pattern are one pattern; a ``$`` before the end is no
    operator and is kept as ``%24``.
    """

    text: str

    def __post_init__(self) -> None:
        text = normal_form(self.text)
        object.__setattr__(self, "text", text[:-1].replace("$", "%24") + text[-1:])

    @property
    def octets(self) -> int:
        """The length by which rules compete: the most octets win (RFC 9309 §2.2.2)."""
        return len(self.text)

    @property
    def precedence(self) -> tuple[int, str]:
        """A key that sorts the most specific pattern first, and the rest the same way every time."""
        return -self.octets, self.text

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        body = self.text[:-1] if self.anchored else self.text
        return tuple(body.split("*"))

    @property
    def anchored(self) -> bool:
        """Whether the pattern ends where the path has to end."""
        return self.text.endswith("$")

    @property
    def literal(self) -> bool:
        """Whether the pattern is a plain prefix."""
        return "*" not in self.text and not self.anchored

    def matches(self, path: str) -> bool:
        """Whether the pattern matches from the first octet of ``path``, which is in the form of
        :func:`comparable_path`."""
        first, *rest = self._parts
        if not path.startswith(first):
            return False
        if not rest:
            return not self.anchored or len(path) == len(first)
        position = len(first)
        *middle, last = rest
        for part in middle:
            found = path.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        if self.anchored:
            return path.endswith(last) and len(path) - len(last) >= position
        return path.find(last, position) >= 0

    def covers(self, other: "PathPattern") -> bool:
        """Whether every path that ``other`` matches is certainly matched by this pattern too.

        Sound, not complete: ``False`` may mean that it could not be told. The other pattern is matched as if it were a
        path, in which its wildcard is a character that only a wildcard can meet.
        """
        if self.text == other.text:
            return True
        if self.anchored:
            return False
        body = other.text[:-1] if other.anchored else other.text
        return self.matches(body.replace("*", "\0"))

    def may_meet(self, other: "PathPattern") -> bool:
        """Whether some path might be matched by both; certain only when it says no, and then neither covers the
        other."""
        mine, theirs = self._parts[0], other._parts[0]
        return mine.startswith(theirs) or theirs.startswith(mine)
