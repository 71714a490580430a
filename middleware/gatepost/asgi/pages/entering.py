"""How people come in and leave: owners by a link that is good once, operators by a token typed into a form."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gatepost.asgi.credentials import log_name, session_cookie
from gatepost.asgi.doors_security import check_same_origin
from gatepost.asgi.pages.doorway import Doorway
from gatepost.asgi.pages.forms import read_form
from gatepost.core.access import owner_grant
from gatepost.errors import SiteUnknown

__all__ = ["Entering"]


@dataclass(frozen=True)
class Entering:
    """The handlers."""

    door: Doorway

    async def by_link(self, request: Request) -> Response:
        """Spend a link, begin a session, and go to the page that the link is for."""
        gate = self.door.gate
        session, link = await gate.access.enter(request.query_params.get("link", ""))
        site = await gate.store.site(link.site)
        if site is None or not site.hosts:
            raise SiteUnknown("the site is gone", id="site.unknown", remedy="Ask the platform for a new link.")
        self.door.known_as(request, log_name(owner_grant(link.site, link.actor)))
        return self._sent(request, link.path or f"/sites/{quote(site.host)}", session)

    async def by_token(self, request: Request) -> Response:
        """Begin a session with a token, and go to the console."""
        check_same_origin(request.scope)
        token = (await read_form(request)).get("token").strip()
        session = await self.door.gate.access.enter_with_token(token)
        self.door.known_as(request, log_name(await self.door.gate.access.grant_of_session(session)))
        return self._sent(request, "/console", session)

    async def leave(self, request: Request) -> Response:
        """End the session."""
        check_same_origin(request.scope)
        return self._sent(request, "/console", "")

    def _sent(self, request: Request, path: str, session: str) -> Response:
        local = path if path.startswith("/") and not path.startswith("//") else "/console"
        response = RedirectResponse(request.scope.get("root_path", "") + local, 303)
        response.headers["set-cookie"] = session_cookie(self.door.gate.settings, session)
        return response
