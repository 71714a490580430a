"""The operators' console: a default is changed after its effect was counted, by who may, with consent and reason."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from asgi.door import Store, browser_of, gate_on, wish
from gatepost import Actor, ActorKind, Scope, read_wish
from gatepost.asgi.pages import defaults
from gatepost.core.access import Grant, owner_grant
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from gatepost.core.preferences import Stance
from gatepost.core.sites import PLATFORM
from gatepost.core.unknown_crawlers import UnknownCrawler
from licences import hold

PLATFORM_ACTOR = Actor(ActorKind.PLATFORM, "ops")
ALL = Grant(PLATFORM_ACTOR, frozenset(Scope))
AT = "/_gatepost/console/defaults"
PLATFORMS = f"{AT}?level=platform"


@pytest.fixture
async def gate(signatures):
    gate = gate_on(signatures, Store())
    for host in ("a.example", "b.example", "c.example"):
        await gate.owners.add_site([host], PLATFORM_ACTOR, region="eu" if host == "a.example" else "")
    await gate.owners.change_preferences("b.example", [read_wish("ai-training=block", signatures)], PLATFORM_ACTOR)
    yield gate
    await gate.close()


@pytest.fixture
async def come(gate):
    """A browser of somebody with a grant."""
    clients = []

    def by(grant=ALL):
        clients.append(browser_of(gate, grant, "ops.example"))
        return clients[-1]

    yield by
    for client in clients:
        await client.aclose()


def hidden(text):
    """The form that a page sends on: its hidden fields and the token of its button."""
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', text)
    token = re.search(r'name="confirmation" value="(\w+)"', text)
    return dict(pairs) | ({"confirmation": token[1]} if token else {})


async def stance(gate, id=PLATFORM):
    return (await gate.owners.show_default(id)).statement.stances.ai_training


async def test_health_tells_what_partners_owe(gate, come, monkeypatch):
    fine = (await come().get("/_gatepost/console")).text
    for told in ("The store answers.", "0 notices were not confirmed", "0 notices could not be delivered"):
        assert f'<li class="yes">{told}' in fine
    begun = datetime.now(UTC) - timedelta(days=1)
    await wish(gate, "a.example", "partner-sharing=allow")
    await hold(gate.store, Partner("acme", "Acme", frozenset({Purpose.AI_TRAINING}), begun), datetime.now(UTC))
    await wish(gate, "a.example", "partner-sharing=refuse")
    later = datetime.now(UTC) + timedelta(days=40)
    monkeypatch.setattr(type(gate.owners.clock), "now", lambda _: later)
    assert '<li class="no">1 notice was not confirmed' in (await come().get("/_gatepost/console")).text


async def test_health_tells_that_the_store_is_silent(gate, come):
    browser = come()
    gate.store.down = True
    text = (await browser.get("/_gatepost/console")).text
    gate.store.down = False
    assert '<li class="no">The store does not answer; the last known choices are in force.</li>' in text
    assert "notices" not in text


async def test_the_effect_is_counted_and_nothing_changes(gate, come):
    answer = await come().post(f"{AT}/preview?level=platform", data={"ai-training": "block"})
    assert "2 sites change." in answer.text
    assert "1 explicit choice untouched" in answer.text
    assert await stance(gate) is None


async def test_a_default_that_narrows_is_made(gate, come):
    answer = await come().post(PLATFORMS, data={"ai-training": "block", "reason": "new terms"})
    assert answer.headers["location"].endswith("/console/defaults?level=platform&name=&done=saved")
    assert await stance(gate) is Stance.BLOCK
    assert "new terms" in (await come().get(PLATFORMS)).text


async def test_a_default_that_opens_is_confirmed_and_has_a_reason(gate, come):
    browser = come()
    refused = await browser.post(PLATFORMS, data={"ai-training": "allow"})
    assert (refused.status_code, await stance(gate)) == (422, None)
    asked = await browser.post(PLATFORMS, data={"ai-training": "allow", "reason": "new terms"})
    assert asked.status_code == 409
    assert "AI training is no longer held back" in asked.text
    assert (await browser.post(PLATFORMS, data=hidden(asked.text))).status_code == 303
    assert await stance(gate) is Stance.ALLOW


async def test_search_is_touched_by_a_box_that_is_ticked(gate, come):
    browser = come()
    asked = await browser.post(PLATFORMS, data={"search": "block"})
    assert "The whole site may disappear from search results." in asked.text
    again = await browser.post(PLATFORMS, data=hidden(asked.text))
    assert again.status_code == 409
    assert (await browser.post(PLATFORMS, data={**hidden(asked.text), "search-meant": "yes"})).status_code == 303


async def test_a_notice_ends_at_a_midnight(gate, come):
    await come().post(PLATFORMS, data={"archives": "block", "notice": "30"})
    [dated] = (await gate.owners.show_platform()).statement.dated
    assert 30 <= (dated.period.start - datetime.now(UTC)).days <= 31
    assert dated.period.start.hour == dated.period.start.minute == 0


@pytest.mark.parametrize("dates", [{"notice": "5", "from": "2999-01-01"}, {"notice": "9999"}, {"notice": "x"}])
async def test_a_notice_that_does_not_fit_is_told(come, dates):
    answer = await come().post(PLATFORMS, data={"archives": "block", **dates})
    assert answer.status_code == 422
    assert "The notice does not fit." in answer.text


async def test_what_was_announced_is_taken_back_by_its_date(gate, come):
    browser = come()
    await browser.post(PLATFORMS, data={"archives": "block", "from": "2999-01-01"})
    page = (await browser.get(PLATFORMS)).text
    assert "from 1 January 2999" in page
    asked = await browser.post(PLATFORMS, data={"take-back": "archives@2999-01-01..", "reason": "a mistake"})
    await browser.post(PLATFORMS, data=hidden(asked.text))
    assert (await gate.owners.show_platform()).statement.dated == ()


async def test_an_undo_is_consented_to_as_any_change(gate, come):
    browser = come()
    await browser.post(PLATFORMS, data={"ai-training": "block"})
    assert (await browser.post(f"{AT}/undo?level=platform", data={})).status_code == 422
    asked = await browser.post(f"{AT}/undo?level=platform", data={"reason": "a mistake"})
    assert (asked.status_code, await stance(gate)) == (409, Stance.BLOCK)
    assert f'action="{AT}/undo?level=platform' in asked.text
    done = await browser.post(f"{AT}/undo?level=platform", data=hidden(asked.text))
    assert (done.status_code, await stance(gate)) == (303, None)


async def test_a_lost_race_keeps_what_was_chosen(gate, come):
    browser = come()
    await browser.post(PLATFORMS, data={"ai-training": "ask"})
    answer = await browser.post(PLATFORMS, data={"archives": "block", "revision": "0"})
    assert answer.status_code == 409
    assert re.search(r'name="archives" value="block" checked', answer.text)


async def test_an_undo_takes_back_nothing_that_its_page_did_not_show(gate, come):
    browser = come()
    for chosen in ("ask", "block"):
        await browser.post(PLATFORMS, data={"ai-training": chosen})
    late = {"revision": "1", "reason": "a mistake"}
    answer = await browser.post(f"{AT}/undo?level=platform", data=late)
    assert (answer.status_code, await stance(gate)) == (409, Stance.BLOCK)
    assert "Somebody else changed this meanwhile." in answer.text
    asked = await browser.post(f"{AT}/undo?level=platform", data={**late, "revision": "2"})
    assert (await browser.post(f"{AT}/undo?level=platform", data=hidden(asked.text))).status_code == 303
    assert await stance(gate) is Stance.ASK


async def test_a_region_has_its_own_and_meets_its_sites_alone(gate, come):
    browser, at = come(), f"{AT}?level=region&name=eu"
    told = await browser.post(at.replace("?", "/preview?"), data={"ai-training": "block"})
    assert "1 site changes." in told.text
    await browser.post(at, data={"ai-training": "block"})
    assert "Default of the region eu" in (await browser.get("/_gatepost/console")).text
    assert (await stance(gate), await stance(gate, "*region:eu")) == (None, Stance.BLOCK)


@pytest.mark.parametrize(
    "query", ["", "?level=site", "?level=region", "?level=plan&name=%00", "?level=platform&name=x"]
)
async def test_what_names_no_default_is_told(come, query):
    answer = await come().get(AT + query)
    assert answer.status_code == 422
    assert "This names no platform, region or plan." in answer.text


async def test_a_long_count_goes_on_where_it_was(come, monkeypatch):
    monkeypatch.setattr(defaults, "COUNT_SECONDS", -1)
    browser = come()
    first = await browser.post(f"{AT}/preview?level=platform", data={"ai-training": "block"})
    assert "So far 3 sites are counted." in first.text
    onward = dict(re.findall(r'<input type="hidden" name="(after|counted:[a-z]+)" value="([^"]*)"', first.text))
    last = await browser.post(f"{AT}/preview?level=platform", data={"ai-training": "block", **onward})
    assert "2 sites change." in last.text
    assert "So far" not in last.text


class TestWhoMay:
    async def test_an_owner_may_nothing(self, come):
        browser = come(owner_grant("a.example", "zoë"))
        for method, path in [("GET", ""), ("POST", ""), ("POST", "/preview"), ("POST", "/undo")]:
            answer = await browser.request(method, f"{AT}{path}?level=platform", data={"ai-training": "allow"})
            assert answer.status_code == 403

    async def test_who_may_read_may_look_and_not_change(self, gate, come):
        browser = come(replace(ALL, scopes=frozenset({Scope.SITES_READ, Scope.DEFAULTS_READ})))
        shown = await browser.post(f"{AT}/preview?level=platform", data={"ai-training": "block"})
        assert "2 sites change." in shown.text
        assert "Make this change" not in shown.text
        for path in ("", "/undo"):
            assert (await browser.post(f"{AT}{path}?level=platform", data={"ai-training": "block"})).status_code == 403
        assert await stance(gate) is None

    async def test_who_may_not_read_them_sees_no_defaults(self, come):
        browser = come(replace(ALL, scopes=frozenset({Scope.SITES_READ})))
        assert 'id="defaults"' not in (await browser.get("/_gatepost/console")).text
        assert (await browser.get(PLATFORMS)).status_code == 403

    async def test_an_operator_may_narrow_and_not_open(self, gate, come):
        browser = come(replace(ALL, actor=Actor(ActorKind.OPERATOR, "ada")))
        assert (await browser.post(PLATFORMS, data={"archives": "allow", "reason": "x"})).status_code == 422
        assert (await browser.post(PLATFORMS, data={"ai-training": "block"})).status_code == 303
        assert await stance(gate) is Stance.BLOCK

    async def test_a_page_of_somebody_else_changes_nothing(self, gate, come):
        answer = await come().post(PLATFORMS, data={"ai-training": "block"}, headers={"sec-fetch-site": "cross-site"})
        assert (answer.status_code, await stance(gate)) == (403, None)


class TestUnknownCrawlers:
    async def test_none_is_said_in_words(self, come):
        assert "No unknown crawler has been noticed." in (await come().get("/_gatepost/console")).text

    async def test_each_is_told_with_how_often_and_when(self, gate, come, monkeypatch):
        at = datetime(2026, 11, 28, 9, tzinfo=UTC)
        found = UnknownCrawler("NewBot<", "NewBot</1.0", 2000, at, at, 766)

        async def unknown():
            return [found]

        monkeypatch.setattr(gate, "unknown_crawlers", unknown)
        told = (await come().get("/_gatepost/console")).text
        assert "NewBot&lt;" in told
        assert "1,234" in told
        assert "28 November 2026, 09:00 UTC" in told


async def test_sites_are_found_by_how_their_host_begins(come):
    told = (await come().get("/_gatepost/console", params={"q": "B.ex"})).text
    assert "/sites/b.example" in told
    assert "/sites/a.example" not in told
