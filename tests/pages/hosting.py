"""A hosting platform with the owner's page, in a process of its own; it does what lines of JSON on stdin say.

``{"host", "wishes", "robots_txt", "visibility"}`` adds a site and answers with a link for its owner, ``{"sites"}`` with
a token for some sites, ``{"partner", "name", "crawler", "network"}`` adds a data partner.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from gatepost import Actor, ActorKind, CrawlerAccessMiddleware, Gate, Visibility, confirmed, open_gate, read_wish
from gatepost.core.access import OWNER_SCOPES, Scope
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from licences import hold

OWNER = Actor(ActorKind.OWNER, "zoë")
HOSTING = Actor(ActorKind.PLATFORM, "hosting")


async def front_page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("a page\n")


async def answer(gate: Gate, asked: dict) -> dict:
    if "sites" in asked:
        token, _ = await gate.access.add_token(Actor(ActorKind.OPERATOR, "ada"), OWNER_SCOPES, asked["sites"])
        return {"link": token}
    if "partner" in asked:
        purposes, since = frozenset({Purpose.AI_TRAINING}), datetime.now(UTC) - timedelta(days=30)
        crawlers, networks = (asked["crawler"],), (asked["network"],)
        partner = Partner(asked["partner"], asked["name"], purposes, since, crawlers=crawlers, networks=networks)
        await hold(gate.store, partner, datetime.now(UTC))
        await gate.licensing.refresh()
        return {"link": ""}
    host, wishes = asked["host"], [read_wish(wish, gate.signatures) for wish in asked.get("wishes", ())]
    if await gate.store.site_by_host(host) is None:
        await gate.owners.add_site([host], OWNER)
    if wishes:
        change = partial(gate.owners.change_preferences, host, wishes, OWNER, reason=asked.get("reason", ""))
        await confirmed(change)
    if "robots_txt" in asked:
        await gate.owners.change_robots_txt(host, asked["robots_txt"], OWNER)
    if "visibility" in asked:
        await gate.owners.change_visibility(host, Visibility(asked["visibility"]), HOSTING)
    await gate.snapshots.refresh()
    return {"link": await gate.owner_link(host, asked.get("actor", "zoë"))}


async def follow(gate: Gate) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        sys.stdout.write(json.dumps(await answer(gate, json.loads(line))) + "\n")
        sys.stdout.flush()


async def main() -> None:
    server_socket = uvicorn.Config(front_page, host="127.0.0.1", port=0, log_level="error").bind_socket()
    port = server_socket.getsockname()[1]
    gate = open_gate(
        f"sqlite:///{sys.argv[1]}/pages.db",
        public_url=f"http://{{host}}:{port}",
        secret="s" * 32,
        private_addresses=True,
        support_url="http://help.localhost/",
    )
    token, _ = await gate.access.add_token(Actor(ActorKind.PLATFORM, "ops"), set(Scope))
    await gate.owners.change_platform_preferences([read_wish("archives=ask", gate.signatures)], HOSTING, reason="new")
    platform = Starlette(routes=[Mount("/_gatepost", gate.owner_app()), Route("/{path:path}", front_page)])
    app = CrawlerAccessMiddleware(platform, gate=gate)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    serving = asyncio.create_task(server.serve(sockets=[server_socket]))
    sys.stdout.write(json.dumps({"port": port, "token": token}) + "\n")
    sys.stdout.flush()
    await follow(gate)
    server.should_exit = True
    await serving


asyncio.run(main())
