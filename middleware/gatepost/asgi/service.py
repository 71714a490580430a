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
from gatepost.service.copying import Extent
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
        """Whether requests of hosts not yet seen can be answered: whether the store answers, or there is a copy."""
        try:
            await gate.snapshots.refresh()
        except StoreError as error:
            return await _without_store(gate, error)
        return JSONResponse({"ready": True, "signatures": _told_signatures(gate)})

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


def _told_signatures(gate: Gate) -> dict[str, object]:
    """What is in force here, and why something newer is not; it tells whoever asks no path of this machine."""
    now, refused = gate.recognition.now, gate.recognition.refused
    return {
        "version": now.whole.signatures.version,
        "sha256": now.whole.signatures.sha256,
        "part": now.part and {"version": now.part.signatures.version, "percent": now.percent},
        "release": now.number,
        "refused": refused
        and {
            "what": refused.place,
            "sha256": refused.sha256,
            "at": refused.at.isoformat(),
            "id": refused.error.id,
            "shown": refused.shown_outside.splitlines(),
        },
    }


async def _without_store(gate: Gate, error: StoreError) -> Response:
    """Ready as well, if another worker has left something to answer from: else none could start in an outage."""
    copy = await gate.copying.extent() if gate.copying else Extent()
    told = {"sites": copy.sites, "at": copy.at and copy.at.isoformat()}
    ready = copy.sites > 0
    answer = {
        "ready": ready,
        "error": error.id,
        "remedy": error.remedy,
        "copy": told,
        "signatures": _told_signatures(gate),
    }
    return JSONResponse(answer, status_code=200 if ready else 503)


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("ok\n")


_not_here = PlainTextResponse(
    "Gatepost serves robots.txt, ai.txt and /.well-known/tdmrep.json of each site here, and nothing else.\n",
    status_code=404,
)
