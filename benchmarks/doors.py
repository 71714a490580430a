"""What is measured: two apps, and what stands in front of them: nothing, a no-op, Gatepost, and its peers.

A peer that is not installed is reported and not missed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from gatepost import CrawlerAccessMiddleware, Gate

__all__ = ["BARE", "GATEPOST", "NO_OP", "PEERS", "App", "Peer", "doors_of_ours", "raw_app", "release", "starlette_app"]

App = Callable[[Any, Any, Any], Awaitable[None]]

BARE, NO_OP, GATEPOST = "bare app", "no-op", "Gatepost"

_FIELDS = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"4"), (b"vary", b"cookie")]


async def raw_app(scope: Any, receive: Any, send: Any) -> None:
    """The least that an app can do; robots.txt is none of its business."""
    status = 404 if scope["path"] == "/robots.txt" else 200
    await send({"type": "http.response.start", "status": status, "headers": [*_FIELDS]})
    await send({"type": "http.response.body", "body": b"page"})


def starlette_app(robots: bytes = b"") -> App:
    """The same in Starlette; with ``robots`` it serves a robots.txt of its own."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, PlainTextResponse
    from starlette.routing import Route

    async def page(request: Any) -> HTMLResponse:
        return HTMLResponse("page")

    async def robots_txt(request: Any) -> PlainTextResponse:
        return PlainTextResponse(robots)

    return Starlette(routes=[Route("/", page), *([Route("/robots.txt", robots_txt)] if robots else [])])


class _NoOp:
    """The unit: the least that a middleware written with ``async def`` costs."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def doors_of_ours(app: App, gate: Gate) -> dict[str, App]:
    """An app with nothing, with the unit and with Gatepost in front of it."""
    return {BARE: app, NO_OP: _NoOp(app), GATEPOST: CrawlerAccessMiddleware(app, gate=gate)}


@dataclass(frozen=True)
class Peer:
    """Another library's middleware."""

    name: str
    package: str
    make: Callable[[App], App]
    slow: bool = False
    """Asked in one round of ten only, so that a run stays short."""


def _is_crawler(app: App) -> App:
    from is_crawler.contrib import ASGICrawlerMiddleware

    return ASGICrawlerMiddleware(app, block=True)


def _is_crawler_tags(app: App) -> App:
    from is_crawler.contrib import ASGICrawlerMiddleware

    return ASGICrawlerMiddleware(app, block_tags=("ai-crawler", "ai-fetcher"))


def _asgi_user_agents(app: App) -> App:
    from asgi_user_agents import UAMiddleware

    async def asking(scope: Any, receive: Any, send: Any) -> None:
        scope["is_bot"] = scope["ua"].is_bot
        await app(scope, receive, send)

    return UAMiddleware(asking)


def _ai_visibility(app: App) -> App:
    from ai_visibility.middleware.fastapi import AIVisibilityMiddleware

    made: App = AIVisibilityMiddleware(app)
    return made


PEERS = (
    Peer("is-crawler, block", "is-crawler", _is_crawler),
    Peer("is-crawler, block AI tags", "is-crawler", _is_crawler_tags),
    Peer("asgi-user-agents, is_bot", "asgi-user-agents", _asgi_user_agents, slow=True),
    Peer("ai-visibility", "ai-visibility", _ai_visibility, slow=True),
)


def release(package: str) -> str | None:
    """The installed version of a package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
