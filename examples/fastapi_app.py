"""FastAPI: add the middleware last, because the one added last is the outermost.

Try ``curl -i -A GPTBot/1.2 http://garden.localhost:8000/`` and the same with ``kitchen``; then ask for ``/robots.txt``.
"""

import uvicorn
from fastapi import FastAPI, Request
from two_sites import PORT, open_gate_with_two_sites

from gatepost import CrawlerAccessMiddleware, Decision

app = FastAPI()


@app.get("/")
@app.get("/press/{name}")
async def page(request: Request) -> dict[str, str]:
    """What every visitor of every site sees."""
    decision: Decision = request.state.crawler_access
    return {"welcome to": str(request.url.hostname), "you are": decision.crawler or "a visitor"}


gate = open_gate_with_two_sites()
app.add_middleware(CrawlerAccessMiddleware, gate=gate)

if __name__ == "__main__":
    uvicorn.run(app, port=PORT)
