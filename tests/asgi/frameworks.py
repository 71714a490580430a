"""The same small app in five frameworks, the middleware mounted as each one's users would, or not at all (no gate)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import quart
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from fastapi import FastAPI
from litestar import Litestar, MediaType, Request, WebSocket
from litestar import get as litestar_get
from litestar import post as litestar_post
from litestar import websocket as litestar_websocket
from litestar.response import Stream
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket as StarletteWebSocket

from gatepost import CrawlerAccessMiddleware, Gate

PIECES = [b"one ", b"two ", b"three"]


class Boom(Exception):
    """What every app raises on /boom."""


async def pieces() -> AsyncIterator[bytes]:
    for piece in PIECES:
        yield piece


# Starlette, and FastAPI, which is mounted in another way


async def page(request: StarletteRequest) -> PlainTextResponse:
    access = request.scope.get("state", {}).get("crawler_access")
    return PlainTextResponse(f"page {access.action if access else ''}")


async def echo(request: StarletteRequest) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


async def stream(request: StarletteRequest) -> StreamingResponse:
    return StreamingResponse(pieces())


async def boom(request: StarletteRequest) -> PlainTextResponse:
    raise Boom


async def chat(websocket: StarletteWebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(str(websocket.scope["state"]["crawler_access"].action))
    await websocket.close()


ROUTES = [
    Route("/", page),
    Route("/echo", echo, methods=["POST"]),
    Route("/stream", stream),
    Route("/boom", boom),
    WebSocketRoute("/chat", chat),
]


def starlette_app(gate: Gate | None, seen: list[str]) -> Any:
    middleware = [Middleware(CrawlerAccessMiddleware, gate=gate)] if gate else []
    return Starlette(routes=ROUTES, middleware=middleware, lifespan=lambda app: _lifespan(seen))


def fastapi_app(gate: Gate | None, seen: list[str]) -> Any:
    app = FastAPI(routes=ROUTES, lifespan=lambda app: _lifespan(seen))
    if gate:
        app.add_middleware(CrawlerAccessMiddleware, gate=gate)
    return app


@asynccontextmanager
async def _lifespan(seen: list[str]) -> AsyncIterator[None]:
    seen.append("startup")
    yield
    seen.append("shutdown")


# Django


async def django_page(request: Any) -> HttpResponse:
    access = request.scope.get("state", {}).get("crawler_access")
    return HttpResponse(f"page {access.action if access else ''}")


async def django_echo(request: Any) -> HttpResponse:
    return HttpResponse(request.body)


async def django_stream(request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(pieces())


async def django_boom(request: Any) -> HttpResponse:
    raise Boom


urlpatterns = [
    path("", django_page),
    path("echo", django_echo),
    path("stream", django_stream),
    path("boom", django_boom),
]


def django_app(gate: Gate | None, seen: list[str]) -> Any:
    if not settings.configured:
        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", USE_TZ=True, LOGGING_CONFIG=None)
    app = get_asgi_application()
    return CrawlerAccessMiddleware(app, gate=gate) if gate else app


# Litestar


@litestar_get("/", media_type=MediaType.TEXT)
async def litestar_page(request: Request) -> str:
    access = request.scope.get("state", {}).get("crawler_access")
    return f"page {access.action if access else ''}"


@litestar_post("/echo", media_type=MediaType.TEXT, status_code=200)
async def litestar_echo(request: Request) -> bytes:
    return await request.body()


@litestar_get("/stream")
async def litestar_stream() -> Stream:
    return Stream(pieces())


@litestar_get("/boom")
async def litestar_boom() -> None:
    raise Boom


@litestar_websocket("/chat")
async def litestar_chat(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(str(socket.scope["state"]["crawler_access"].action))
    await socket.close()


def litestar_app(gate: Gate | None, seen: list[str]) -> Any:
    app: Any = Litestar(
        [litestar_page, litestar_echo, litestar_stream, litestar_boom, litestar_chat],
        on_startup=[lambda: seen.append("startup")],
        on_shutdown=[lambda: seen.append("shutdown")],
        logging_config=None,
    )
    return CrawlerAccessMiddleware(app, gate=gate) if gate else app


# Quart


def quart_app(gate: Gate | None, seen: list[str]) -> Any:
    app: Any = quart.Quart(__name__)
    app.before_serving(lambda: seen.append("startup"))
    app.after_serving(lambda: seen.append("shutdown"))
    for rule, view, methods in (("/", quart_page, ["GET"]), ("/echo", quart_echo, ["POST"])):
        app.add_url_rule(rule, view.__name__, view, methods=methods)
    app.add_url_rule("/stream", "stream", lambda: pieces())
    app.add_url_rule("/boom", "boom", quart_boom)
    app.add_websocket("/chat", "chat", quart_chat)
    if gate:
        app.asgi_app = CrawlerAccessMiddleware(app.asgi_app, gate=gate)
    return app


async def quart_page() -> str:
    access = quart.request.scope.get("state", {}).get("crawler_access")
    return f"page {access.action if access else ''}"


async def quart_echo() -> Any:
    return await quart.request.get_data(as_text=False)


async def quart_boom() -> str:
    raise Boom


async def quart_chat() -> None:
    await quart.websocket.send(str(quart.websocket.scope["state"]["crawler_access"].action))


BUILDERS = {
    "starlette": starlette_app,
    "fastapi": fastapi_app,
    "django": django_app,
    "litestar": litestar_app,
    "quart": quart_app,
}
WITH_WEBSOCKETS = [name for name in BUILDERS if name != "django"]
