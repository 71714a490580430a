"""Where the pages are found, below the prefix."""

from starlette.routing import Route

from gatepost.asgi.credentials import Credentials
from gatepost.asgi.pages.console import Console
from gatepost.asgi.pages.defaults import DefaultPages
from gatepost.asgi.pages.doorway import Doorway
from gatepost.asgi.pages.entering import Entering
from gatepost.asgi.pages.many import ManyPages
from gatepost.asgi.pages.owner import OwnerPages
from gatepost.asgi.pages.rendering import Pages
from gatepost.asgi.pages.served import ServedPages
from gatepost.asgi.pages.static_files import StaticFiles
from gatepost.asgi.pages.trying import TryingPage
from gatepost.asgi.pages.visits import VisitPages
from gatepost.wiring import Gate

__all__ = ["doorway", "page_routes"]


def doorway(gate: Gate, credentials: Credentials) -> Doorway:
    """The way into the pages of a gate."""
    return Doorway(gate, credentials, Pages(gate.settings, StaticFiles(gate.settings.theme)))


def page_routes(door: Doorway) -> list[Route]:
    """The owner's page, the console, the ways in, and the files that they need."""
    entering, console = Entering(door), Console(door)
    routes = [
        Route("/static/{name}", door.pages.static.answer, methods=["GET"]),
        Route("/enter", door.way_in(entering.by_link), methods=["GET"]),
        Route("/enter", door.way_in(entering.by_token), methods=["POST"]),
        Route("/leave", door.open(entering.leave), methods=["POST"]),
        Route("/console", door.open(console.enter), methods=["GET"]),
    ]
    for (method, path), handler in ManyPages(door).handlers.items():
        routes.append(Route(path, door.entered(handler), methods=[method]))
    for (method, path), handler in DefaultPages(door).handlers.items():
        routes.append(Route(f"/console/defaults{path}", door.entered(handler), methods=[method]))
    below = OwnerPages(door).handlers | TryingPage(door).handlers | VisitPages(door).handlers
    below |= ServedPages(door).handlers
    for (method, path), handler in below.items():
        routes.append(Route(f"/sites/{{host}}{path}", door.entered(handler), methods=[method]))
    return routes
