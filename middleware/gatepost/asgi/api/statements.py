"""The operations on what a site says: show, change, undo, preview, explain."""

import asyncio
from collections.abc import Mapping, Sequence

from gatepost.asgi.api.forms import Confirmed, ExplainQuery, Nothing, PreviewForm, StatementForm, WishValue
from gatepost.asgi.api.operations import Call, Done, Operation, key_of
from gatepost.asgi.api.telling import explanation_told, resolved, wishes_told
from gatepost.asgi.api.told import DocumentTold, ExplanationTold, PreviewTold, StatementTold
from gatepost.core.access import Scope
from gatepost.core.crawlers import SignatureSet
from gatepost.core.explanation import Question
from gatepost.core.preview import consequences_of, previewed_documents
from gatepost.core.request import read_request
from gatepost.core.sites import Site
from gatepost.core.state import State
from gatepost.core.wishes import INHERIT, Wish, read_wish
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
    above, wishes = await gate.owners.levels_above(site), read_wishes(call.body.wishes, gate.signatures)
    before, after = State(site, above), State(gate.owners.amended(site, wishes), above)
    statement = after.subject.statement
    asked = await asyncio.to_thread(consequences_of, before, statement, gate.signatures)
    renderings = (await gate.overviews.rendering_of(before), await gate.overviews.rendering_of(after))
    told = PreviewTold(
        revision=site.revision,
        wishes=wishes_told(statement),
        allows=list(asked.widens),
        touches_search=[str(one) for one in asked.search],
        confirmation=asked.token if asked.widens else None,
        documents=[
            DocumentTold(format=one.format, in_force=one.before, previewed=one.after)
            for one in previewed_documents(renderings, gate.addresses(site.host))
        ],
    )
    return Done(told, site.revision)


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
