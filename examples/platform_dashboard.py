"""The control API inside a platform's own app: whoever the platform knows is the owner of their site.

uvicorn platform_dashboard:app --app-dir examples
curl -H 'Cookie: user=ada' http://127.0.0.1:8000/crawlers/api/v1/sites/ada.example
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import Scope

from gatepost import Actor, ActorKind, CrawlerAccessMiddleware, Grant, open_gate, owner_grant

gate = open_gate("sqlite://", prefix="/crawlers")
SITES = {"ada": "ada.example", "bob": "bob.example"}


async def authenticate(scope: Scope) -> Grant | None:
    """Your own sign-in; here a cookie that anybody could write. Which site it is for follows from who it is."""
    cookies = SimpleCookie(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
    user = cookies["user"].value if "user" in cookies else ""
    return owner_grant(SITES[user], user) if user in SITES else None


@asynccontextmanager
async def add_sites(app: Starlette) -> AsyncIterator[None]:
    for user, host in SITES.items():
        await gate.owners.add_site([host], Actor(ActorKind.PLATFORM, user))
    yield


routes = [Mount("/crawlers", gate.owner_app(authenticate)), Route("/", PlainTextResponse("Hello.\n"))]
app = CrawlerAccessMiddleware(Starlette(routes=routes, lifespan=add_sites), gate=gate)
