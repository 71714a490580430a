"""Notices to data partners: written with what they follow from, never twice, never missed, and owed to their end."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from contract.stores import NOW, added, event
from gatepost.core.crawlers import Purpose
from gatepost.core.duties import Attempt, Delivery, DutyCounts, Receipt, ReceiptKind, SiteDuties
from gatepost.core.notices import Item
from gatepost.core.partners import Partner
from gatepost.core.patterns import PathPattern
from gatepost.core.periods import Period
from gatepost.core.preferences import DatedStatement, PathException, PreferenceStatement, Sharing, Stance, Stances
from gatepost.core.sites import (
    PLATFORM,
    HostAdded,
    HostRemoved,
    StatementChanged,
    Visibility,
    VisibilityChanged,
)
from gatepost.core.terms import Action
from gatepost.errors import ReceiptRefused, RevisionConflict, StoreUnavailable
from gatepost.storage import telling
from gatepost.storage.tables import partners

PARTNER = Partner(
    "acme",
    "Acme Data",
    frozenset({Purpose.AI_TRAINING}),
    NOW - timedelta(days=1),
    endpoint="https://acme.example/notices",
    secrets=("whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0",),
)
OPEN = PreferenceStatement(partner_sharing=Sharing.ALLOW)
CLOSED = PreferenceStatement(Stances(ai_training=Stance.BLOCK), partner_sharing=Sharing.ALLOW)
REFUSED = PreferenceStatement(partner_sharing=Sharing.REFUSE)
DAY = timedelta(days=1)


def diary(stance, statement=OPEN):
    return replace(statement, paths=(PathException(PathPattern("/diary/"), Stances(ai_training=stance)),))


async def swept(store, at=NOW):
    while await store.sweep(at, 2):
        pass


@pytest.fixture
async def told(store):
    """A store with a partner and an open site, a function that changes it, and what the partner was told since."""
    await store.append(added("blog.example", "blog.example", "www.blog.example"))
    await store.append(event("blog.example", 2, StatementChanged(OPEN)))
    await store.keep_partner(PARTNER, NOW)
    await swept(store)
    return Told(store)


class Told:
    def __init__(self, store):
        self.store, self.revision, self.last = store, 2, 0

    async def change(self, *changes, at=NOW, site="blog.example"):
        for change in changes:
            self.revision += 1
            await self.store.append(event(site, self.revision, change, at=at))
        return await self.news()

    async def say(self, statement, at=NOW):
        return await self.change(StatementChanged(statement), at=at)

    async def news(self):
        found = await self.store.duties_after("acme", self.last)
        self.last = found[-1].notice.number if found else self.last
        return [(duty.notice.action, duty.notice.paths) for duty in found]

    async def duties(self):
        return await self.store.duties_after("acme")


ALL = ()


async def test_a_change_of_consent_is_told_once(told):
    assert await told.news() == [], "what was open before is nothing new"
    assert await told.say(CLOSED) == [(Action.REMOVE_PAST, ALL)]
    assert await told.say(REFUSED) == [], "it is closed already"
    assert await told.say(OPEN) == [(Action.RESTORE, ALL)]
    (notice, *_) = [duty.notice for duty in await told.duties()]
    assert (notice.site, notice.hosts, notice.purpose) == (
        "blog.example",
        ("blog.example", "www.blog.example"),
        Purpose.AI_TRAINING,
    )
    assert notice.since == NOW
    assert notice.id.startswith("ntc_")


@pytest.mark.parametrize(
    ("visibility", "asked"),
    [
        (Visibility.PRIVATE, Action.REMOVE_PAST),
        (Visibility.PASSWORD, Action.REMOVE_PAST),
        (Visibility.DELETED, Action.REMOVE_PAST),
        (Visibility.SUSPENDED, Action.STOP),
        (Visibility.COMING_SOON, Action.STOP),
    ],
)
async def test_a_site_that_goes_out_of_sight(told, visibility, asked):
    assert await told.change(VisibilityChanged(visibility)) == [(asked, ALL)]
    assert await told.change(VisibilityChanged(Visibility.PUBLIC)) == [(Action.RESTORE, ALL)]


async def test_an_opt_out_while_suspended_is_told(told):
    await told.change(VisibilityChanged(Visibility.SUSPENDED))
    assert await told.say(CLOSED) == [(Action.REMOVE_PAST, ALL)]
    assert await told.change(VisibilityChanged(Visibility.PUBLIC)) == [], "the owner still says no"


async def test_a_part_of_a_site(told):
    assert await told.say(diary(Stance.BLOCK)) == [(Action.REMOVE_PAST, ("/diary/",))]
    assert await told.say(OPEN) == [(Action.RESTORE, ("/diary/",))]
    assert await told.say(diary(Stance.ALLOW, CLOSED)) == [(Action.REMOVE_PAST, ALL)]
    (*_, last) = await told.duties()
    assert [(path.pattern.text, path.kept) for path in last.notice.terms.paths] == [("/diary/", True)]


async def test_removals_that_are_owed_are_taken_over(told):
    await told.say(diary(Stance.BLOCK))
    letters = PathException(PathPattern("/letters/"), Stances(ai_training=Stance.BLOCK))
    both = replace(OPEN, paths=(letters, *diary(Stance.BLOCK).paths))
    assert await told.say(both) == [(Action.REMOVE_PAST, ("/diary/", "/letters/"))]
    first, second = await told.duties()
    assert (first.delivery, first.open, second.open) == (Delivery.SUPERSEDED, False, True)


async def test_every_host_that_a_site_had_is_named(told):
    await told.change(HostAdded("old.example"), HostRemoved("old.example"))
    await told.say(CLOSED)
    (duty,) = await told.duties()
    assert (duty.notice.hosts, duty.notice.former_hosts) == (("blog.example", "www.blog.example"), ("old.example",))


async def test_a_site_that_was_never_open_is_not_named(told):
    await told.store.append(
        added("private.example"), event("private.example", 2, VisibilityChanged(Visibility.PRIVATE))
    )
    await told.store.append(event("private.example", 3, StatementChanged(CLOSED)))
    await told.store.append(event("private.example", 4, VisibilityChanged(Visibility.PUBLIC)))
    assert not await told.store.remove_item("private.example", Item("7"), NOW)
    assert await told.news() == []


async def test_a_default_reaches_every_site(told):
    shares = PreferenceStatement(partner_sharing=Sharing.ALLOW)
    sites = [f"{number}.example" for number in range(7)]
    await told.store.append(event(PLATFORM, 1, StatementChanged(shares)))
    await told.store.append(*map(added, sites))
    await swept(told.store)
    assert await told.news() == []
    await told.store.append(event(PLATFORM, 2, StatementChanged(REFUSED)))
    # one of them says no before it was looked at: it is told nevertheless, once
    await told.store.append(event("3.example", 2, StatementChanged(CLOSED)))
    await swept(told.store)
    duties = await told.duties()
    assert sorted(duty.notice.site for duty in duties) == sites
    assert {duty.notice.action for duty in duties} == {Action.REMOVE_PAST}
    await told.store.look_again(NOW)
    await swept(told.store)
    assert len(await told.duties()) == len(sites), "nothing is told twice"


async def test_what_a_worker_of_an_older_version_wrote_is_told_within_a_day(told, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr("gatepost.storage.writing.tell", lambda *_: None)
        assert await told.say(CLOSED) == []
    await swept(told.store, NOW + DAY / 2)
    assert await told.news() == []
    await swept(told.store, NOW + DAY)
    assert await told.news() == [(Action.REMOVE_PAST, ALL)]


async def test_a_site_that_closes_before_a_new_partner_was_told_of_all_sites(store):
    await store.append(added("blog.example"), event("blog.example", 2, StatementChanged(OPEN)))
    await store.keep_partner(PARTNER, NOW)
    await store.append(event("blog.example", 3, StatementChanged(CLOSED)))
    assert [duty.notice.action for duty in await store.duties_after("acme")] == [Action.REMOVE_PAST]
    await swept(store)
    assert len(await store.duties_after("acme")) == 1


async def test_a_date_that_comes_is_told(told):
    later = DatedStatement(Period(NOW + DAY, NOW + 2 * DAY), CLOSED)
    assert await told.say(replace(OPEN, dated=(later,))) == []
    await swept(told.store, NOW + DAY / 2)
    assert await told.news() == []
    await swept(told.store, NOW + DAY)
    assert await told.news() == [(Action.REMOVE_PAST, ALL)]
    await swept(told.store, NOW + 3 * DAY)
    assert await told.news() == [(Action.RESTORE, ALL)]


async def test_a_licence_that_is_over_ends_no_duty(told):
    await told.store.keep_partner(replace(PARTNER, until=NOW), NOW, PARTNER)
    await swept(told.store)
    assert await told.say(CLOSED, NOW + DAY) == [(Action.REMOVE_PAST, ALL)]
    assert await told.say(OPEN, NOW + DAY) == [], "there is nothing to be restored for"


async def test_another_purpose_is_told_from_the_moment_it_is_licensed(told):
    both = frozenset({Purpose.AI_TRAINING, Purpose.AI_ANSWERS})
    await told.store.keep_partner(replace(PARTNER, purposes=both), NOW, PARTNER)
    await swept(told.store)
    answers = replace(PARTNER, purposes=frozenset({Purpose.AI_ANSWERS}))
    await told.store.keep_partner(answers, NOW, replace(PARTNER, purposes=both))
    await told.say(REFUSED)
    purposes = [duty.notice.purpose for duty in await told.duties()]
    assert sorted(purposes) == [Purpose.AI_ANSWERS, Purpose.AI_TRAINING], "what was licensed once is still owed"


async def test_an_item_is_removed_by_all_who_knew_its_site(told):
    (notice,) = await told.store.remove_item("blog.example", Item("7", ("https://blog.example/7",)), NOW)
    assert await told.news() == [(Action.REMOVE_PAST, ALL)]
    assert await told.say(CLOSED) == [(Action.REMOVE_PAST, ALL)]
    first, _ = await told.duties()
    assert (first.notice, first.open) == (notice, True), "a notice about the site takes no item's place"


async def test_receipts(told):
    await told.say(CLOSED)
    (duty,) = await told.duties()
    id = duty.notice.id
    with pytest.raises(ReceiptRefused) as refused:
        await told.store.confirm("acme", Receipt(id, ReceiptKind.REMOVED, NOW))
    assert refused.value.id == "receipt.version"
    with pytest.raises(ReceiptRefused) as refused:
        await told.store.confirm("other", Receipt(id, ReceiptKind.STOPPED, NOW))
    assert refused.value.id == "receipt.notice.unknown"
    assert await told.store.overdue(NOW + 4 * DAY) != []
    assert await told.store.duty_counts(NOW + 4 * DAY) == {"acme": DutyCounts(1, overdue=1, missed=NOW + 3 * DAY)}
    stopped = await told.store.confirm("acme", Receipt(id, ReceiptKind.STOPPED, NOW))
    assert (stopped.stopped, stopped.open, stopped.delivery) == (NOW, True, Delivery.DELIVERED)
    assert await told.store.overdue(NOW + 4 * DAY) == []
    assert await told.store.duty_counts(NOW + 4 * DAY) == {"acme": DutyCounts(1)}
    assert await told.store.overdue(NOW + 31 * DAY) != []
    removed = await told.store.confirm("acme", Receipt(id, ReceiptKind.REMOVED, NOW, version="2026-11"))
    assert await told.store.confirm("acme", Receipt(id, ReceiptKind.REMOVED, NOW + DAY, version="2026-11")) == removed
    with pytest.raises(ReceiptRefused) as refused:
        await told.store.confirm("acme", Receipt(id, ReceiptKind.REMOVED, NOW + DAY, version="2027-01"))
    assert refused.value.id == "receipt.differs"
    assert await told.duties() == [removed]
    assert (removed.open, removed.version) == (False, "2026-11")
    assert await told.store.overdue(NOW + 31 * DAY) == []
    assert len(await told.store.published("receipt", "acme")) == 2


async def test_every_licence_is_in_the_record(told):
    rotated = replace(PARTNER, secrets=("whsec_b3RoZXI=",))
    await told.store.keep_partner(rotated, NOW, PARTNER)
    await told.store.keep_partner(replace(PARTNER, until=NOW + DAY), NOW, rotated)
    entries = await told.store.published("partner", "acme")
    untils = [json.loads(entry.content)["until"] for entry in entries]
    assert untils == [None, (NOW + DAY).isoformat()], "another secret is nothing that the record tells"


@pytest.mark.parametrize("known", [None, replace(PARTNER, name="As it was once"), replace(PARTNER, gone=True)])
async def test_a_partner_is_written_by_whoever_knows_what_it_is(told, known):
    with pytest.raises(RevisionConflict) as refused:
        await told.store.keep_partner(replace(PARTNER, contact="ada@acme.example"), NOW, known)
    assert refused.value.id == "store.partner.conflict"
    assert await told.store.partners() == [PARTNER]
    with pytest.raises(RevisionConflict):
        await told.store.keep_partner(replace(PARTNER, id="new"), NOW, replace(PARTNER, id="new"))


async def test_all_sites_are_looked_at_again_where_something_is_said_of_a_partner_anew(told):
    for number in range(5):
        await told.store.append(added(f"s{number}"))
    await swept(told.store)
    rotated = replace(PARTNER, secrets=("whsec_b3RoZXI=", *PARTNER.secrets))
    await told.store.keep_partner(rotated, NOW, PARTNER)
    assert not await told.store.sweep(NOW, 2), "another secret is nothing that sites have to be looked at for"
    await told.store.keep_partner(replace(rotated, until=NOW + DAY), NOW, rotated)
    assert await told.store.sweep(NOW, 2)


async def test_nothing_is_granted_before_all_sites_were_looked_at(told):
    """A licence, and another purpose of it, begins with the sweep that tells which sites are open to it."""
    for number in range(3):
        await told.store.append(added(f"s{number}"))
    one, other = PARTNER.purposes, frozenset({Purpose.AI_ANSWERS})
    both = one | other
    assert await granted(told.store) == one
    wider = replace(PARTNER, purposes=both)
    await told.store.keep_partner(wider, NOW, PARTNER)
    assert await granted(told.store) == one
    rotated = replace(wider, secrets=("whsec_b3RoZXI=",))
    await told.store.keep_partner(rotated, NOW, wider)
    assert await told.store.sweep(NOW, 2)
    assert await granted(told.store) == one, "only some were looked at, and another secret changes nothing of it"
    await swept(told.store)
    assert await granted(told.store) == both
    ended = replace(rotated, until=NOW)
    await told.store.keep_partner(ended, NOW, rotated)
    await swept(told.store)
    narrowed = replace(ended, purposes=other, until=None)
    await told.store.keep_partner(narrowed, NOW + DAY, ended)
    assert await granted(told.store) == set(), "sites may have become open to it while its licence was over"
    await swept(told.store, NOW + DAY)
    assert await granted(told.store) == other


async def granted(store, id="acme"):
    (partner,) = [one for one in await store.partners() if one.id == id]
    return partner.granted


async def test_a_default_that_changes_while_sites_are_looked_at_leaves_nothing_untold(told):
    """Nothing was handed over of sites that were not looked at yet, so that nothing of them has to be removed."""
    await told.store.append(added("a.example"), added("z.example"))
    await told.store.append(event(PLATFORM, 1, StatementChanged(OPEN)))
    await swept(told.store)
    other = replace(PARTNER, id="other", name="Other")
    await told.store.keep_partner(other, NOW)
    assert await told.store.sweep(NOW, 1)
    await told.store.append(event(PLATFORM, 2, StatementChanged(REFUSED)))
    assert await granted(told.store, "other") == set()
    await swept(told.store)
    assert await granted(told.store, "other") == PARTNER.purposes
    told_of = [duty.notice.site for duty in await told.store.duties_after("other")]
    assert told_of == ["a.example"], "only of what it was noted to know; of the others it had nothing to remove"


async def test_pushes(told):
    await told.say(CLOSED)
    until = NOW + timedelta(minutes=1)
    assert await told.store.due_partners(NOW) == ["acme"]
    (duty,) = await told.store.claim_duties("acme", NOW, until, 10)
    assert await told.store.claim_duties("acme", NOW, until, 10) == []
    assert len(await told.store.claim_duties("acme", until + DAY, until + 2 * DAY, 10)) == 1, "a lease ends"
    number = duty.notice.number
    failed = await told.store.note_attempt(number, Attempt(problem="503"), NOW, 0.5)
    assert (failed.delivery, failed.attempts, failed.due) == (Delivery.WAITING, 1, NOW + timedelta(seconds=5))
    told_so = await told.store.note_attempt(number, Attempt(accepted=True), NOW, 0.5)
    assert (told_so.delivery, told_so.delivered, told_so.open) == (Delivery.DELIVERED, NOW, True)
    assert told_so.due == NOW + 2 * DAY, "it is reminded a day before it has to have stopped"


async def test_an_endpoint_that_is_gone_ends_no_duty(told):
    await told.say(CLOSED)
    await told.store.remove_item("blog.example", Item("7"), NOW)
    first, _ = await told.duties()
    await told.store.note_attempt(first.notice.number, Attempt(gone=True, problem="410"), NOW, 0.5)
    assert {(duty.delivery, duty.open) for duty in await told.duties()} == {(Delivery.UNDELIVERED, True)}
    (partner,) = await told.store.partners()
    assert (partner.gone, partner.pushed) == (True, False)
    assert not await told.store.due_partners(NOW + DAY)
    await told.store.resend("acme", (), NOW + DAY)
    assert await told.store.due_partners(NOW + DAY) == ["acme"]


async def test_what_is_open_is_given_up_and_sent_again_and_nothing_else(told):
    """All of it at once, whatever has become of each so far."""
    await told.store.keep_partner(replace(PARTNER, id="other"), NOW)
    await swept(told.store)
    for item in ("waiting", "failed", "delivered", "done"):
        await told.store.remove_item("blog.example", Item(item), NOW)
    before = {duty.notice.item.id: duty for duty in await told.duties()}
    await told.store.note_attempt(before["failed"].notice.number, Attempt(problem="503"), NOW, 0.5)
    await told.store.note_attempt(before["delivered"].notice.number, Attempt(accepted=True), NOW, 0.5)
    await told.store.confirm("acme", Receipt(before["done"].notice.id, ReceiptKind.REMOVED, NOW, version="2026-11"))
    await told.say(CLOSED)
    await told.say(OPEN)
    before = await told.duties()
    waiting, failed, delivered, done, replaced, restoring = before
    others = await told.store.duties_after("other")
    await told.store.note_attempt(waiting.notice.number, Attempt(gone=True, problem="410"), NOW, 0.5)
    unreached = {"delivery": Delivery.UNDELIVERED, "due": None, "problem": "410"}
    assert await told.duties() == [
        replace(waiting, attempts=1, **unreached),
        replace(failed, **unreached),
        replace(delivered, due=None),
        done,
        replaced,
        replace(restoring, **unreached),
    ]
    gone = await told.duties()
    assert await told.store.resend("acme", [failed.notice.number, done.notice.number], NOW + DAY) == 1
    again = {"delivery": Delivery.WAITING, "attempts": 0, "due": NOW + DAY}
    assert await told.duties() == [gone[0], replace(gone[1], **again), *gone[2:]]
    assert await told.store.resend("acme", (), NOW + DAY) == 4
    assert await told.duties() == [
        replace(gone[0], **again),
        replace(gone[1], **again),
        replace(gone[2], attempts=0, due=NOW + DAY),
        done,
        replaced,
        replace(gone[5], **again),
    ]
    assert await told.store.duties_after("other") == others


async def test_what_was_leased_can_be_claimed_when_it_is_sent_again(told):
    await told.say(CLOSED)
    assert len(await told.store.claim_duties("acme", NOW, NOW + 2 * DAY, 10)) == 1
    await told.store.resend("acme", (), NOW)
    assert len(await told.store.claim_duties("acme", NOW, NOW + 2 * DAY, 10)) == 1


async def test_what_is_overdue_is_read_in_pages(told):
    for item in "123":
        await told.store.remove_item("blog.example", Item(item), NOW)
    numbers = [duty.notice.number for duty in await told.duties()]
    late = NOW + 4 * DAY
    pages = [await told.store.overdue(late, after, 2) for after in (0, numbers[1], numbers[2])]
    assert [[duty.notice.number for duty in page] for page in pages] == [numbers[:2], numbers[2:], []]


async def test_what_is_shown_of_a_site(told):
    """By partner what is open first, the latest first, and how much more there is; of another site and partner none."""
    other = replace(PARTNER, id="other")
    await told.store.keep_partner(other, NOW)
    await told.store.append(added("far.example"), event("far.example", 2, StatementChanged(OPEN)))
    await swept(told.store)
    assert await told.store.duties_by_partner("blog.example", 3) == {}
    for item in "1234":
        await told.store.remove_item("blog.example", Item(item), NOW)
    await told.say(CLOSED)
    await told.say(OPEN)
    await told.store.remove_item("far.example", Item("far"), NOW)
    every = await told.store.duties_of_site("blog.example")
    own = [duty for duty in every if duty.notice.partner == "acme"]
    for done in (own[1], own[3]):
        await told.store.confirm("acme", Receipt(done.notice.id, ReceiptKind.REMOVED, NOW, version="1"))
    every = await told.store.duties_of_site("blog.example")
    found = await told.store.duties_by_partner("blog.example", 4)
    for id, shown in (("acme", [5, 2, 0, 3]), ("other", [5, 3, 2, 1])):
        own = [duty for duty in every if duty.notice.partner == id]
        assert own[4].delivery is Delivery.SUPERSEDED
        assert found.pop(id) == SiteDuties(tuple(own[place] for place in shown), 1)
    assert found == {}


async def test_what_was_told_of_a_site_last(told):
    for item in "123":
        await told.store.remove_item("blog.example", Item(item), NOW)
    await told.say(CLOSED)
    await told.store.append(added("far.example"), event("far.example", 2, StatementChanged(OPEN)))
    await told.store.remove_item("far.example", Item("far"), NOW)
    *_, second, third, last = every = await told.store.duties_of_site("blog.example")
    assert len(every) == 4
    assert await told.store.last_duties_of_site("blog.example", None, 2) == [last, third]
    assert await told.store.last_duties_of_site("blog.example", third.notice.number, 1) == [second]
    assert await told.store.last_duties_of_site("blog.example", every[0].notice.number, 9) == []
    assert await told.store.site_wide_duties("blog.example") == [last]


async def test_when_a_gone_endpoint_answers_again_all_that_was_held_back_goes_to_it(told):
    await told.say(CLOSED)
    (first,) = await told.duties()
    await told.store.note_attempt(first.notice.number, Attempt(gone=True, problem="410"), NOW, 0.5)
    await told.say(OPEN)
    assert [duty.due for duty in await told.duties() if duty.open] == [None]
    await told.say(CLOSED)
    held_back = [duty for duty in await told.duties() if duty.open]
    assert [duty.due for duty in held_back] == [None] * len(held_back)
    await told.store.resend("acme", [held_back[-1].notice.number], NOW)
    await told.store.note_attempt(held_back[-1].notice.number, Attempt(accepted=True), NOW + DAY, 0.5)
    assert all(duty.due is not None for duty in await told.duties() if duty.open)


async def test_a_receipt_of_who_is_not_pushed_to_has_nothing_pushed(told):
    await told.store.keep_partner(replace(PARTNER, endpoint=""), NOW, PARTNER)
    await swept(told.store)
    await told.say(CLOSED)
    (duty,) = await told.duties()
    await told.store.confirm("acme", Receipt(duty.notice.id, ReceiptKind.STOPPED, NOW))
    assert await told.store.due_partners(NOW + 100 * DAY) == []


async def test_workers_that_look_at_once_begin_no_look_at_all_sites_again(told):
    """One saw that something was due, and another has done it."""
    assert await told.store.sweep(NOW + 2 * DAY, 2)
    await swept(told.store, NOW + 2 * DAY)

    def look(connection):
        return telling.sweep(connection, NOW + 2 * DAY, 2)

    assert not await told.store._database.run(look, writes=True)
    assert not await told.store.sweep(NOW + 2 * DAY, 2), "it was not begun again"


async def test_an_opt_out_is_written_whatever_a_partner_row_says(told, caplog):
    """One of a newer version, perhaps; whoever can read it tells that partner later."""
    await told.store.keep_partner(replace(PARTNER, id="other", name="Other"), NOW, None)
    await swept(told.store)
    row = select(partners.c.partner).where(partners.c.id == "other")

    def written(connection, said):
        connection.execute(update(partners).where(partners.c.id == "other").values(partner=said))

    good = await told.store._database.run(lambda connection: connection.execute(row).scalar_one())
    bad = json.dumps({**json.loads(good), "purposes": ["a-purpose-to-come"]})
    await told.store._database.run(lambda connection: written(connection, bad), writes=True)
    assert await told.say(CLOSED) == [(Action.REMOVE_PAST, ALL)], "the others are told"
    assert (await told.store.site("blog.example")).statement == CLOSED
    assert "other" in caplog.text
    with pytest.raises(StoreUnavailable) as raised:
        await told.store.partners()
    assert raised.value.id == "store.partner.unreadable"
    await told.store._database.run(lambda connection: written(connection, good), writes=True)
    await swept(told.store, NOW + 2 * DAY)
    assert [duty.notice.action for duty in await told.store.duties_after("other")] == [Action.REMOVE_PAST]


async def test_an_item_is_not_told_of_twice(told):
    item = Item("4711", ("https://blog.example/4711",))
    first = await told.store.remove_item("blog.example", item, NOW)
    again = await told.store.remove_item("blog.example", item, NOW)
    assert [notice.id for notice in again] == [notice.id for notice in first]
    assert len(await told.duties()) == 1
    wider = await told.store.remove_item(
        "blog.example", replace(item, urls=(*item.urls, "https://blog.example/x")), NOW
    )
    assert len(wider) == 1
    assert len(await told.duties()) == 2


async def test_who_opted_out_on_a_day_and_gave_a_part_back_is_in_its_digest(told):
    async def digest():
        found = await told.store.opted_out("acme", NOW - DAY, NOW + DAY)
        return [(duty.notice.action, duty.notice.paths) for duty in found]

    await told.say(CLOSED)
    (duty,) = await told.duties()
    await told.store.confirm("acme", Receipt(duty.notice.id, ReceiptKind.REMOVED, NOW, version="1"))
    assert await told.say(diary(Stance.ALLOW, CLOSED)) == [(Action.RESTORE, ("/diary/",))]
    assert await digest() == [(Action.REMOVE_PAST, ALL)]
    await told.say(OPEN)
    assert await digest() == []


async def test_a_part_that_was_closed_and_given_back_on_a_day_is_not_in_its_digest(told):
    assert await told.say(diary(Stance.BLOCK)) == [(Action.REMOVE_PAST, ("/diary/",))]
    (duty,) = await told.duties()
    await told.store.confirm("acme", Receipt(duty.notice.id, ReceiptKind.REMOVED, NOW, version="1"))
    assert await told.say(OPEN) == [(Action.RESTORE, ("/diary/",))]
    assert list(await told.store.opted_out("acme", NOW - DAY, NOW + DAY)) == []
