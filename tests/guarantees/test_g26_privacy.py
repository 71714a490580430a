"""G26: no address of a visitor is at rest, counts go after 180 days, and those of one site when its owner wants it."""

import random
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from sqlite3 import connect

import pytest

from asgi.door import BROWSER, GOOGLEBOT, GPTBOT, ask
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import HOST, add, guarded, opened, sized

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]

AGENTS = (GPTBOT, GOOGLEBOT, b"CCBot/2.0", b"NobodyKnowsThisBot/1.0 (+https://x.example)", BROWSER)
PATHS = ("/", "/robots.txt", "/ai.txt", "/post/{number}?from={address}")
EVER = date(2000, 1, 1)
dice = random.Random(26)


@dataclass
class Clock:
    at: datetime

    def now(self):
        return self.at


def an_address():
    return IPv4Address(dice.getrandbits(32)) if dice.random() < 0.7 else IPv6Address(dice.getrandbits(128))


async def visit(app, number):
    """Somebody comes from an address that stands in every place where one can, and in the query besides."""
    address = an_address()
    told = str(address).encode()
    fields = [(b"x-forwarded-for", told), (b"forwarded", b'for="%b"' % told), (b"x-real-ip", told)]
    path = dice.choice(PATHS).format(number=number, address=address)
    await ask(app, path, host=HOST.encode(), agent=dice.choice(AGENTS), fields=fields, client=(str(address), 40_000))
    return address


def spelled(address):
    """How an address might be at rest: as text, and an IPv6 address as octets too, which no chance would make."""
    texts = {str(address), address.exploded}
    return [text.encode() for text in texts] + ([address.packed] if address.version == 6 else [])


async def test_g26_no_address_is_at_rest(tmp_path, file_url, figure, caplog):
    caplog.set_level("INFO")
    requests = sized(100_000, 10_000)
    async with opened(open_store(file_url)) as gate:
        await add(gate, Stance.BLOCK)
        gate.watch()
        app = guarded(gate)
        addresses = [await visit(app, number) for number in range(requests)]
        await gate.counting.flush()
        assert gate.counting.written > requests / 2
        await gate.reports.tell()
        files = {
            file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()
        }  # with what is in the log
    files |= {f"{file.name}, closed": file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    files["what was logged"] = "".join(record.getMessage() for record in caplog.records).encode()
    everything = b"\n".join(files.values())
    assert b"GPTBot" in everything
    found = [address for address in addresses if any(one in everything for one in spelled(address))]
    figure("G26 addresses at rest", "0", f"{len(found)} of {len(set(addresses)):,} in {len(files)} files")
    assert not found


async def test_g26_counts_go_when_their_time_is_over(shared_url, figure):
    async with opened(open_store(shared_url)) as gate:
        await add(gate, Stance.BLOCK)
        app = guarded(gate)
        days = gate.settings.ledger_days
        assert days == 180
        now = datetime.now(UTC)
        clock = gate.counting.clock = Clock(now)
        for back in (days + 1, days, 1, 0):
            clock.at = now - timedelta(days=back)
            await ask(app, "/robots.txt", host=HOST.encode())
            await ask(app, host=HOST.encode())
            await gate.counting.flush()
        await gate.exposures.purge()
        (site,) = await gate.store.sites()
        kept = {one.key.day for one in await gate.store.exposures(site.id, EVER)}
        oldest = (now.date() - min(kept)).days
        figure("G26 the oldest count", f"<= {days} days", f"{oldest} days")
        assert oldest == days
        await gate.exposures.erase(site.id)
        left = [*await gate.store.exposures(site.id, EVER), *await gate.store.readings([site.id])]
        figure("G26 counts of a site after it was erased", "0", len(left))
        assert not left


async def test_the_search_for_addresses_would_find_one(tmp_path):
    """The check can fail: an address in a database is found in its file."""
    address = an_address()
    with closing(connect(tmp_path / "with.db")) as database:
        database.executescript(f"CREATE TABLE t (a); INSERT INTO t VALUES ('{address}')")
    assert any(one in (tmp_path / "with.db").read_bytes() for one in spelled(address))
