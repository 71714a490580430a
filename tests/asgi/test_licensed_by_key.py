"""Licensed access at the doors: a data partner's crawler passes by what it signs, wherever it comes from."""

import logging
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import licences
from asgi.door import BROWSER, GPTBOT, App, Store, ask, gate_on, wish
from crawler_signing import Crawler
from gatepost import Action, CrawlerAccessMiddleware, Gate, Reason, Settings, Standing
from gatepost.asgi.service import service_app
from gatepost.core.crawlers import Purpose
from gatepost.core.licences import Means
from gatepost.core.partners import Partner
from gatepost.core.signed_requests import GOOD_SECONDS
from gatepost.service.nonces import Nonces

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
CRAWLER, OTHER = Crawler(), Crawler()
ACME = Partner(
    "acme", "Acme Data", frozenset({Purpose.AI_TRAINING}), NOW - DAY, crawlers=("GPTBot",), keys=(CRAWLER.x,)
)
OPENED = ("ai-training=license", "partner-sharing=allow")


@pytest.fixture
def behind():
    return App()


@pytest.fixture
async def licensed(signatures, store):
    gate = gate_on(signatures, store)
    await wish(gate, "garden.example", *OPENED)
    await hold(gate, ACME)
    yield gate
    await gate.close()


@pytest.fixture
def app(licensed, behind):
    return CrawlerAccessMiddleware(behind, gate=licensed)


async def hold(gate, *partners):
    for partner in partners:
        await licences.hold(gate.store, partner, NOW)
    await gate.licensing.refresh()


async def test_a_signed_request_passes_from_anywhere_and_once(app, behind):
    fields = CRAWLER.fields()
    assert (await ask(app, fields=fields)).status == 200
    decision = behind.decision
    assert (decision.action, decision.reason, decision.standing) == (Action.ALLOW, Reason.LICENSED, Standing.VERIFIED)
    assert (decision.licence.partner, decision.licence.means) == ("acme", Means.KEY)
    assert (await ask(app, fields=fields)).status == 402, "a signature is good once"
    assert (await ask(app, fields=CRAWLER.fields())).status == 200


async def test_a_signature_of_the_whole_request_holds_for_that_request(app):
    covered = {'"@authority"': "garden.example", '"@method"': "GET", '"@target-uri"': "http://garden.example/a?b=c"}
    assert (await ask(app, "/a?b=d", fields=CRAWLER.fields(covered))).status == 402
    assert (await ask(app, "/a?b=c", fields=CRAWLER.fields(covered), method="POST")).status == 402
    assert (await ask(app, "/a?b=c", fields=CRAWLER.fields(covered), raw_path=None)).status == 402
    assert (await ask(app, "/a?b=c", fields=CRAWLER.fields(covered))).status == 200
    agent = {'"@authority"': "garden.example", '"signature-agent";key="sig1"': '"https://acme.example"'}
    fields = [(b"signature-agent", b'sig1="https://acme.example"'), *CRAWLER.fields(agent)]
    assert (await ask(app, fields=fields)).status == 200


def by_an_alias():
    """A good signature, one field of which has the name that CGI would make of it."""
    (_, signed), signature = CRAWLER.fields()
    return [(b"signature_input", signed), signature]


@pytest.mark.parametrize(
    "made",
    [
        lambda: (),
        lambda: OTHER.fields(),
        lambda: OTHER.fields(keyid=CRAWLER.id),
        lambda: CRAWLER.fields({'"@authority"': "other.example"}),
        lambda: [(b"signature-input", b"\xff" * 5_000), (b"signature", b"\x80=:::")],
        lambda: [(b"signature", b"sig1=:AA==:")] * 50,
        by_an_alias,
    ],
    ids=["nothing", "another", "another as it", "another site", "garbage", "many", "alias"],
)
async def test_whoever_does_not_prove_it_stays_refused(app, behind, made):
    reply = await ask(app, fields=made())
    assert reply.status == 402
    assert b"licence-required" in reply.body
    assert not behind.scopes
    assert (await ask(app, fields=CRAWLER.fields())).status == 200


@pytest.mark.parametrize("agent", [b"ClaudeBot/1.0", GPTBOT + b" ClaudeBot/1.0"], ids=["another crawler", "two"])
async def test_a_key_opens_no_door_to_crawlers_that_are_not_its_partners(app, behind, agent):
    reply = await ask(app, fields=CRAWLER.fields(), agent=agent)
    assert reply.status == 402
    assert b"licence-required" in reply.body
    assert not behind.scopes
    assert (await ask(app, fields=CRAWLER.fields())).status == 200


@pytest.mark.parametrize(
    ("said", "status"),
    [("partner-sharing=refuse", 402), ("partner-sharing=inherit", 402), ("ai-training=block", 403),
     ("GPTBot=block", 403)],
)  # fmt: skip
async def test_an_opt_out_beats_verification_at_once(licensed, app, said, status):
    assert (await ask(app, fields=CRAWLER.fields())).status == 200
    await wish(licensed, "garden.example", said)
    assert (await ask(app, fields=CRAWLER.fields())).status == status


@pytest.mark.parametrize(
    "change",
    [{"until": NOW - timedelta(seconds=1)}, {"since": NOW + DAY}, {"purposes": frozenset({Purpose.SEARCH})},
     {"crawlers": ("ClaudeBot",)}, {"keys": (OTHER.x,)}, {"keys": (), "networks": ("192.0.2.0/24",)}],
    ids=["over", "to come", "another purpose", "another crawler", "another key", "no key any more"],
)  # fmt: skip
async def test_the_licence_has_to_hold_and_the_key_to_be_its(licensed, app, change):
    await hold(licensed, replace(ACME, **change))
    assert (await ask(app, fields=CRAWLER.fields())).status == 402


async def test_each_of_several_keys_proves_it_while_one_is_exchanged(licensed, app):
    await hold(licensed, replace(ACME, keys=(CRAWLER.x, OTHER.x)))
    for crawler in (CRAWLER, OTHER):
        assert (await ask(app, fields=crawler.fields())).status == 200


async def test_two_partners_of_one_crawler_are_told_apart_by_their_keys(licensed, app, behind):
    await hold(licensed, replace(ACME, id="tiny", name="Tiny", keys=(OTHER.x,)))
    for crawler, partner in ((CRAWLER, "acme"), (OTHER, "tiny")):
        await ask(app, fields=crawler.fields())
        assert behind.decision.licence.partner == partner


async def test_an_address_that_proves_it_leaves_signatures_alone(licensed, app, behind, monkeypatch):
    await hold(licensed, replace(ACME, networks=("192.0.2.0/24",)))
    monkeypatch.setattr(licensed.licensing.verifier, "verified", None, raising=False)
    assert (await ask(app, fields=CRAWLER.fields(), client=("192.0.2.9", 1))).status == 200
    assert behind.decision.licence.means is Means.ADDRESS


async def test_a_person_and_a_crawler_that_is_refused_nothing_are_asked_for_no_signature(app, licensed, monkeypatch):
    monkeypatch.setattr(licensed.licensing, "judged", None)
    fields = CRAWLER.fields()
    assert (await ask(app, fields=fields, agent=BROWSER)).status == 200
    assert (await ask(app, "/robots.txt", fields=fields)).status == 200


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1), timedelta(minutes=-8), DAY], ids=str)
async def test_a_clock_that_jumps_proves_nobody_by_either_time(licensed, app, monkeypatch, jump):
    assert (await ask(app, fields=CRAWLER.fields())).status == 200
    monkeypatch.setattr(licensed.licensing.clock.clock, "now", lambda: datetime.now(UTC) + jump)
    jumped = int((datetime.now(UTC) + jump).timestamp())
    assert (await ask(app, fields=CRAWLER.fields())).status == 402
    assert (await ask(app, fields=CRAWLER.fields(created=jumped, expires=jumped + 60))).status == 402


async def test_a_fault_of_ours_fails_no_request(licensed, app, monkeypatch, caplog):
    monkeypatch.setattr(licensed.licensing, "verifier", None)
    assert (await ask(app, fields=CRAWLER.fields())).status == 402
    assert "cannot be looked at" in caplog.text


async def test_why_a_signature_does_not_hold_is_logged_without_what_was_sent(app, caplog):
    caplog.set_level(logging.INFO, logger="gatepost.licensing")
    old = CRAWLER.fields(created=int(time.time()) - 900, expires=int(time.time()) - 600)
    for fields in (old, OTHER.fields(nonce="sent-by-a-stranger"), CRAWLER.fields(tag="x")):
        await ask(app, fields=fields)
    assert [part in caplog.text for part in ("identity.time", "identity.signature", "identity.tag")] == [True] * 3
    assert "stranger" not in caplog.text


async def test_without_the_library_keys_prove_nobody_and_that_is_said_once(signatures, store, caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "gatepost.partners.request_signatures", None)
    gate = gate_on(signatures, store)
    await wish(gate, "garden.example", *OPENED)
    await hold(gate, ACME)
    await gate.licensing.refresh()
    assert (await ask(CrawlerAccessMiddleware(App(), gate=gate), fields=CRAWLER.fields())).status == 402
    assert caplog.text.count("partners.keys.missing") == 1
    await gate.close()


@pytest.mark.parametrize("family", ["nginx", "forwarded"])
async def test_a_proxy_that_asks_is_told_the_same(signatures, family):
    settings = {"forward_auth": family, "trusted_proxies": "127.0.0.0/8"}
    gate = Gate(Settings.model_validate(settings), signatures, Store())
    await wish(gate, "garden.example", *OPENED)
    await hold(gate, ACME)
    service = service_app(gate)
    target = {"nginx": b"x-original-uri", "forwarded": b"x-forwarded-uri"}[family]
    named = {"nginx": b"host", "forwarded": b"x-forwarded-host"}[family]

    async def asked(covered):
        sent = [(target, b"/a?b=c"), (named, b"garden.example:8443"), (b"x-forwarded-for", b"203.0.113.7")]
        host = b"gatepost.internal" if family == "forwarded" else None
        fields = [*sent, *CRAWLER.fields(covered)]
        return await ask(service, "/_gatepost/auth", host=host, fields=fields, client=("127.0.0.1", 1))

    passed = await asked({'"@authority"': "garden.example:8443", '"@path"': "/a", '"@query"': "?b=c"})
    told = [passed[f"x-gatepost-{name}".encode()] for name in ("reason", "standing", "partner", "proof")]
    assert told == [b"licensed", b"verified", b"acme", b"key"]
    refused = 403 if family == "nginx" else 402
    for covered in ('"@method"', "GET"), ('"@scheme"', "https"), ('"@path"', "/_gatepost/auth"):
        assert (await asked({'"@authority"': "garden.example:8443", covered[0]: covered[1]})).status == refused
    assert (await asked({'"@authority"': "gatepost.internal"})).status == refused
    await gate.close()


class TestNonces:
    def test_each_is_good_once_for_as_long_as_its_signature_could_be(self):
        now = [0.0]
        nonces = Nonces(lambda: now[0])
        assert nonces.first("k", "n")
        assert nonces.first("other", "n")
        for now[0] in (1.0, GOOD_SECONDS):
            assert not nonces.first("k", "n")
        now[0] = GOOD_SECONDS + 1
        assert nonces.first("k", "n")

    def test_what_is_kept_is_bounded_and_where_there_is_no_room_nothing_is_believed(self):
        now = [0.0]
        nonces = Nonces(lambda: now[0], most=1_000)
        assert sum(nonces.first("k", str(number)) for number in range(3_000)) == 1_000
        assert nonces.first("other", "one"), "another's key has room of its own"
        now[0] = GOOD_SECONDS + 1
        nonces.forget()
        assert not nonces._seen
        assert nonces.first("k", "0")
