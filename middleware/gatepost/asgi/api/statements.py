"""The operations on what a site says: show, change, undo, preview, explain."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gatepost.asgi.api.forms import Confirmed, ExplainQuery, Nothing, PreviewForm, StatementForm, WishValue
from gatepost.asgi.api.operations import Call, Done, Operation, key_of
from gatepost.asgi.api.telling import explanation_told, resolved, wishes_told
from gatepost.asgi.api.told import DocumentTold, ExplanationTold, PreviewTold, StatementTold
from gatepost.core.access import Scope
from gatepost.core.consent import confirmation_token, statement_widens
from gatepost.core.crawlers import SignatureSet
from gatepost.core.explanation import Question
from gatepost.core.preferences import PreferenceStatement
from gatepost.core.request import read_request
from gatepost.core.sites import Site, check_search
from gatepost.core.snapshot import Rendering
from gatepost.core.state import State
from gatepost.core.wishes import INHERIT, Wish, read_wish
from gatepost.errors import ConfirmationNeeded
from gatepost.wiring import Gate

__all__ = ["STATEMENTS", "read_wishes"]

EXAMPLE = {"wishes": {"ai-training": "block", "/press/:ai-training": "allow", "archives": None}}


def read_wishes(wishes: Mapping[str, WishValue | None], signatures: SignatureSet) -> Sequence[Wish]:
    """Wishes by subject, as the core has them. Raises :class:`~gatepost.errors.StatementError`."""
    return [read_wish(f"{subject}={value or INHERIT}", signatures) for subject, value in wishes.items()]


async def _show(call: Call[Nothing, None]) -> Done:
    return await _told(call.gate, await call.site())


async def _told(gate: Gate, site: Site) -> Done:
    policy = State(site, await gate.owners.levels_above(site)).policy
    told = StatementTold(
        id=site.id,
        host=site.host,
        revision=site.revision,
        wishes=wishes_told(site.statement),
        resolved=resolved(policy.everywhere, policy.preferences.partner_sharing),
    )
    return Done(told, site.revision)


async def _change(call: Call[Nothing, StatementForm]) -> Done:
    site, form = await call.site(), call.body
    site = await call.owners(site).change_preferences(
        site.host,
        read_wishes(form.wishes, call.gate.signatures),
        call.grant.actor,
        search_confirmed=form.confirm_search,
        confirmation=form.confirmation,
        reason=form.reason,
    )
    return await _told(call.gate, site)


async def _undo(call: Call[Nothing, Confirmed]) -> Done:
    site, form = await call.site(), call.body
    site = await call.owners(site).undo(
        site.host,
        call.grant.actor,
        search_confirmed=form.confirm_search,
        confirmation=form.confirmation,
        reason=form.reason,
    )
    return await _told(call.gate, site)


async def _preview(call: Call[Nothing, PreviewForm]) -> Done:
    site, gate = await call.site(), call.gate
    above = await gate.owners.levels_above(site)
    wanted = await gate.owners.preview(site.host, read_wishes(call.body.wishes, gate.signatures))
    wanted = replace(site, statement=wanted.statement)
    before, after = State(site, above), State(wanted, above)
    allows = await asyncio.to_thread(statement_widens, site, wanted.statement, above, gate.signatures)
    renderings = [await asyncio.to_thread(gate.overviews.rendering_of, state) for state in (before, after)]
    told = PreviewTold(
        revision=site.revision,
        wishes=wishes_told(wanted.statement),
        allows=list(allows),
        touches_search=_search_touched(site.statement, wanted.statement, gate.signatures),
        confirmation=confirmation_token(site, wanted.statement) if allows else None,
        documents=_documents(*renderings),
    )
    return Done(told, site.revision)


def _search_touched(before: PreferenceStatement, after: PreferenceStatement, signatures: SignatureSet) -> list[str]:
    try:
        check_search(before, after, signatures, confirmed=False)
    except ConfirmationNeeded as asked:
        return list(asked.effects)
    return []


def _documents(before: Rendering, after: Rendering) -> list[DocumentTold]:
    """Every document of either, and the response fields that hold everywhere."""
    paths = sorted({*before.documents, *after.documents})
    fields = DocumentTold(path="", in_force=_fields(before), previewed=_fields(after))
    return [fields] + [
        DocumentTold(path=path, in_force=_text(before, path), previewed=_text(after, path)) for path in paths
    ]


def _fields(rendering: Rendering) -> str:
    return b"".join(b"%b: %b\n" % field for field in rendering.fields_everywhere).decode("latin-1")


def _text(rendering: Rendering, path: str) -> str | None:
    document = rendering.documents.get(path)
    return document.body.decode() if document else None


async def _explain(call: Call[ExplainQuery, None]) -> Done:
    await call.site()
    query, host = call.query, key_of(call.path["host"])
    path, _, parameters = query.path.encode().partition(b"?")
    headers = [(b"host", host.encode("ascii")), (b"user-agent", query.user_agent.encode())]
    question = Question(host, query.path, read_request(headers, path, parameters, None), query.at)
    return Done(explanation_told(await call.gate.overviews.explain(question)))


STATEMENTS = (
    Operation(
        "showStatement", "GET", "/sites/{host}/statement", "What a site says, and what holds there.",
        Scope.SITES_READ, _show, StatementTold,
    ),
    Operation(
        "changeStatement", "PATCH", "/sites/{host}/statement",
        "Say something, or take it back; what is not named stays as it is.",
        Scope.SITES_WRITE, _change, StatementTold, body=StatementForm, writes=True, changes_revision=True,
        example={**EXAMPLE, "reason": "the owner's choice"},
    ),
    Operation(
        "undoStatement", "POST", "/sites/{host}/undo", "Put back what was said before the last change, for 30 days.",
        Scope.SITES_WRITE, _undo, StatementTold, body=Confirmed, writes=True, changes_revision=True, example={},
    ),
    Operation(
        "previewStatement", "POST", "/sites/{host}/preview",
        "What a change would come to: every directive, byte for byte, and what has to be confirmed.",
        Scope.SITES_READ, _preview, PreviewTold, body=PreviewForm, example=EXAMPLE,
    ),
    Operation(
        "explainDecision", "GET", "/sites/{host}/explain", "What is decided about a request, by which rule, and why.",
        Scope.SITES_READ, _explain, ExplanationTold, query=ExplainQuery,
    ),
)  # fmt: skip
"""The table's rows for statements."""
