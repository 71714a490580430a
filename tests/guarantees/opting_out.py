"""A platform of the guarantees, for real servers: pages behind the middleware, and a door where owners opt out.

``POST /`` adds the site of its Host and blocks training; 201 is the acknowledgement.
"""

import os

from gatepost import CrawlerAccessMiddleware
from gatepost.core.preferences import Stance
from gatepost.errors import StoreUnavailable
from gatepost.storage import open_store
from guarantees.parts import add, new_gate


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    status = 200 if scope["method"] == "GET" else await opted_out(dict(scope["headers"])[b"host"].decode())
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"page"})


async def opted_out(host):
    try:
        await add(gate, Stance.BLOCK, host)
    except StoreUnavailable:
        return 503
    return 201


gate = new_gate(open_store(os.environ["GATEPOST_DATABASE"]))
platform = CrawlerAccessMiddleware(app, gate=gate)
