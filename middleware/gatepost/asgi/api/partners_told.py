"""What the API takes and gives about data partners and what they are told; the OpenAPI document is made of it.

Rules: a notice is told as it is pushed, octet for octet the same members, with its state beside it.
"""

import json
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from gatepost.asgi.api.forms import Form
from gatepost.asgi.api.told import Told
from gatepost.core.crawlers import Purpose
from gatepost.core.duties import LONGEST_REASON, Duty, ReceiptKind
from gatepost.core.duty_words import DutyWord, sentence_of, word_of
from gatepost.core.notices import LONGEST_ITEM, LONGEST_URL, MOST_URLS, ONE_LINE, URL, body_of
from gatepost.core.partners import Partner
from gatepost.core.terms import Action

__all__ = [
    "DigestTold",
    "FeedQuery",
    "ItemForm",
    "ItemRemovalTold",
    "NoticeTold",
    "PartnerTold",
    "PartnersTold",
    "ReceiptForm",
    "SiteNoticesTold",
    "notice_told",
    "opted_out",
    "partner_told",
]

LARGEST = 2**53 - 1
"""Up to which all readers agree on integers."""

Words = Annotated[str, Field(max_length=LONGEST_REASON, pattern=ONE_LINE)]
Url = Annotated[str, Field(min_length=8, max_length=LONGEST_URL, pattern=URL)]
ItemId = Annotated[str, Field(min_length=1, max_length=LONGEST_ITEM, pattern=ONE_LINE)]


class FeedQuery(Form):
    """Which part of a feed."""

    after: int = Field(0, ge=0, le=LARGEST, description="The last revision that is known; 0: all, from the beginning.")
    limit: int = Field(1_000, ge=1, le=10_000)


class ReceiptForm(Form):
    """What a partner says of a notice."""

    notice: Annotated[str, Field(min_length=1, max_length=100, description="The notice's id.")]
    kind: ReceiptKind
    dataset_version: Words = Field("", description="From which version of a data set it was removed.")
    reason: Words = Field("", description="Why it is refused.")


class ItemForm(Form):
    """A post that was made private or deleted."""

    item: ItemId = Field(description="As exports call it.")
    urls: list[Url] = Field([], max_length=MOST_URLS, description="The addresses that it had, at hosts of the site.")


class PartnerTold(Told):
    """A data partner."""

    id: str
    name: str = Field(description="As owners are told.")
    purposes: list[Purpose]
    pending: list[Purpose] = Field(description="Of these, for which nothing is handed over before all sites are seen.")
    since: datetime
    until: datetime | None = Field(description="When the licence ends; null: not at all.")
    contact: str
    endpoint: str = Field(description="Where notices are pushed to; empty: it fetches them.")
    gone: bool = Field(description="Whether the endpoint said that it is gone, so that nothing more is pushed.")
    crawlers: list[str]
    networks: list[str]
    keys: list[str] = Field(description="The public keys that its crawlers sign with: the x of JSON Web Keys.")
    stop_days: float
    remove_days: float


class PartnersTold(Told):
    """The partners, in the order of their ids."""

    partners: list[PartnerTold]


class StateTold(Told):
    """What became of a notice, as the partner confirmed it."""

    partner: str
    word: DutyWord
    told: str = Field(description="The same in a sentence.")
    open: bool = Field(description="Whether something is still owed.")
    overdue: bool
    delivered: datetime | None
    stopped: datetime | None
    removed: datetime | None
    dataset_version: str
    refused: datetime | None
    reason: str


class NoticeTold(Told):
    """A notice as it is pushed, and its state."""

    type: str
    timestamp: datetime
    data: dict[str, Any] = Field(description="`id`, `revision`, `scope`, `action`, `site`, `hosts`, `terms` and so on.")
    state: StateTold


class SiteNoticesTold(Told):
    """What partners were told of a site, the last notice first."""

    notices: list[NoticeTold]
    next: str | None


class ToldOfItem(Told):
    """A notice about an item."""

    partner: str
    notice: str
    revision: int


class ItemRemovalTold(Told):
    """Who is told to remove an item: every partner that ever knew its site."""

    notices: list[ToldOfItem]


class OptedOut(Told):
    """What a site asked last on that day, for a purpose."""

    site: str
    hosts: list[str]
    former_hosts: list[str]
    purpose: Purpose | None
    action: Action
    paths: list[str] = Field(description="Patterns; empty: the whole site.")
    since: datetime
    notice: str
    revision: int


class DigestTold(Told):
    """Who newly opted out on a day."""

    partner: str
    day: date
    sites: list[OptedOut]
    next: str | None


def partner_told(partner: Partner) -> PartnerTold:
    """A partner, without its secrets."""
    return PartnerTold(
        id=partner.id,
        name=partner.name,
        purposes=sorted(partner.purposes),
        pending=sorted(partner.pending),
        since=partner.since,
        until=partner.until,
        contact=partner.contact,
        endpoint=partner.endpoint,
        gone=partner.gone,
        crawlers=list(partner.crawlers),
        networks=list(partner.networks),
        keys=list(partner.keys),
        stop_days=partner.stop_within / timedelta(days=1),
        remove_days=partner.remove_within / timedelta(days=1),
    )


def notice_told(duty: Duty, name: str, now: datetime) -> NoticeTold:
    """A notice with its state; ``name`` is the partner's."""
    state = StateTold(
        partner=duty.notice.partner,
        word=word_of(duty),
        told=sentence_of(duty, name, now),
        open=duty.open,
        overdue=duty.overdue(now),
        delivered=duty.delivered,
        stopped=duty.stopped,
        removed=duty.removed,
        dataset_version=duty.version,
        refused=duty.refused,
        reason=duty.reason,
    )
    return NoticeTold(**json.loads(body_of(duty.notice, duty.stop_by, duty.remove_by)), state=state)


def opted_out(duty: Duty) -> OptedOut:
    """A line of a digest."""
    notice = duty.notice
    return OptedOut(
        site=notice.site,
        hosts=list(notice.hosts),
        former_hosts=list(notice.former_hosts),
        purpose=notice.purpose,
        action=notice.action,
        paths=list(notice.paths),
        since=notice.since,
        notice=notice.id,
        revision=notice.number,
    )
