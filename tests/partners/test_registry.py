"""The registry of partners: what one command says of a partner is lost to no other, and stands in no other's way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gatepost import open_gate
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from gatepost.errors import PartnerError, RevisionConflict
from gatepost.service.partners import PartnerChange
from gatepost.wiring import SystemClock

DAY = timedelta(days=1)
ACME = Partner("acme", "Acme Data", frozenset({Purpose.AI_TRAINING}), SystemClock().now() - DAY)


@pytest.fixture
async def gate():
    gate = open_gate("sqlite://")
    await gate.partners.add(ACME)
    yield gate
    await gate.close()


async def other(gate, name="contact", value="ada@acme.example"):
    """Somebody else changes the partner."""
    (before,) = await gate.store.partners()
    await gate.store.keep_partner(replace(before, **{name: value}), SystemClock().now(), before)


COMMANDS = {
    "change": lambda partners: partners.change("acme", PartnerChange(name="Acme")),
    "rotate": lambda partners: partners.rotate_secret("acme"),
    "finish": lambda partners: partners.finish_rotation("acme"),
    "end": lambda partners: partners.end("acme"),
}
CASES = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())


def disturbed(gate, monkeypatch, times):
    """Every look at the partners is followed by somebody else's change, so many times."""
    read, left = gate.store.partners, [times]

    async def partners():
        found = await read()
        if left[0] > 0:
            left[0] -= 1
            with monkeypatch.context() as quiet:
                quiet.setattr(gate.store, "partners", read)
                await other(gate, value=f"{left[0]}@acme.example")
        return found

    monkeypatch.setattr(gate.store, "partners", partners)


@CASES
async def test_what_somebody_else_has_just_said_of_a_partner_stays(gate, monkeypatch, command):
    await gate.partners.rotate_secret("acme")
    (before,) = await gate.store.partners()
    disturbed(gate, monkeypatch, 1)
    await command(gate.partners)
    (after,) = await gate.store.partners()
    assert after.contact == "0@acme.example"
    assert replace(after, contact="") != before, "and so does what was asked for"


@CASES
async def test_who_is_never_quick_enough_is_told(gate, monkeypatch, command):
    await gate.partners.rotate_secret("acme")
    disturbed(gate, monkeypatch, 9)
    with pytest.raises(RevisionConflict):
        await command(gate.partners)


async def test_of_two_who_choose_one_id_the_second_is_told(gate):
    new = [replace(ACME, id="new", name=name) for name in ("One", "Two")]
    done = await asyncio.gather(*map(gate.partners.add, new), return_exceptions=True)
    (refused,) = [one for one in done if isinstance(one, PartnerError)]
    assert refused.id == "partner.taken"
    (secret,) = set(done) - {refused}
    assert (await gate.partners.show("new")).secrets == (secret,)


async def test_a_crawler_that_went_out_of_the_signatures_is_in_no_other_way(gate):
    await other(gate, "networks", ("192.0.2.0/24",))
    await other(gate, "crawlers", ("GoneBot",))
    await gate.partners.rotate_secret("acme")
    assert await gate.partners.finish_rotation("acme") == 1
    await gate.partners.change("acme", PartnerChange(contact="data@acme.example"))
    with pytest.raises(PartnerError) as refused:
        await gate.partners.change("acme", PartnerChange(crawlers=("GoneBot", "NoBot")))
    assert (refused.value.id, "'NoBot'" in str(refused.value)) == ("partner.crawlers", True)
