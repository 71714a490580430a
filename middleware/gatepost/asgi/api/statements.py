"""The operations on what a site says: show, change, undo, preview, explain."""

from collections.abc import Sequence

from gatepost.asgi.api.forms import Confirmed, ExplainQuery, Nothing, PreviewForm, SitePreviewForm, StatementForm
from gatepost.asgi.api.operations import Call, Done, Operation, named
from gatepost.asgi.api.previewed import PreviewTold, document_told, telling_told
from gatepost.asgi.api.telling import explanation_told, resolved, said
from gatepost.asgi.api.told import ExplanationTold, StatementTold
from gatepost.core.access import Scope
from gatepost.core.crawlers import SignatureSet
from gatepost.core.explanation import Question
from gatepost.core.request import read_request
from gatepost.core.sites import Site
from gatepost.core.wishes import INHERIT, Wish, read_wish
from gatepost.wiring import Gate

__all__ = ["STATEMENTS", "read_wishes"]

EXAMPLE = {"wishes": {"ai-training": "block", "/press/:ai-training": "allow", "archives": None}}


def read_wishes(form: StatementForm | PreviewForm, signatures: SignatureSet) -> Sequence[Wish]:
    """What a form wishes, as the core has it. Raises :class:`~gatepost.errors.StatementError`."""
    wishes = [f"{subject}={value or INHERIT}" for subject, value in form.wishes.items()]
    wishes += [f"{one.subject}={one.value or INHERIT}@{one.start}..{one.end}" for one in form.dated]
    return [read_wish(wish, signatures) for wish in wishes]


async def _show(call: Call[Nothing, None]) -> Done:
    return await _told(call.gate, await call.site())


async def _told(gate: Gate, site: Site) -> Done:
    origins = await gate.overviews.origins_of(await gate.overviews.state_of_site(site))
    told = StatementTold(
        id=site.id,
        host=site.host if site.hosts else None,
        revision=site.revision,
        **said(site.statement),
        resolved=resolved(origins.held(lambda policy: policy.everywhere)),
    )
    return Done(told, site.revision)


async def _change(call: Call[Nothing, StatementForm]) -> Done:
    site, form = await call.site(), call.body
    site = await call.owners(site).change_preferences(
        named(site),
        read_wishes(form, call.gate.signatures),
        call.grant.actor,
        search_confirmed=form.confirm_search,
        confirmation=form.confirmation,
        reason=form.reason,
    )
    return await _told(call.gate, site)


async def _undo(call: Call[Nothing, Confirmed]) -> Done:
    site, form = await call.site(), call.body
    site = await call.owners(site).undo(
        named(site),
        call.grant.actor,
        search_confirmed=form.confirm_search,
        confirmation=form.confirmation,
        reason=form.reason,
    )
    return await _told(call.gate, site)


async def _preview(call: Call[Nothing, SitePreviewForm]) -> Done:
    site, gate = await call.site(), call.gate
    wishes = read_wishes(call.body, gate.signatures)
    preview = await gate.overviews.preview(named(site), wishes, call.body.at)
    asked = preview.consequences
    told = PreviewTold(
        revision=site.revision,
        **said(gate.owners.amended(site, wishes).statement),
        allows=list(asked.widens),
        touches_search=[str(one) for one in asked.search],
        confirmation=asked.token if asked.widens else None,
        steps=list(preview.steps),
        shown=preview.shown,
        misread_by=[one.reader for one in preview.verdict.readers if not one.agrees],
        robots_txt_sha256=preview.verdict.sha256,
        partners=[telling_told(one) for one in preview.tellings],
        documents=[document_told(*pair) for pair in zip(preview.documents, preview.traced, strict=True)],
    )
    return Done(told, site.revision)


async def _explain(call: Call[ExplainQuery, None]) -> Done:
    query, host = call.query, call.host_of(await call.site())
    path, _, parameters = query.path.encode().partition(b"?")
    headers = [(b"host", host.encode("ascii")), (b"user-agent", query.user_agent.encode())]
    question = Question(host, query.path, read_request(headers, path, parameters, query.address), query.at)
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
        "What a change would come to: every directive, byte for byte and line by line, what has to be confirmed, and "
        "what data partners will be told.",
        Scope.SITES_READ, _preview, PreviewTold, body=SitePreviewForm, example=EXAMPLE,
    ),
    Operation(
        "explainDecision", "GET", "/sites/{host}/explain", "What is decided about a request, by which rule, and why.",
        Scope.SITES_READ, _explain, ExplanationTold, query=ExplainQuery,
    ),
)  # fmt: skip
"""The table's rows for statements."""
