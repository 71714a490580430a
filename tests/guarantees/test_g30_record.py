"""G30: whatever is altered in the record is found, and its entry is named; the record is read through in seconds."""

import random
from time import monotonic

import pytest
from sqlalchemy import select, update

from contract.stores import NOW, added, event
from gatepost.core.publications import own_of_app
from gatepost.core.sites import RobotsTxtChanged
from gatepost.storage import open_store
from gatepost.storage.inspection import Inspection
from gatepost.storage.tables import events, publications
from guarantees.parts import FULL, sized

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
SITES, FLIPS = sized(10_000, 500), sized(1_000, 50)
SECONDS = 5.0
COLUMNS = {events: ("actor_name", "kind", "change", "reason", "digest"), publications: ("content", "digest")}


async def filled(url):
    """A store with a history of two events a site, and as many publications as flips."""
    store = open_store(url)
    for start in range(0, SITES, 5_000):
        names = [f"s{number}" for number in range(start, min(start + 5_000, SITES))]
        await store.append(*(added(name) for name in names))
        await store.append(*(event(name, 2, RobotsTxtChanged(f"# {name}"), reason="why") for name in names))
    for start in range(0, FLIPS, 200):
        keys = range(start, min(start + 200, FLIPS))
        await store.publish([own_of_app(f"s{key}", f"# {key}", NOW) for key in keys])
    return store


async def looked_through(store):
    """What differs, as table and place, and how long it took to know."""
    start = monotonic()
    found = {(one.table, one.place) async for one in Inspection(store._database).everything()}
    return found, monotonic() - start


def flip(value, dice):
    octets = bytearray(value.encode() if isinstance(value, str) else value)
    octets[dice.randrange(len(octets))] ^= 1  # the lowest bit, so that text stays text
    return octets.decode() if isinstance(value, str) else bytes(octets)


def flip_some(connection, table, dice):
    """Flip a bit of as many rows as are asked for; where they are."""
    (number,) = table.primary_key.columns
    last = SITES * 2 if table is events else FLIPS
    chosen = dice.sample(range(1, last + 1), FLIPS // 2 if table is events else FLIPS // 20)
    for one in chosen:
        column = table.c[dice.choice(COLUMNS[table])]
        value = connection.execute(select(column).where(number == one)).scalar() or "x"
        connection.execute(update(table).where(number == one).values({column.name: flip(value, dice)}))
    return {(table.name, str(one)) for one in chosen}


async def test_g30_every_flipped_bit_is_found_and_named(shared_url, figure):
    dice = random.Random(30)
    store = await filled(shared_url)
    sound, seconds = await looked_through(store)
    altered = set()
    for table in COLUMNS:
        altered |= await store._database.run(
            lambda connection, table=table: flip_some(connection, table, dice), writes=True
        )
    found, _ = await looked_through(store)
    await store.close()
    figure("G30 altered entries found and named", "every one", f"{len(found & altered)} of {len(altered)}")
    figure(
        "G30 read through", f"< {SECONDS:g} s", f"{SITES * 2 + FLIPS:,} entries and {SITES:,} sites in {seconds:.1f} s"
    )
    assert sound == set()
    assert {place for place in found if place[0] in {"events", "publications"} and place[1].isdigit()} == altered
    assert not FULL or seconds < SECONDS
