"""The control API through its door: a gate on a real store, two tenants, and a client for each credential."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from asgi.door import Store
from gatepost import Actor, ActorKind, Gate, Scope, Settings, read_wish
from gatepost.asgi.credentials import Credentials, Limits
from gatepost.asgi.owner_app import OwnerApp
from gatepost.sources import load_signatures

SECRET = "0123456789abcdef" * 2
OPEN = Limits((1e9, 1e9), (1e9, 1e9))
"""No limits, where they are not what is tested."""
PLATFORM = Actor(ActorKind.PLATFORM, "dashboard")
BASE = "/_gatepost/api/v1"


def settings_with(**given: object) -> Settings:
    """Settings as people write them."""
    return Settings.model_validate(given)


@dataclass
class Client:
    """A program with a credential; what it is answered has to be as every answer is."""

    http: httpx.AsyncClient
    credential: str = ""
    etags: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.credential}"} if self.credential else {}
        headers |= more.pop("headers", {})
        response = await self.http.request(method, BASE + path, headers=headers, **more)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert len(response.headers["x-request-id"]) == 16
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json"
            if method != "HEAD":
                problem = response.json()
                assert problem["status"] == response.status_code
                assert problem["type"] == f"urn:gatepost:problem:{problem['id']}"
                assert problem["title"]
                assert problem["remedy"]
                assert problem["instance"] == response.headers["x-request-id"]
        return response

    async def get(self, path: str, status: int = 200, **more: Any) -> Any:
        return told(await self.ask("GET", path, **more), status)

    async def send(
        self, method: str, path: str, body: object = None, status: int = 200, match: str | None = "*", **more: Any
    ) -> Any:
        headers = ({"if-match": match} if match else {}) | more.pop("headers", {})
        more |= {} if body is None else {"json": body}
        return told(await self.ask(method, path, headers=headers, **more), status)


def told(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def door(gate: Gate, limits: Limits = OPEN, authenticate: Any = None) -> httpx.AsyncClient:
    """A client of the app as it is mounted below the prefix."""
    app = OwnerApp(gate, Credentials(gate, authenticate, limits))
    transport = httpx.ASGITransport(app, root_path="/_gatepost", raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://api.example")


@pytest.fixture(scope="session")
def signatures():
    return load_signatures()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
async def gate(signatures, store) -> AsyncIterator[Gate]:
    """Two tenants: a.example (and www.a.example), which refuses training, and b.example."""
    gate = Gate(settings_with(secret=SECRET), signatures, store)
    await gate.owners.add_site(["a.example", "www.a.example"], PLATFORM, "site-a")
    await gate.owners.add_site(["b.example"], PLATFORM, "site-b", region="eu", plan="free")
    await gate.owners.change_preferences("a.example", [read_wish("ai-training=block", signatures)], PLATFORM)
    yield gate
    await asyncio.sleep(0)
    await gate.close()


@pytest.fixture
async def http(gate):
    async with door(gate) as http:
        yield http


@pytest.fixture
def client(gate, http):
    """Make a client with a new token: ``await client("sites:read", sites=["site-a"])``."""

    async def make(
        *scopes: str, sites: list[str] | None = None, kind: str = "platform", name: str = "x", life: int | None = None
    ):
        scope = [Scope(one) for one in scopes] or list(Scope)
        hours = timedelta(hours=life) if life is not None else None
        token, _ = await gate.access.add_token(Actor(ActorKind(kind), name), scope, sites, hours)
        return Client(http, token)

    return make


@pytest.fixture
async def platform(client):
    """Who may do everything."""
    return await client()


@pytest.fixture
async def owner(gate, http):
    """The owner of site-a, who came by a link; the cookie as a page of ours sends it."""
    session, _ = await gate.access.enter(gate.access.owner_link("site-a", "ada"))
    return Owner(http, session)


class Owner(Client):
    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        more["headers"] = {
            "cookie": f"__Host-gatepost={self.credential}",
            "sec-fetch-site": "same-origin",
            **more.get("headers", {}),
        }
        session, self.credential = self.credential, ""
        try:
            return await super().ask(method, path, **more)
        finally:
            self.credential = session
