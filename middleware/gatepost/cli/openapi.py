"""``gatepost openapi``: the control API's description, for programs that make clients of it."""

from pkgutil import resolve_name

import typer

from gatepost.cli.commands import add_command
from gatepost.cli.output import write

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "openapi", openapi, "gatepost openapi")


def openapi() -> None:
    """Print the OpenAPI 3.1 document of the control API, as a server serves it at /_gatepost/api/v1/openapi.json."""
    write(resolve_name("gatepost.asgi.api.document:openapi_text")())  # a door, which is this room's neighbour
