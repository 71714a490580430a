"""Looking from outside costs no more than it has to: once for many who look, few hosts at once, and in time."""

import asyncio
import contextlib
import gc
import tracemalloc
from collections import Counter

import pytest

from asgi.door import OWNER, App, Store, ask, wish
from gatepost import CrawlerAccessMiddleware, Gate, Settings, owner_grant
from gatepost.core.reach import HostReach, Reach
from gatepost.core.snapshot import ROBOTS_TXT, SiteSnapshot
from gatepost.errors import OutwardError, SiteUnknown, StoreUnavailable
from gatepost.ports import Fetched
from gatepost.service import reach as reaching

GARDEN = "garden.example"


class World:
    """Answers for every host as the gate itself would, and counts."""

    gate: Gate

    def __init__(self):
        self.asked: Counter[str] = Counter()
        self.under_way = self.most = 0
        self.silent = asyncio.Event()

    async def fetch(self, url, *, most_octets, seconds, fields=()):
        host, _, path = url.removeprefix("https://").partition("/")
        self.asked[host] += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0)
            if host.startswith("silent"):
                await self.silent.wait()
            if host.startswith("nobody"):
                raise OutwardError("nobody", id="outward.unreachable", remedy="Wait.")
            document = (await self.gate.snapshots.visit(host)).rendering.documents["/" + path]
            return Fetched(200, (), document.body)
        finally:
            self.under_way -= 1


@pytest.fixture
async def world():
    return World()


@pytest.fixture
async def gate(signatures, world):
    world.gate = gate = Gate(Settings(), signatures, Store(), outward=world)
    await wish(gate, GARDEN, "ai-training=block")
    yield gate
    world.silent.set()
    await gate.close()


async def test_many_who_look_at_once_are_one_look(gate, world):
    looks = await asyncio.gather(*(gate.reach.look(GARDEN) for _ in range(100)))
    assert [one.live for one in looks] == [1] * 100
    assert world.asked == {GARDEN: 1}


async def test_nobody_asks_again_for_half_a_minute_unless_the_site_changes(gate, world, monkeypatch):
    assert await gate.reach.known(GARDEN) is None
    first = await gate.reach.look(GARDEN)
    assert await gate.reach.look(GARDEN) == await gate.reach.known(GARDEN) == first
    assert world.asked[GARDEN] == 1
    await wish(gate, GARDEN, "archives=block")
    assert await gate.reach.known(GARDEN) is None
    changed = await gate.reach.look(GARDEN)
    assert world.asked[GARDEN] == 2
    assert changed.since == changed.at, "what is live now was not before"
    monkeypatch.setattr(reaching, "_FRESH_SECONDS", 0.0)
    assert (await gate.reach.look(GARDEN)).since == changed.since
    assert world.asked[GARDEN] == 3


async def test_few_hosts_are_asked_at_once_and_not_any_number_of_them(gate, world):
    hosts = [f"{number}.example" for number in range(300)]
    await gate.owners.add_site(hosts, OWNER)
    found = await gate.reach.look("0.example")
    assert (len(found.hosts), found.live, len(found.hosts_in(Reach.UNKNOWN))) == (300, 100, 200)
    assert (sum(world.asked.values()), world.most) == (100, 3)


async def test_few_hosts_are_asked_at_once_whatever_sites_are_looked_at(gate, world):
    for site in range(6):
        await gate.owners.add_site([f"{number}.s{site}.example" for number in range(10)], OWNER)
    looks = await asyncio.gather(*(gate.reach.look(f"0.s{site}.example") for site in range(6)))
    assert ([one.live for one in looks], world.most) == ([10] * 6, 8)


async def test_a_site_whose_hosts_keep_silent_holds_up_no_other(gate, world, monkeypatch):
    monkeypatch.setattr(reaching, "_FILE_SECONDS", 1.0)
    await gate.snapshots.visit(GARDEN)
    await gate.owners.add_site([f"silent{number}.example" for number in range(100)], OWNER)
    slow = asyncio.create_task(gate.reach.look("silent0.example"))
    while not world.under_way:
        await asyncio.sleep(0.001)
    assert (await gate.reach.look(GARDEN)).live == 1
    assert not slow.done()
    assert not (await slow).live


async def test_the_time_of_a_look_counts_from_its_first_turn(gate, world, monkeypatch):
    monkeypatch.setattr(reaching, "_FILE_SECONDS", 0.2)
    async with contextlib.AsyncExitStack() as others:
        for _ in range(8):
            await others.enter_async_context(gate.reach._turns.of_this_loop())
        look = asyncio.create_task(gate.reach.look(GARDEN))
        await asyncio.sleep(0.4)
        assert not world.asked
    assert (await look).live == 1


async def test_a_look_that_never_has_its_turn_ends(gate, world, monkeypatch):
    monkeypatch.setattr(reaching, "_WAITED_SECONDS", 0.1)
    async with contextlib.AsyncExitStack() as others:
        for _ in range(8):
            await others.enter_async_context(gate.reach._turns.of_this_loop())
        assert (await gate.reach.look(GARDEN)).hosts_in(Reach.UNKNOWN) == (GARDEN,)
    assert await gate.reach.known(GARDEN) is None, "it was not asked, and is as soon as somebody looks again"
    assert (await gate.reach.look(GARDEN)).live == 1


async def test_what_hosts_answer_is_not_held(gate, world, monkeypatch):
    hosts = [f"{number}.example" for number in range(50)]

    async def large(url, **_):
        return Fetched(200, (), url.encode() * (400_000 // len(url)))

    await gate.owners.add_site(hosts, OWNER)
    await gate.snapshots.visit("0.example")
    monkeypatch.setattr(world, "fetch", large)
    tracemalloc.start()
    await gate.reach.look("0.example")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 * 2**20


async def test_little_is_held_of_a_look(gate, world):
    await gate.owners.add_site([f"{number}.little.example" for number in range(300)], OWNER)
    await gate.owners.add_site(["held.example"], OWNER)
    for host in ("0.little.example", "held.example"):
        await gate.reach.look(host)
        await wish(gate, host, "archives=block")
    gc.collect()
    ours = {one.host for one in gc.get_objects() if type(one) is HostReach}
    little = [host for host in ours if host.endswith(("little.example", "held.example"))]
    assert len(little) == 100 + 1, "hosts that are not asked are not"
    held = [one for one in gc.get_objects() if type(one) is SiteSnapshot and one.host == "held.example"]
    assert len(held) == 1, "what the site was is not"


async def test_who_looks_at_many_sites_takes_the_oldest_looks_alone(gate, world, monkeypatch):
    monkeypatch.setattr(reaching, "_HELD", 3)
    for number in range(4):
        await gate.owners.add_site([f"{number}.example"], OWNER)
        await gate.reach.look(f"{number}.example")
    assert [await gate.reach.known(f"{number}.example") is not None for number in range(4)] == [False, True, True, True]


async def test_a_host_that_keeps_silent_keeps_nobody(gate, world, monkeypatch):
    monkeypatch.setattr(reaching, "_FILE_SECONDS", 0.1)
    await gate.owners.add_site(["a.example", "silent.example", "nobody.example"], OWNER)
    found = await gate.reach.look("a.example")
    assert {one.host: one.reach for one in found.hosts} == {
        "a.example": Reach.LIVE,
        "silent.example": Reach.UNKNOWN,
        "nobody.example": Reach.UNREACHABLE,
    }
    assert world.under_way == 0


async def test_it_is_told_while_the_store_is_down(gate, world):
    await gate.snapshots.visit(GARDEN)
    gate.store.down = True
    assert (await gate.reach.look(GARDEN)).live == 1


async def test_a_host_of_no_site_is_not_asked(gate, world):
    with pytest.raises(SiteUnknown):
        await gate.reach.look("stranger.example")
    assert not world.asked


async def test_no_request_to_a_site_asks_anybody(gate, world):
    door = CrawlerAccessMiddleware(App(), gate=gate)
    for path in (ROBOTS_TXT, "/ai.txt", "/"):
        await ask(door, path)
    assert not world.asked


@pytest.mark.parametrize("silent", [False, True])
async def test_a_part_of_the_page_never_asks_for_itself_again(gate, silent, monkeypatch):
    """Else a browser would ask without end as long as nothing can be told."""

    async def owner(scope):
        return owner_grant(GARDEN, "ada")

    async def look(host):
        raise StoreUnavailable("down", id="store.down", remedy="Wait.")

    app, prefix = gate.owner_app(owner), "/_gatepost"
    page = (await ask(app, f"{prefix}/sites/{GARDEN}", root_path=prefix)).body.decode()
    assert f'hx-get="{prefix}/sites/{GARDEN}/reach"' in page
    if silent:
        monkeypatch.setattr(gate.reach, "look", look)
    part = await ask(app, f"{prefix}/sites/{GARDEN}/reach", root_path=prefix, fields=[(b"hx-request", b"true")])
    assert part.status == 200
    assert b"hx-get" not in part.body
    assert (b"cannot be told at the moment" in part.body) is silent
