"""G17: a crawler that is called verified is really verified, and an opt-out beats verification."""

import random
from datetime import UTC, datetime

import pytest

from asgi.door import GPTBOT, ask, wish
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from gatepost.core.policy import Reason
from gatepost.core.signed_requests import signed_request
from gatepost.storage import open_store
from guarantees.parts import HOST, guarded, opened, sized
from licences import hold
from partners.forgeries import CRAWLER, FORGERIES, mutated

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PARTNER = Partner(
    "acme",
    "Acme Data",
    frozenset({Purpose.AI_TRAINING}),
    SINCE,
    crawlers=("GPTBot",),
    networks=("192.0.2.128/25", "2001:db8:7::/48"),
    keys=(CRAWLER.x,),
)
ADDRESSES = ["192.0.2.127", "192.0.3.0", "192.0.1.255", "2001:db8:6:ffff::", "2001:db8:8::", "::", "0.0.0.0", "", "x"]
dice = random.Random(17)


async def licensed(gate):
    await wish(gate, HOST, "ai-training=license", "partner-sharing=allow")
    await hold(gate.store, PARTNER, SINCE)
    await gate.licensing.refresh()
    return await gate.snapshots.visit(HOST)


def passes(gate, snapshot, fields):
    """Whether somebody who sends this comes under the licence."""
    decision = gate.decide(
        snapshot, [GPTBOT], ["/"], None, lambda: signed_request(fields, HOST.encode(), b"/", method="GET")
    )
    return decision.reason is Reason.LICENSED


async def test_g17_nobody_is_verified_by_a_forgery(figure):
    async with opened(open_store("sqlite://")) as gate:
        await licensed(gate)
        app = guarded(gate)
        assert (await ask(app, fields=CRAWLER.fields())).status == 200
        used = CRAWLER.fields()
        statuses = [(await ask(app, fields=used)).status]
        statuses += [(await ask(app, fields=used)).status]
        statuses += [(await ask(app, fields=forge())).status for _, forge in FORGERIES.values()]
        statuses += [(await ask(app, client=(address, 1))).status for address in ADDRESSES]
    wrong = [status for status in statuses[1:] if status != 402]
    figure("G17 forgeries that are verified", "0", f"{len(wrong)} of {len(statuses) - 1}")
    assert statuses[0] == 200
    assert not wrong


async def test_g17_no_mutated_signature_is_verified(figure):
    times = sized(1_000_000, 10_000)
    async with opened(open_store("sqlite://")) as gate:
        snapshot = await licensed(gate)
        found = 0
        for number in range(times):
            if number % 1_000 == 0:  # both the licence and a signature lapse long before the last
                await gate.licensing.refresh()
                assert passes(gate, snapshot, CRAWLER.fields())
                good = CRAWLER.fields()
            fields = mutated(dice, good)
            found += fields != good and passes(gate, snapshot, fields)
        assert passes(gate, snapshot, CRAWLER.fields())
    figure("G17 mutated signatures that are verified", "0", f"{found} of {times:,}")
    assert not found


async def test_g17_an_opt_out_beats_verification(figure):
    times = sized(10_000, 500)
    async with opened(open_store("sqlite://")) as gate:
        assert passes(gate, await licensed(gate), CRAWLER.fields())
        passed = 0
        for said in ("partner-sharing=refuse", "ai-training=block", "GPTBot=block"):
            await wish(gate, HOST, "ai-training=license", "partner-sharing=allow", "GPTBot=inherit")
            assert passes(gate, await gate.snapshots.visit(HOST), CRAWLER.fields())
            await wish(gate, HOST, said)
            snapshot = await gate.snapshots.visit(HOST)
            passed += sum(passes(gate, snapshot, CRAWLER.fields()) for _ in range(times))
    figure("G17 verified crawlers that pass an opt-out", "0", f"{passed} of {3 * times:,}")
    assert not passed
