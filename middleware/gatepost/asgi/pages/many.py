"""The sites of an owner who has several: what each says, and one change for those that are chosen, looked at before.

Rules: a site is changed on the revision that was looked at, with its own confirmation; what fails on one site is told,
and holds up no other; a store that stops answering ends it, and which sites were changed by then is told all the same;
what is not among the sites of whoever asks is not there.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gatepost.asgi.pages.doorway import Doorway, status_of
from gatepost.asgi.pages.forms import Form, read_form
from gatepost.core.access import Grant, Scope, check
from gatepost.core.crawlers import Purpose
from gatepost.core.preview import Consequences
from gatepost.core.sites import Site
from gatepost.core.state import State, lasting_wishes_of
from gatepost.core.wishes import Wish, read_wish
from gatepost.errors import GatepostError, StoreError, StoreUnavailable

__all__ = ["ManyPages"]

MOST_SITES = 200
"""Shown, and changed at once."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the change would do to one site."""

    site: Site
    unsaid: Sequence[str]
    said: Sequence[str]
    consequences: Consequences


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it did: which sites follow, what went wrong with which, and which were left when the store stopped."""

    changed: Sequence[str]
    failed: Sequence[tuple[str, GatepostError]]
    left: Sequence[str] = ()
    stopped: StoreUnavailable | None = None


@dataclass(frozen=True)
class ManyPages:
    """The handlers."""

    door: Doorway

    async def show(self, request: Request, grant: Grant) -> Response:
        """The sites, or the console for who may see all there are."""
        check(grant, Scope.SITES_READ)
        if grant.sites is None:
            return RedirectResponse(request.scope.get("root_path", "") + "/console", 303)
        return await self._page(request, grant, Form())

    async def change(self, request: Request, grant: Grant) -> Response:
        """Look at one change for the chosen sites, or make it."""
        form = await read_form(request)
        make = bool(form.get("make"))
        check(grant, Scope.SITES_WRITE if make else Scope.SITES_READ)
        wishes = [read_wish(text, self.door.gate.signatures) for text in _chosen(form)]
        ids = {value for name, value in form.fields if name == "site"}
        sites = [site for site in await self._sites(grant) if site.id in ids]
        if make:
            return await self._page(request, grant, Form(), outcome=await self._make(grant, form, sites, wishes))
        return await self._page(request, grant, form, await self._foreseen(sites, wishes))

    async def _page(
        self,
        request: Request,
        grant: Grant,
        form: Form,
        foreseen: Sequence[Foreseen] | None = None,
        outcome: Outcome | None = None,
    ) -> Response:
        chosen = [value for name, value in form.fields if name == "site"]
        return self.door.pages.response(
            request,
            "many.html",
            status_of(outcome.stopped) if outcome and outcome.stopped else 200,
            states=await self._states(grant, outcome),
            left_out=len(grant.sites or ()) > MOST_SITES,
            most=MOST_SITES,
            form=form,
            chosen=chosen,
            wishes=_chosen(form),
            foreseen=foreseen,
            outcome=outcome,
            asks_reason=grant.actor.kind is not grant.actor.kind.OWNER,
            writable=Scope.SITES_WRITE in grant.scopes,
        )

    async def _sites(self, grant: Grant) -> Sequence[Site]:
        """Those of whoever asks, by their host."""
        ids = sorted(grant.sites or ())[:MOST_SITES]
        found = [site for site in await self.door.gate.store.sites_with(ids=ids) if site.hosts]
        return sorted(found, key=lambda site: site.host)

    async def _states(self, grant: Grant, outcome: Outcome | None) -> Sequence[State] | None:
        """What each says; ``None`` where that cannot be read after something was made, which is told without it."""
        try:
            return [await self.door.gate.overviews.state_of_site(site) for site in await self._sites(grant)]
        except StoreError:
            if outcome is None:
                raise
            return None

    async def _foreseen(self, sites: Sequence[Site], wishes: Sequence[Wish]) -> Sequence[Foreseen]:
        """The sites that would say something else."""
        gate, found = self.door.gate, []
        for site in sites:
            then, now = (lasting_wishes_of(one.statement) for one in (site, gate.owners.amended(site, wishes)))
            if then != now:
                asked = await gate.overviews.consequences(site.host, wishes)
                unsaid, said = (
                    [wish for wish in these if wish not in others] for these, others in ((then, now), (now, then))
                )
                found.append(Foreseen(site, unsaid, said, asked))
        return found

    async def _make(self, grant: Grant, form: Form, sites: Sequence[Site], wishes: Sequence[Wish]) -> Outcome:
        changed: list[str] = []
        failed: list[tuple[str, GatepostError]] = []
        for place, site in enumerate(sites):
            try:
                await self._make_one(grant, form, site, wishes)
            except StoreUnavailable as error:
                return Outcome(changed, failed, [one.host for one in sites[place:]], error)
            except GatepostError as error:
                failed.append((site.host, error))
            else:
                changed.append(site.host)
        with suppress(StoreError):
            await self.door.gate.snapshots.refresh()
        return Outcome(changed, failed)

    async def _make_one(self, grant: Grant, form: Form, site: Site, wishes: Sequence[Wish]) -> None:
        owners = self.door.gate.owners.only_at(form.number(f"revision:{site.id}"), site.id)
        await owners.change_preferences(
            site.host,
            wishes,
            grant.actor,
            search_confirmed=form.get("search-meant") == "yes",
            confirmation=form.get(f"confirmation:{site.id}"),
            reason=form.get("reason"),
        )

    @property
    def handlers(self) -> dict[tuple[str, str], Callable[[Request, Grant], Awaitable[Response]]]:
        """Every handler by method and path."""
        return {("GET", "/sites"): self.show, ("POST", "/sites"): self.change}


def _chosen(form: Form) -> Sequence[str]:
    """What is to be said on all of them; a purpose that is left as it is is not named."""
    return [f"{name}={value}" for name in (*Purpose, "partner-sharing") if (value := form.get(name))]
