"""The way into a page: who asks, whether the change comes from a page of ours, and what is shown when it fails.

Rules: a site of somebody else is told as one that does not exist; an error is a page with words and a remedy; every
answer bears the fields of a page, and is in the log with its id and who asked; nothing that was typed or shown as a
credential is logged.
"""

import logging
import os
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gatepost.asgi.credentials import Credentials, log_name
from gatepost.asgi.doors_security import check_same_origin, page_fields
from gatepost.asgi.pages.forms import Form
from gatepost.asgi.pages.rendering import Pages
from gatepost.core.access import Grant, Scope, check, site_unseen
from gatepost.core.preview import Consequences
from gatepost.core.sites import Site
from gatepost.errors import (
    AccessDenied,
    CredentialRefused,
    GatepostError,
    RequestRefused,
    RevisionConflict,
    SettingsError,
    SiteUnknown,
    StatementError,
    StoreError,
    TooManyRequests,
)
from gatepost.wiring import Gate

__all__ = ["Doorway", "page_unknown", "status_of"]

_log = logging.getLogger("gatepost.pages")

Handler = Callable[[Request, Grant], Awaitable[Response]]

METHOD_NOT_ALLOWED = 405

_CONFIRMING = frozenset({"confirmation", "search-meant"})

_STATUSES: tuple[tuple[type[GatepostError], int], ...] = (
    (SiteUnknown, 404),
    (RequestRefused, 404),
    (CredentialRefused, 403),
    (AccessDenied, 403),
    (TooManyRequests, 429),
    (StatementError, 422),
    (RevisionConflict, 409),
    (SettingsError, 503),
    (StoreError, 503),
)


def status_of(error: GatepostError) -> int:
    """The status that an error is answered with."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)


def page_unknown() -> RequestRefused:
    """For an address at which there is nothing."""
    return RequestRefused(
        "there is no such page", id="request.nothing", remedy="Check the address, or go back to where it came from."
    )


class Doorway:
    """Lets requests in to the handlers of pages."""

    def __init__(self, gate: Gate, credentials: Credentials, pages: Pages) -> None:
        self.gate = gate
        self.pages = pages
        self._credentials = credentials
        self._fields = {name.decode(): value.decode() for name, value in page_fields(gate.settings)}

    def entered(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """A handler for those who may come in."""

        return self.open(lambda request: self.entered_once(request, handler))

    async def entered_once(self, request: Request, handler: Handler) -> Response:
        """One request by who may come in. Raises what finding that out does."""
        grant = await self._credentials.grant(request.scope)
        self.known_as(request, log_name(grant))
        check_same_origin(request.scope)
        return await handler(request, grant)

    def known_as(self, request: Request, who: str) -> None:
        """Have the log say who asked."""
        request.state.gatepost_who = who

    def way_in(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A handler for everybody who shows a link or a token; who fails too often waits."""

        async def attempted(request: Request) -> Response:
            async with self._credentials.attempt(request.scope):
                return await handler(request)

        return self.open(attempted)

    def open(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A handler for everybody, with a page for what it raises."""

        async def answer(request: Request) -> Response:
            id, status = os.urandom(8).hex(), 500
            try:
                response = await self._answer(request, handler)
                status = response.status_code
            finally:
                who = getattr(request.state, "gatepost_who", "-")
                _log.info("%s %s %s %r %d", id, who, request.method[:20], request.url.path[:500], status)
            response.headers.update({**self._fields, "x-request-id": id})
            return response

        return answer

    async def missing(self, request: Request, error: Exception) -> Response:
        """The page for an address at which there is nothing, or nothing by this method."""

        async def answer(request: Request) -> Response:
            if not isinstance(error, HTTPException) or error.status_code != METHOD_NOT_ALLOWED:
                raise page_unknown()
            remedy = "Load the page, and use what stands on it."
            refused = RequestRefused("this method is not for this page", id="request.method", remedy=remedy)
            response = self._failed(request, refused, METHOD_NOT_ALLOWED)
            response.headers.update(error.headers or {})
            return response

        return await self.open(answer)(request)

    async def _answer(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            return await handler(request)
        except GatepostError as error:
            return self._failed(request, error, status_of(error))

    def _failed(self, request: Request, error: GatepostError, status: int) -> Response:
        """The page for an error."""
        shown = site_unseen() if isinstance(error, SiteUnknown) else error
        response = self.pages.response(request, "failed.html", status, error=shown)
        if isinstance(error, TooManyRequests):
            response.headers["retry-after"] = str(int(error.seconds) + 1)
        return response

    def confirm(self, request: Request, form: Form, told: Consequences, page: str, action: str) -> Response:
        """The page that asks for a confirmation of what a form says: ``action`` is where it is sent to again, ``page``
        where whoever thinks better of it goes back to."""
        return self.pages.response(
            request,
            "confirm.html",
            409,
            here=request.scope.get("root_path", "") + page,
            page=page,
            action=action,
            sent=[(name, value) for name, value in form.fields if name not in _CONFIRMING],
            consequences_asked=told,
            again=form.get("confirmation") == told.token,
        )

    async def site(self, request: Request, grant: Grant, scope: Scope) -> Site:
        """The site that a page is about, if the grant reaches it."""
        site = await self.gate.owners.show(request.path_params["host"])
        check(grant, scope, site.id)
        return site
