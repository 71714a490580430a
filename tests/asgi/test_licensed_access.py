"""Licensed access at the doors: a data partner's crawler passes by where it comes from, never by its name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import licences
from asgi.door import BROWSER, GOOGLEBOT, GPTBOT, OWNER, App, Store, ask, gate_on, wish
from gatepost import Action, CrawlerAccessMiddleware, Gate, Reason, Settings, Standing, Visibility
from gatepost.asgi.service import service_app
from gatepost.core.crawlers import Purpose
from gatepost.core.explanation import Note, Question
from gatepost.core.partners import Partner
from gatepost.core.request import read_request
from gatepost.service.licensing import LAPSE_SECONDS

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
ACME = Partner(
    "acme",
    "Acme Data Société",
    frozenset({Purpose.AI_TRAINING}),
    NOW - DAY,
    crawlers=("GPTBot",),
    networks=("192.0.2.0/24", "2001:db8:7::/48"),
)
INSIDE, OUTSIDE = ("192.0.2.9", 4000), ("203.0.113.7", 4000)
OPENED = ("ai-training=license", "partner-sharing=allow")


@pytest.fixture
def behind():
    return App()


@pytest.fixture
async def licensed(signatures, store):
    """A gate with a site that is open to partners under licence, and one partner."""
    gate = gate_on(signatures, store)
    await wish(gate, "garden.example", *OPENED)
    await hold(gate, ACME)
    yield gate
    await gate.close()


@pytest.fixture
def app(licensed, behind):
    return CrawlerAccessMiddleware(behind, gate=licensed)


async def hold(gate, partner):
    await licences.hold(gate.store, partner, NOW)
    await gate.licensing.refresh()


async def test_a_partners_crawler_passes_from_its_own_networks(app, behind):
    for client in (INSIDE, ("2001:db8:7::1", 1), ("::ffff:192.0.2.9", 1)):
        assert (await ask(app, client=client)).status == 200
        decision = behind.decision
        assert (decision.action, decision.reason) == (Action.ALLOW, Reason.LICENSED)
        assert (decision.standing, decision.crawler) == (Standing.VERIFIED, "GPTBot")
        assert (decision.licence.name, decision.licence.since) == ("Acme Data Société", NOW - DAY)


@pytest.mark.parametrize(
    "scope",
    [
        {"client": OUTSIDE},
        {"client": None},
        {"client": ("", 0)},
        {"client": ("unix:", 0)},
        {"client": ("192.0.3.0", 1)},
        {"client": ("192.0.1.255", 1)},
        {"client": ("2001:db8:8::", 1)},
        {"client": OUTSIDE, "fields": [(b"x-forwarded-for", b"192.0.2.9")]},
        {"client": INSIDE, "agent": GPTBOT + b" ClaudeBot/1.0"},
    ],
    ids=str,
)
async def test_whoever_only_claims_to_be_it_stays_refused(app, behind, scope):
    reply = await ask(app, **scope)
    assert reply.status == 402
    assert b"licence-required" in reply.body
    assert not behind.scopes


async def test_another_crawler_gains_nothing_by_the_address(app):
    assert (await ask(app, client=INSIDE, agent=b"ClaudeBot/1.0")).status == 402
    assert (await ask(app, client=INSIDE, agent=GOOGLEBOT)).status == 200
    assert (await ask(app, client=INSIDE, agent=BROWSER)).status == 200


async def test_a_name_for_robots_txt_alone_stays_a_forgery(licensed, app):
    await hold(licensed, replace(ACME, crawlers=("Google-Extended",)))
    assert (await ask(app, client=INSIDE, agent=b"Google-Extended/1.0")).status == 402


@pytest.mark.parametrize(
    ("period", "status"),
    [
        ({"until": NOW - timedelta(seconds=1)}, 402),
        ({"until": NOW + DAY}, 200),
        ({"since": NOW + DAY}, 402),
        ({"purposes": frozenset({Purpose.SEARCH})}, 402),
        ({"crawlers": ("ClaudeBot",)}, 402),
        ({"crawlers": ("gptbot",)}, 200),
    ],
    ids=["over", "ends tomorrow", "begins tomorrow", "another purpose", "another crawler", "in other letters"],
)
async def test_the_licence_has_to_hold_and_to_cover_it(licensed, app, period, status):
    await hold(licensed, replace(ACME, **period))
    assert (await ask(app, client=INSIDE)).status == status


async def test_a_licence_ends_by_its_date_with_nothing_read_anew(licensed, app, monkeypatch):
    await hold(licensed, replace(ACME, until=NOW + DAY))
    assert (await ask(app, client=INSIDE)).status == 200
    licensed.store.asked.clear()
    monkeypatch.setattr(licensed.licensing.clock.clock, "now", lambda: datetime.now(UTC) + 2 * DAY)
    assert (await ask(app, client=INSIDE)).status == 402
    assert not licensed.store.asked


@pytest.mark.parametrize(
    ("wishes", "status"),
    [
        (["partner-sharing=refuse"], 402),
        (["partner-sharing=inherit"], 402),
        (["ai-training=block"], 403),
        (["GPTBot=block"], 403),
        (["GPTBot=license", "ai-training=block"], 402),
        (["GPTBot=license", "ai-training=ask"], 402),
    ],
    ids=str,
)
async def test_the_owner_ends_it_at_once(licensed, app, wishes, status):
    assert (await ask(app, client=INSIDE)).status == 200
    await wish(licensed, "garden.example", *wishes)
    assert (await ask(app, client=INSIDE)).status == status


async def test_the_owner_lets_one_crawler_in_under_licence_by_its_name(licensed, app):
    await wish(licensed, "garden.example", "GPTBot=license", "ai-training=allow")
    assert (await ask(app, client=OUTSIDE)).status == 402
    assert (await ask(app, client=INSIDE)).status == 200


async def test_path_exceptions_count_in_every_reading(licensed, app):
    await wish(licensed, "garden.example", "/diary/:ai-training=block")
    assert (await ask(app, "/diary/", client=INSIDE)).status == 403
    assert (await ask(app, "/x/%2e%2e/diary/", client=INSIDE)).status == 403
    assert (await ask(app, "/", client=INSIDE)).status == 200


async def test_a_site_that_is_not_public_is_closed_to_partners(licensed, app):
    await licensed.owners.change_visibility("garden.example", Visibility.PRIVATE, OWNER)
    await licensed.snapshots.refresh()
    assert (await ask(app, client=INSIDE)).status == 403


async def test_a_person_costs_nothing_and_no_crawler_asks_the_store(licensed, app, monkeypatch):
    await ask(app, client=INSIDE)
    licensed.store.asked.clear()
    licensed.store.down = True
    assert (await ask(app, client=INSIDE)).status == 200
    monkeypatch.setattr(licensed.licensing, "judged", None)  # whoever is no crawler is not even looked up
    assert (await ask(app, client=INSIDE, agent=BROWSER)).status == 200
    assert not licensed.store.asked


async def test_licences_lapse_when_the_store_is_silent_for_long(licensed, app, monkeypatch):
    assert (await ask(app, client=INSIDE)).status == 200
    licensed.store.down, began = True, licensed.licensing.up()
    monkeypatch.setattr(licensed.licensing, "up", lambda: began + LAPSE_SECONDS - 5)
    assert (await ask(app, client=INSIDE)).status == 200
    monkeypatch.setattr(licensed.licensing, "up", lambda: began + LAPSE_SECONDS + 5)
    assert (await ask(app, client=INSIDE)).status == 402
    licensed.store.down = False
    await licensed.licensing.refresh()
    assert (await ask(app, client=INSIDE)).status == 200


async def test_a_licence_lets_nobody_in_before_all_sites_were_looked_at(signatures, store):
    gate = gate_on(signatures, store)
    await wish(gate, "garden.example", *OPENED)
    await gate.store.keep_partner(ACME, NOW)
    app = CrawlerAccessMiddleware(App(), gate=gate)
    for looked_at, status in ((False, 402), (True, 200)):
        while looked_at and await gate.store.sweep(NOW):
            pass
        await gate.licensing.refresh()
        assert (await ask(app, client=INSIDE)).status == status
    await gate.close()


async def test_a_worker_that_heard_of_no_licence_lets_nobody_in_by_one(signatures, store):
    gate = gate_on(signatures, store)
    await wish(gate, "garden.example", *OPENED)
    await licences.hold(gate.store, ACME, NOW)
    snapshot = await gate.snapshots.visit("garden.example")
    assert gate.decide(snapshot, [GPTBOT], ["/"], "192.0.2.9").reason is Reason.LICENCE_REQUIRED
    await gate.start()
    assert gate.decide(snapshot, [GPTBOT], ["/"], "192.0.2.9").reason is Reason.LICENSED
    await gate.close()


class TestBehindProxies:
    @pytest.fixture
    async def proxied(self, signatures):
        gate = Gate(Settings.model_validate({"trusted_proxies": "127.0.0.0/8"}), signatures, Store())
        await wish(gate, "garden.example", *OPENED)
        await hold(gate, replace(ACME, networks=(*ACME.networks, "127.0.0.0/12")))
        yield CrawlerAccessMiddleware(App(), gate=gate)
        await gate.close()

    @pytest.mark.parametrize(
        ("forwarded", "status"),
        [
            ([b"192.0.2.9"], 200),
            ([b"203.0.113.7, 192.0.2.9"], 200),
            ([b"192.0.2.9, 203.0.113.7"], 402),
            ([b"192.0.2.9", b"203.0.113.7"], 402),
            ([b"192.0.2.9, garbage"], 402),
            ([b"192.0.2.9, "], 402),
            ([], 402),
            ([b"127.0.0.1"], 402),
        ],
        ids=str,
    )
    async def test_the_address_is_the_one_that_our_proxy_saw(self, proxied, forwarded, status):
        fields = [(b"x-forwarded-for", value) for value in forwarded]
        assert (await ask(proxied, client=("127.0.0.1", 1), fields=fields)).status == status


@pytest.mark.parametrize("family", ["nginx", "forwarded"])
async def test_a_proxy_that_asks_is_told_the_same(signatures, family):
    gate = Gate(
        Settings.model_validate({"forward_auth": family, "trusted_proxies": "127.0.0.0/8"}), signatures, Store()
    )
    await wish(gate, "garden.example", *OPENED)
    await hold(gate, ACME)
    service = service_app(gate)
    target = {"nginx": b"x-original-uri", "forwarded": b"x-forwarded-uri"}[family]
    named = {"nginx": b"host", "forwarded": b"x-forwarded-host"}[family]

    async def asked(peer):
        fields = [(target, b"/"), (named, b"garden.example"), (b"x-forwarded-for", peer)]
        host = b"gatepost.internal" if family == "forwarded" else None
        return await ask(service, "/_gatepost/auth", host=host, fields=fields, client=("127.0.0.1", 1))

    passed = await asked(b"192.0.2.9")
    assert passed.status == 200
    told = [passed[f"x-gatepost-{name}".encode()] for name in ("action", "reason", "standing", "partner")]
    assert told == [b"allow", b"licensed", b"verified", b"acme"]
    assert (await asked(b"203.0.113.7")).status == (403 if family == "nginx" else 402)
    await gate.close()


async def test_explain_tells_who_comes_under_a_licence(licensed):
    def asked(peer):
        fields = [(b"host", b"garden.example"), (b"user-agent", GPTBOT)]
        return Question("garden.example", "/", read_request(fields, b"/", b"", peer))

    verified = await licensed.overviews.explain(asked("192.0.2.9"))
    assert (verified.decision.reason, verified.standing) == (Reason.LICENSED, Standing.VERIFIED)
    assert verified.decision.licence.name == "Acme Data Société"
    claimed = await licensed.overviews.explain(asked("203.0.113.7"))
    assert (claimed.decision.reason, claimed.standing) == (Reason.LICENCE_REQUIRED, Standing.CLAIMED)
    assert claimed.notes == (Note.NOT_FROM_PARTNER,)
    soon = datetime.now(UTC) + timedelta(seconds=30)
    await hold(licensed, replace(ACME, until=soon))
    over = replace(asked("192.0.2.9"), at=soon + timedelta(seconds=30))
    assert (await licensed.overviews.explain(over)).decision.reason is Reason.LICENCE_REQUIRED
