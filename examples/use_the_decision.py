"""An app that reads the decision: a crawler that is asked not to train on the site gets the summary, people the whole.

Try ``curl -A GPTBot/1.2 http://kitchen.localhost:8000/`` and ``curl http://kitchen.localhost:8000/``.
"""

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from two_sites import PORT, open_gate_with_two_sites

from gatepost import Action, CrawlerAccessMiddleware, Decision

SUMMARY = "Bread: flour, water, salt, time.\n"
RECIPE = SUMMARY + "Mix at noon, fold at three, shape at six, and bake it hot the next morning.\n"


async def recipe(request: Request) -> PlainTextResponse:
    """``tag`` is what is asked of a crawler; what is refused never comes here."""
    decision: Decision = request.state.crawler_access
    if decision.action is Action.TAG:
        return PlainTextResponse(f"{SUMMARY}(the short version: {decision.reason}, {decision.origin})\n")
    return PlainTextResponse(RECIPE)


gate = open_gate_with_two_sites()
app = CrawlerAccessMiddleware(Starlette(routes=[Route("/", recipe)]), gate=gate)

if __name__ == "__main__":
    uvicorn.run(app, port=PORT)
