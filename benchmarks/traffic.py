"""Requests as a server hands them over: user agents made up by a fixed seed, and scopes with 15 fields of Chrome.

Rules: the same in every run; every octet string of a scope is an object of its own, made anew for each request, because
a server makes them anew too, and what is remembered about an object (its hash, its identity) would flatter a cache.
"""

import random
from bisect import bisect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, islice, product
from typing import Any

__all__ = ["Request", "browsers", "fresh_scope", "receiver", "unknown_crawlers", "zipf"]

_SYSTEMS = (
    "Windows NT 10.0; Win64; x64",
    "Windows NT 6.1; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "Macintosh; Intel Mac OS X 14_4_1",
    "X11; Linux x86_64",
    "X11; CrOS x86_64 14541.0.0",
)
_MODELS = ("K", "Pixel 8 Pro", "SM-S921B", "SM-A546E", "SM-G991U1", "moto g(60)", "CPH2483", "2201117TG", "V2250")
_PHONES = tuple(f"Linux; Android {version}; {model}" for version, model in product(range(9, 16), _MODELS))
_CHROME = (
    "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{major}.0.{build}.{patch}{mobile} Safari/537.36"
)


def browsers(count: int) -> list[bytes]:
    """Distinct user agents of browsers, up to 45,000; any prefix of the list is a mixture."""
    return _all_browsers()[:count]


@cache
def _all_browsers() -> list[bytes]:
    found = [*_chromes(), *_firefoxes(), *_safaris()]
    random.Random(1).shuffle(found)
    return found


def _chromes() -> list[bytes]:
    made = []
    tails = ("", " Edg/{major}.0.2365.92", " OPR/{major}.0.0.0")
    for system, major, patch, tail in product((*_SYSTEMS, *_PHONES), range(100, 143), range(0, 150, 30), tails):
        mobile = " Mobile" if "Android" in system else ""
        text = _CHROME.format(system=system, major=major, build=4896 + major, patch=patch, mobile=mobile)
        made.append((text + tail.format(major=major)).encode())
    return made


def _firefoxes() -> list[bytes]:
    return [
        f"Mozilla/5.0 ({system}; rv:{major}.0) Gecko/20100101 Firefox/{major}.0".encode()
        for system, major in product((*_SYSTEMS, "Android 14; Mobile"), range(78, 146))
    ]


def _safaris() -> list[bytes]:
    return [
        f"Mozilla/5.0 ({device}; CPU {device} OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 "
        f"(KHTML, like Gecko) Version/{major}.{minor} Mobile/15E148{tail} Safari/604.1".encode()
        for device, major, minor, tail in product(
            ("iPhone", "iPad"), range(12, 19), range(8), ("", " [FBAN/FBIOS]", " GSA/305.0.0")
        )
    ]


def unknown_crawlers(count: int) -> list[bytes]:
    """User agents of crawlers that no signature knows."""
    names = map("".join, product(("Qor", "Vexi", "Zub"), ("la", "mi", "tro"), ("xbot", "nd-spider", "phCrawler")))
    agents = (f"Mozilla/5.0 (compatible; {name}/1.0; +https://{name.lower()}.example/about)" for name in names)
    return [agent.encode() for agent in islice(agents, count)]


def zipf(items: Sequence[bytes], count: int, *, exponent: float = 1.05) -> list[bytes]:
    """``count`` draws from ``items``, of which the n-th comes with a weight of ``n ** -exponent``."""
    weights = list(accumulate((rank + 1) ** -exponent for rank in range(len(items))))
    draw = random.Random(2).random
    return [items[bisect(weights, draw() * weights[-1])] for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Request:
    """What differs between requests."""

    agent: bytes
    host: bytes
    path: str = "/"
    accept: bytes = b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


_FIELDS = (
    (b"connection", b"keep-alive"),
    (b"sec-ch-ua", b'"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"'),
    (b"sec-ch-ua-mobile", b"?0"),
    (b"sec-ch-ua-platform", b'"Windows"'),
    (b"upgrade-insecure-requests", b"1"),
    (b"user-agent", b""),
    (b"accept", b""),
    (b"sec-fetch-site", b"same-origin"),
    (b"sec-fetch-mode", b"navigate"),
    (b"sec-fetch-user", b"?1"),
    (b"sec-fetch-dest", b"document"),
    (b"accept-encoding", b"gzip, deflate, br, zstd"),
    (b"accept-language", b"en-GB,en;q=0.9,de;q=0.8"),
    (b"cookie", b"session=3f1c9a0b7e; theme=dark"),
)


def fresh_scope(request: Request) -> dict[str, Any]:
    """The scope of a request, with octets and path of its own, as uvicorn fills it."""
    fields = [(b"host", request.host), *_FIELDS]
    fields[6:8] = [(b"user-agent", request.agent), (b"accept", request.accept)]
    path = request.path.encode()
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("203.0.113.7", 40_000),
        "scheme": "http",
        "root_path": "",
        "state": {},
        "method": "GET",
        "path": path.decode(),
        "raw_path": path,
        "query_string": b"",
        "headers": [(bytes(bytearray(name)), bytes(bytearray(value))) for name, value in fields],
    }


def receiver(wait: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[dict[str, Any]]]:
    """The receiving side of one request: an empty body, then ``wait`` for a client that never leaves."""
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await wait()
        sent = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive
