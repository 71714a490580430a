"""Figures of a worker: for who may read them, in Prometheus' own format, and of what is so when they are asked for."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.conftest import PLATFORM, SECRET, Client, door, settings_with
from asgi.door import App, Store, ask, wish
from gatepost import Actor, ActorKind, CrawlerAccessMiddleware, Gate, Scope
from gatepost.core.address_lists import ListStanding
from gatepost.core.address_records import standing_kept
from gatepost.core.crawlers import Purpose, Verification
from gatepost.core.duties import Attempt, Receipt, ReceiptKind
from gatepost.core.partners import Partner
from gatepost.core.sightings import Tally
from gatepost.errors import StoreUnavailable
from gatepost.service.releases import Act
from gatepost.sources import load_signatures
from releasing import NEXT, SHIPPED, WITH_NEW

PATH = "/_gatepost/metrics"


async def figures(client):
    answer = await client.http.get(PATH, headers={"authorization": f"Bearer {client.credential}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
    return {one.name.removeprefix("gatepost_"): one for one in samples}


async def figures_of(gate):
    """What somebody reads who may."""
    token, _ = await gate.access.add_token(Actor(ActorKind.OPERATOR, "x"), [Scope.METRICS_READ], None, None)
    async with door(gate) as http:
        return await figures(Client(http, token))


@pytest.fixture
async def gate_on():
    """Make a gate on signatures, with settings."""
    made = []

    async def make(signatures, /, **given):
        made.append(Gate(settings_with(secret=SECRET, **given), signatures, Store()))
        return made[-1]

    yield make
    for gate in made:
        await gate.close()


async def test_what_is_in_force(client, gate):
    found = await figures(await client("metrics:read"))
    labels = {"version": "1.0.0", "sha256": hashlib.sha256(SHIPPED).hexdigest(), "part": ""}
    assert found["signatures_info"].labels == labels
    assert found["signatures_entries"].value == SHIPPED.count(b"\n  - name: ")
    assert found["signatures_refused"].value == found["signatures_release"].value == 0
    assert found["signatures_part_percent"].value == 0
    assert not [name for name in found if name.startswith("address_list")], "none are asked for"


async def test_how_fresh_it_is(gate_on, signatures):
    """Three entries: the newest was reviewed nine days ago, and of one the next review is overdue since yesterday."""
    today = datetime.now(UTC).date()

    def entry(crawler, reviewed, due):
        checked = replace(crawler.honours_robots, checked=today - timedelta(days=reviewed))
        return replace(crawler, honours_robots=checked, review_by=today + timedelta(days=due))

    days = ((9, 30), (40, 0), (60, -1))
    crawlers = tuple(entry(one, *when) for one, when in zip(signatures.crawlers, days, strict=False))
    found = await figures_of(await gate_on(replace(signatures, crawlers=crawlers)))
    assert found["signatures_entries"].value == 3
    assert found["signatures_days_since_review"].value == 9
    assert found["signatures_overdue"].value == 1


async def test_a_release_for_a_part_of_the_sites(gate_on, signatures):
    gate = await gate_on(signatures)
    await gate.releases.publish(NEXT, Act(PLATFORM))
    await gate.releases.publish(WITH_NEW.replace(b"1.1.0", b"1.2.0", 1), Act(PLATFORM), shadow=True, percent=10)
    await gate.recognition.look_at_store()
    found, release = await figures_of(gate), await gate.releases.present()
    labels = {"version": "1.1.0", "sha256": hashlib.sha256(NEXT).hexdigest(), "part": "1.2.0"}
    assert found["signatures_info"].labels == labels
    assert found["signatures_part_percent"].value == 10
    assert found["signatures_release"].value == release.number > 0


async def test_a_file_that_was_not_taken_up(gate_on, tmp_path):
    file = tmp_path / "signatures.yaml"
    file.write_bytes(SHIPPED)
    gate = await gate_on(load_signatures(file), signatures=file)
    file.write_bytes(SHIPPED[: len(SHIPPED) // 2])
    for _ in range(3):
        await gate.recognition.look_at_file()
    found = await figures_of(gate)
    assert (found["signatures_refused"].value, found["signatures_info"].labels["version"]) == (1, "1.0.0")


async def test_the_age_of_address_lists(gate_on, signatures):
    urls = ("https://one.example/list", "https://two.example/list")
    crawler = replace(signatures.crawlers[0], verification=Verification(address_lists=urls))
    gate = await gate_on(replace(signatures, crawlers=(crawler,)), address_lists=True)
    good = datetime.now(UTC).date() - timedelta(days=3)
    octets = b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}]}'
    await gate.store.publish([standing_kept(ListStanding(urls[0], asked=good, good=good, octets=octets))])
    await gate.address_lists.take_up()
    found = await figures_of(gate)
    assert (found["address_list_age_days"].labels, found["address_list_age_days"].value) == ({"url": urls[0]}, 3)
    assert found["address_lists_missing"].value == 1


async def test_crawlers_without_a_signature_are_counted_and_named_by_no_label(client, gate):
    app = CrawlerAccessMiddleware(App(), gate=gate)
    for _ in range(3):
        await ask(app, host=b"a.example", agent=b"NobodyKnowsThisBot/1.0 (+https://x.example/bot)")
    found = await figures(await client("metrics:read"))
    assert found["unknown_crawler_requests"].value == 3
    assert not any("nobody" in str(one.labels).lower() for one in found.values())


async def test_no_more_of_them_are_told_than_are_certain(client, gate):
    gate.unknown._tally = Tally(1)
    app = CrawlerAccessMiddleware(App(), gate=gate)
    for agent in (b"FirstBot/1.0", b"FirstBot/1.0", b"SecondBot/1.0"):
        await ask(app, host=b"a.example", agent=agent)
    found = await figures(await client("metrics:read"))
    assert found["unknown_crawler_requests"].value == 1


async def test_what_partners_owe(client, gate):
    acme = Partner(
        "acme",
        "Acme",
        frozenset({Purpose.AI_TRAINING}),
        datetime.now(UTC),
        endpoint="https://acme.example",
        stop_within=timedelta(seconds=-1),
    )
    await wish(gate, "b.example", "partner-sharing=allow")
    await gate.partners.add(acme)
    async for _ in gate.partners.look_at_sites():
        pass
    await wish(gate, "b.example", "ai-training=block")
    (duty,) = await gate.store.duties_after("acme")
    await gate.store.note_attempt(duty.notice.number, Attempt(gone=True, problem="410"), datetime.now(UTC), 0.5)
    reader = await client("metrics:read")
    found = await figures(reader)
    assert found["notices_open"].labels == {"partner": "acme"}
    for name in ("open", "overdue", "undelivered"):
        assert found[f"notices_{name}"].value == 1
    await gate.store.confirm("acme", Receipt(duty.notice.id, ReceiptKind.REMOVED, datetime.now(UTC), version="1"))
    found = await figures(reader)
    assert {found[f"notices_{name}"].value for name in ("open", "overdue", "undelivered")} == {0}


async def test_a_store_that_fails_hides_no_other_figure(client, gate, monkeypatch):
    reader = await client("metrics:read")

    async def down(now):
        raise StoreUnavailable("down", id="store.down", remedy="Wait.")

    monkeypatch.setattr(gate.store, "duty_counts", down, raising=False)
    assert "signatures_entries" in await figures(reader)


@pytest.mark.parametrize(
    ("scopes", "kind", "status"), [(("sites:read",), "platform", 403), (("metrics:read",), "operator", 200)]
)
async def test_only_who_may(client, scopes, kind, status):
    token = await client(*scopes, kind=kind)
    answer = await token.http.get(PATH, headers={"authorization": f"Bearer {token.credential}"})
    assert answer.status_code == status


async def test_nobody_else(http):
    answer = await http.get(PATH)
    assert (answer.status_code, answer.json()["id"]) == (403, "access.missing")
