"""Partners over the API: what a partner is told, what it answers, and what the platform and the owner see of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from asgi.door import wish
from gatepost.core.access import PARTNER_SCOPES
from gatepost.core.crawlers import Purpose
from gatepost.core.notices import body_of
from gatepost.core.partners import Partner
from licences import hold

FEED = "/partners/acme/notices"


@pytest.fixture
async def acme(gate, client):
    """A partner that knows a.example and b.example, which then say no; its client."""
    await wish(gate, "a.example", "partner-sharing=allow", "ai-training=allow")
    await wish(gate, "b.example", "partner-sharing=allow")
    await gate.partners.add(Partner("acme", "Acme Data", frozenset({Purpose.AI_TRAINING}), datetime.now(UTC)))
    async for _ in gate.partners.look_at_sites():
        pass
    await wish(gate, "a.example", "ai-training=block")
    await wish(gate, "b.example", "ai-training=block")
    return await client(*PARTNER_SCOPES, kind="partner", name="acme")


async def lines(client, query=""):
    answer = await client.ask("GET", FEED + query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert answer.text.endswith("\n") or not answer.text
    return [json.loads(line) for line in answer.text.splitlines()], int(answer.headers["x-next-after"])


async def test_the_feed_is_what_is_pushed_and_a_replay_is_the_same(acme, gate):
    found, after = await lines(acme)
    duties = await gate.store.duties_after("acme")
    pushed = [json.loads(body_of(duty.notice, duty.stop_by, duty.remove_by)) for duty in duties]
    assert [{"type": one["type"], "data": one["data"]} for one in found] == [
        {"type": one["type"], "data": one["data"]} for one in pushed
    ]
    assert [one["data"]["hosts"][0] for one in found] == ["a.example", "b.example"]
    assert after == found[-1]["data"]["revision"]
    stepped: list[object] = []
    step = 0
    while page := (await lines(acme, f"?after={step}&limit=1"))[0]:
        stepped, step = stepped + page, page[-1]["data"]["revision"]
    assert stepped == found
    assert await lines(acme, f"?after={after}") == ([], after), "a feed without news says where to go on"
    await wish(gate, "a.example", "ai-training=allow")
    news, _ = await lines(acme, f"?after={after}")
    assert [one["data"]["action"] for one in news] == ["restore"]
    replay, _ = await lines(acme)
    assert [one["data"] for one in replay] == [one["data"] for one in found + news]
    assert [one["state"]["word"] for one in replay] == ["replaced", "waiting", "waiting"]


@pytest.mark.parametrize(("accept", "status"), [("application/x-ndjson", 200), ("*/*", 200), ("application/json", 406)])
async def test_lines_are_no_json_document(acme, accept, status):
    assert (await acme.ask("GET", FEED, headers={"accept": accept})).status_code == status


async def test_what_changes_no_site_has_none_looked_at(acme, gate, platform, monkeypatch):
    """Partners may confirm by the thousand."""
    (line, _), _ = await lines(acme)
    looks, refresh = [], gate.snapshots.refresh

    async def looked():
        looks.append(1)
        await refresh()

    monkeypatch.setattr(type(gate.snapshots), "refresh", lambda _: looked())
    await acme.send("POST", "/partners/acme/receipts", {"notice": line["data"]["id"], "kind": "stopped"})
    await platform.send("POST", "/sites/a.example/removals", {"item": "7"})
    assert looks == []
    await platform.send("PATCH", "/sites/a.example/statement", {"wishes": {"archives": "block"}})
    assert looks == [1]


async def test_a_receipt_is_taken_once(acme, gate, owner):
    (line, _), _ = await lines(acme)
    said = {"notice": line["data"]["id"], "kind": "removed", "dataset_version": "2026-11"}
    first = await acme.send("POST", "/partners/acme/receipts", said)
    assert (first["state"]["word"], first["state"]["open"]) == ("removed", False)
    assert first["state"]["told"].endswith(" and has confirmed the removal from data set 2026-11.")
    again = await acme.send("POST", "/partners/acme/receipts", said)
    assert again["state"] == first["state"]
    other = await acme.send("POST", "/partners/acme/receipts", {**said, "dataset_version": "2027-01"}, 409)
    assert (other["id"], "2026-11" in other["detail"]) == ("receipt.differs", True)
    assert len(await gate.store.published("receipt", "acme")) == 1
    told = await owner.get("/sites/a.example/notices")
    assert [one["state"]["word"] for one in told["notices"]] == ["removed"]


@pytest.mark.parametrize(
    ("said", "status", "id"),
    [
        ({"kind": "removed"}, 422, "receipt.version"),
        ({"kind": "refused"}, 422, "receipt.reason"),
        ({"kind": "stopped", "notice": "ntc_0"}, 422, "receipt.notice.unknown"),
        ({"kind": "done"}, 422, "api.body.invalid"),
        ({"kind": "removed", "dataset_version": "1", "reason": "x" * 2_001}, 422, "api.body.invalid"),
        ({"kind": "refused", "reason": "no.\n\n3. Nobody came"}, 422, "api.body.invalid"),
        ({"kind": "removed", "dataset_version": "1\u2028"}, 422, "api.body.invalid"),
    ],
)
async def test_a_receipt_that_cannot_be_so_is_refused(acme, gate, said, status, id):
    (line, _), _ = await lines(acme)
    problem = await acme.send("POST", "/partners/acme/receipts", {"notice": line["data"]["id"], **said}, status)
    assert problem["id"] == id
    assert await gate.store.published("receipt", "acme") == []


async def test_nothing_is_to_be_removed_where_content_may_be_used_again(acme, gate):
    await wish(gate, "a.example", "ai-training=allow")
    found, _ = await lines(acme)
    said = {"notice": found[-1]["data"]["id"], "kind": "stopped"}
    assert (await acme.send("POST", "/partners/acme/receipts", said, 409))["id"] == "receipt.action"


async def test_who_newly_opted_out(acme, platform):
    day = datetime.now(UTC).date()
    page = await acme.get(f"/partners/acme/digests/{day}?limit=1")
    rest = await acme.get(f"/partners/acme/digests/{day}?cursor={page['next']}")
    assert [one["site"] for one in (*page["sites"], *rest["sites"])] == ["site-a", "site-b"]
    assert page["sites"][0]["hosts"] == ["a.example", "www.a.example"]
    assert rest["next"] is None
    for other in (day - timedelta(days=1), "0001-01-01", "9999-12-31"):
        assert (await platform.get(f"/partners/acme/digests/{other}"))["sites"] == []
    for wrong in ("today", "20261128", "2026-13-01", "2026-11-28T00:00"):
        assert (await platform.get(f"/partners/acme/digests/{wrong}", 404))["id"] == "api.unknown"


async def test_an_item_is_removed_by_all_who_knew_its_site(acme, platform):
    told = await platform.send("POST", "/sites/a.example/removals", {"item": "7", "urls": ["https://a.example/7"]})
    assert [one["partner"] for one in told["notices"]] == ["acme"]
    found, _ = await lines(acme)
    assert found[-1]["data"]["item"] == {"id": "7", "urls": ["https://a.example/7"]}
    newest = (await platform.get("/sites/a.example/notices?limit=1"))["notices"]
    assert [one["data"]["id"] for one in newest] == [told["notices"][0]["notice"]]
    wrong = {"item": "7", "urls": ["javascript:alert(1)"]}
    assert (await platform.send("POST", "/sites/a.example/removals", wrong, 422))["id"] == "api.body.invalid"
    others = {"item": "7", "urls": ["https://b.example/7"]}
    assert (await platform.send("POST", "/sites/a.example/removals", others, 422))["id"] == "notice.item.host"


@pytest.mark.usefixtures("acme")
async def test_a_preview_tells_what_partners_will_be_told(platform):
    for wishes, action, paths in (
        ({"ai-training": "allow"}, "restore", []),
        ({"ai-training": "allow", "/drafts/:ai-training": "block"}, "remove_past", ["/drafts/"]),
    ):
        told = await platform.send("POST", "/sites/a.example/preview", {"wishes": wishes})
        [telling] = told["partners"]
        assert telling == {"partner": "Acme Data", "action": action, "purposes": ["ai-training"], "paths": paths}
    nothing = await platform.send("POST", "/sites/a.example/preview", {"wishes": {"archives": "block"}})
    assert nothing["partners"] == []


async def test_an_explanation_tells_a_licence_by_the_address(platform, gate):
    since = datetime(2026, 1, 2, tzinfo=UTC)
    crawlers, networks = ("GPTBot",), ("192.0.2.0/24", "2001:db8:7::/48")
    acme = Partner("acme", "Acme Data", frozenset({Purpose.AI_TRAINING}), since, crawlers=crawlers, networks=networks)
    await hold(gate.store, acme, since)
    await wish(gate, "a.example", "partner-sharing=allow", "ai-training=license")
    query = {"user_agent": "GPTBot/1.4"}
    for address in ("192.0.2.7", "2001:db8:7::1"):
        told = await platform.get("/sites/a.example/explain", params={**query, "address": address})
        assert (told["action"], told["reason"], told["crawler"]["standing"]) == ("allow", "licensed", "verified")
        expected = {"partner": "acme", "name": "Acme Data", "since": "2026-01-02T00:00:00Z", "until": None}
        expected["proof"] = "address"
        assert told["licence"] == expected
    for elsewhere in ({"address": "198.51.100.7"}, {}):
        told = await platform.get("/sites/a.example/explain", params={**query, **elsewhere})
        assert (told["action"], told["licence"], told["crawler"]["standing"]) == ("license", None, "claimed")
        assert "not-from-partner" in told["notes"]
