"""The demo's data partner: it takes what it is told as a partner should, and does what it is asked a moment later.

Rules: it is spoken to over HTTP alone, as a partner elsewhere is: signed pushes come in, receipts go out to the control
API with a token of its own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from gatepost.core.access import PARTNER_SCOPES
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from gatepost.core.sites import Actor, ActorKind
from gatepost.partners.simulated import Chances, SimulatedPartner
from gatepost.wiring import Gate

__all__ = ["PARTNER_HOST", "PARTNER_NAME", "DemoPartner", "licensed_partner"]

PARTNER_HOST, PARTNER_ID, PARTNER_NAME = "lexicon.localhost", "lexicon", "Lexicon Labs"

_DATA_SET = "lexicon-7"
_A_MOMENT = 1.0
"""In seconds, for what takes a partner days."""

_NOTHING_GOES_WRONG = Chances(reset=0, error=0, slow=0, lost=0, busy=0)
_ANSWERS: Mapping[str, Sequence[Mapping[str, str]]] = {
    "stop": [{"kind": "stopped"}],
    "remove_past": [{"kind": "stopped"}, {"kind": "removed", "dataset_version": _DATA_SET}],
}

_templates = Jinja2Templates(directory=Path(__file__).parent / "templates")


@dataclass
class DemoPartner:
    """Its web server, and its books."""

    books: SimulatedPartner
    receipts_url: str
    token: str
    port: int
    answered: list[tuple[datetime, str, str]] = field(default_factory=list)
    """When it said what of which site."""
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def app(self) -> Starlette:
        """A page that shows its books, and the endpoint that notices are pushed to."""
        return Starlette(routes=[Route("/", self._page), Route("/notices", self._told, methods=["POST"])])

    async def _page(self, request: Request) -> Response:
        context = {"name": PARTNER_NAME, "books": self.books.summary, "answered": self.answered, "port": self.port}
        return _templates.TemplateResponse(request, "demo_partner.html", context)

    async def _told(self, request: Request) -> Response:
        fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
        taken = self.books.take(fields, await request.body())
        if not taken.said:
            return Response(status_code=401)
        if taken.news:
            task = asyncio.create_task(self._obey(taken.said))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return Response(status_code=204)

    async def _obey(self, said: Mapping[str, Any]) -> None:
        """Do what was asked, and say so."""
        headers = {"authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            for answer in _ANSWERS.get(said["action"], ()):
                await asyncio.sleep(_A_MOMENT)
                response = await client.post(self.receipts_url, json={"notice": said["id"], **answer})
                if response.is_success:
                    self.answered.append((datetime.now(UTC), answer["kind"], said["site"]))


async def licensed_partner(gate: Gate, port: int) -> DemoPartner:
    """A partner with a licence for training, which knows every site that shares."""
    endpoint = f"http://{PARTNER_HOST}:{port}/notices"
    since = datetime.now(UTC)
    purposes = frozenset({Purpose.AI_TRAINING})
    new = Partner(PARTNER_ID, PARTNER_NAME, purposes, since, contact="data@lexicon.localhost", endpoint=endpoint)
    secret = await gate.partners.add(new)
    async for _ in gate.partners.look_at_sites():
        pass
    token, _ = await gate.access.add_token(Actor(ActorKind.PARTNER, PARTNER_ID), PARTNER_SCOPES)
    api = f"http://localhost:{port}{gate.settings.prefix}/api/v1"
    books = SimulatedPartner([secret], _NOTHING_GOES_WRONG)
    return DemoPartner(books, f"{api}/partners/{PARTNER_ID}/receipts", token, port)
