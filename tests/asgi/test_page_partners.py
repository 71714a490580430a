"""Data partners on the owner's page: by name, in plain words, and what a change will have them told."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from asgi.door import Store, browser_of, gate_on, wish
from gatepost.asgi.pages.partners import PartnersShown
from gatepost.asgi.pages.words import LANGUAGES, words_in
from gatepost.core.access import owner_grant
from gatepost.core.crawlers import Purpose
from gatepost.core.duties import Attempt, Delivery, Receipt, ReceiptKind, begun
from gatepost.core.duty_words import DutyWord, word_of
from gatepost.core.notices import Item, Notice
from gatepost.core.partners import Partner
from gatepost.core.terms import Action
from licences import hold

PAGE = "/_gatepost/sites/garden.example"
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
ACME = Partner(
    "acme",
    "Acme <Data>",
    frozenset({Purpose.AI_TRAINING}),
    datetime(2026, 3, 1, tzinfo=UTC),
    endpoint="https://acme.example/notices",
    secrets=("whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0",),
    crawlers=("GPTBot",),
    networks=("192.0.2.0/24",),
)


@pytest.fixture
async def gate(signatures):
    gate = gate_on(signatures, Store())
    await wish(gate, "garden.example", "partner-sharing=allow")
    await wish(gate, "other.example", "partner-sharing=allow")
    await hold(gate.store, ACME, NOW)
    yield gate
    await gate.close()


@pytest.fixture
async def browser(gate):
    """The owner's."""

    site = await gate.store.site_by_host("garden.example")
    async with browser_of(gate, owner_grant(site.id, "ada")) as client:
        yield client


async def shown(browser, address=PAGE, **query):
    """What is said of partners, as text."""
    page = await browser.get(address, params=query)
    assert page.status_code == 200
    return text_of(page.text)


def text_of(page):
    section = page[page.index('id="partners"') : page.index('id="test"')]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", section)).split())


async def duty(gate, number=0):
    site = await gate.store.site_by_host("garden.example")
    return (await gate.store.duties_of_site(site.id))[number]


async def test_a_partner_is_told_by_name_with_its_licence_and_its_crawler(gate, browser):
    told = await shown(browser)
    assert (
        "Acme <Data> Licensed for AI training since 1 March 2026. Your content may be handed to it for AI training."
        in told
    )
    assert "GPTBot is let in, as you refuse it nothing." in told
    assert "It was never told anything about this site." in told
    assert "Acme <Data>" not in (await browser.get(PAGE)).text


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (["ai-training=license"], "GPTBot is let in under this licence where its address or its signature proves"),
        (["ai-training=license", "partner-sharing=refuse"], "GPTBot is refused."),
        (["ai-training=block"], "GPTBot is refused."),
        (["ai-training=ask"], "GPTBot is asked to stay away."),
    ],
    ids=str,
)
async def test_whether_its_crawler_passes(gate, browser, wishes, said):
    await wish(gate, "garden.example", *wishes)
    assert said in await shown(browser)


async def test_what_it_confirms_is_told_as_it_comes_in(gate, browser):
    await wish(gate, "garden.example", "partner-sharing=refuse")
    assert "to stop using it and to remove what it has, and has not got it yet." in await shown(browser)
    told = await duty(gate)
    await gate.store.note_attempt(told.notice.number, Attempt(accepted=True), NOW, 0.5)
    assert "It has confirmed nothing yet." in await shown(browser)
    await gate.store.confirm("acme", Receipt(told.notice.id, ReceiptKind.STOPPED, NOW))
    assert "The removal is not confirmed yet." in await shown(browser)
    await gate.store.confirm("acme", Receipt(told.notice.id, ReceiptKind.REMOVED, NOW, version="2026-11 <b>"))
    said = await shown(browser)
    assert "removed from data set 2026-11 <b>." in said
    assert "Nothing of this site is handed to it." in said


async def test_a_refusal_is_told_with_its_reason(gate, browser):
    await wish(gate, "garden.example", "partner-sharing=refuse")
    told = await duty(gate)
    await gate.store.confirm("acme", Receipt(told.notice.id, ReceiptKind.REFUSED, NOW, reason="No <i>such</i> site"))
    assert "it refused: “No <i>such</i> site”. It is still asked." in await shown(browser)


async def test_nothing_is_told_of_another_site(gate, browser):
    await wish(gate, "other.example", "partner-sharing=refuse")
    await gate.store.remove_item((await gate.store.site_by_host("other.example")).id, Item("secret-7"), NOW)
    told = await shown(browser)
    assert "It was never told anything about this site." in told
    assert "secret-7" not in told


async def test_one_button_shows_what_partners_will_be_told_and_nothing_is_saved(gate, browser):
    site = await gate.store.site_by_host("garden.example")
    form = {"revision": str(site.revision), "partner-sharing": "refuse"}
    page = await browser.post(f"{PAGE}/preview", data=form)
    assert page.status_code == 200
    said = html.unescape(page.text)
    assert "Acme <Data> will be asked to stop, and to remove what it has of the site (AI training)." in said
    assert re.search(r'name="partner-sharing" value="refuse" checked', page.text)
    assert (await gate.store.site_by_host("garden.example")).revision == site.revision
    assert (await browser.post(PAGE, data=form)).status_code == 303
    assert [one.notice.action for one in await gate.store.duties_of_site(site.id)] == [Action.REMOVE_PAST]


async def previewed(browser, gate, **chosen):
    site = await gate.store.site_by_host("garden.example")
    form = {"revision": str(site.revision), **chosen}
    page = await browser.post(f"{PAGE}/preview", data=form, headers={"hx-request": "true"})
    assert page.status_code == 200
    return html.unescape(page.text)


async def test_what_is_told_before_is_what_is_written_then(gate, browser):
    assert "will be told" not in await previewed(browser, gate, search="allow")
    part = {"path:0": "/diary/", "path-purpose:0": "ai-training", "path-stance:0": "block"}
    assert "to remove what it has of /diary/ (AI training)." in await previewed(browser, gate, **part)
    await wish(gate, "garden.example", "partner-sharing=refuse")
    again = await previewed(browser, gate, **{"partner-sharing": "allow"})
    assert "Acme <Data> will be told that it may use the site again (AI training)." in again


async def test_a_partner_whose_licence_is_over_is_told_of_what_it_knew(gate, browser):
    """The preview goes by what is kept of whom a site was open to, as the notice does that is written then."""
    await gate.store.keep_partner(replace(ACME, until=NOW - DAY), NOW, ACME)
    foretold = await previewed(browser, gate, **{"partner-sharing": "refuse"})
    assert "Acme <Data> will be asked to stop, and to remove what it has of the site (AI training)." in foretold
    await wish(gate, "garden.example", "partner-sharing=refuse")
    assert (await duty(gate)).notice.action is Action.REMOVE_PAST
    assert "will be told" not in await previewed(browser, gate, **{"partner-sharing": "allow"})


async def test_a_partner_that_never_knew_the_site_is_told_nothing(gate, browser):
    await gate.store.keep_partner(replace(ACME, id="late", name="Late", until=NOW - DAY), NOW)
    assert "Late" not in await shown(browser)
    assert "Late" not in await previewed(browser, gate, **{"partner-sharing": "refuse"})


NOTICE = Notice("acme", "s1", ("garden.example",), (), Action.REMOVE_PAST, NOW, Purpose.AI_TRAINING, number=1, id="n")
TOLD = begun(NOTICE, NOW - 9 * DAY, DAY, 2 * DAY, pushed=True)
CASES = {
    DutyWord.REMOVED: replace(TOLD, delivered=NOW, stopped=NOW, removed=NOW, version="v9"),
    DutyWord.REPLACED: replace(TOLD, delivery=Delivery.SUPERSEDED),
    DutyWord.REFUSED: replace(TOLD, delivered=NOW, refused=NOW, reason="why"),
    DutyWord.STOPPED: replace(TOLD, notice=replace(NOTICE, action=Action.STOP), delivered=NOW, stopped=NOW),
    DutyWord.REMOVAL_OPEN: replace(TOLD, delivered=NOW, stopped=NOW),
    DutyWord.RESTORED: replace(TOLD, notice=replace(NOTICE, action=Action.RESTORE), delivered=NOW),
    DutyWord.TOLD: replace(TOLD, delivered=NOW),
    DutyWord.UNREACHED: replace(TOLD, delivery=Delivery.UNDELIVERED, problem="gone"),
    DutyWord.TRYING: replace(TOLD, problem="503"),
    DutyWord.WAITING: TOLD,
}


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("word", DutyWord)
def test_every_case_is_a_sentence_in_every_language(tag, word):
    case = CASES[word]
    assert word_of(case) is word
    words, partners = words_in(tag), PartnersShown((), NOW)
    said = partners.sentence(words, case)
    assert re.fullmatch(r"[^{}]+\.", said)
    assert case.version in said
    assert case.reason in said
    if case.deadline is not None:
        assert words.say("duty.overdue", by=words.date(case.deadline)) in said


async def test_while_the_store_is_silent_the_page_says_that_it_does_not_know(gate, browser, monkeypatch):
    await browser.get(PAGE)
    monkeypatch.setattr(gate.store, "down", True)
    told = await shown(browser)
    assert "What data partners were told cannot be read at the moment." in told
    assert "Acme" not in told
