"""The owner's page and the console as an app of their own, to be mounted in the platform's.

>>> app.mount("/_gatepost", owner_app(gate))
"""

from starlette.applications import Starlette

from gatepost.asgi.credentials import Authenticate, Credentials
from gatepost.asgi.pages.routes import page_routes
from gatepost.wiring import Gate

__all__ = ["owner_app"]


def owner_app(gate: Gate, authenticate: Authenticate | None = None) -> Starlette:
    """The app; ``authenticate`` is the platform's own authentication, in place of links and tokens."""
    return Starlette(routes=page_routes(gate, Credentials(gate, authenticate)))
