"""Crawlers that no signature knows are counted at every door and told by every worker, with no address; who does not
look like one is not watched."""

import pytest

from asgi.door import BROWSER, GPTBOT, OWNER, App, ask
from gatepost import CrawlerAccessMiddleware
from gatepost.core.request import read_request
from gatepost.core.sightings import Tally
from gatepost.core.workers import told_report
from gatepost.service import unknown_crawlers
from gatepost.service.releases import Act
from releasing import WITH_NEW

NEW = b"SurelyNewBot/2.1 (+https://new.example/bot)"
PROBE = b"ProbeBotOfOurs/1.0"


async def told(gate):
    await gate.reports.tell()
    return {one.name: one for one in await gate.unknown_crawlers()}


async def test_each_request_counts_and_versions_are_one(own_gate):
    app = CrawlerAccessMiddleware(App(), gate=own_gate)
    for agent in (NEW, NEW, NEW.replace(b"2.1", b"3.0"), BROWSER, GPTBOT):
        await ask(app, agent=agent)
    found = await told(own_gate)
    assert list(found) == ["SurelyNewBot"]
    assert found["SurelyNewBot"].count == 3
    assert found["SurelyNewBot"].user_agent == NEW.decode()


async def test_forward_auth_counts_too(own_gate):
    await own_gate.judge(read_request([(b"host", b"garden.example"), (b"user-agent", NEW)], b"/", b"", None))
    assert (await told(own_gate))["SurelyNewBot"].count == 1


async def test_what_several_workers_met_is_one(own_gate):
    app = CrawlerAccessMiddleware(App(), gate=own_gate)
    await ask(app, agent=NEW)
    for own_gate._name in ("one", "two"):
        await own_gate.reports.tell()
    [found] = await own_gate.unknown_crawlers()
    assert found.count == 2


async def test_who_has_a_signature_by_now_is_not_unknown_any_more(own_gate):
    """Whichever worker told of it, this one included, and however often it came before."""
    app = CrawlerAccessMiddleware(App(), gate=own_gate)
    for agent in (NEW, NEW, PROBE):
        await ask(app, agent=agent)
    assert list(await told(own_gate)) == ["SurelyNewBot", "ProbeBotOfOurs"]
    await own_gate.releases.publish(WITH_NEW, Act(OWNER), shadow=True)
    await own_gate.recognition.look_at_store()
    assert [one.name for one in await own_gate.unknown_crawlers()] == ["SurelyNewBot"]
    assert list(await told(own_gate)) == ["SurelyNewBot"]
    [report] = await own_gate.reports.present()
    assert [one.name for one in report.unknown] == ["SurelyNewBot"]


async def test_requests_of_others_are_not_told_as_its_own(own_gate):
    """Where there is no place left, one takes that of another, whose requests may then be its own."""
    own_gate.unknown._tally = Tally(1)
    app = CrawlerAccessMiddleware(App(), gate=own_gate)
    for agent in (NEW, NEW, b"QuiteOtherBot/1.0 (+https://x.example/)"):
        await ask(app, agent=agent)
    found = (await told(own_gate))["QuiteOtherBot"]
    assert (found.count, found.error, found.least) == (3, 2, 1)


@pytest.mark.parametrize("agent", [b"", b"Mozilla/5.0", BROWSER])
async def test_who_does_not_look_like_a_crawler_is_not_watched(own_gate, agent):
    await ask(CrawlerAccessMiddleware(App(), gate=own_gate), agent=agent)
    assert not own_gate.unknown.watched
    assert not await told(own_gate)


async def test_a_tool_that_names_itself_counts(own_gate):
    app = CrawlerAccessMiddleware(App(), gate=own_gate)
    for _ in range(2):
        await ask(app, agent=b"curl/8.0")
    assert 0 < (await told(own_gate))["curl"].count == 2


async def test_no_address_is_in_what_a_worker_tells(own_gate):
    app = CrawlerAccessMiddleware(App(), gate=own_gate)
    fields = [(b"x-forwarded-for", b"198.51.100.77"), (b"forwarded", b"for=198.51.100.77")]
    for _ in range(2):
        await ask(app, agent=NEW, client=("192.0.2.41", 40_000), fields=fields)
    await own_gate.reports.tell()
    [report] = await own_gate.reports.present()
    text = told_report(report)
    assert "SurelyNewBot" in text
    assert not [address for address in ("192.0.2.41", "198.51.100.77") if address in text]


async def test_strangers_fill_no_memory(own_gate, monkeypatch):
    monkeypatch.setattr(unknown_crawlers, "_WATCHED", 50)
    app = CrawlerAccessMiddleware(App(), gate=own_gate)
    for number in range(1_000):
        await ask(app, agent=b"Made%dBot/1.0 (+https://x.example/)" % number)
    assert len(own_gate.unknown.watched) <= 50
    assert len(own_gate.unknown.told(own_gate.matcher)) <= 50
