"""Litestar: wrap the whole app, because its own middleware sees neither unmatched paths (/robots.txt) nor the lifespan.

Try ``curl -i -A GPTBot/1.2 http://garden.localhost:8000/`` and the same with ``kitchen``; then ask for ``/robots.txt``.
"""

from typing import Any

import uvicorn
from litestar import Litestar, MediaType, Request, get
from two_sites import PORT, open_gate_with_two_sites

from gatepost import CrawlerAccessMiddleware


@get(["/", "/press/{name:str}"], media_type=MediaType.TEXT)
async def page(request: Request[Any, Any, Any]) -> str:
    """What every visitor of every site sees."""
    decision = request.scope["state"]["crawler_access"]
    return f"Welcome to {request.url.hostname}, {decision.crawler or 'visitor'}.\n"


gate = open_gate_with_two_sites()
app = CrawlerAccessMiddleware(Litestar([page]), gate=gate)

if __name__ == "__main__":
    uvicorn.run(app, port=PORT)
