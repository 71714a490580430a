"""Gatepost as a service of its own: the directive files of every site, forward-auth, the control API, health.

Rules: whatever is not a policy file lives below the prefix (``/_gatepost``); the endpoints there are not judged as
requests to a site, because a proxy asks them in a crawler's name.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route

from gatepost.asgi.forward_auth import ForwardAuthEndpoint
from gatepost.asgi.middleware import CrawlerAccessMiddleware
from gatepost.asgi.owner_app import PLACES, owner_app
from gatepost.asgi.types import ASGIApp, Receive, Scope, Send
from gatepost.errors import StoreError
from gatepost.settings import ForwardAuth
from gatepost.wiring import Gate

__all__ = ["service_app"]


def service_app(gate: Gate) -> Starlette:
    """The service on a gate."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await gate.start()
        yield
        await gate.close()

    async def readyz(request: Request) -> Response:
        """Whether requests of hosts not yet seen can be answered: whether the store answers."""
        try:
            await gate.snapshots.refresh()
        except StoreError as error:
            return JSONResponse({"ready": False, "error": error.id, "remedy": error.remedy}, status_code=503)
        return JSONResponse({"ready": True, "signatures": gate.signatures.version})

    prefix = gate.settings.prefix
    routes: list[BaseRoute] = [
        Route(f"{prefix}/healthz", _healthz, methods=["GET"]),
        Route(f"{prefix}/readyz", readyz, methods=["GET"]),
        _OwnersRoute(prefix, owner_app(gate)),
        Mount("/", CrawlerAccessMiddleware(_not_here, gate=gate)),
    ]
    if gate.settings.forward_auth is not ForwardAuth.OFF:
        routes.insert(0, Route(f"{prefix}/auth", ForwardAuthEndpoint(gate), methods=None))
    return Starlette(routes=routes, lifespan=lifespan)


@dataclass(frozen=True)
class _OwnersRoute(BaseRoute):
    """The owners' app at its own places alone: beside it below the prefix there are policy files."""

    prefix: str
    app: ASGIApp

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a path is one of its places, or below one."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        place = path.removeprefix(self.prefix + "/").partition("/")[0] if path.startswith(self.prefix + "/") else ""
        return (Match.FULL if scope["type"] == "http" and place in PLACES else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, whatever its method."""
        await self.app({**scope, "root_path": scope.get("root_path", "") + self.prefix}, receive, send)


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("ok\n")


_not_here = PlainTextResponse(
    "Gatepost serves robots.txt, ai.txt and /.well-known/tdmrep.json of each site here, and nothing else.\n",
    status_code=404,
)
