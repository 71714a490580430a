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
from gatepost.storage import open_store
from policies import real_signatures


def main(url, descriptor, hints):
    store: Any = open_store(url)
    if hints == "no-hints":
        store.wait_for_changes = asyncio.sleep
    gate = gate_on(real_signatures(), store)
    settings = uvicorn.Config(CrawlerAccessMiddleware(page, gate=gate), log_level="warning")
    uvicorn.Server(settings).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main(*sys.argv[1:])
