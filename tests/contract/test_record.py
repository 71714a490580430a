"""The record in both databases: kept by many writers, found out whatever is altered, and brought along by migration."""

import hashlib
import json
import random
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text, update

from contract.stores import NOW, added, appended, event, heard, processes, started
from contract.test_notices import PARTNER
from gatepost.core.duties import Attempt, Receipt, ReceiptKind
from gatepost.core.notices import Item
from gatepost.core.preferences import PreferenceStatement, Sharing
from gatepost.core.publications import Kind, Publication
from gatepost.core.record import Head, Tail, check_proof
from gatepost.core.sites import (
    HostAdded,
    HostRemoved,
    RobotsTxtChanged,
    StatementChanged,
    Visibility,
    VisibilityChanged,
)
from gatepost.errors import HostTaken, StoreUnavailable
from gatepost.storage import open_store, schema, tables
from gatepost.storage.chains import EVENTS, PUBLICATIONS
from gatepost.storage.inspection import Inspection
from licences import hold

WRITERS = 4

SHARED, REFUSED = (PreferenceStatement(partner_sharing=sharing) for sharing in (Sharing.ALLOW, Sharing.REFUSE))


def publication(key, octets, seconds=0):
    content = json.dumps({"blobs": [sha256(one) for one in octets]})
    return Publication(Kind.RENDERING, key, NOW + timedelta(seconds=seconds), content, tuple(octets))


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


async def differences(store, *noted):
    found = [difference async for difference in Inspection(store._database).everything(noted)]
    return {(one.table, one.place) for one in found}


async def changed(store, statement):
    """Alter what is kept, behind the store's back."""

    await store._database.run(lambda connection: connection.execute(statement), writes=True)


async def numbers(store):
    entries = await store._database.run(partial(EVENTS.entries, after=0, limit=10_000), long=True)
    return [entry.number for entry, _ in entries]


@pytest.fixture
async def full(store):
    """A store with some of everything."""
    await store.append(added("a", "a", "www.a"), added("b"), added("c"))
    await store.append(event("a", 2, RobotsTxtChanged("User-agent: *\nAllow: /ä\n"), reason="why"))
    await store.append(event("a", 3, HostRemoved("www.a")), event("b", 2, HostAdded("www.a")))
    await store.append(event("b", 3, VisibilityChanged(Visibility.PRIVATE)))
    await store.publish([publication("k", [b"one", b"two" * 50]), publication("l", [b"three"])])
    await told(store)
    return store


async def told(store):
    """A partner, what it was told of a site, and what it said: one notice confirmed, one replaced, one item refused,
    one that could not be delivered."""
    await store.append(added("p", "p"), event("p", 2, StatementChanged(SHARED)))
    await hold(store, replace(PARTNER, endpoint="https://a.example"), NOW)
    for revision, statement in enumerate((REFUSED, SHARED, REFUSED, SHARED, REFUSED), 3):
        await store.append(event("p", revision, StatementChanged(statement)))
        number = (await store.duties_after("acme"))[-1].notice.number
        if revision in (3, 5):
            await store.note_attempt(number, Attempt(accepted=True), NOW, 0.5)
    first, *_, last = await store.duties_after("acme")
    await store.confirm("acme", Receipt(last.notice.id, ReceiptKind.STOPPED, NOW))
    await store.confirm("acme", Receipt(last.notice.id, ReceiptKind.REMOVED, NOW, version="2026-11"))
    await store.confirm("acme", Receipt(first.notice.id, ReceiptKind.REMOVED, NOW, version="2026-10"))
    (item,) = await store.remove_item("p", Item("7"), NOW)
    await store.confirm("acme", Receipt(item.id, ReceiptKind.REFUSED, NOW, reason="no"))
    (item,) = await store.remove_item("p", Item("8"), NOW)
    await store.note_attempt(item.number, Attempt(problem="503"), NOW, 0.5)


async def test_what_was_written_has_no_difference(full):
    assert await differences(full) == set()


async def test_transactions_that_are_rolled_back_leave_no_gap(full):
    before = len(await numbers(full))
    for _ in range(3):
        with pytest.raises(HostTaken):
            await full.append(added("d", "www.a"))
    await full.append(added("d"))
    assert await numbers(full) == list(range(1, before + 2))
    assert await differences(full) == set()


@pytest.mark.slow
async def test_four_writing_processes_keep_one_chain(shared_url):
    ready = processes.Barrier(WRITERS)
    writers = [started(shared_url, f"w{number}", 40, ready) for number in range(WRITERS)]
    assert [heard(arrivals) for _, arrivals in writers] == [list(range(1, 41))] * WRITERS
    for process, _ in writers:
        process.join()
    store = open_store(shared_url)
    assert await numbers(store) == list(range(1, 40 * WRITERS + 1))
    assert await differences(store) == set()
    await store.close()


async def test_thousands_at_once_are_chained_as_one_by_one(store):
    await store.append(*(added(f"s{number}") for number in range(2_500)))
    await store.append(added("last"))
    assert await numbers(store) == list(range(1, 2_502))
    assert await differences(store) == set()


ASIDE = {
    *("tokens", "spent_links", "answers_kept", "workers"),
    *("known_sites", "site_dates", "sweeps", "exposures", "readings"),
}
"""Who may come in, what workers tell of themselves, what is worked off, and counts: tables that are no part of the
record."""

WORKED_OFF = {
    *(f"duties.{name}" for name in ("attempts", "due", "leased", "problem", "reminded")),
    *("partners.secrets", "partners.gone"),
}
"""Columns that follow from no entry: how a notice is being pushed, and how a partner is reached."""

TABLES = [table for table in tables.metadata.sorted_tables if table.name not in ASIDE]
COLUMNS = [
    column
    for table in TABLES
    for column in table.columns
    if f"{table.name}.{column.name}" not in {"sites.id", "hosts.site", "events.seq", "publications.number", *WORKED_OFF}
]


def flipped(value, dice):
    """The value with one bit flipped, as far as its type can hold that."""
    if value is None:
        return NOW
    if isinstance(value, bool):
        return not value
    if isinstance(value, bytes):
        place, bit = dice.randrange(len(value) * 8) // 8, 1 << dice.randrange(8)
        return value[:place] + bytes([value[place] ^ bit]) + value[place + 1 :]
    if isinstance(value, str):
        place = dice.randrange(len(value)) if value else 0
        letter = chr(ord(value[place]) ^ (1 << dice.randrange(5))) if value else "x"
        return value[:place] + (letter if letter.isprintable() else "?") + value[place + 1 :]
    if isinstance(value, int):
        return value ^ (1 << dice.randrange(8))
    return value + timedelta(microseconds=1 << dice.randrange(20))


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_a_flipped_bit_in_any_column_of_any_row_is_found_and_named(full, table):
    for column in COLUMNS:
        if column.table is table:
            await flip_in_every_row(full, column)


async def flip_in_every_row(full, column):
    """One bit of every row in turn; what is seeded can be looked at again."""
    table, dice = column.table, random.Random(str(column))
    keys = list(table.primary_key.columns)

    def all_rows(connection):
        return [dict(row) for row in connection.execute(select(table)).mappings()]

    rows = await full._database.run(all_rows)
    assert rows
    for row in rows:
        other = flipped(row[column.name], dice)
        there = [key == row[key.name] for key in keys]
        now = [key == (other if key.name == column.name else row[key.name]) for key in keys]
        try:
            await changed(full, update(table).where(*there).values({column.name: other}))
        except StoreUnavailable:
            continue  # another row's key: the database itself refuses it
        found = await differences(full)
        assert found, f"{column}: {row[column.name]!r} became {other!r}"
        assert found & places(table.name, row, other), found
        await changed(full, update(table).where(*now).values({column.name: row[column.name]}))
    assert await differences(full) == set()


def places(table, row, other):
    """Where a row may be named: its own place, or the site's that it belonged or belongs to."""
    if table == "blobs":
        return {(table, name.hex()) for name in (row["sha256"], other)}
    if table in {"events", "publications"}:
        return {(table, str(row.get("seq", row.get("number"))))}
    if table in {"duties", "receipts"}:
        return {(table, str(number)) for number in (row["number"], other)}
    return {(table, id) for id in (row.get("id"), row.get("site"), other)}


@pytest.mark.parametrize("table", [tables.events, tables.publications], ids=str)
async def test_an_entry_whose_number_was_altered_is_missed(full, table):
    (number,) = table.primary_key.columns
    await changed(full, update(table).where(number == 2).values({number.name: 2 + 64}))
    assert any(name == table.name and place.startswith("2") for name, place in await differences(full))


async def test_text_that_is_no_text_is_named_too(file_url):
    await appended(file_url, added("a"), added("b"))
    store = open_store(file_url)
    await changed(store, text("UPDATE events SET reason = CAST(X'ff' AS TEXT), at = 'never' WHERE seq = 1"))
    assert await differences(store) == {("events", "1")}
    await store.close()


async def test_missing_rows_are_named(full):
    await changed(full, tables.events.delete().where(tables.events.c.seq.in_([2, 3])))
    assert ("events", "2-3") in await differences(full)


async def test_missing_octets_and_strange_ones_are_named(full):
    await changed(full, tables.blobs.delete())
    assert await differences(full) == {("publications", "1"), ("publications", "2")}


async def test_sites_without_events_and_events_without_sites_are_named(full):
    await changed(full, tables.hosts.delete().where(tables.hosts.c.site == "c"))
    await changed(full, tables.sites.update().where(tables.sites.c.id == "c").values(id="d"))
    assert await differences(full) == {("sites", "d"), ("events", "c")}


@pytest.mark.parametrize(
    ("alteration", "place"),
    [
        # Consistent in itself, as somebody would write it who wants a duty to look done.
        (update(tables.duties).where(tables.duties.c.item == "8").values(
            delivery="superseded", open=False, deadline=None, due=None), "duties"),
        (update(tables.duties).where(tables.duties.c.item == "7").values(
            removed=NOW, stopped=NOW, version="2026-11", open=False, deadline=None), "duties"),
        (update(tables.duties).where(tables.duties.c.item == "8").values(
            remove_by=NOW + timedelta(days=300)), "duties"),
        (tables.duties.delete().where(tables.duties.c.item == "8"), "duties"),
        (tables.receipts.delete(), "receipts"),
        (tables.partners.delete(), "partners"),
    ],
    ids=["replaced", "removed", "more time", "no duty", "no receipts", "no partner"],
)  # fmt: skip
async def test_a_duty_that_was_made_to_look_done_is_found(full, alteration, place):
    await changed(full, alteration)
    assert place in {table for table, _ in await differences(full)}


async def test_lost_newest_entries_are_found_by_a_noted_head_alone(full):
    await full.append(added("z"))
    head = await full._database.run(EVENTS.head)
    await changed(full, tables.events.delete().where(tables.events.c.seq == head.number))
    await changed(full, tables.hosts.delete().where(tables.hosts.c.site == "z"))
    await changed(full, tables.sites.delete().where(tables.sites.c.id == "z"))
    assert await differences(full) == set()
    assert await differences(full, ("events", head)) == {("events", str(head.number))}


async def test_a_record_that_was_written_anew_is_found_by_a_noted_head(full):
    head = await full._database.run(EVENTS.head)
    assert await differences(full, ("events", head)) == set()
    other = Head(head.number - 1, bytes(32))
    assert await differences(full, ("events", other)) == {("events", str(other.number))}


async def test_every_entry_is_shown_under_the_head(full):
    for chain in (EVENTS, PUBLICATIONS):
        head = await full._database.run(chain.head)
        for entry, _ in await full._database.run(partial(chain.entries, after=0, limit=100)):
            proof = await full._database.run(partial(chain.proof, number=entry.number, head=head))
            assert check_proof(proof, entry.content)


async def test_the_content_is_spelled_alike_in_every_database(store):
    await store.append(event("a", 1, added("a").change, at=NOW, reason="ü"))
    [(entry, _)] = await store._database.run(partial(EVENTS.entries, after=0, limit=1))
    assert entry.content == (
        b'{"actor_kind":"owner","actor_name":"Zo\\u00eb \\ud83e\\udd8a","at":"2026-11-22T12:30:00.123456Z",'
        b'"change":"{\\"hosts\\":[\\"a\\"]}","kind":"site-added","reason":"\\u00fc","record":"event/1","revision":1,'
        b'"seq":1,"site":"a"}'
    )
    assert entry.digest == Tail().add(entry.content)


async def test_a_publication_is_written_once_until_it_says_something_else(store):
    for octets, seconds in ((b"x", 1), (b"x", 2), (b"y", 3), (b"y", 4), (b"x", 5)):
        await store.publish([publication("k", [octets], seconds)] * 2)
    entries = await store.published(Kind.RENDERING, "k")
    assert [(entry.number, (entry.at - NOW).seconds) for entry in entries] == [(1, 1), (2, 3), (3, 5)]
    assert await store.octets(bytes.fromhex(sha256(b"y"))) == b"y"
    assert await differences(store) == set()


async def test_a_host_that_was_given_up_is_remembered(full):
    assert await full.former_sites("www.a") == ["a"]
    await full.append(event("b", 4, HostRemoved("www.a")), event("a", 4, HostAdded("www.a")))
    await full.append(event("a", 5, HostRemoved("www.a")))
    assert await full.former_sites("www.a") == ["a", "b"]
    assert await differences(full) == set()


OLD_INSERT = text(
    "INSERT INTO events (seq, site, revision, at, actor_kind, actor_name, kind, change, reason) "
    "VALUES (100, 'a', 4, '2026-01-01', 'owner', 'x', 'robots-txt-changed', '{\"text\": \"\"}', '')"
)


async def test_a_worker_of_the_version_before_writes_nothing_and_reads_on(full):
    with pytest.raises(StoreUnavailable):
        await changed(full, OLD_INSERT)
    site = await full.site("a")
    assert site is not None
    assert site.revision == 3
    assert await differences(full) == set()


async def test_migration_chains_what_is_there_and_closes_gaps(shared_url, monkeypatch):
    """As 0002 left it: numbers with gaps, no digests."""
    store = open_store(shared_url)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSIONS", schema.VERSIONS[:2])
        await store._database.run(lambda connection: None, writes=True)
    old = "INSERT INTO events (seq, site, revision, at, actor_kind, actor_name, kind, change, reason) VALUES "
    for seq, revision, kind, change in (
        (3, 1, "site-added", '{"hosts":["a","www.a"]}'),
        (7, 2, "host-removed", '{"host":"www.a"}'),
        (8, 3, "robots-txt-changed", '{"text":"x"}'),
    ):
        row = f"({seq}, 'a', {revision}, '2026-11-22 12:30:00.123456+00', 'owner', 'x', '{kind}', '{change}', '')"
        if shared_url.startswith("sqlite"):
            row = row.replace("+00", "")
        await changed(store, text(old + row.replace(":", "\\:")))
    site = "INSERT INTO sites (id, revision, visibility, statement, robots_txt) VALUES ('a', 3, 'public', '{}', 'x')"
    await changed(store, text(site))
    await changed(store, text("INSERT INTO hosts (host, site, position) VALUES ('a', 'a', 0)"))
    await store.close()
    assert [past.revision for past in await store.history("a")] == [1, 2, 3]
    assert await numbers(store) == [1, 2, 3]
    assert await store.former_sites("www.a") == ["a"]
    await store.append(event("a", 4, RobotsTxtChanged("y")))
    assert await differences(store) == set()
    await store.close()
