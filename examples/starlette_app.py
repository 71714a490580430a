"""Starlette: hand the middleware to the app, outermost, and every site has its policy files and its refusals.

Try ``curl -i -A GPTBot/1.2 http://garden.localhost:8000/`` and the same with ``kitchen``; then ask for ``/robots.txt``.
"""

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from two_sites import PORT, open_gate_with_two_sites

from gatepost import CrawlerAccessMiddleware


async def page(request: Request) -> PlainTextResponse:
    """What every visitor of every site sees."""
    decision = request.state.crawler_access
    return PlainTextResponse(f"Welcome to {request.url.hostname}, {decision.crawler or 'visitor'}.\n")


gate = open_gate_with_two_sites()
app = Starlette(
    routes=[Route("/", page), Route("/press/{name}", page)],
    middleware=[Middleware(CrawlerAccessMiddleware, gate=gate)],
)

if __name__ == "__main__":
    uvicorn.run(app, port=PORT)
