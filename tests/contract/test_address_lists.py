"""Address lists, asked for over HTTP and kept in the store: a fleet has the last good one, whatever comes after it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatepost import Gate, Settings
from gatepost.core.address_records import standing_kept
from gatepost.core.crawlers import SignatureSet, Verification
from gatepost.service import address_lists
from gatepost.service.address_lists import AddressLists
from gatepost.sources import HttpOutward
from gatepost.storage import open_store
from policies import real_signatures
from sources.evil import MIB, answer, serving

OPERATOR = "operator.example"
GOOD = answer(b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}]}', 'ETag: "1"')
MORE = answer(b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/26"}]}', 'ETag: "2"')
LEAP = answer(b'{"prefixes": [{"ipv4Prefix": "66.249.0.0/16"}]}')


async def here(host):
    return ["127.0.0.1"]


OUTWARD = HttpOutward(True, resolve=here)


class Days:
    """A clock that a test sets forward."""

    def __init__(self):
        self.today = datetime(2026, 11, 28, 9, tzinfo=UTC)

    def now(self):
        return self.today

    def pass_by(self, days=1):
        self.today += timedelta(days=days)


@pytest.fixture
async def world():
    async with serving() as evil:
        evil.pages["/list"] = GOOD
        yield evil


@pytest.fixture
def url_of(world):
    return lambda path="/list": f"http://{OPERATOR}:{world.port}{path}"


@pytest.fixture
def days():
    return Days()


@pytest.fixture
def crawler(url_of):
    first = real_signatures().crawlers[0]
    return replace(first, verification=Verification(address_lists=(url_of(),)))


@pytest.fixture
def worker(days, crawler):
    """A worker of the fleet on a store."""

    def make(store):
        return AddressLists(OUTWARD, store, days, lambda: SignatureSet("1", "0" * 64, (crawler,)))

    return make


@pytest.fixture
async def lists(worker, store):
    return worker(store)


async def test_a_list_is_had_and_says_who_is_in_it(lists, crawler, url_of, days):
    assert lists.covers(crawler, "66.249.64.1") is None, "nothing is at hand yet"
    await lists.fetch_due()
    told = [
        lists.covers(crawler, one) for one in ("66.249.64.1", "::ffff:66.249.64.1", "66.249.65.1", "2a00::1", "x", "")
    ]
    assert told == [True, True, False, False, None, None]
    assert lists.covers(replace(crawler, verification=Verification()), "66.249.64.1") is None
    assert lists.ages() == {url_of(): 0}


async def test_while_one_of_its_lists_is_not_at_hand_nobody_is_told_from_a_crawler(lists, crawler, url_of):
    await lists.fetch_due()
    several = replace(crawler, verification=Verification(address_lists=(url_of(), url_of("/other"))))
    assert [lists.covers(several, one) for one in ("66.249.64.1", "66.249.65.1")] == [True, None]


async def test_it_is_asked_for_once_a_day_and_not_sent_again_unchanged(lists, world, days):
    for _ in range(3):
        await lists.fetch_due()
    assert len(world.requests) == 1
    days.pass_by()
    await lists.fetch_due()
    assert b'if-none-match: "1"' in world.requests[1].lower()
    [standing] = lists.standings()
    assert (standing.good, standing.octets[:2]) == (days.today.date(), b'{"')


async def test_another_worker_has_what_one_has_got(shared_url, worker, crawler, world):
    stores = [open_store(shared_url), open_store(shared_url)]
    first, second = map(worker, stores)
    await first.fetch_due()
    await second.fetch_due()
    assert second.covers(crawler, "66.249.64.1")
    assert len(world.requests) == 1
    for store in stores:
        await store.close()


@pytest.mark.parametrize("etag", ['"é"', f'"{"x" * 200}"'])
async def test_an_etag_that_cannot_be_sent_back_whole_is_not_kept(lists, world, url_of, days, etag):
    world.pages["/list"] = answer(b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}]}', f"ETag: {etag}")
    for _ in range(2):
        await lists.fetch_due()
        days.pass_by()
    assert len(world.requests) == 2
    assert b"if-none-match" not in world.requests[1].lower()
    [standing] = lists.standings()
    assert (standing.fault, standing.etag) == (None, "")


async def test_an_etag_that_was_kept_and_cannot_be_sent_stops_nothing(lists, store, world, url_of, days):
    standing = await lists.fetch(url_of())
    await store.publish([standing_kept(replace(standing, etag='"é"', fault=None))])
    days.pass_by()
    await lists.fetch_due()
    assert (lists.standings()[0].good, lists.standings()[0].etag) == (days.today.date(), '"1"')


async def test_a_fault_of_ours_with_one_list_costs_no_other_its_day(lists, crawler, world, url_of, monkeypatch, caplog):
    urls = tuple(url_of(path) for path in ("/list", "/bad", "/third"))
    world.pages |= {"/bad": GOOD, "/third": GOOD}
    several = replace(crawler, verification=Verification(address_lists=urls))
    lists._signatures = lambda: SignatureSet("1", "0" * 64, (several,))
    monkeypatch.setattr(address_lists._dice, "sample", lambda listed, _: [urls[1], urls[0], urls[2]])
    fetch = lists.fetch

    async def faulty(url):
        if url == urls[1]:
            raise RuntimeError("a fault of ours")
        return await fetch(url)

    monkeypatch.setattr(lists, "fetch", faulty)
    await lists.fetch_due()
    assert [bool(lists.at_hand(url)) for url in urls] == [True, False, True]
    assert f"the address list {urls[1]} cannot be brought up to date" in caplog.text


BAD = {
    "addresses.status": answer(b"gone", status="404 Not Found"),
    "addresses.page": answer(b"<!doctype html>"),
    "addresses.empty": answer(b'{"prefixes": []}'),
    "addresses.wide": answer(b'{"prefixes": [{"ipv4Prefix": "0.0.0.0/0"}]}'),
    "addresses.network": answer(b"Service Unavailable"),
    "addresses.growth": LEAP,
    "outward.large": answer(MIB + b"x"),
    "outward.unreachable": b"",
    "outward.encoding": answer(b"", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize(("id", "page"), BAD.items(), ids=BAD.keys())
async def test_a_bad_answer_never_takes_the_place_of_a_good_one(lists, worker, store, crawler, world, days, id, page):
    await lists.fetch_due()
    good = days.today.date()
    world.pages["/list"] = page
    for _ in range(8):
        days.pass_by()
        await lists.fetch_due()
    [standing] = lists.standings()
    assert (standing.fault.id, standing.good, standing.asked) == (id, good, days.today.date())
    assert standing.alarming(days.today.date())
    after = worker(store)
    await after.take_up()
    assert [one.covers(crawler, "66.249.64.1") for one in (lists, after)] == [True, True]
    assert after.standings() == [standing]
    world.pages["/list"] = MORE
    days.pass_by()
    await after.fetch_due()
    assert (after.standings()[0].fault, after.covers(crawler, "66.249.64.63")) == (None, True)


async def test_what_was_never_good_tells_why(lists, worker, store, crawler, world):
    world.pages["/list"] = BAD["addresses.page"]
    await lists.fetch_due()
    after = worker(store)
    await after.take_up()
    [standing] = after.standings()
    assert (standing.good, standing.fault.id, after.covers(crawler, "66.249.64.1")) == (None, "addresses.page", None)


async def test_a_leap_is_taken_on_somebodys_word(lists, crawler, world, url_of):
    await lists.fetch(url_of())
    world.pages["/list"] = LEAP
    assert (await lists.fetch(url_of())).fault.id == "addresses.growth"
    assert not lists.covers(crawler, "66.249.200.1")
    assert (await lists.fetch(url_of(), accept=True)).fault is None
    assert lists.covers(crawler, "66.249.200.1")


async def test_a_list_that_no_signature_names_any_more_is_let_go(lists, url_of, crawler):
    await lists.fetch_due()
    lists._signatures = lambda: SignatureSet("2", "1" * 64, ())
    await lists.fetch_due()
    assert lists.at_hand(url_of()) is None


async def test_a_day_leaves_one_entry(lists, worker, store, url_of, days):
    await lists.fetch_due()
    await lists.fetch(url_of())
    await worker(store).fetch(url_of())
    assert len(await store.published("address-list", url_of())) == 1
    days.pass_by()
    await lists.fetch_due()
    assert len(await store.published("address-list", url_of())) == 2


async def test_what_is_at_hand_costs_the_same_however_many_days_the_record_has(lists, store, monkeypatch):
    async def all_days(kind, key=""):
        raise AssertionError("every day of a list was read for the last one")

    monkeypatch.setattr(store, "published", all_days)
    await lists.fetch_due()
    await lists.take_up()


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_gate_has_the_lists_where_the_settings_say_so(file_url, crawler, world, monkeypatch, wanted):
    monkeypatch.setattr(address_lists, "_FIRST_SECONDS", 0)
    signatures = replace(real_signatures(), crawlers=(crawler,))
    gate = Gate(Settings(address_lists=wanted), signatures, open_store(file_url), outward=OUTWARD)
    await gate.start()
    for _ in range(100 if wanted else 5):
        if gate.address_lists.covers(crawler, "66.249.64.1"):
            break
        await asyncio.sleep(0.1)
    assert bool(gate.address_lists.covers(crawler, "66.249.64.1")) is bool(world.requests) is wanted
    await gate.close()
