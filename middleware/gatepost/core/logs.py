"""Access logs as web servers write them: a line -> the request that it tells of.

    combined    Apache's and nginx's format, also with a virtual host in front and more fields behind
    JSON lines  nginx, Caddy, Traefik, Cloudflare's Logpush, and plain keys: the table is in :mod:`.log_entries`

Rules: a line is hostile input, and what cannot be read is ``None``, never an error; the user agent comes with the
octets that the client sent, whatever the server escaped; it is read alone first, because most lines are of no further
interest and its speed is the speed of the whole. Which format a log has is found out from its lines.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Protocol

from gatepost.core.log_entries import DIALECTS, Dialect, Entry, read_entry
from gatepost.core.log_times import moment_of

__all__ = ["Combined", "JsonLines", "LogFormat", "LoggedRequest", "format_of"]

_MOST_PATH = 2048
_MOST_NAME = 255


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """What a log tells of a request; a value that it does not tell is empty, or ``None``."""

    user_agent: bytes
    """As the client sent it."""
    address: str
    """Of the client; a name, where the server looked it up."""
    host: str
    """As it is logged: in any case, perhaps with a port."""
    path: str
    """With its query; at most 2,048 characters of it."""
    status: int | None
    at: datetime | None


class LogFormat(Protocol):
    """A way to write requests, one a line."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    def user_agent(self, line: bytes) -> bytes | None:
        """The user agent that a line tells of, empty where the client sent none; ``None``: the line is unreadable."""
        ...

    def request(self, line: bytes) -> LoggedRequest | None:
        """All that a line tells."""
        ...


def format_of(lines: Iterable[bytes]) -> LogFormat | None:
    """The format in which most of the lines tell a user agent; ``None`` when none is readable in any."""
    seen = list(lines)
    readable = {format: sum(1 for line in seen if format.user_agent(line)) for format in _FORMATS}
    best = max(_FORMATS, key=lambda format: readable[format])
    return best if readable[best] else None


_ESCAPED_FIELD = re.compile(rb'"((?:[^"\\]|\\.)*+)"')
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"v": b"\v", b"f": b"\f"}


@dataclass(frozen=True, slots=True)
class Combined:
    """``[HOST ]ADDRESS IDENT USER [TIME] "REQUEST" STATUS OCTETS "REFERER" "USER AGENT"``, and whatever follows."""

    name: str = "combined"

    def user_agent(self, line: bytes) -> bytes | None:
        """The user agent, unescaped."""
        pieces = _pieces(line)
        if len(pieces) < 7 or pieces[4] != b" " or not pieces[2][1:4].isdigit():
            return None
        agent = pieces[5]
        if b"\\" in agent:
            return _unescaped(agent)
        return b"" if agent == b"-" else agent

    def request(self, line: bytes) -> LoggedRequest | None:
        """All that the line tells."""
        agent = self.user_agent(line)
        if agent is None:
            return None
        who, request, outcome = _pieces(line)[:3]
        names, _, time = who.partition(b" [")
        host, address = _host_and_address(names.split())
        path = _unescaped(request).split(b" ")[1:2]
        return LoggedRequest(
            agent,
            address[:_MOST_NAME],
            host[:_MOST_NAME],
            path[0][:_MOST_PATH].decode("utf-8", "backslashreplace") if path else "",
            int(outcome[1:4]),
            moment_of(time.partition(b"]")[0].decode("latin-1")),
        )


def _pieces(line: bytes) -> list[bytes]:
    """What stands between the quotation marks: outside of them and within, in turn."""
    return _ESCAPED_FIELD.split(line) if b'\\"' in line else line.split(b'"')


def _unescaped(text: bytes) -> bytes:
    """What Apache (``\\"``, ``\\n``) and nginx (``\\x22``) escape, as it was."""
    if b"\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda found: bytes.fromhex(found[1].decode("ascii")) if found[1] else _CONTROLS.get(found[2], found[2]), text
    )


def _host_and_address(names: Sequence[bytes]) -> tuple[str, str]:
    """The virtual host, if the line begins with one, and the client.

    A user's name may hold blanks, so that their number alone does not tell.
    """
    words = [name.decode("latin-1") for name in names[:2]]
    if len(words) < 2 or (_is_address(words[0]) and not _is_address(words[1])):
        return "", words[0] if words else ""
    if _is_address(words[1]) or len(names) > 3:
        return words[0], words[1]
    return "", words[0]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class JsonLines:
    """An object a line, with the keys of one dialect."""

    dialect: Dialect

    @property
    def name(self) -> str:
        """For people."""
        return f"JSON lines ({self.dialect.name})"

    def user_agent(self, line: bytes) -> bytes | None:
        """The user agent as octets."""
        entry = read_entry(line)
        return None if entry is None else self._user_agent(entry)

    def request(self, line: bytes) -> LoggedRequest | None:
        """All that the line tells."""
        entry, of = read_entry(line), self.dialect
        agent = None if entry is None else self._user_agent(entry)
        if entry is None or agent is None:
            return None
        return LoggedRequest(
            agent,
            entry.text(of.address)[:_MOST_NAME],
            entry.text(of.host)[:_MOST_NAME],
            entry.text(of.path)[:_MOST_PATH],
            entry.number(of.status),
            moment_of(entry.text(of.time)),
        )

    def _user_agent(self, entry: Entry) -> bytes | None:
        """Empty where the line tells of a request without one; ``None`` where it tells of something else."""
        if entry.has(self.dialect.user_agent):
            return entry.octets(self.dialect.user_agent)
        return b"" if entry.has(self.dialect.status) and entry.has(self.dialect.path) else None


_FORMATS: tuple[LogFormat, ...] = (Combined(), *(JsonLines(dialect) for dialect in DIALECTS))
