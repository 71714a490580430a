"""The operations on what the platform, a region or a plan says for sites that say nothing of their own.

Rules: a count of effects takes no longer than a few seconds: what is not counted by then goes on with its cursor.
"""

import time
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from gatepost.asgi.api.cursors import cursor_after, position_of
from gatepost.asgi.api.forms import DefaultPreviewForm, Nothing, StatementForm
from gatepost.asgi.api.operations import Call, Done, Operation
from gatepost.asgi.api.statements import read_wishes
from gatepost.asgi.api.telling import wishes_told
from gatepost.asgi.api.told import DefaultTold, EffectsTold
from gatepost.core.access import Scope
from gatepost.core.consent import Act
from gatepost.core.defaults import PLAN, REGION, level_of
from gatepost.core.sites import PLATFORM, Site
from gatepost.errors import RequestRefused
from gatepost.service.default_preview import DefaultPreview, Effects

__all__ = ["DEFAULTS"]

COUNT_SECONDS = 3.0
"""After so long a count is answered as far as it is; a page of sites is always counted."""

EXAMPLE = {"wishes": {"ai-training": "ask"}}

Level = Literal["platform", "region", "plan"]
_BEGINNINGS: dict[Level, str] = {"platform": PLATFORM, "region": REGION, "plan": PLAN}

Doing = Callable[[Call[Any, Any]], Coroutine[Any, Any, Done]]


def _id(call: Call[Any, Any], level: Level) -> str:
    name = call.path.get("name", "")
    if level != "platform" and (not name or len(name) > 100 or not name.isprintable()):
        raise RequestRefused(
            f"this cannot be the name of a {level}", id="api.path", remedy="Write up to 100 printable characters."
        )
    return _BEGINNINGS[level] + name


def _told(level: Level, default: Site) -> Done:
    told = DefaultTold(
        level=level,
        name=level_of(default.id)[1],
        revision=default.revision,
        wishes=wishes_told(default.statement),
    )
    return Done(told, default.revision)


def _show(level: Level) -> Doing:
    async def act(call: Call[Nothing, None]) -> Done:
        return _told(level, await call.gate.owners.show_default(_id(call, level)))

    return act


def _change(level: Level) -> Doing:
    async def act(call: Call[Nothing, StatementForm]) -> Done:
        form = call.body
        wishes = read_wishes(form.wishes, call.gate.signatures)
        by = Act(call.grant.actor, form.reason, form.confirm_search, form.confirmation)
        return _told(level, await call.owners(None).change_default_preferences(_id(call, level), wishes, by))

    return act


def _preview(level: Level) -> Doing:
    async def act(call: Call[Nothing, DefaultPreviewForm]) -> Done:
        wishes = read_wishes(call.body.wishes, call.gate.signatures)
        preview = await DefaultPreview.of(call.gate.owners, _id(call, level), wishes)
        effects, until, more = Effects(), time.monotonic() + COUNT_SECONDS, None
        async for last in preview.count(effects, position_of(call.body.cursor)):
            if time.monotonic() > until:
                more = cursor_after(last)
                break
        told = EffectsTold(
            counted=effects.sites.total(),
            changed=effects.changed,
            opened=effects.opened,
            untouched=effects.untouched,
            next=more,
        )
        return Done(told)

    return act


def _rows(level: Level, name: str, path: str, whose: str) -> tuple[Operation, ...]:
    return (
        Operation(
            f"show{name}Default", "GET", path, f"What {whose} says for sites that say nothing of their own.",
            Scope.DEFAULTS_READ, _show(level), DefaultTold, every_site=True,
        ),
        Operation(
            f"change{name}Default", "PATCH", path, f"Change what {whose} says, or take it back.",
            Scope.DEFAULTS_WRITE, _change(level), DefaultTold, body=StatementForm, writes=True, changes_revision=True,
            every_site=True, example={**EXAMPLE, "reason": "new terms"},
        ),
        Operation(
            f"preview{name}Default", "POST", f"{path}/preview",
            "How many sites a change would meet; with next, the count goes on there and is to be added up.",
            Scope.DEFAULTS_READ, _preview(level), EffectsTold, body=DefaultPreviewForm, every_site=True,
            example=EXAMPLE,
        ),
    )  # fmt: skip


DEFAULTS = (
    *_rows("platform", "Platform", "/defaults/platform", "the platform"),
    *_rows("region", "Region", "/defaults/regions/{name}", "a region"),
    *_rows("plan", "Plan", "/defaults/plans/{name}", "a plan"),
)
"""The table's rows for defaults."""
