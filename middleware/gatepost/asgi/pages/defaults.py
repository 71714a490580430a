"""What the platform, a region or a plan says for sites that say nothing: changed by operators, after its effect was
counted.

Rules: the same consent is asked as by the commands and the API; a change is made on the revision that was read; a count
takes no longer than a few seconds at once, and goes on from where it was.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gatepost.asgi.pages.done import done_query, read_done
from gatepost.asgi.pages.doorway import Doorway, status_of
from gatepost.asgi.pages.forms import Form, changed_wishes, kept, read_form
from gatepost.core.access import Grant, Scope, check
from gatepost.core.changes_told import told_history
from gatepost.core.consent import Act
from gatepost.core.defaults import PLAN, REGION, level_of
from gatepost.core.sites import PLATFORM
from gatepost.core.state import lasting_wishes_of
from gatepost.core.wishes import spell_wish
from gatepost.errors import ConfirmationNeeded, GatepostError, RevisionConflict, StatementError, StoreError
from gatepost.service.default_preview import DefaultPreview, Effect, Effects

__all__ = ["DefaultPages"]

COUNT_SECONDS = 3.0
"""For which is counted at once; a page of sites is always counted."""

_BEGINNINGS = {"platform": PLATFORM, "region": REGION, "plan": PLAN}
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Counted:
    """What a change comes to, as far as it is counted."""

    wishes: Sequence[str]
    """The change, as its author would write it."""
    effects: Effects
    begins: datetime | None
    after: str
    """The id after which the count goes on; empty when every site was counted."""


@dataclass(frozen=True)
class DefaultPages:
    """The handlers."""

    door: Doorway

    async def show(self, request: Request, grant: Grant) -> Response:
        """What a default says, and the form to change it."""
        check(grant, Scope.DEFAULTS_READ, every_site=True)
        return await self._page(request, grant, Form())

    async def preview(self, request: Request, grant: Grant) -> Response:
        """The same, with how many sites the choices of the form would meet."""
        check(grant, Scope.DEFAULTS_READ, every_site=True)
        form = await read_form(request)
        try:
            return await self._page(request, grant, form, counted=await self._count(request, form))
        except StatementError as error:
            return await self._page(request, grant, form, error)

    async def _page(
        self,
        request: Request,
        grant: Grant,
        form: Form,
        error: GatepostError | None = None,
        counted: Counted | None = None,
    ) -> Response:
        gate, id = self.door.gate, _id(request)
        default = await gate.owners.show_default(id)
        origins = await gate.overviews.origins_of(await gate.overviews.state_of_subject(id))
        level, name = level_of(id)
        return self.door.pages.response(
            request,
            "default.html",
            status_of(error) if error else 200,
            here=request.scope.get("root_path", "") + _address(request),
            level=level,
            name=name,
            addresses={below: _address(request, below) for below in ("", "/preview", "/undo")},
            default=default,
            dated=[one for one in origins.dated() if one.origin.level is level],
            history=told_history(await gate.store.history(id), _now()),
            form=kept(form, default.statement),
            sent=form.fields,
            shown="\n".join(lasting_wishes_of(default.statement)),
            counted=counted,
            error=error,
            done=read_done(request),
            writable=Scope.DEFAULTS_WRITE in grant.scopes,
        )

    async def _count(self, request: Request, form: Form) -> Counted | None:
        """Count on from where the form says, for as long as one answer may take; ``None``: nothing would change."""
        gate, id = self.door.gate, _id(request)
        said = (await gate.owners.show_default(id)).statement
        wishes = changed_wishes(form, said, gate.signatures, _now())
        if not wishes:
            return None
        preview = await DefaultPreview.of(gate.owners, id, wishes)
        effects, until = _effects(form), time.monotonic() + COUNT_SECONDS
        spelled, rest = [spell_wish(wish) for wish in wishes], ""
        async for last in preview.count(effects, form.get("after")):
            if time.monotonic() > until:
                rest = last
                break
        return Counted(spelled, effects, preview.begins, rest)

    async def save(self, request: Request, grant: Grant) -> Response:
        """Make the choices of the form, or ask for what has to be confirmed."""
        check(grant, Scope.DEFAULTS_WRITE, every_site=True)
        gate, id, form = self.door.gate, _id(request), await read_form(request)
        try:
            default = await gate.owners.show_default(id)
            wishes = changed_wishes(form, default.statement, gate.signatures, _now())
            if not wishes:
                return self._seen(request, done_query("unchanged"))
            await gate.owners.change_default_preferences(
                id, wishes, _act(form, grant), form.number("revision", default.revision)
            )
        except ConfirmationNeeded:
            told = await gate.overviews.consequences(id, wishes)
            return self.door.confirm(request, form, told, _address(request), _address(request))
        except (StatementError, RevisionConflict) as error:
            return await self._page(request, grant, form, error)
        return await self._done(request, done_query("saved", wishes))

    async def undo(self, request: Request, grant: Grant) -> Response:
        """Take the last change of the default back."""
        check(grant, Scope.DEFAULTS_WRITE, every_site=True)
        gate, id, form = self.door.gate, _id(request), await read_form(request)
        try:
            shown = form.number("revision", (await gate.owners.show_default(id)).revision)
            await gate.owners.only_at(shown, id).undo_default(id, _act(form, grant))
        except ConfirmationNeeded:
            told = await gate.overviews.consequences_of_undo(id)
            return self.door.confirm(request, form, told, _address(request), _address(request, "/undo"))
        except (StatementError, RevisionConflict) as error:
            return await self._page(request, grant, Form(), error)
        return await self._done(request, done_query("undone"))

    async def _done(self, request: Request, done: str) -> Response:
        """Back to the page, after this worker has taken the change up."""
        with contextlib.suppress(StoreError):
            await self.door.gate.snapshots.refresh()
        return self._seen(request, done)

    def _seen(self, request: Request, done: str) -> Response:
        return RedirectResponse(f"{request.scope.get('root_path', '')}{_address(request)}&{done}", 303)

    @property
    def handlers(self) -> dict[tuple[str, str], Callable[[Request, Grant], Awaitable[Response]]]:
        """Every handler by method and path below ``console/defaults``."""
        return {
            ("GET", ""): self.show,
            ("POST", ""): self.save,
            ("POST", "/preview"): self.preview,
            ("POST", "/undo"): self.undo,
        }


def _id(request: Request) -> str:
    """The id of the default that a page is about. Raises :class:`StatementError`."""
    level, name = (request.query_params.get(key, "").strip() for key in ("level", "name"))
    fits = level in _BEGINNINGS and bool(name) == (level != "platform")
    if not fits or len(name) > _LONGEST_NAME or not name.isprintable():
        raise StatementError(
            "this names no platform, region or plan",
            id="form.default",
            remedy=f"Choose a level, and write a name of up to {_LONGEST_NAME} printable characters.",
        )
    return _BEGINNINGS[level] + name


def _address(request: Request, below: str = "") -> str:
    """Of the page, or of what it does."""
    named = [(key, request.query_params.get(key, "").strip()) for key in ("level", "name")]
    return f"/console/defaults{below}?{urlencode(named)}"


def _act(form: Form, grant: Grant) -> Act:
    return Act(grant.actor, form.get("reason"), form.get("search-meant") == "yes", form.get("confirmation"))


def _effects(form: Form) -> Effects:
    """What was counted before, as the form carries it."""
    return Effects(Counter({effect: form.number(f"counted:{effect}") for effect in Effect}))


def _now() -> datetime:
    return datetime.now(UTC)
