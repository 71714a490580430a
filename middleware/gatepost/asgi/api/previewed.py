"""What the API tells of a change before it is made; the OpenAPI document is made of it.

Rules: it is what the owner's page shows of the same change, line by line and partner by partner.
"""

from datetime import datetime

from pydantic import Field

from gatepost.asgi.api.telling import origin_told
from gatepost.asgi.api.told import Origin, Saying, Told
from gatepost.core.crawlers import Purpose
from gatepost.core.directives.robotstxt.model import Source
from gatepost.core.partner_view import Telling
from gatepost.core.policy import Reason
from gatepost.core.preferences import Stance
from gatepost.core.preview import Format, Previewed, Traced
from gatepost.core.provenance import Because
from gatepost.core.terms import Action

__all__ = ["PreviewTold", "document_told", "telling_told"]


class BecauseTold(Told):
    """One reason for a line."""

    reason: Reason
    stance: Stance | None
    purpose: Purpose | None = Field(description="The purpose whose stance counted; null where a crawler is named.")
    origin: Origin | None = Field(description="Who said so; null where the rule is Gatepost's own.")


class LineTold(Told):
    """A line as it would be, and what puts it there."""

    text: str
    source: Source | None = Field(description="null: a blank line.")
    own_line: int | None = Field(description="The line of the site's own robots.txt that it comes from.")
    because: list[BecauseTold]


class DocumentTold(Told):
    """A directive as it is until then, and as it would be."""

    format: Format
    in_force: str | None = Field(description="null: there is none.")
    previewed: str | None
    lines: list[LineTold] = Field(description="The previewed one, line by line.")


class TellingTold(Told):
    """What a data partner will be told."""

    partner: str = Field(description="By name.")
    action: Action
    purposes: list[Purpose]
    paths: list[str] = Field(description="Patterns; empty: the whole site.")


class PreviewTold(Saying):
    """What a change would come to; nothing was changed."""

    revision: int
    allows: list[str] = Field(description="What would be allowed that is not.")
    touches_search: list[str]
    confirmation: str | None = Field(description="What confirms this very change; null where none is needed.")
    steps: list[datetime] = Field(description="Now, and each date at which something else would hold.")
    shown: datetime = Field(description="The one of them that the documents are of, against the one before it.")
    misread_by: list[str] = Field(
        description="The independent readers that take robots.txt otherwise than it is meant."
    )
    robots_txt_sha256: str
    partners: list[TellingTold] = Field(description="What data partners will be told.")
    documents: list[DocumentTold]


def document_told(document: Previewed, traced: Traced) -> DocumentTold:
    """A directive, and where its lines come from."""
    return DocumentTold(
        format=document.format,
        in_force=document.before,
        previewed=document.after,
        lines=[
            LineTold(
                text=line.text,
                source=line.source,
                own_line=line.own_line or None,
                because=[_because(one) for one in line.because],
            )
            for line in traced.after
        ],
    )


def _because(one: Because) -> BecauseTold:
    origin = origin_told(one.origin) if one.origin else None
    return BecauseTold(reason=one.reason, stance=one.stance, purpose=one.purpose, origin=origin)


def telling_told(telling: Telling) -> TellingTold:
    """What a data partner will be told, and of which part of the site."""
    asked = telling.asked
    return TellingTold(
        partner=telling.partner, action=asked.action, purposes=list(telling.purposes), paths=list(asked.paths)
    )
