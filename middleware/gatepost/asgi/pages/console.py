"""The operators' console: sites, inherited defaults with what a change of them would do, and health."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from gatepost.asgi.pages.doorway import Doorway
from gatepost.core.access import Grant, Scope, check
from gatepost.core.defaults import is_default
from gatepost.core.freshness import freshness
from gatepost.core.sites import PLATFORM, Site
from gatepost.core.wishes import read_wish
from gatepost.errors import AccessDenied, CredentialRefused, StatementError, StoreError
from gatepost.service.default_preview import DefaultPreview, Effects

__all__ = ["Console"]

_SHOWN = 50


@dataclass(frozen=True)
class Console:
    """The handlers."""

    door: Doorway

    async def show(self, request: Request, grant: Grant) -> Response:
        """The console, for who may see every site."""
        check(grant, Scope.SITES_READ, every_site=True)
        gate, wanted = self.door.gate, request.query_params.get("q", "").strip().lower()
        after = request.query_params.get("after", "")
        answers, default = True, None
        sites: Sequence[Site] = ()
        try:
            sites = await self._sites(wanted, after)
            default = await gate.overviews.state_of_subject(PLATFORM)
        except StoreError:
            answers = False
        effects, fault = await self._effects(request, grant) if answers else (None, None)
        overdue = len(freshness(gate.signatures, datetime.now(UTC).date()).overdue)
        return self.door.pages.response(
            request,
            "console.html",
            wanted=wanted,
            sites=sites,
            more=sites[-1].id if len(sites) == _SHOWN else "",
            answers=answers,
            default=default,
            chosen=dict(request.query_params),
            effects=effects,
            command=_command(request.query_params),
            fault=fault,
            signatures=gate.signatures,
            overdue=overdue,
        )

    async def _sites(self, wanted: str, after: str) -> Sequence[Site]:
        """The site of a host, else those whose ids begin as what is looked for, some at a time."""
        store = self.door.gate.store
        if wanted:
            exact = await store.site_by_host(wanted)
            found = await store.sites(after=after or _before(wanted), limit=_SHOWN)
            begun = [site for site in found if any(name.startswith(wanted) for name in (site.id, *site.hosts))]
            return list({site.id: site for site in [*([exact] if exact else []), *begun]}.values())
        return [site for site in await store.sites(after=after, limit=_SHOWN) if not is_default(site.id)]

    async def _effects(self, request: Request, grant: Grant) -> tuple[Effects | None, StatementError | None]:
        """What the wishes in the address would do to all sites."""
        gate, wishes = self.door.gate, _wishes(request.query_params)
        if not wishes:
            return None, None
        check(grant, Scope.DEFAULTS_READ, every_site=True)
        effects = Effects()
        try:
            read = [read_wish(wish, gate.signatures) for wish in wishes]
            preview = await DefaultPreview.of(gate.owners, PLATFORM, read)
            async for _ in preview.count(effects):
                pass
        except StatementError as error:
            return None, error
        return effects, None

    async def enter(self, request: Request) -> Response:
        """The form for a token, or the console for who has come in already."""
        try:
            return await self.door.entered_once(request, self.show)
        except (CredentialRefused, AccessDenied) as error:
            return self.door.pages.response(request, "sign_in.html", 403, error=error)


def _before(wanted: str) -> str:
    """An id just before all that begin as ``wanted``."""
    return wanted[:-1] + chr(ord(wanted[-1]) - 1) + "\U0010ffff" if wanted else ""


def _wishes(query: Mapping[str, str]) -> Sequence[str]:
    return [
        f"{name.removeprefix('default:')}={value}"
        for name, value in query.items()
        if name.startswith("default:") and value
    ]


def _command(query: Mapping[str, str]) -> str:
    """The line that makes the change."""
    return shlex.join(["gatepost", "sites", "set", "--platform", *_wishes(query)])
