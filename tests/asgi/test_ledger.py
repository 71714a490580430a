"""What crawlers take is counted at the door, by what they could know; people are not."""

import asyncio
import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest

from asgi.door import BROWSER, GOOGLEBOT, GPTBOT, App, Store, ask, gate_on, wish
from gatepost import CrawlerAccessMiddleware, Gate, Settings
from gatepost.asgi.forward_auth import ForwardAuthEndpoint
from gatepost.core import sketches
from gatepost.core.crawlers import HonoursRobots, Standing
from gatepost.core.exposure import Outcome, Phase
from gatepost.core.visits import Knowledge
from gatepost.errors import StoreUnavailable

HOST = "garden.example"
EVER = date(2000, 1, 1)


class Clock:
    """Goes as the machine's does, and is set forward."""

    def __init__(self):
        self.ahead = timedelta()

    def now(self):
        return datetime.now(UTC) + self.ahead

    def later(self, **time):
        self.ahead += timedelta(**time)


@pytest.fixture
def clock(own_gate):
    own_gate.counting.clock = clock = Clock()
    return clock


@pytest.fixture
def app(own_gate):
    return CrawlerAccessMiddleware(App(), gate=own_gate)


async def counts(gate, host=HOST):
    """Requests by crawler, outcome and phase, once everything is written."""
    await gate.counting.flush()
    site = await gate.owners.show(host)
    found: dict[tuple, int] = {}
    for one in await gate.store.exposures(site.id, EVER):
        key = (one.key.crawler, one.key.outcome, one.key.phase)
        found[key] = found.get(key, 0) + one.requests
    return found


async def told(gate, crawler="GPTBot", host=HOST, days=3):
    await gate.counting.flush()
    visits = await gate.exposures.visits(await gate.owners.show(host), days)
    return next((one for one in visits.crawlers if one.crawler == crawler), None)


async def test_a_refused_crawler_is_counted(own_gate, app):
    for path in ("/", "/a", "/a?page=2"):
        assert (await ask(app, path)).status == 403
    site = await own_gate.owners.show(HOST)
    await own_gate.counting.flush()
    (one,) = await own_gate.store.exposures(site.id, EVER)
    assert (one.key.crawler, one.key.standing, one.key.outcome) == ("GPTBot", Standing.CLAIMED, Outcome.REFUSED)
    assert (one.requests, one.octets) == (3, 0)
    if sketches.is_known():
        assert sketches.counted([one.paths]) == 2


async def test_what_a_crawler_is_given_is_counted_with_its_octets(own_gate, app):
    for path in ("/", "/a", "/b"):
        await ask(app, path, agent=GOOGLEBOT)
    one = await told(own_gate, "Googlebot")
    assert (one.served_before, one.served_after, one.refused, one.octets) == (3, 0, 0, 3 * len(b"page"))
    assert one.against == 0


async def test_an_error_is_nothing_taken(own_gate):
    await ask(CrawlerAccessMiddleware(App(404), gate=own_gate), agent=GOOGLEBOT)
    one = await told(own_gate, "Googlebot")
    assert (one.served_before, one.failed) == (0, 1)


async def test_an_app_that_fails_is_an_error(own_gate):
    async def broken(scope, receive, send):
        raise RuntimeError("no page")

    with pytest.raises(RuntimeError):
        await ask(CrawlerAccessMiddleware(broken, gate=own_gate), agent=GOOGLEBOT)
    assert await counts(own_gate) == {("Googlebot", Outcome.FAILED, Phase.OPEN): 1}


async def test_people_and_hosts_that_no_site_has_are_not_counted(own_gate, app):
    await ask(app, agent=BROWSER)
    await ask(app, "/robots.txt", agent=BROWSER)
    await ask(app, host=b"nobody.example")
    assert own_gate.counting.waiting == 0
    assert await counts(own_gate) == {}


async def test_who_has_not_read_the_file_yet_is_told_and_after_a_day_overdue(own_gate, app, clock):
    await ask(app)
    clock.later(hours=23)
    await ask(app)
    clock.later(hours=2)
    await ask(app)
    assert await counts(own_gate) == {
        ("GPTBot", Outcome.REFUSED, Phase.TOLD): 2,
        ("GPTBot", Outcome.REFUSED, Phase.OVERDUE): 1,
    }
    one = await told(own_gate)
    assert (one.against, one.knowledge) == (1, Knowledge.NEVER_READ)


async def test_who_has_read_the_file_knows_at_once(own_gate, app, clock):
    await ask(app)
    clock.later(minutes=1)
    served = await ask(app, "/robots.txt")
    await ask(app)
    found = await counts(own_gate)
    assert found == {
        ("GPTBot", Outcome.REFUSED, Phase.TOLD): 1,
        ("GPTBot", Outcome.READ, Phase.OPEN): 1,
        ("GPTBot", Outcome.REFUSED, Phase.READ): 1,
    }
    one = await told(own_gate)
    assert (one.against, one.knowledge, one.reads) == (1, Knowledge.READ_SINCE, 1)
    assert one.reading.sha256 == hashlib.sha256(served.body).digest()


async def test_a_reading_before_the_no_is_none_of_it(signatures, store, clock, own_gate, app):
    await wish(own_gate, HOST, "ai-training=allow")
    await ask(app, "/robots.txt")
    await ask(app)
    await wish(own_gate, HOST, "ai-training=ask")
    await ask(app)
    assert await counts(own_gate) == {
        ("GPTBot", Outcome.READ, Phase.OPEN): 1,
        ("GPTBot", Outcome.SERVED, Phase.OPEN): 1,
        ("GPTBot", Outcome.SERVED, Phase.TOLD): 1,
    }
    one = await told(own_gate)
    assert (one.served_before, one.served_after, one.against, one.knowledge) == (1, 1, 0, Knowledge.READ_BEFORE)
    clock.later(hours=1)
    await ask(app, "/robots.txt")
    assert (await told(own_gate)).knowledge is Knowledge.READ_SINCE


async def test_what_another_worker_saw_read_counts_as_read(own_gate, app, clock, store, signatures):
    """Two workers on one store: one is asked for robots.txt, the other for a page."""
    other = gate_on(signatures, store)
    other.counting.clock = clock
    clock.later(minutes=1)
    await ask(CrawlerAccessMiddleware(App(), gate=other), "/robots.txt")
    await other.counting.flush()
    clock.later(minutes=1)
    await ask(app)
    assert (await counts(own_gate))["GPTBot", Outcome.REFUSED, Phase.READ] == 1


async def test_a_site_that_is_not_public_denies_since_it_is_not(own_gate, app, clock):
    from asgi.door import OWNER
    from gatepost import Visibility

    await wish(own_gate, HOST, "ai-training=allow")
    await own_gate.owners.change_visibility(HOST, Visibility.PRIVATE, OWNER)
    await own_gate.snapshots.refresh()
    await ask(app)
    clock.later(hours=25)
    await ask(app)
    assert await counts(own_gate) == {
        ("GPTBot", Outcome.REFUSED, Phase.TOLD): 1,
        ("GPTBot", Outcome.REFUSED, Phase.OVERDUE): 1,
    }


async def test_a_no_below_a_path_counts_from_when_it_was_said(own_gate, app, clock):
    await wish(own_gate, HOST, "ai-training=allow", "/private/:ai-training=block")
    await ask(app, "/private/x")
    await ask(app, "/open")
    clock.later(hours=25)
    await ask(app, "/private/x")
    assert await counts(own_gate) == {
        ("GPTBot", Outcome.REFUSED, Phase.TOLD): 1,
        ("GPTBot", Outcome.SERVED, Phase.OPEN): 1,
        ("GPTBot", Outcome.REFUSED, Phase.OVERDUE): 1,
    }


async def test_nothing_is_held_against_who_does_not_claim_to_honour_robots_txt(own_gate, app, clock):
    """Its operator says so; what it took is told all the same."""
    careless = next(
        crawler for crawler in own_gate.signatures.crawlers
        if crawler.honours_robots.value is HonoursRobots.NO and crawler.counting_purposes == ("assistants",)
        and crawler.user_agent_tokens
    )  # fmt: skip
    await wish(own_gate, HOST, "assistants=block")
    clock.later(hours=48)
    await ask(app, agent=careless.user_agent_tokens[0].encode())
    one = await told(own_gate, careless.name)
    assert (one.refused, one.against) == (1, None)


async def test_counts_wait_while_the_store_is_down(own_gate, app):
    class Down:
        async def readings(self, sites):
            return ()

        async def count(self, exposures, readings):
            raise StoreUnavailable("down", id="store.down", remedy="Wait.")

    store, own_gate.counting.ledger = own_gate.counting.ledger, Down()
    for _ in range(3):
        await ask(app)
        with pytest.raises(StoreUnavailable):
            await own_gate.counting.flush()
    assert own_gate.counting.waiting == 1
    assert own_gate.counting.written == 0
    own_gate.counting.ledger = store
    await ask(app)
    assert await counts(own_gate) == {("GPTBot", Outcome.REFUSED, Phase.TOLD): 4}
    assert own_gate.counting.written == 4


async def test_what_finds_no_place_is_counted_as_left_out(own_gate, app, monkeypatch):
    monkeypatch.setattr("gatepost.service.counting._HELD", 2)
    for agent in (GPTBOT, GOOGLEBOT, b"ClaudeBot/1.0", b"CCBot/2.0", b"CCBot/2.0"):
        await ask(app, agent=agent)
    assert (own_gate.counting.waiting, own_gate.counting.left_out) == (2, 3)


async def test_a_request_waits_for_nothing(own_gate, app, store):
    await ask(app)
    asked = store.asked.copy()
    await ask(app)
    await ask(app, "/robots.txt")
    assert store.asked == asked


async def test_the_watch_writes_within_a_second_or_so(own_gate, app, store):
    own_gate.watch()
    await ask(app)
    async with asyncio.timeout(10):
        while not own_gate.counting.written:
            await asyncio.sleep(0.05)


async def test_the_watch_forgets_what_is_old(signatures):
    gate = gate_on(signatures, Store())
    await wish(gate, HOST, "ai-training=block")
    clock = gate.counting.clock = Clock()
    app = CrawlerAccessMiddleware(App(), gate=gate)
    await ask(app)
    await gate.counting.flush()
    clock.later(days=gate.settings.ledger_days + 1)
    gate.watch()
    async with asyncio.timeout(10):
        while await counts(gate):
            await asyncio.sleep(0.05)
    await gate.close()


async def test_what_is_left_is_written_at_the_end(signatures, tmp_path):
    from gatepost.storage import open_store

    url = f"sqlite:///{tmp_path}/ledger.db"
    gate = gate_on(signatures, open_store(url))
    await wish(gate, HOST, "ai-training=block")
    gate.watch()
    await ask(CrawlerAccessMiddleware(App(), gate=gate))
    await gate.close()
    again = gate_on(signatures, open_store(url))
    assert await counts(again) == {("GPTBot", Outcome.REFUSED, Phase.TOLD): 1}
    await again.close()


async def test_what_a_proxy_asks_about_is_counted(signatures, store):
    gate = Gate(Settings.model_validate({"forward_auth": "nginx", "trusted_proxies": "127.0.0.0/8"}), signatures, store)
    await wish(gate, HOST, "ai-training=block")
    endpoint = ForwardAuthEndpoint(gate)
    for agent in (GPTBOT, GOOGLEBOT, BROWSER):
        await ask(endpoint, agent=agent, fields=[(b"x-original-uri", b"/x")], client=("127.0.0.1", 40_000))
    assert await counts(gate) == {
        ("GPTBot", Outcome.REFUSED, Phase.TOLD): 1,
        ("Googlebot", Outcome.SERVED, Phase.OPEN): 1,
    }
    await gate.close()


async def test_a_reading_is_answered_whatever_the_user_agent_is(own_gate, app):
    for path in ("/robots.txt", "/ai.txt"):
        assert (await ask(app, path, agent=b"GPTBot\x01/1.0")).status == 200
        assert (await ask(app, path)).status == 200
        assert (await ask(app, path, method="HEAD")).status == 200
    assert await counts(own_gate) == {("GPTBot", Outcome.READ, Phase.OPEN): 2}


async def test_a_forged_name_reads_for_nobody(own_gate, app, clock):
    clock.later(minutes=1)
    await ask(app, "/robots.txt", agent=b"Google-Extended")
    await own_gate.counting.flush()
    site = await own_gate.owners.show(HOST)
    assert await own_gate.store.readings([site.id]) == []


async def test_a_handshake_that_is_refused_is_counted(own_gate, app):
    await ask(app, type="websocket")
    assert await counts(own_gate) == {("GPTBot", Outcome.REFUSED, Phase.TOLD): 1}


async def test_who_reads_robots_txt_before_each_page_takes_a_place_for_what_is_refused_alone(own_gate, app, clock):
    """Places are few: what was read before a page makes no difference where the page is open."""
    await wish(own_gate, HOST, "ai-training=block")
    clock.later(minutes=1)
    for number in range(20):
        for agent in (GPTBOT, GOOGLEBOT):
            await ask(app, "/robots.txt", agent=agent)
            await ask(app, f"/{number}", agent=agent)
    assert own_gate.counting.waiting <= 20 + 3
    found = await counts(own_gate)
    assert found["GPTBot", Outcome.REFUSED, Phase.READ] == 20
    assert sum(found.values()) == 80
