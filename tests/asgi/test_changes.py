"""What the middleware does while owners change their minds and stores fail."""

import asyncio
import gc
from time import monotonic

import pytest

from asgi.door import BROWSER, OWNER, App, Store, ask, gate_on, wish
from gatepost import CrawlerAccessMiddleware, Visibility, read_wish
from gatepost.core.consent import Act
from gatepost.core.defaults import REGION
from gatepost.core.sites import PLATFORM
from gatepost.service import patience


@pytest.fixture
def app(own_gate):
    return CrawlerAccessMiddleware(App(), gate=own_gate)


async def status(app, path="/", **given):
    return (await ask(app, path, **given)).status


class TestChange:
    async def test_of_a_statement_holds_at_once(self, app, own_gate):
        for stance, expected in (("block", 403), ("allow", 200), ("license", 402), ("ask", 200), ("block", 403)):
            await wish(own_gate, "garden.example", f"ai-training={stance}")
            assert await status(app) == expected
            assert (b"Disallow: /\n" in (await ask(app, "/robots.txt")).body) is (stance != "allow")

    async def test_of_the_platform_holds_for_every_site_that_said_nothing(self, app, own_gate):
        await wish(own_gate, "silent.example")
        assert await status(app, host=b"silent.example") == 200
        block = [read_wish("ai-training=block", own_gate.signatures)]
        await own_gate.owners.change_platform_preferences(block, OWNER)
        await own_gate.snapshots.refresh()
        assert await status(app, host=b"silent.example") == 403

    async def test_of_a_region_holds_for_its_sites_and_stays_with_one_that_leaves(self, app, own_gate):
        await own_gate.owners.add_site(["silent.example"], OWNER, region="eu")
        assert await status(app, host=b"silent.example") == 200
        act = Act(OWNER, "new terms")
        await own_gate.owners.change_default_preferences(
            REGION + "eu", [read_wish("ai-training=block", own_gate.signatures)], act
        )
        await own_gate.snapshots.refresh()
        assert await status(app, host=b"silent.example") == 403
        await own_gate.owners.change_placement("silent.example", OWNER, region="us")
        await own_gate.snapshots.refresh()
        assert await status(app, host=b"silent.example") == 403

    async def test_takes_a_host_that_is_given_up_to_the_strict_default(self, app, own_gate):
        await wish(own_gate, "open.example", "ai-training=allow")
        await own_gate.owners.add_host("open.example", "www.open.example", OWNER)
        assert await status(app, host=b"www.open.example") == 200
        await own_gate.owners.remove_host("open.example", "www.open.example", OWNER)
        await own_gate.snapshots.refresh()
        assert await status(app, host=b"open.example") == 200
        assert await status(app, host=b"www.open.example") == 403

    async def test_moves_a_host_from_what_one_site_says_to_what_another_says_and_nothing_between(self, app, own_gate):
        await wish(own_gate, "open.example", "ai-training=allow")
        await wish(own_gate, "garden.example", "ai-training=block", "archives=block")
        await own_gate.owners.add_host("garden.example", "www.garden.example", OWNER)
        agents = (b"GPTBot/1.4", b"CCBot/2.0", b"Googlebot/2.1")

        async def answers(host):
            return [await status(app, host=host, agent=agent) for agent in agents]

        garden, opened = await answers(b"garden.example"), await answers(b"open.example")
        assert garden != opened
        assert await answers(b"www.garden.example") == garden
        for to, seen, next in (("open.example", garden, opened), ("garden.example", opened, garden)):
            await own_gate.owners.move_host("www.garden.example", to, OWNER)
            assert await answers(b"www.garden.example") == seen
            await own_gate.snapshots.refresh()
            assert await answers(b"www.garden.example") == next
            assert await answers(b"garden.example") == garden
            assert await answers(b"open.example") == opened

    async def test_of_visibility_leaves_the_statement_alone(self, app, own_gate):
        await wish(own_gate, "garden.example", "ai-training=allow")
        for visibility, expected in ((Visibility.PRIVATE, 403), (Visibility.PUBLIC, 200)):
            await own_gate.owners.change_visibility("garden.example", visibility, OWNER)
            await own_gate.snapshots.refresh()
            assert await status(app) == expected

    async def test_gives_an_unknown_host_its_site(self, app, own_gate):
        assert await status(app, host=b"new.example") == 403
        await wish(own_gate, "new.example", "ai-training=allow")
        assert await status(app, host=b"new.example") == 200
        assert await status(app, host=b"www.new.example") == 403
        await own_gate.owners.add_host("new.example", "www.new.example", OWNER)
        await own_gate.snapshots.refresh()
        assert await status(app, host=b"www.new.example") == 200

    @pytest.mark.slow
    async def test_by_another_process_is_heard_within_two_seconds(self, signatures, tmp_path):
        mine, theirs = (gate_on(signatures, Store(f"sqlite:///{tmp_path}/sites.db")) for _ in range(2))
        await theirs.owners.add_site(["garden.example"], OWNER)
        app = CrawlerAccessMiddleware(App(), gate=mine)
        assert await status(app) == 200
        await wish(theirs, "garden.example", "ai-training=block")
        changed = monotonic()
        while await status(app) != 403 and monotonic() - changed < 2:
            await asyncio.sleep(0.02)
        await mine.close()
        await theirs.close()
        assert monotonic() - changed < 2

    @pytest.mark.parametrize(
        "level",
        [
            "garden.example",
            PLATFORM,
        ],
    )
    async def test_during_a_first_visit_is_not_lost(self, signatures, store, level):
        """The store answers the visit with what was true before the change; the change must win."""
        gate = gate_on(signatures, store)
        await gate.owners.add_site(["garden.example"], OWNER)
        await gate.snapshots.refresh()
        store.wait = 0.2
        visit = asyncio.create_task(gate.snapshots.visit("garden.example"))
        await asyncio.sleep(0.1)
        store.wait = 0
        block = [read_wish("ai-training=block", signatures)]
        if level == PLATFORM:
            await gate.owners.change_platform_preferences(block, OWNER)
        else:
            await gate.owners.change_preferences(level, block, OWNER)
        await gate.snapshots.refresh()
        await visit
        await gate.snapshots.refresh()
        changed = await status(CrawlerAccessMiddleware(App(), gate=gate))
        await gate.close()
        assert changed == 403


class TestStore:
    async def test_is_asked_once_for_a_hundred_first_visits(self, app, store):
        store.wait = 0.02
        store.asked.clear()
        replies = await asyncio.gather(*(ask(app, host=b"new.example", agent=BROWSER) for _ in range(100)))
        assert {reply.status for reply in replies} == {200}
        assert store.asked["site_by_host"] == 1

    async def test_is_not_asked_again(self, app, store):
        for host in (b"garden.example", b"nobody.example"):
            await ask(app, host=host)
            store.asked.clear()
            for path in ("/", "/robots.txt", "/ai.txt"):
                await ask(app, path, host=host)
            assert not store.asked["site_by_host"]
            assert not store.asked["site"]

    async def test_that_is_down_from_the_start_fails_no_page(self, signatures, store, caplog):
        store.down = True
        gate = gate_on(signatures, store)
        app = CrawlerAccessMiddleware(App(), gate=gate)
        assert await status(app, agent=BROWSER) == 200
        assert await status(app) == 403  # nobody can say that the owner consented
        robots = await ask(app, "/robots.txt")
        assert (robots.status, robots[b"cache-control"]) == (503, b"no-store")
        assert robots[b"retry-after"]
        await gate.close()
        assert "the store" in caplog.text

    async def test_that_is_back_is_believed_at_once(self, own_gate, store):
        await wish(own_gate, "open.example", "ai-training=allow")
        store.down = True
        app = CrawlerAccessMiddleware(App(), gate=(gate := gate_on(own_gate.signatures, store)))
        assert await status(app, host=b"open.example") == 403
        store.down = False
        assert await status(app, host=b"open.example") == 200
        await gate.close()

    @pytest.mark.slow
    async def test_that_hangs_is_left_alone_for_a_moment(self, own_gate, app, store):
        await wish(own_gate, "open.example", "ai-training=allow")
        store.wait = 60
        hosts = [b"%d.example" % number for number in range(50)]
        since = monotonic()
        replies = await asyncio.gather(*(ask(app, "/robots.txt", host=host) for host in hosts))
        assert monotonic() - since < 1
        assert {reply.status for reply in replies} == {503}
        store.wait = 0
        store.asked.clear()
        assert await status(app, "/robots.txt", host=b"open.example") == 503
        assert not store.asked["site_by_host"]
        await asyncio.sleep(1)
        assert await status(app, "/robots.txt", host=b"open.example") == 200

    @pytest.mark.slow
    async def test_that_is_slow_is_asked_by_as_many_as_it_answers(self, own_gate, app, store, monkeypatch):
        monkeypatch.setattr(patience, "_STEPS", 60)
        monkeypatch.setattr(patience, "_VISIT_SECONDS", 2.7)
        await own_gate.snapshots.refresh()
        store.wait = 1.5
        hosts = [b"%d.example" % number for number in range(20)]
        statuses = await asyncio.gather(*(status(app, "/robots.txt", host=host) for host in hosts))
        assert statuses.count(200) == 8, "the others came too late to their turn"
        assert await status(app, "/robots.txt", host=b"next.example") == 200, "that told nothing about the store"

    async def test_that_goes_down_later_changes_nothing(self, app, own_gate, store):
        before = [await ask(app, path, agent=BROWSER) for path in ("/", "/robots.txt", "/ai.txt")]
        store.down = True
        await asyncio.sleep(0.01)
        assert [await ask(app, path, agent=BROWSER) for path in ("/", "/robots.txt", "/ai.txt")] == before
        assert await status(app) == 403

    async def test_that_is_down_after_a_change_of_the_platform_loses_no_site(self, app, own_gate, store):
        await wish(own_gate, "open.example", "ai-training=allow")
        assert await status(app, host=b"open.example") == 200
        block = [read_wish("archives=block", own_gate.signatures)]
        await own_gate.owners.change_platform_preferences(block, OWNER)
        await own_gate.snapshots.refresh()
        store.down = True
        assert await status(app, host=b"open.example") == 200
        assert await status(app, "/robots.txt", host=b"open.example") == 200

    async def test_that_fails_unexpectedly_does_not_end_the_watch(self, own_gate, monkeypatch):
        async def broken():
            raise RuntimeError("unforeseen")

        monkeypatch.setattr(own_gate.snapshots, "refresh", broken)
        watch = asyncio.create_task(own_gate.snapshots.watch(0.001))
        await asyncio.sleep(0.02)
        goes_on = not watch.done()
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        assert goes_on


class TestGate:
    @pytest.mark.filterwarnings("error::ResourceWarning")
    def test_leaves_nothing_open(self, signatures, tmp_path):
        async def live():
            before = asyncio.all_tasks()
            gate = gate_on(signatures, Store(f"sqlite:///{tmp_path}/sites.db"))
            await wish(gate, "garden.example", "ai-training=block")
            assert await status(CrawlerAccessMiddleware(App(), gate=gate)) == 403
            await gate.close()
            gc.collect()
            assert asyncio.all_tasks() == before

        asyncio.run(live())  # in a loop of its own: in that of the tests the gates of others live

    async def test_that_was_closed_opens_again(self, own_gate, app):
        await own_gate.close()
        await wish(own_gate, "garden.example", "ai-training=block")
        assert await status(app) == 403
