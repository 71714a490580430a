"""What the tests of the doors share: a raw ASGI client, an app to stand behind, and a store that obeys."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

import httpx

from gatepost import Actor, ActorKind, Gate, Settings, SignatureSet, read_wish
from gatepost.core.access import Grant
from gatepost.errors import StoreUnavailable
from gatepost.service.owners import confirmed
from gatepost.storage import open_store

BROWSER = b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
GPTBOT = b"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.4; +https://openai.com/gptbot"
GOOGLEBOT = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
OWNER = Actor(ActorKind.OWNER, "ada")


@dataclass
class Reply:
    """What an app sent."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.messages[0]["headers"] if key == name]

    def __getitem__(self, name: bytes) -> Any:
        return b", ".join(self.values(name)) or None


async def ask(
    app: Any,
    target: str = "/",
    *,
    host: bytes | None = b"garden.example",
    agent: bytes | None = GPTBOT,
    fields: Iterable[tuple[bytes, bytes]] = (),
    body: bytes = b"",
    **scope: Any,
) -> Reply:
    """One request as a server hands it over; what is given in ``scope`` replaces what it would say."""
    path, _, query = target.partition("?")
    headers = [(name, value) for name, value in ((b"host", host), (b"user-agent", agent)) if value is not None]
    reply, answered = Reply(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not incoming:
            await answered.wait()  # the client says no more, and leaves when it has its answer
            return {"type": f"{whole['type']}.disconnect"}
        return incoming.pop()

    async def send(message: dict[str, Any]) -> None:
        reply.messages.append(dict(message))
        if message["type"].endswith((".body", ".close")) and not message.get("more_body"):
            answered.set()

    whole: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path, errors="surrogateescape"),
        "raw_path": path.encode("latin-1", "replace"),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [*headers, *fields],
        "client": ("203.0.113.7", 40_000),
        "server": ("127.0.0.1", 80),
    } | scope
    if whole["type"] == "websocket":
        del whole["method"]
    incoming = [
        {"type": "websocket.connect"} if whole["type"] == "websocket" else {"type": "http.request", "body": body}
    ]
    await app(whole, receive, send)
    return reply


class App:
    """The app behind: one answer for everything but robots.txt, and a memory of what it was asked."""

    def __init__(
        self, status: int = 200, fields: Sequence[tuple[bytes, bytes]] = (), robots: bytes = b"", wait: float = 0
    ) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.robots_scopes: list[dict[str, Any]] = []
        self.robots = robots
        self.robots_type = b"text/plain"
        self.wait = wait
        self._start = {"type": "http.response.start", "status": status, "headers": [*fields]}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/robots.txt":
            self.robots_scopes.append(scope)
            await asyncio.sleep(self.wait)
            fields = [(b"content-type", self.robots_type)]
            await send({"type": "http.response.start", "status": 200 if self.robots else 404, "headers": fields})
            await send({"type": "http.response.body", "body": self.robots})
            return
        self.scopes.append(scope)
        await send(self._start)
        await send({"type": "http.response.body", "body": b"page"})

    @property
    def decision(self) -> Any:
        """What it was told about the last request."""
        return self.scopes[-1]["state"]["crawler_access"]


class Store:
    """A store that counts what it is asked, and is down or slow when it is told to be."""

    def __init__(self, url: str = "sqlite://") -> None:
        self.asked: Counter[str] = Counter()
        self.down = False
        self.wait = 0.0
        self._inner = open_store(url)

    def __getattr__(self, name: str) -> Any:
        async def answer(*given: Any, **named: Any) -> Any:
            self.asked[name] += 1
            found = await getattr(self._inner, name)(*given, **named)
            await asyncio.sleep(self.wait)
            if self.down and name != "close":
                raise StoreUnavailable("the store is down", id="store.down", remedy="Wait.")
            return found

        return answer


def gate_on(signatures: SignatureSet, store: Any) -> Gate:
    return Gate(Settings(), signatures, store)


def browser_of(gate: Gate, grant: Grant, host: str = "garden.example", language: str = "en") -> httpx.AsyncClient:
    """A browser on the pages of an app that lets its user in with a grant."""

    async def let_in(scope: Any) -> Grant:
        return grant

    transport = httpx.ASGITransport(gate.owner_app(let_in), root_path="/_gatepost")
    fields = {"accept-language": language, "sec-fetch-site": "same-origin"}
    hooks = {"response": [bears_the_fields_of_a_page]}
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=fields, event_hooks=hooks)


async def bears_the_fields_of_a_page(response: httpx.Response) -> None:
    """Nothing that a page answers is kept by a cache, framed by a stranger, or taken for what it is not."""
    if "/static/" in response.url.path:
        return
    policy = dict(one.strip().partition(" ")[::2] for one in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    told = ("x-content-type-options", "cache-control", "referrer-policy", "cross-origin-opener-policy")
    assert [response.headers[name] for name in told] == ["nosniff", "no-store", "no-referrer", "same-origin"]
    assert len(response.headers["x-request-id"]) == 16


async def wish(gate: Gate, host: str, *wishes: str) -> None:
    """The owner says so, and this worker has heard of it."""
    if await gate.store.site_by_host(host) is None:
        await gate.owners.add_site([host], OWNER)
    read = [read_wish(text, gate.signatures) for text in wishes]
    await confirmed(partial(gate.owners.change_preferences, host, read, OWNER))
    await gate.snapshots.refresh()
