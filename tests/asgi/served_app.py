"""The app that test_servers runs in real servers: it says whose page it shows, and what it was told."""

import os
from typing import Any

from gatepost import CrawlerAccessMiddleware, open_gate


async def page(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
    else:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"nobody")
        body = b"the page of " + host
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


app = CrawlerAccessMiddleware(page, gate=open_gate(os.environ.get("GATEPOST_DATABASE", "sqlite://")))
