"""An owner of several sites: one change for those that are chosen, looked at before it is made."""

import re
from dataclasses import replace

import httpx
import pytest

from asgi.door import Store, browser_of, gate_on
from gatepost import Actor, ActorKind, Scope, read_wish
from gatepost.core.access import OWNER_SCOPES, Grant
from gatepost.core.preferences import Stance
from gatepost.errors import StoreUnavailable

ZOE = Actor(ActorKind.OWNER, "zoë")
MINE = Grant(ZOE, OWNER_SCOPES, frozenset({"a.example", "b.example", "gone.example"}))
AT = "/_gatepost/sites"
BOTH = [("site", "a.example"), ("site", "b.example")]


@pytest.fixture
async def gate(signatures):
    """Two sites of zoë's, one of which refuses training, and one of somebody else's."""
    gate = gate_on(signatures, Store())
    for host in ("a.example", "b.example", "theirs.example"):
        await gate.owners.add_site([host], ZOE)
    await gate.owners.change_preferences("b.example", [read_wish("ai-training=block", signatures)], ZOE)
    yield gate
    await gate.close()


@pytest.fixture
async def come(gate):
    clients = []

    def by(grant=MINE):
        clients.append(browser_of(gate, grant, "zoe.example"))
        return clients[-1]

    yield by
    for client in clients:
        await client.aclose()


def body(*pairs):
    return str(httpx.QueryParams(list(pairs)))


def hidden(text):
    """What the page that was looked at sends on."""
    return [*re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', text), ("make", "1")]


async def training(gate):
    hosts = ("a.example", "b.example", "theirs.example")
    return [(await gate.owners.show(host)).statement.stances.ai_training for host in hosts]


async def test_what_each_says_itself_is_told_apart(come):
    told = (await come().get(AT)).text
    assert "<strong>refused</strong>" in told
    assert '<span class="inherited">nothing said</span>' in told
    assert "theirs.example" not in told


async def test_it_is_looked_at_first_and_names_the_sites_that_change(gate, come):
    told = (await come().post(AT, content=body(*BOTH, ("ai-training", "block")))).text
    assert "1 site changes" in told
    assert [value for name, value in hidden(told) if name == "site"] == ["a.example"]
    assert await training(gate) == [None, Stance.BLOCK, None]


async def test_it_is_made_on_the_sites_that_were_chosen(gate, come):
    browser = come()
    looked = await browser.post(AT, content=body(*BOTH, ("ai-training", "ask")))
    assert "AI training" in looked.text
    assert "This allows more than before:" in looked.text
    done = await browser.post(AT, content=body(*hidden(looked.text)))
    assert "2 sites follow now." in done.text
    assert await training(gate) == [Stance.ASK, Stance.ASK, None]


async def test_what_was_changed_meanwhile_is_told_and_holds_up_no_other(gate, come, signatures):
    browser = come()
    looked = await browser.post(AT, content=body(*BOTH, ("ai-training", "license")))
    await gate.owners.change_preferences("b.example", [read_wish("archives=ask", signatures)], ZOE)
    done = await browser.post(AT, content=body(*hidden(looked.text)))
    assert "1 site follows now." in done.text
    assert "b.example was not changed. Somebody else changed this meanwhile." in done.text
    assert '<span class="code">site.revision.conflict</span>' in done.text
    assert await training(gate) == [Stance.LICENSE, Stance.BLOCK, None]


class Dying:
    """The store, until it has written once more: from then on it does not answer, or takes no more writes."""

    def __init__(self, store, *, reads):
        self._store, self._reads, self._written = store, reads, False

    def __getattr__(self, name):
        async def answer(*given, **named):
            if self._written and name != "close" and not (self._reads and name != "append"):
                raise StoreUnavailable("gone", id="store.unreachable", remedy="Wait.")
            self._written = self._written or name == "append"
            return await getattr(self._store, name)(*given, **named)

        return answer


@pytest.mark.parametrize("reads", [True, False])
async def test_which_sites_were_changed_is_told_when_the_store_stops_midway(gate, come, reads, monkeypatch):
    browser = come(replace(MINE, sites=frozenset({"a.example", "b.example", "c.example"})))
    await gate.owners.add_site(["c.example"], ZOE)
    looked = await browser.post(AT, content=body(*BOTH, ("site", "c.example"), ("ai-training", "license")))
    monkeypatch.setattr(gate.store, "_inner", Dying(gate.store._inner, reads=reads))
    done = await browser.post(AT, content=body(*hidden(looked.text)))
    assert done.status_code == 503
    assert "1 site follows now. a.example" in done.text
    assert "These were not changed: b.example and c.example." in done.text
    assert "store.unreachable" in done.text
    assert ("<table" in done.text) is reads
    monkeypatch.undo()
    assert await training(gate) == [Stance.LICENSE, Stance.BLOCK, None]


async def test_search_is_touched_by_a_box_that_is_ticked(gate, come):
    browser = come()
    looked = await browser.post(AT, content=body(*BOTH, ("search", "block")))
    assert "The whole site may disappear from search results." in looked.text
    await browser.post(AT, content=body(*hidden(looked.text)))
    assert (await gate.owners.show("a.example")).statement.stances.search is None
    await browser.post(AT, content=body(*hidden(looked.text), ("search-meant", "yes")))
    assert (await gate.owners.show("a.example")).statement.stances.search is Stance.BLOCK


async def test_a_widening_that_was_not_looked_at_is_not_made(gate, come):
    fields = body(
        *BOTH, ("ai-training", "allow"), ("revision:a.example", "1"), ("revision:b.example", "2"), ("make", "1")
    )
    done = await come().post(AT, content=fields)
    assert done.text.count("This allows more than before, and that was not confirmed.") == 2
    assert await training(gate) == [None, Stance.BLOCK, None]


async def test_another_owners_site_is_not_there(gate, come):
    fields = body(("site", "theirs.example"), ("ai-training", "block"), ("revision:theirs.example", "1"), ("make", "1"))
    await come().post(AT, content=fields)
    assert await training(gate) == [None, Stance.BLOCK, None]


async def test_who_may_only_read_changes_nothing(gate, come):
    browser = come(replace(MINE, scopes=frozenset({Scope.SITES_READ})))
    looked = await browser.post(AT, content=body(*BOTH, ("ai-training", "block")))
    assert "Change 1 site" not in looked.text
    assert (await browser.post(AT, content=body(*hidden(looked.text)))).status_code == 403
    assert await training(gate) == [None, Stance.BLOCK, None]


async def test_who_may_see_every_site_is_sent_to_the_console(come):
    answer = await come(replace(MINE, sites=None)).get(AT)
    assert answer.headers["location"] == "/_gatepost/console"


async def test_no_site_is_chosen_again_that_was_let_go(come):
    browser = come()
    fresh = await browser.get(AT)
    let_go = await browser.post(AT, content=body(("ai-training", "block")))
    assert [len(re.findall(r'name="site" value="[^"]*" checked', told.text)) for told in (fresh, let_go)] == [2, 0]
    assert "No site would change" in let_go.text
