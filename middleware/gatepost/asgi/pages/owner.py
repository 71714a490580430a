"""The owner's page: what holds, the choices, what they would come to, and the history.

Rules: reading and saving need no JavaScript; a change is made on the revision that was read, and what a lost race or a
fault left unmade is shown again as it was typed; what widens or touches search is confirmed by name first.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from gatepost.asgi.pages.done import done_query, read_done
from gatepost.asgi.pages.doorway import Doorway, page_unknown, status_of
from gatepost.asgi.pages.forms import Form, about, changed_wishes, kept, path_rows, read_form
from gatepost.asgi.pages.lines import shown_lines
from gatepost.asgi.pages.partners import partners_shown
from gatepost.asgi.pages.rendering import Told
from gatepost.core.access import Grant, Scope, check
from gatepost.core.obstacles import obstacles_outside
from gatepost.core.overview import CrawlerRow, Overview
from gatepost.core.own_robots import check_own_robots
from gatepost.core.periods import moment_text, read_moment
from gatepost.core.preview import Consequences, Format, Preview
from gatepost.core.reach import Reach, SiteReach
from gatepost.core.sites import Site
from gatepost.core.state import lasting_wishes_of
from gatepost.core.wishes import Wish, read_wish, spell_wish
from gatepost.errors import (
    ConfirmationNeeded,
    GatepostError,
    RevisionConflict,
    StatementError,
    StoreError,
    StoreUnavailable,
)
from gatepost.service.owners import Owners

__all__ = ["OwnerPages"]

_CRAWLERS_SHOWN = 50
_MOST_DIGITS = 6


@dataclass(frozen=True)
class OwnerPages:
    """The handlers."""

    door: Doorway

    async def show(self, request: Request, grant: Grant, *, ask: bool = False) -> Response:
        """The page; it waits for no answer from outside unless it is told to ``ask``."""
        await self._check(request, grant)
        return await self._page(request, grant, Form(), ask=ask)

    async def _check(self, request: Request, grant: Grant) -> None:
        """Let pass who may read the site, by what is known of it while the store does not answer."""
        try:
            await self.door.site(request, grant, Scope.SITES_READ)
        except StoreUnavailable:
            overview = await self.door.gate.overviews.overview(request.path_params["host"])
            check(grant, Scope.SITES_READ, overview.id)

    async def _page(
        self, request: Request, grant: Grant, form: Form, error: GatepostError | None = None, *, ask: bool = False
    ) -> Response:
        """The page with what was typed in place of what the site says, and what went wrong."""
        gate, host = self.door.gate, request.path_params["host"]
        overview = await gate.overviews.overview(host)
        wishes: list[Wish] = []
        with contextlib.suppress(StatementError):
            wishes += changed_wishes(form, overview.statement, gate.signatures, _now())
        preview = await self._preview_of(request, host, wishes, _typed(form)) if overview.writable else None
        return self.door.pages.response(
            request,
            "owner.html",
            status_of(error) if error else 200,
            here=f"{request.scope.get('root_path', '')}/sites/{quote(host)}",
            overview=overview,
            form=kept(form, overview.statement),
            shown="\n".join(lasting_wishes_of(overview.statement)),
            path_rows=path_rows(form, overview.statement),
            error=error,
            done=read_done(request),
            several=grant.sites is None or len(grant.sites) > 1,
            asks_reason=grant.actor.kind is not grant.actor.kind.OWNER,
            named=[row for row in overview.crawlers if row.exception or f"crawler:{row.name}" in form.values],
            services=sorted({row.service for row in overview.crawlers if row.service}),
            **self._preview_values(host, preview, wishes, about(form)),
            **_reach_values(overview, await self._reach(host, ask=ask)),
            coming=not ask,
            since=_number(request.query_params.get("history", "")),
            partners=await partners_shown(gate, host),
        )

    async def _reach(self, host: str, *, ask: bool) -> SiteReach | None:
        """Where the hosts lead, asked for if it is not known and ``ask`` says so; nothing while that cannot be."""
        with contextlib.suppress(StoreError):
            return await (self.door.gate.reach.look if ask else self.door.gate.reach.known)(host)
        return None

    async def reach(self, request: Request, grant: Grant) -> Response:
        """Where the hosts lead, asked from outside: a part of the page, or the whole page without JavaScript."""
        if "hx-request" not in request.headers:
            return await self.show(request, grant, ask=True)
        host = request.path_params["host"]
        await self._check(request, grant)
        overview = await self.door.gate.overviews.overview(host)
        values = _reach_values(overview, await self._reach(host, ask=True))
        return self.door.pages.response(request, "part_reach.html", host=host, coming=False, **values)

    async def _preview_of(
        self, request: Request, host: str, wishes: Sequence[Wish], own_file: str | None = None
    ) -> Preview:
        """What wishes and an own file come to, at the date that is looked at."""
        at = _date(request.query_params.get("at", ""))
        words = Told(self.door.pages.words(request)).plain
        return await self.door.gate.overviews.preview(host, wishes, at, words, own_file=own_file)

    async def preview(self, request: Request, grant: Grant) -> Response:
        """What the choices, exceptions or own lines in the form would come to.

        A part of the page, or the whole page without JavaScript.
        """
        site = await self.door.site(request, grant, Scope.SITES_READ)
        form = await read_form(request)
        if "hx-request" not in request.headers:
            return await self._page(request, grant, form)
        wishes: list[Wish] = []
        fault: GatepostError | None = None
        try:
            wishes += changed_wishes(form, site.statement, self.door.gate.signatures, _now())
            preview = await self._preview_of(request, site.host, wishes, form.values.get("robots-txt"))
        except StatementError as error:
            fault, wishes = error, []
            preview = await self._preview_of(request, site.host, wishes)
        values = self._preview_values(request.path_params["host"], preview, wishes, about(form))
        return self.door.pages.response(request, "part_preview.html", error=fault, **values)

    def _preview_values(
        self, host: str, preview: Preview | None, wishes: Sequence[Wish], what: str
    ) -> dict[str, object]:
        """What the part of a page that shows a preview calls for."""
        if preview is None:
            return {"host": host, "preview": None, "wishes": ()}
        lines = {one.format.value: shown_lines(one.before, one.after) for one in preview.traced}
        changing = {name: sum(line.changes for line in shown) for name, shown in lines.items()}
        spelled = [spell_wish(wish) for wish in wishes]
        base = self.door.gate.settings.public_url.replace("{host}", host)
        at = [] if preview.shown == preview.steps[0] else [("at", moment_text(preview.shown))]
        return {
            "host": host,
            "preview": preview,
            "live": {name: base + path for name, path in _PUBLIC.items()},
            "steps": [(moment_text(at) if index else "now", at) for index, at in enumerate(preview.steps)],
            "lines": lines,
            "changing": changing,
            "wishes": spelled,
            "about": what,
            "query": urlencode([*(("wish", wish) for wish in spelled), *at]),
        }

    async def save(self, request: Request, grant: Grant) -> Response:
        """Make the choices of the form, or ask for what has to be confirmed."""
        site = await self.door.site(request, grant, Scope.SITES_WRITE)
        form = await read_form(request)
        try:
            wishes = changed_wishes(form, site.statement, self.door.gate.signatures, _now())
            if not wishes:
                return self._seen(request, done_query("unchanged"))
            await self._owners(form, site).change_preferences(
                site.host,
                wishes,
                grant.actor,
                search_confirmed=form.get("search-meant") == "yes",
                confirmation=form.get("confirmation"),
                reason=form.get("reason"),
            )
        except ConfirmationNeeded:
            told = await self.door.gate.overviews.consequences(site.host, wishes)
            return self._confirm(request, form, told, "")
        except (StatementError, RevisionConflict) as error:
            return await self._page(request, grant, form, error)
        return await self._done(request, done_query("saved", wishes))

    async def undo(self, request: Request, grant: Grant) -> Response:
        """Take the last change of the statement back."""
        site = await self.door.site(request, grant, Scope.SITES_WRITE)
        form = await read_form(request)
        try:
            await self._owners(form, site).undo(
                site.host,
                grant.actor,
                search_confirmed=form.get("search-meant") == "yes",
                confirmation=form.get("confirmation"),
                reason=form.get("reason"),
            )
        except ConfirmationNeeded:
            told = await self.door.gate.overviews.consequences_of_undo(site.host)
            return self._confirm(request, form, told, "/undo")
        except (StatementError, RevisionConflict) as error:
            return await self._page(request, grant, Form(), error)
        return await self._done(request, done_query("undone"))

    async def save_own_file(self, request: Request, grant: Grant) -> Response:
        """Keep the owner's own robots.txt."""
        site = await self.door.site(request, grant, Scope.SITES_WRITE)
        form = await read_form(request)
        try:
            await self._owners(form, site).change_robots_txt(
                site.host,
                form.get("robots-txt"),
                grant.actor,
                search_confirmed=form.get("search-meant") == "yes",
            )
        except ConfirmationNeeded:
            told = await self.door.gate.overviews.consequences_of_own_file(site.host, form.get("robots-txt"))
            return self._confirm(request, form, told, "/own-file")
        except (StatementError, RevisionConflict) as error:
            return await self._page(request, grant, form, error)
        return await self._done(request, done_query("saved"))

    def _owners(self, form: Form, site: Site) -> Owners:
        """The use cases, held to the site, and to the revision that the page showed."""
        return self.door.gate.owners.only_at(form.number("revision", site.revision), site.id)

    def _confirm(self, request: Request, form: Form, told: Consequences, action: str) -> Response:
        page = f"/sites/{quote(request.path_params['host'])}"
        return self.door.confirm(request, form, told, page, page + action)

    async def _done(self, request: Request, done: str) -> Response:
        """Back to the page, after this worker has taken the change up."""
        with contextlib.suppress(StoreError):
            await self.door.gate.snapshots.refresh()
        return self._seen(request, done)

    def _seen(self, request: Request, done: str) -> Response:
        base, host = request.scope.get("root_path", ""), quote(request.path_params["host"])
        return RedirectResponse(f"{base}/sites/{host}?{done}", 303)

    async def crawlers(self, request: Request, grant: Grant) -> Response:
        """The crawlers whose name, token or operator holds what is looked for."""
        await self.door.site(request, grant, Scope.SITES_READ)
        host = request.path_params["host"]
        overview = await self.door.gate.overviews.overview(host)
        wanted = request.query_params.get("q", "").strip()
        found = [row for row in overview.crawlers if _holds(row, wanted.lower())]
        first = min(_number(request.query_params.get("from", "")), max(len(found) - 1, 0))
        template = "part_crawlers.html" if "hx-request" in request.headers else "crawlers.html"
        return self.door.pages.response(
            request,
            template,
            host=host,
            overview=overview,
            wanted=wanted,
            found=len(found),
            first=first,
            rows=found[first : first + _CRAWLERS_SHOWN],
            pages=_neighbours(wanted, first, len(found)),
        )

    async def file(self, request: Request, grant: Grant) -> Response:
        """A document as it is, or as it would be, to be kept."""
        site = await self.door.site(request, grant, Scope.SITES_READ)
        gate = self.door.gate
        query, name = request.query_params, request.path_params["name"]
        wishes = [read_wish(wish, gate.signatures) for wish in query.getlist("wish")[:256]]
        words = Told(self.door.pages.words(request)).plain if query.get("download") else None
        documents = await gate.overviews.preview_documents(site.host, wishes, _date(query.get("at", "")), words)
        found = {document.format.value: document.after for document in documents}.get(name)
        if found is None:
            raise page_unknown()
        response = PlainTextResponse(found)
        if query.get("download"):
            response.headers["content-disposition"] = f'attachment; filename="{_FILE_NAMES.get(name, name)}"'
        return response

    @property
    def handlers(self) -> dict[tuple[str, str], Callable[[Request, Grant], Awaitable[Response]]]:
        """Every handler by method and path below ``sites/{host}``."""
        return {
            ("GET", ""): self.show,
            ("POST", ""): self.save,
            ("POST", "/preview"): self.preview,
            ("POST", "/undo"): self.undo,
            ("POST", "/own-file"): self.save_own_file,
            ("GET", "/reach"): self.reach,
            ("GET", "/crawlers"): self.crawlers,
            ("GET", "/files/{name}"): self.file,
        }


_PUBLIC = {
    Format.ROBOTS_TXT.value: "/robots.txt",
    Format.AI_TXT.value: "/ai.txt",
    Format.TDMREP.value: "/.well-known/tdmrep.json",
}
"""Where everyone reads them."""
_FILE_NAMES = {Format.FIELDS.value: "response-fields.txt", Format.WORDS.value: "policy.txt"}


def _reach_values(overview: Overview, reach: SiteReach | None) -> dict[str, object]:
    """What stands in the way, with what was found by asking from outside."""
    outside = tuple(obstacles_outside(reach)) if reach else ()
    unknown = reach.hosts_in(Reach.UNKNOWN) if reach else ()
    return {"reach": reach, "obstacles": (*overview.obstacles, *outside), "unknown": unknown}


def _typed(form: Form) -> str | None:
    """The own file as it was typed; ``None`` where none was, or none that can be looked at."""
    text = form.values.get("robots-txt")
    with contextlib.suppress(StatementError):
        if text is not None:
            check_own_robots(text)
            return text
    return None


def _date(text: str) -> datetime | None:
    """The date that is looked at; ``None``: none was chosen. Raises :class:`StatementError`."""
    return (_now() if text == "now" else read_moment(text)) if text else None


def _now() -> datetime:
    return datetime.now(UTC)


def _number(text: str) -> int:
    """What is no number is 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else 0


def _neighbours(wanted: str, first: int, found: int) -> dict[str, str]:
    """The queries of the crawlers before and after those that are shown, where there are any."""
    starts = {"before": max(first - _CRAWLERS_SHOWN, 0)} if first else {}
    if first + _CRAWLERS_SHOWN < found:
        starts["after"] = first + _CRAWLERS_SHOWN
    return {side: urlencode({"q": wanted, "from": start}) for side, start in starts.items()}


def _holds(row: CrawlerRow, wanted: str) -> bool:
    return any(wanted in text.lower() for text in (row.name, row.operator, *row.tokens))
