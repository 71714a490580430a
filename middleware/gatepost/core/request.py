"""The one strict reading of a request: which site, which user agents, which paths, whose address.

Rules: nothing else in Gatepost reads a Host, a User-Agent, a target or an X-Forwarded-For; what two readers could
understand differently is refused with ``AmbiguousRequest``, never guessed; where origins do differ, in paths, every
reading is given; no URL parser and no IDNA codec is called; whatever is read is bounded first.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import unquote_to_bytes

from gatepost.core.patterns import comparable_path
from gatepost.errors import AmbiguousRequest

__all__ = [
    "CrawlRequest",
    "check_agents",
    "find_hosts_and_agents",
    "holds_controls",
    "path_readings",
    "peer_address",
    "peer_of",
    "read_hosts_and_agents",
    "read_request",
    "site_key",
]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAX_READINGS = 8  # of one target; with more it is refused
_MAX_HOST = 255  # octets, as are the next three
_MAX_USER_AGENTS = 64 * 1024
_MAX_PATH = 16 * 1024
_MAX_QUERY = 64 * 1024
_MAX_SPELLINGS = 4 * _MAX_READINGS  # several spellings of a path may be one reading
_MAX_WORK = 4 * _MAX_PATH  # octets of all spellings together

_REFUSALS = {
    "request.host.missing": ("no Host field", "Send one; HTTP/1.1 and later require it."),
    "request.host.repeated": ("more than one Host field", "Send exactly one."),
    "request.host.invalid": ("the host is malformed", "Send an ASCII name or an address, and at most a port."),
    "request.user-agent.control-character": ("a control character in a user agent", "Send none but TAB."),
    "request.user-agent.too-long": ("user agents too long", "Send at most 64 KiB of User-Agent fields."),
    "request.target.authority": ("target and Host name different hosts", "Send the path alone as the target."),
    "request.target.query": ("two different queries", "Hand over the path without its query, or with the same one."),
    "request.path.control-character": ("a space or control character in the path", "Percent-encode it."),
    "request.path.too-long": ("path too long", "Send a path of at most 16 KiB."),
    "request.query.too-long": ("query too long", "Send a query of at most 64 KiB."),
    "request.query.control-character": ("a space or control character in the query", "Percent-encode it."),
    "request.path.readings": ("too many ways to read the path", "Send no dot segments, //, \\, ; or nested %25."),
}
"""What is refused: id -> what is wrong, what to do about it."""


@dataclass(frozen=True, slots=True)
class CrawlRequest:
    """All that decisions need of a request."""

    site: str | None
    """The site's key; ``None`` when no host is named and none has to be (HTTP/1.0 and before)."""
    user_agents: tuple[bytes, ...]
    """The value of every User-Agent field, in order."""
    paths: tuple[str, ...]
    """Every reading of path and query, ready for ``PathPattern.matches``; as sent comes first (RFC 9309 §2.2.2)."""
    peer: str | None
    """The client's address; ``None`` when unknown."""


def read_request(
    headers: Iterable[tuple[bytes, bytes]],
    raw_path: bytes,
    query: bytes,
    client: str | None,
    *,
    http_version: str = "1.1",
    trusted: Sequence[Network] = (),
) -> CrawlRequest:
    """The request as every door has to understand it; without Host only before HTTP/1.1 (RFC 9112 §3.2).

    ``raw_path`` and ``query`` are as sent, percent-encoded; ``client`` is the socket's peer; ``trusted`` are the
    networks of our own proxies.
    """
    fields = list(headers)
    host, agents = read_hosts_and_agents(fields)
    if host is None and http_version not in {"0.9", "1.0"}:
        raise _refusal("request.host.missing")
    site = None if host is None else site_key(host)
    if not raw_path.startswith(b"/"):
        raw_path = _origin_form(raw_path, site)
    return CrawlRequest(site, agents, path_readings(raw_path, query), peer_of(client, fields, trusted))


def read_hosts_and_agents(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes | None, tuple[bytes, ...]]:
    """The Host value, if any, and the value of every User-Agent field, in one pass.

    Two Host fields are refused even if they agree (RFC 9112 §3.2), and so is what :func:`check_agents` refuses.
    """
    host, agents = find_hosts_and_agents(headers)
    check_agents(agents)
    return host, tuple(agents)


def find_hosts_and_agents(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes | None, list[bytes]]:
    """The same with user agents as they are, for who knows already that he may read them: :func:`check_agents`.

    Field names are compared without regard to case (RFC 9110 §5.1), and ``_`` is never ``-``. Every field of every
    request goes through here: lengths first, which is fastest.
    """
    host: bytes | None = None
    agents: list[bytes] = []
    for name, value in headers:
        length = len(name)
        if length == 10:
            if name == b"user-agent" or name.lower() == b"user-agent":
                agents.append(value)
        elif length == 4 and (name == b"host" or name.lower() == b"host"):
            if host is not None:
                raise _refusal("request.host.repeated")
            host = value
    return host, agents


def check_agents(agents: Iterable[bytes]) -> None:
    """Refuse user agents that are too long together, or hold control characters.

    A field counts 32 octets more than its value (as in RFC 9113 §6.5.2), so that very many empty ones are too long
    as well.
    """
    room = _MAX_USER_AGENTS
    for agent in agents:
        room -= len(agent) + 32
        if room < 0:
            raise _refusal("request.user-agent.too-long")
        if holds_controls(agent):
            raise _refusal("request.user-agent.control-character")


def holds_controls(value: bytes) -> bool:
    """Whether a field value holds what none may hold (RFC 9110 §5.5)."""
    return value.translate(None, _CONTROLS) != value


BEFORE_HOST = frozenset({"0.9", "1.0", "1"})
"""Versions of HTTP in which a request may name no host; one server calls 1.0 just 1."""

_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09})
"""What no field value may hold (RFC 9110 §5.5)."""

_LABEL = rb"[A-Za-z0-9_-]{1,63}"
_is_plain_name = re.compile(rb"(?:%b\.)*[A-Za-z_-][A-Za-z0-9_-]{0,62}" % _LABEL).fullmatch
_host_and_port = re.compile(
    rb"(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<name>(?:%b\.)*%b)\.?)(?::(?P<port>[0-9]*))?" % (_LABEL, _LABEL)
).fullmatch
_is_number = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)").fullmatch


def site_key(host: bytes) -> str:
    """The canonical key of a Host value (RFC 9110 §7.2): lower case, no port, no trailing dot.

    Stricter than RFC 3986 §3.2.2 on purpose: a name is labels of 1 to 63 letters, digits, ``-`` and ``_``, as sites
    have them in DNS; no percent-encoding, nothing outside ASCII.
    """
    if _is_plain_name(host) and len(host) <= _MAX_HOST:
        return host.lower().decode("ascii")
    found = _host_and_port(host) if len(host) <= _MAX_HOST else None
    with suppress(ValueError):
        if found and _is_port(found["port"]):
            return _canonical(found["literal"], (found["name"] or b"").lower().decode("ascii"))
    raise _refusal("request.host.invalid")


def _is_port(digits: bytes | str | None) -> bool:
    """RFC 3986 §3.2.3: a port may be absent or empty; else it has to be one of TCP."""
    return not digits or (len(digits) <= 5 and 0 < int(digits) <= 0xFFFF)


def _canonical(literal: bytes | None, name: str) -> str:
    """IPv6 as RFC 5952 writes it in any version of Python; what only some take for IPv4 (``127.1``) is refused."""
    if literal is None:
        return str(IPv4Address(name)) if _is_number(name) else name
    address = IPv6Address(literal.decode("ascii"))
    return f"[::ffff:{address.ipv4_mapped}]" if address.ipv4_mapped else f"[{address}]"


_absolute_form = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL).fullmatch


def _origin_form(raw_path: bytes, site: str | None) -> bytes:
    """The path of a target in absolute form (RFC 9112 §3.2.2), if it is on ``site``; another target as it is."""
    found = _absolute_form(raw_path)
    if found is None:
        return raw_path
    with suppress(AmbiguousRequest):
        if site_key(found[1]) == site:
            return bytes(found[2])
    raise _refusal("request.target.authority")


_is_ordinary = re.compile(rb"(?:/[\w~!&'()+,=:@-][\w~!&'()+,=:@.-]*+)++/?|[/*]").fullmatch
"""Whether no origin would change the path: no empty segment, none that starts with a dot, nothing to decode or drop."""
_unsendable = re.compile(rb"[\x00-\x20\x7f]").search


def path_readings(raw_path: bytes, query: bytes = b"") -> tuple[str, ...]:
    """Every distinct reading of a path that an origin could make, as patterns compare it; the path as sent comes first.

    Readings are what any sequence of percent-decoding, taking ``\\`` for ``/``, dropping ``;parameters``, removing dot
    segments (RFC 3986 §5.2.4) and merging slashes can make of it. A raw ``#`` is kept in some and cuts the target in
    others. The query, if there is one, is appended as it is, in normal form.
    """
    if not query and _is_ordinary(raw_path) and len(raw_path) <= _MAX_PATH:
        return (raw_path.decode("ascii"),)
    target = _target(raw_path, query)
    cuts = (target, target.partition(b"#")[0]) if b"#" in target else (target,)
    readings = tuple(dict.fromkeys(reading for cut in cuts for reading in _target_readings(cut)))
    if len(readings) > _MAX_READINGS:
        raise _refusal("request.path.readings")
    return readings


def _target(raw_path: bytes, query: bytes) -> bytes:
    """Path and query in one, within bounds; a server may leave the query on the path too if it is the same."""
    path, mark, rest = raw_path.partition(b"?")
    if mark and rest != query:
        raise _refusal("request.target.query")
    for name, part, most in (("path", path, _MAX_PATH), ("query", query, _MAX_QUERY)):
        if len(part) > most:
            raise _refusal(f"request.{name}.too-long")
        if _unsendable(part):
            raise _refusal(f"request.{name}.control-character")
    return path + b"?" + query if query else path


def _target_readings(target: bytes) -> Iterator[str]:
    path, _, query = target.partition(b"?")
    path = path if path.startswith(b"/") else b"/" + path
    spellings = [path] if _is_ordinary(path) else _spellings(path)
    tail = "?" + _settled(query) if query else ""
    return (_settled(spelling) + tail for spelling in spellings)


def _spellings(path: bytes) -> list[bytes]:
    """What ``path`` can become by any sequence of steps, itself first; every step shortens or replaces a backslash."""
    spellings = [path]
    work = len(path)
    for spelling in spellings:
        for step in _STEPS:
            after = step(spelling)
            if after not in spellings:
                spellings.append(after)
                work += len(after)
        if work > _MAX_WORK or len(spellings) > _MAX_SPELLINGS:
            raise _refusal("request.path.readings")
    return spellings


def _without_dots(path: bytes) -> bytes:
    """RFC 3986 §5.2.4, with empty segments kept."""
    if b"/." not in path:
        return path
    kept: list[bytes] = []
    segments = path.split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            del kept[-1:]
        elif segment != b".":
            kept.append(segment)
    end = b"/" if kept and segments[-1] in {b".", b".."} else b""
    return b"/" + b"/".join(kept) + end


_STEPS: tuple[Callable[[bytes], bytes], ...] = (
    unquote_to_bytes,
    lambda path: path.replace(b"\\", b"/"),
    lambda path: re.sub(rb";[^/]*+", b"", path),
    _without_dots,
    lambda path: re.sub(rb"//++", b"/", path),
)
"""What origins do to a path before they look at it."""

_has_stray_percent = re.compile(r"%(?![0-9A-Fa-f]{2})").search


def _settled(octets: bytes) -> str:
    """In normal form, with nothing left to decode: ``%4%31`` becomes ``%41`` and that in turn ``A``."""
    text = octets.decode("utf-8", "surrogateescape")
    for _ in range(_MAX_READINGS):
        before, text = text, comparable_path(text)
        if text == before or not _has_stray_percent(before):
            return text
    raise _refusal("request.path.readings")


def peer_address(
    client: str | None, forwarded_for: Sequence[bytes] = (), trusted: Sequence[Network] = ()
) -> str | None:
    """The address of who asks: the socket's peer or, behind our own proxies, the right-most that is none of ours.

    Only a trusted peer is believed, all its X-Forwarded-For fields as one list, and only up to the first address that
    is not trusted. A part that cannot be read, or no such address at all, makes the peer unknown (``None``).
    """
    text, hops = client or "", b",".join(forwarded_for).split(b",")
    while (address := _address(text)) and any(address in network for network in trusted):
        if not hops:
            return None
        text = hops.pop().strip(b" \t").decode("latin-1")
    return str(address) if address else None


def peer_of(client: str | None, fields: Iterable[tuple[bytes, bytes]], trusted: Sequence[Network] = ()) -> str | None:
    """The same, from all header fields of a request."""
    forwarded_for = [value for name, value in fields if name.lower() == b"x-forwarded-for"] if trusted else []
    return peer_address(client, forwarded_for, trusted)


_address_and_port = re.compile(
    r"(?:(?P<v4>[0-9.]+)|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]+))?|(?P<bare_v6>[0-9A-Fa-f:.]+)"
).fullmatch


def _address(text: str) -> Address | None:
    """``v4``, ``v4:port``, ``v6`` or ``[v6]:port``; no zone, hexadecimal or octal; mapped IPv4 is unmapped."""
    found = _address_and_port(text)
    if found is None or not _is_port(found["port"]):
        return None
    try:
        if found["v4"]:
            return IPv4Address(found["v4"])
        address = IPv6Address(found["v6"] or found["bare_v6"])
    except ValueError:
        return None
    return address.ipv4_mapped or address


def _refusal(id: str) -> AmbiguousRequest:
    fault, remedy = _REFUSALS[id]
    return AmbiguousRequest(f"The request is ambiguous: {fault}.", id=id, remedy=remedy)
