"""Quart: put the middleware around ``app.asgi_app``, so that the app itself stays what commands and extensions know.

Try ``curl -i -A GPTBot/1.2 http://garden.localhost:8000/`` and the same with ``kitchen``; then ask for ``/robots.txt``.
"""

import uvicorn
from quart import Quart, request
from two_sites import PORT, open_gate_with_two_sites

from gatepost import CrawlerAccessMiddleware

gate = open_gate_with_two_sites()
app = Quart(__name__)
app.asgi_app = CrawlerAccessMiddleware(app.asgi_app, gate=gate)  # type: ignore[method-assign]


@app.get("/")
@app.get("/press/<name>")
async def page(name: str = "") -> tuple[str, dict[str, str]]:
    """What every visitor of every site sees."""
    decision = request.scope["state"]["crawler_access"]
    return f"Welcome to {request.host}, {decision.crawler or 'visitor'}.\n", {"content-type": "text/plain"}


if __name__ == "__main__":
    uvicorn.run(app, port=PORT)
