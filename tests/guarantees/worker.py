"""One worker of a platform, in a process of its own: uvicorn and the middleware, on a socket that it is given.

``python -m guarantees.worker URL DESCRIPTOR hints|no-hints``
"""

import asyncio
import socket
import sys
from typing import Any

import uvicorn

from asgi.door import gate_on
from asgi.served_app import page
from gatepost import CrawlerAccessMiddleware
from gatepost.asgi.middleware import STATE_KEY
from gatepost.storage import open_store
from policies import real_signatures


async def told_page(scope, receive, send):
    """The page, with what the app behind was told of the request in a field of its own."""

    async def send_and_tell(message):
        if message["type"] == "http.response.start":
            decision = scope["state"][STATE_KEY]
            field = (b"told", f"{decision.action} {decision.reason}".encode())
            message = {**message, "headers": [*message["headers"], field]}
        await send(message)

    await page(scope, receive, send_and_tell)


def main(url, descriptor, hints):
    store: Any = open_store(url)
    if hints == "no-hints":
        store.wait_for_changes = asyncio.sleep
    gate = gate_on(real_signatures(), store)
    settings = uvicorn.Config(CrawlerAccessMiddleware(told_page, gate=gate), log_level="warning")
    uvicorn.Server(settings).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main(*sys.argv[1:])
