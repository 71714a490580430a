"""``gatepost serve`` and ``gatepost demo``: the doors, opened from the shell.

Rules: the doors are named, not imported, because they are this room's neighbours; without the parts that a server
needs the commands say what to install.
"""

import asyncio
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Annotated, Any

import typer

from gatepost.cli.commands import add_command
from gatepost.cli.inputs import Database
from gatepost.errors import GatepostError

__all__ = ["register"]

STOP_SECONDS = 5
"""For requests under way when the service is told to stop; who reads no answer must not keep it from stopping."""

Port = Annotated[int, typer.Option(metavar="P", min=0, max=65535)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add_command(
        app,
        "serve",
        serve,
        "gatepost serve --port 8080 --database sqlite:///gatepost.db",
        "gatepost serve --forward-auth nginx --trusted-proxy 127.0.0.0/8",
    )
    add_command(app, "demo", demo, "gatepost demo --port 8000")


def serve(
    host: Annotated[str, typer.Option(metavar="H", help="The address to listen on.")] = "127.0.0.1",
    port: Port = 8080,
    forward_auth: Annotated[
        str | None, typer.Option(metavar="nginx|forwarded", help="Whose header fields forward-auth listens to.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="A network whose forwarded fields are believed; may be repeated."),
    ] = None,
    database: Database = None,
) -> None:
    """Serve the policy files of every site, and forward-auth for the proxy in front of them."""
    run, service_app = _part("uvicorn:run"), _part("gatepost.asgi.service:service_app")
    from gatepost.wiring import open_gate

    gate = open_gate(database, forward_auth=forward_auth, trusted_proxies=trusted_proxy or None)
    try:
        # The proxies' header fields are for the gate alone to read.
        run(
            service_app(gate),
            host=host,
            port=port,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    finally:
        asyncio.run(gate.close())


def demo(
    port: Port = 8000,
    host: Annotated[str, typer.Option(metavar="H", help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Run a small hosting platform to try Gatepost on, on http://localhost:PORT; it forgets everything at its end."""
    _part("gatepost.asgi.demo:run_demo")(port, host)


def _part(name: str) -> Callable[..., Any]:
    """A part of the server, by its name."""
    try:
        part: Callable[..., Any] = resolve_name(name)
    except ImportError as error:
        raise GatepostError(
            f"{error.name or name} is not installed", id="cli.server.missing", remedy="pip install 'gatepost[server]'"
        ) from error
    return part
