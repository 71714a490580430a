"""What the API takes, as pydantic models; the OpenAPI document is made of them.

Rules: a model checks form alone, what a value comes to is said in ``core`` and ``service``; a change of a statement is
its wishes by subject, as ``gatepost sites set`` has them.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    RootModel,
    Tag,
)

from gatepost.core.crawlers import Purpose
from gatepost.core.request import peer_address
from gatepost.core.sites import Visibility

__all__ = [
    "CanonicalHostForm",
    "Confirmed",
    "CrawlersQuery",
    "DatedForm",
    "DefaultPreviewForm",
    "DeleteQuery",
    "ExplainQuery",
    "Form",
    "NewHost",
    "NewSiteForm",
    "Nothing",
    "OwnerForm",
    "Page",
    "PlanForm",
    "PreviewForm",
    "RegionForm",
    "RobotsTxtForm",
    "SiteForm",
    "SitePreviewForm",
    "SitesQuery",
    "StatementForm",
    "VisibilityForm",
    "WishValue",
]


class Form(BaseModel):
    """A body or a query: nothing unknown, nothing changed on the way."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_HOST = r"^[^\x00-\x20\"#%/:<>?@\[\\\]\^`{|}\x7f]+$"
Host = Annotated[
    str,
    Field(pattern=_HOST, min_length=1, max_length=253, description="A host without a port, in any script (UTS #46)."),
]
Name = Annotated[str, Field(max_length=100, pattern=r"^[^/\x00-\x1f\x7f]*$")]
Line = Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Cursor = Annotated[str, Field(max_length=1_000, description="`next` of the page before.")]
Because = Annotated[Line, Field(description="Why, for the history.")]

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})").fullmatch


def _only_rfc3339(value: object) -> object:
    if isinstance(value, str) and not _MOMENT(value):
        raise ValueError("write a time as RFC 3339 has it, such as 2026-03-01T12:00:00Z")
    return value


Moment = Annotated[datetime, BeforeValidator(_only_rfc3339)]


def _only_address(text: str) -> str:
    if peer_address(text) is None:
        raise ValueError("write an IPv4 or IPv6 address, such as 192.0.2.7")
    return text


_IP: dict[str, JsonValue] = {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
Address = Annotated[str, Field(max_length=100, json_schema_extra=_IP), AfterValidator(_only_address)]
Date = Annotated[str, Field(max_length=40)]


class WishValue(StrEnum):
    """A stance, or what the switch for partners says (``allow`` and ``refuse``)."""

    ALLOW = "allow"
    ASK = "ask"
    BLOCK = "block"
    LICENSE = "license"
    REFUSE = "refuse"


Subject = Annotated[str, Field(min_length=1, max_length=2_000)]
Wishes = Annotated[
    dict[Subject, WishValue | None],
    Field(
        max_length=4_096,
        description="By subject: a purpose (`ai-training`), a path and a purpose (`/press/:ai-training`), a crawler "
        "(`GPTBot`) or `partner-sharing`. null takes back what was said; what is not named stays as it is.",
    ),
]


class DatedForm(Form):
    """A wish for a time, which stands in place of what is said without one."""

    subject: Subject
    value: WishValue | None = Field(description="null takes back what was said for just this time.")
    start: Date = Field("", description="From when: a date (midnight in UTC) or a time; empty: from ever.")
    end: Date = Field("", description="Until when, likewise; not in the time any more.")


class Nothing(Form):
    """No parameters."""


class Page(Form):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=1_000)
    cursor: Cursor = ""


class SitesQuery(Page):
    """Which sites."""

    search: str = Field("", max_length=253, description="What a host or the id begins with.")


class CrawlersQuery(Page):
    """Which crawlers."""

    search: str = Field("", max_length=200, description="What the name, operator or a token contains, in any case.")
    purpose: Purpose | None = None


class DeleteQuery(Form):
    """Why."""

    reason: Because = ""


class ExplainQuery(Form):
    """A request to be judged."""

    user_agent: str = Field(min_length=1, max_length=8_192, pattern=r"^[^\x00-\x1f\x7f]*$")
    path: str = Field("/", max_length=8_192, pattern=r"^/[^\x00-\x20\x7f]*$", description="Path and query.")
    address: Address | None = Field(None, description="Where it came from: by it data partners are let in.")
    at: Moment | None = Field(None, description="As things stand then, by what is said now where it is still to come.")


class NewSiteForm(Form):
    """A site to be added."""

    hosts: list[Host] = Field(min_length=1, max_length=100, description="The canonical one first.")
    id: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[^*\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")] | None = (
        Field(None, description="The platform's own; else the first host.")
    )
    region: Name = ""
    plan: Name = ""


class NewHost(Form):
    """One more host."""

    host: Host
    reason: Because = ""


class VisibilityForm(Form):
    """The site goes public, private or out of service."""

    visibility: Visibility
    reason: Because = ""


class CanonicalHostForm(Form):
    """Another of the site's hosts is the canonical one."""

    host: Host
    reason: Because = ""


class RobotsTxtForm(Form):
    """The owner's own robots.txt, to be merged."""

    robots_txt: str = Field(max_length=102_400)
    confirm_search: bool = Field(False, strict=True, description="Yes, this is meant to touch search.")
    reason: Because = ""


class OwnerForm(Form):
    """The site belongs to somebody else."""

    owner: Annotated[Line, Field(min_length=1)]
    reason: Because = ""


class RegionForm(Form):
    """The site comes to another region, and maybe another plan; an empty name is none."""

    region: Name
    plan: Name | None = None
    reason: Because = ""


class PlanForm(Form):
    """The site comes to another plan; an empty name is none."""

    plan: Name
    reason: Because = ""


_ONE_OF = ("visibility", "host", "robots_txt", "owner", "region", "plan")


def _which(value: object) -> str | None:
    """The change that a body names; of several the first, whose model then refuses the others."""
    return next((name for name in _ONE_OF if isinstance(value, dict) and name in value), None)


class SiteForm(
    RootModel[
        Annotated[
            Annotated[VisibilityForm, Tag("visibility")]
            | Annotated[CanonicalHostForm, Tag("host")]
            | Annotated[RobotsTxtForm, Tag("robots_txt")]
            | Annotated[OwnerForm, Tag("owner")]
            | Annotated[RegionForm, Tag("region")]
            | Annotated[PlanForm, Tag("plan")],
            Discriminator(
                _which,
                custom_error_type="one_change",
                custom_error_message="name one change: " + ", ".join(_ONE_OF),
            ),
        ]
    ]
):
    """One change of a site, which is one entry of its history."""


DatedWishes = Annotated[list[DatedForm], Field(max_length=1_000, description="What is said for a time only.")]


class Confirmed(Form):
    """What whoever asks has confirmed."""

    confirm_search: bool = Field(False, strict=True, description="Yes, this is meant to touch search.")
    confirmation: str = Field("", max_length=100, description="The token of the widening that is meant.")
    reason: Because = ""


class StatementForm(Confirmed):
    """A change of what is said."""

    wishes: Wishes
    dated: DatedWishes = []


class PreviewForm(Form):
    """As if this were said."""

    wishes: Wishes
    dated: DatedWishes = []


class SitePreviewForm(PreviewForm):
    """As if this were said; the documents are those of a time, or of the first date at which it makes a difference."""

    at: Moment | None = None


class DefaultPreviewForm(PreviewForm):
    """As if this were said; a count goes on where the one before ended."""

    cursor: Cursor = ""
