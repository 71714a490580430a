"""Figures of a worker: for who may read them, in Prometheus' own format, and of what is so when they are asked for."""

from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from asgi.door import App, ask
from gatepost import CrawlerAccessMiddleware
from gatepost.core.freshness import freshness
from gatepost.core.sightings import Tally

PATH = "/_gatepost/metrics"


async def figures(client):
    answer = await client.http.get(PATH, headers={"authorization": f"Bearer {client.credential}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
    return {one.name.removeprefix("gatepost_"): one for one in samples}


async def test_what_is_in_force_and_how_fresh_it_is(client, gate):
    found = await figures(await client("metrics:read"))
    fresh = freshness(gate.signatures, datetime.now(UTC).date())
    assert found["signatures_info"].labels["version"] == gate.signatures.version
    assert found["signatures_entries"].value == len(gate.signatures.crawlers)
    assert found["signatures_days_since_review"].value == fresh.days
    assert found["signatures_overdue"].value == len(fresh.overdue)
    assert found["signatures_refused"].value == found["signatures_release"].value == 0


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
