"""What owners and operators use, as one ASGI app: the pages, below wherever it is mounted.

Rules: it knows its own place from ``root_path`` alone, so that every address it gives is right below any prefix; it is
not judged as a request to a site.
"""

from starlette.applications import Starlette

from gatepost.asgi.credentials import Authenticate, Credentials, Limits
from gatepost.asgi.pages.routes import page_routes
from gatepost.asgi.types import ASGIApp, Receive, Scope, Send
from gatepost.wiring import Gate

__all__ = ["PLACES", "OwnerApp", "above", "owner_app"]

PLACES = ("sites", "console", "enter", "leave", "static")
"""What its paths begin with."""


class OwnerApp:
    """The app."""

    def __init__(self, gate: Gate, credentials: Credentials) -> None:
        self._pages = Starlette(routes=page_routes(gate, credentials))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer over HTTP, and refuse the handshake of a WebSocket."""
        if scope["type"] == "http":
            await self._pages(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "nothing here speaks WebSocket"})


def owner_app(gate: Gate, authenticate: Authenticate | None = None, limits: Limits | None = None) -> OwnerApp:
    """The app on a gate; ``authenticate`` is the platform's own, in place of tokens and links."""
    return OwnerApp(gate, Credentials(gate, authenticate, limits))


def above(place: str, app: ASGIApp) -> ASGIApp:
    """An app that is mounted at one of its places, as if it were mounted above it."""

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": scope.get("root_path", "").removesuffix(place)}, receive, send)

    return moved
