"""The operators' console: sites, the defaults above them, crawlers that nobody knows, and health."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gatepost.asgi.pages.doorway import Doorway
from gatepost.core.access import Grant, Scope, check
from gatepost.core.defaults import level_of
from gatepost.core.freshness import freshness
from gatepost.core.sites import PLATFORM, ActorKind, Site
from gatepost.core.unknown_crawlers import UnknownCrawler
from gatepost.errors import AccessDenied, CredentialRefused, StoreError

__all__ = ["Console"]

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the store tells for the console."""

    sites: Sequence[Site] = ()
    defaults: Sequence[Site] = ()
    """The platform's first."""
    unknown: Sequence[UnknownCrawler] = ()
    late: int = 0
    """How many notices partners have not confirmed in time."""
    undelivered: int = 0
    """How many notices could not be delivered and are still owed."""
    answers: bool = True
    """Whether the store told it."""


@dataclass(frozen=True)
class Console:
    """The handlers."""

    door: Doorway

    async def show(self, request: Request, grant: Grant) -> Response:
        """The console, for who may see every site; a token for some leads to these."""
        if grant.sites is not None and grant.actor.kind is not ActorKind.OWNER:
            return RedirectResponse(request.scope.get("root_path", "") + "/sites", 303)
        check(grant, Scope.SITES_READ, every_site=True)
        gate, wanted = self.door.gate, request.query_params.get("q", "").strip().lower()
        try:
            told = await self._gathered(grant, wanted, request.query_params.get("after", ""))
        except StoreError:
            told = Gathered(answers=False)
        return self.door.pages.response(
            request,
            "console.html",
            wanted=wanted,
            told_of=told,
            more=told.sites[-1].id if len(told.sites) == _SHOWN else "",
            defaults=[(*level_of(default.id), default) for default in told.defaults],
            signatures=gate.signatures,
            overdue=len(freshness(gate.signatures, datetime.now(UTC).date()).overdue),
        )

    async def _gathered(self, grant: Grant, wanted: str, after: str) -> Gathered:
        gate = self.door.gate
        sites = await gate.store.sites(after=after, limit=_SHOWN, named=wanted)
        unknown = (await gate.unknown_crawlers())[:_SHOWN]
        counts = (await gate.store.duty_counts(gate.owners.clock.now())).values()
        owed = sum(one.overdue for one in counts), sum(one.undelivered for one in counts)
        if Scope.DEFAULTS_READ not in grant.scopes:
            return Gathered(sites, (), unknown, *owed)
        spoken = [default for default in await gate.store.defaults() if default.id != PLATFORM]
        return Gathered(sites, [await gate.owners.show_platform(), *spoken], unknown, *owed)

    async def enter(self, request: Request) -> Response:
        """The form for a token, or the console for who has come in already."""
        try:
            return await self.door.entered_once(request, self.show)
        except (CredentialRefused, AccessDenied) as error:
            return self.door.pages.response(request, "sign_in.html", 403, error=error)
