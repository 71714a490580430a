"""What owners and operators use, as one ASGI app: the pages, the control API, figures and the changelog of signatures,
below wherever it is mounted.

Rules: it knows its own place from ``root_path`` alone, so that every address it gives is right below any prefix; it is
not judged as a request to a site.
"""

from starlette.applications import Starlette

from gatepost.asgi.api import ControlApi
from gatepost.asgi.credentials import Credentials, Limits
from gatepost.asgi.metrics import metrics_route
from gatepost.asgi.pages.routes import doorway, page_routes
from gatepost.asgi.signature_changelog import changelog_routes
from gatepost.asgi.types import Receive, Scope, Send
from gatepost.wiring import Authenticate, Gate

__all__ = ["PLACES", "OwnerApp", "owner_app"]

API = "api"
PLACES = (API, "console", "enter", "leave", "metrics", "signatures", "sites", "static")
"""What its paths begin with."""


class OwnerApp:
    """The app; made by :meth:`gatepost.wiring.Gate.owner_app`."""

    def __init__(self, gate: Gate, credentials: Credentials) -> None:
        self._api = ControlApi(gate, credentials)
        base = gate.settings.public_url + gate.settings.prefix
        door = doorway(gate, credentials)
        routes = [*page_routes(door), *changelog_routes(base, gate.changelog.told), metrics_route(gate, credentials)]
        self._pages = Starlette(routes=routes, exception_handlers={404: door.missing, 405: door.missing})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer over HTTP, and refuse the handshake of a WebSocket."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "nothing here speaks WebSocket"})
        elif scope["type"] == "http":
            below = scope["path"].removeprefix(scope.get("root_path", ""))
            await (self._api if below.startswith(f"/{API}/") else self._pages)(scope, receive, send)


def owner_app(gate: Gate, authenticate: Authenticate | None = None, limits: Limits | None = None) -> OwnerApp:
    """The app on a gate; ``authenticate`` is the platform's own, in place of tokens and links."""
    return OwnerApp(gate, Credentials(gate, authenticate, limits))
