"""The operations on data partners: who they are, what they are told, and what they answer.

Rules: a partner's token is for that partner alone, and another is told as one that does not exist; what is told of a
site its owner sees too.
"""

import re
from datetime import date
from typing import Any

from gatepost.asgi.api.cursors import cursor_after, number_of
from gatepost.asgi.api.forms import Nothing, Page
from gatepost.asgi.api.operations import Call, Done, Operation
from gatepost.asgi.api.partners_told import (
    DigestTold,
    FeedQuery,
    ItemForm,
    ItemRemovalTold,
    NoticeTold,
    PartnersTold,
    ReceiptForm,
    SiteNoticesTold,
    ToldOfItem,
    notice_told,
    opted_out,
    partner_told,
)
from gatepost.core.access import Scope, check_platform, partner_unseen
from gatepost.core.notices import Item
from gatepost.core.partners import Partner
from gatepost.errors import RequestRefused

__all__ = ["PARTNERS"]

_day = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch


async def _partner(call: Call[Any, Any]) -> Partner:
    """The partner that the path names. Raises :class:`PartnerError` for one that the grant does not see, too."""
    id = call.path["partner"]
    if not call.grant.sees_partner(id):
        raise partner_unseen()
    return await call.gate.partners.show(id)


async def _list(call: Call[Nothing, None]) -> Done:
    seen = [one for one in await call.gate.partners.all() if call.grant.sees_partner(one.id)]
    return Done(PartnersTold(partners=[partner_told(one) for one in seen]))


async def _feed(call: Call[FeedQuery, None]) -> Done:
    partner, query = await _partner(call), call.query
    duties = await call.gate.partners.feed(partner.id, query.after, query.limit)
    now = call.gate.partners.clock.now()
    lines = [notice_told(duty, partner.name, now) for duty in duties]
    return Done(lines=lines, after=duties[-1].notice.number if duties else query.after)


async def _receive(call: Call[Nothing, ReceiptForm]) -> Done:
    partner, form, partners = await _partner(call), call.body, call.gate.partners
    duty = await partners.receive(partner.id, form.notice, form.kind, version=form.dataset_version, reason=form.reason)
    return Done(notice_told(duty, partner.name, partners.clock.now()))


async def _digest(call: Call[Page, None]) -> Done:
    partner, day, limit = await _partner(call), _read_day(call.path["day"]), call.query.limit
    after = number_of(call.query.cursor) or 0
    duties = await call.gate.partners.digest(partner.id, day, after, limit + 1)
    page = duties[:limit]
    more = cursor_after(str(page[-1].notice.number)) if len(duties) > limit else None
    return Done(DigestTold(partner=partner.id, day=day, sites=[opted_out(duty) for duty in page], next=more))


def _read_day(text: str) -> date:
    try:
        if not _day(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise RequestRefused("this is no day", id="api.unknown", remedy="Write it as 2026-11-28.") from error


async def _of_site(call: Call[Page, None]) -> Done:
    site, before, limit = await call.site(), number_of(call.query.cursor), call.query.limit
    duties = await call.gate.store.last_duties_of_site(site.id, before, limit + 1)
    page = duties[:limit]
    more = cursor_after(str(page[-1].notice.number)) if len(duties) > limit else None
    names, now = await call.gate.partners.names(), call.gate.partners.clock.now()
    told = [notice_told(duty, names.get(duty.notice.partner, duty.notice.partner), now) for duty in page]
    return Done(SiteNoticesTold(notices=told, next=more))


async def _remove_item(call: Call[Nothing, ItemForm]) -> Done:
    site = await call.site()
    check_platform(call.grant)
    notices = await call.gate.partners.remove_item(site.id, Item(call.body.item, tuple(call.body.urls)))
    told = [ToldOfItem(partner=one.partner, notice=one.id, revision=one.number) for one in notices]
    return Done(ItemRemovalTold(notices=told))


PARTNERS = (
    Operation(
        "listPartners", "GET", "/partners", "The data partners; a partner's token shows that one.",
        Scope.NOTICES_READ, _list, PartnersTold, every_site=True,
    ),
    Operation(
        "listNotices", "GET", "/partners/{partner}/notices",
        "What a partner was told, in order, a line each; from 0 it is always all of it.",
        Scope.NOTICES_READ, _feed, NoticeTold, query=FeedQuery, every_site=True, lines=True,
    ),
    Operation(
        "addReceipt", "POST", "/partners/{partner}/receipts",
        "What a partner says of a notice; said again, it changes nothing, and said otherwise it is refused.",
        Scope.RECEIPTS_WRITE, _receive, NoticeTold, body=ReceiptForm, writes=True, changes_sites=False, every_site=True,
        example={"notice": "ntc_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "kind": "removed", "dataset_version": "2026-11"},
    ),
    Operation(
        "showDigest", "GET", "/partners/{partner}/digests/{day}",
        "Who newly opted out on a day in UTC: of each site and purpose what was asked last.",
        Scope.NOTICES_READ, _digest, DigestTold, query=Page, every_site=True,
    ),
    Operation(
        "listSiteNotices", "GET", "/sites/{host}/notices",
        "What partners were told of a site, and what they confirmed, the last notice first.",
        Scope.SITES_READ, _of_site, SiteNoticesTold, query=Page,
    ),
    Operation(
        "removeItem", "POST", "/sites/{host}/removals",
        "Have one post removed by every partner that ever knew its site.",
        Scope.SITES_WRITE, _remove_item, ItemRemovalTold, body=ItemForm, writes=True, changes_sites=False,
        example={"item": "4711", "urls": ["https://blog.example/4711"]},
    ),
)  # fmt: skip
"""The table's rows for partners."""
