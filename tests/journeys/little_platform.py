"""The platform of these journeys: five sites behind the middleware, on one port of this machine.

Run as a program it serves them, prints its port, and writes one line of JSON for each request that reached the server,
as any server's access log would have it.
"""

import asyncio
import json
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gatepost import Actor, ActorKind, CrawlerAccessMiddleware, Gate, open_gate, read_wish
from gatepost.service.owners import confirmed

OWNER = Actor(ActorKind.OWNER, "ada")

SITES = {
    "garden.localhost": ("ai-training=block", "ai-answers=block", "assistants=block"),
    "press.localhost": ("ai-training=block", "/press/:ai-training=allow"),
    "asks.localhost": ("ai-training=ask",),
    "licensed.localhost": ("ai-training=license",),
    "open.localhost": (),
}
ALIASES = {"garden.localhost": ["localhost"]}
"""The name that every resolver knows, for clients that we cannot tell about the others."""
OWN_ROBOTS_TXT = {"press.localhost": "User-agent: *\nDisallow: /admin/\n"}

PAGES = ("/", "/posts/lilac", "/posts/slugs", "/press/", "/press/kit", "/admin/")
IMAGES = ("/images/lilac.png", "/press/harbour.png")
PATHS = PAGES + IMAGES


def picture(side: int = 64) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" + b"\x5a\x3c\x8c" * side) * side))
    return b"\x89PNG\r\n\x1a\n" + head + rows + chunk(b"IEND", b"")


PNG = picture()


def links(host: str, port: int) -> Iterator[str]:
    """Every page leads to its whole site, and the open one to the whole platform."""
    yield from PATHS
    if host == "open.localhost":
        yield from (f"http://{other}:{port}{path}" for other in SITES if other != host for path in PATHS)


async def page(request: Request) -> Response:
    host, path = request.url.hostname or "", request.url.path
    if path in IMAGES:
        return Response(PNG, media_type="image/png")
    if path not in PAGES:
        return Response("There is no such page.\n", 404, media_type="text/plain")
    items = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links(host, request.url.port or 80))
    return HTMLResponse(f"<!doctype html><title>{host}{path}</title><ul>{items}</ul>")


class AccessLog:
    """Outermost: one line of JSON a request, with the status that its client was given."""

    def __init__(self, app: Any, log: Path) -> None:
        self.app, self.log = app, log.open("a", encoding="utf-8", buffering=1)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fields = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        line = {
            "host": fields.get("host", "").partition(":")[0],
            "path": scope["path"],
            "agent": fields.get("user-agent", ""),
        }

        async def send_and_note(message: Any) -> None:
            if message["type"] == "http.response.start":
                decision = scope.get("state", {}).get("crawler_access")
                told = decision and decision.action
                self.log.write(json.dumps({**line, "status": message["status"], "told": told}) + "\n")
            await send(message)

        await self.app(scope, receive, send_and_note)


async def add_sites(gate: Gate) -> None:
    for host, wishes in SITES.items():
        await gate.owners.add_site([host, *ALIASES.get(host, [])], OWNER)
        await say(gate, host, wishes)
        if host in OWN_ROBOTS_TXT:
            await gate.owners.change_robots_txt(host, OWN_ROBOTS_TXT[host], OWNER)


async def say(gate: Gate, host: str, wishes: Iterable[str]) -> None:
    """The owner says so, and has confirmed it."""
    read = [read_wish(text, gate.signatures) for text in wishes]
    await confirmed(partial(gate.owners.change_preferences, host, read, OWNER))


def serve(log: Path) -> None:
    """Serve until ended; the first line on standard output is the port."""
    with tempfile.TemporaryDirectory() as folder:
        config = uvicorn.Config(lambda: None, host="127.0.0.1", port=0, log_level="warning")
        socket = config.bind_socket()
        socket.listen()  # whoever reads the port may connect at once
        port = socket.getsockname()[1]
        gate = open_gate(f"sqlite:///{folder}/sites.db", public_url=f"http://{{host}}:{port}")
        asyncio.run(add_sites(gate))
        platform = Starlette(routes=[Route("/{path:path}", page, methods=["GET"])])
        config.app = AccessLog(CrawlerAccessMiddleware(platform, gate=gate), log)
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[socket])


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
