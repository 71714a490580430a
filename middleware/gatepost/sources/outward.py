"""The world outside, asked over HTTP where others choose whom: hosts of sites, lists of operators.

Rules: a name is resolved once, every address that it has is checked, and a checked one is connected to, so that no
second answer of DNS can lead inside a network; a URL has one plain form, so that no two parsers can read it otherwise;
octets and time are bounded whatever comes.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache

from gatepost.core.addresses import is_of_the_link, is_public
from gatepost.errors import OutwardError
from gatepost.ports import Fetched

__all__ = ["HttpOutward"]

_Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""The addresses of a name, the best first; raises :class:`OSError` for a name that has none."""

_WEB_PORTS = {"http": 80, "https": 443}

_LONGEST_URL = 2_048
_ADDRESSES_TRIED = 4
_RESOLVERS = 32
"""Names that are resolved at the same time. The system's resolver takes as long as it likes and cannot be stopped, so
that it has threads of its own, and so many that a few names without an answer keep none of the others waiting."""

_url = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>/[!\"$-\[\]-~]*)?"
).fullmatch
"""What of RFC 3986 is asked: a host, a port, and a path with a query; no user name, no fragment, nothing outside ASCII,
no backslash."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads."""

    scheme: str
    host: str
    """Without brackets."""
    port: int
    target: str
    """Path and query."""

    @property
    def authority(self) -> str:
        """The host as URLs and the Host field have it, with a port that is not the scheme's own."""
        port = "" if self.port == _WEB_PORTS[self.scheme] else f":{self.port}"
        return _bracketed(self.host) + port

    @property
    def certified(self) -> str:
        """Whose certificate the server has to show; empty where it shows none."""
        return self.host if self.scheme == "https" else ""

    def at(self, address: str) -> str:
        """The same URL with an address in place of the host."""
        return f"{self.scheme}://{_bracketed(address)}:{self.port}{self.target}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


async def _resolve(host: str) -> Sequence[str]:
    """What the system's resolver says; a name below ``localhost`` is this machine (RFC 6761 §6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_resolvers(), socket.getaddrinfo, host, None, 0, socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_RESOLVERS, "gatepost-resolver")


@dataclass
class HttpOutward:
    """Keeps :class:`~gatepost.ports.Outward`. ``ports`` may be asked beside the web's own; where ``private_addresses``
    are meant, every address and port may."""

    private_addresses: bool = False
    ports: Collection[int] = ()
    resolve: _Resolve = field(default=_resolve, repr=False)

    async def fetch(
        self, url: str, *, most_octets: int, seconds: float, fields: Sequence[tuple[str, str]] = ()
    ) -> Fetched:
        """GET a URL once, as the port says."""
        with _client():
            from gatepost.sources.http import get
        async with self._led(url, seconds) as (place, urls):
            return await get(urls, [*fields, ("host", place.authority)], place.certified, most_octets)

    def check_post(self, url: str) -> None:
        """Whether anything is ever posted to a URL, as the port says."""
        if not (self._place(url).certified or self.private_addresses):
            remedy = "Use https; private_addresses = true is for tests and closed networks."
            raise OutwardError("nothing is sent over plain http", id="outward.plain", remedy=remedy)

    async def post(
        self, url: str, body: bytes, *, most_octets: int, seconds: float, fields: Sequence[tuple[str, str]] = ()
    ) -> Fetched:
        """POST a body to a URL once, as the port says."""
        with _client():
            from gatepost.sources.http import post
        self.check_post(url)
        async with self._led(url, seconds) as (place, urls):
            return await post(urls, [*fields, ("host", place.authority)], place.certified, body, most_octets)

    @asynccontextmanager
    async def _led(self, url: str, seconds: float) -> AsyncIterator[tuple[Place, Sequence[str]]]:
        """Where a URL leads, and the same URL with each checked address; what is done with it has to end in time."""
        try:
            async with asyncio.timeout(seconds):
                place = self._place(url)
                yield place, [place.at(address) for address in await self._addresses(place.host)]
        except TimeoutError as error:
            message = f"{url} has not answered in full within {seconds:g} s"
            remedy = "Look whether the server runs and can be reached; a whole answer has to come in time."
            raise OutwardError(message, id="outward.slow", remedy=remedy) from error

    def _place(self, url: str) -> Place:
        """Where a URL leads, if one like it is ever asked."""
        found = _url(url) if len(url) <= _LONGEST_URL else None
        if found is None:
            message = f"{url[:200]!r} is not asked"
            remedy = f"Use http or https, a host in ASCII, no user name, and at most {_LONGEST_URL} characters."
            raise OutwardError(message, id="outward.url", remedy=remedy)
        port = int(found["port"] or _WEB_PORTS[found["scheme"]])
        if port not in {*_WEB_PORTS.values(), *self.ports} and not (self.private_addresses and 0 < port < 65_536):
            remedy = "Use the port of the scheme, 80 or 443."
            raise OutwardError(f"port {port} is not asked", id="outward.port", remedy=remedy)
        return Place(found["scheme"], (found["literal"] or found["name"]).lower(), port, found["target"] or "/")

    async def _addresses(self, host: str) -> Sequence[str]:
        """The addresses of a host, every one of which may be asked."""
        try:
            found = await self.resolve(host)
        except (OSError, UnicodeError):
            found = ()
        if not found:
            message, remedy = f"{host} has no address", "Correct the name, or let DNS give it an address."
            raise OutwardError(message, id="outward.name", remedy=remedy)
        if not all(map(_in_closed_networks if self.private_addresses else _may_be_asked, found)):
            message = f"{host} has an address that is not public"
            remedy = "Give it public addresses alone; private_addresses = true is for tests and closed networks."
            raise OutwardError(message, id="outward.address", remedy=remedy)
        return found[:_ADDRESSES_TRIED]


@contextmanager
def _client() -> Iterator[None]:
    """Around the import of the HTTP client."""
    try:
        yield
    except ImportError as error:
        message = "asking the world outside needs httpx, which is not installed"
        raise OutwardError(message, id="outward.missing", remedy="pip install 'gatepost[server]'") from error


def _in_closed_networks(address: str) -> bool:
    """Whatever is allowed, nobody has reason to ask what a cloud tells its own machines."""
    try:
        return not is_of_the_link(address)
    except ValueError:
        return False


def _may_be_asked(address: str) -> bool:
    try:
        return is_public(address)
    except ValueError:
        return False
