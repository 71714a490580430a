"""A change that is sent twice is made once, and a store that fails acknowledges nothing."""

import asyncio

import pytest

from api.conftest import Client, Owner, door
from gatepost.asgi.api.repeats import LEASE
from gatepost.errors import StoreUnavailable
from gatepost.ports import AnswerKey

STATEMENT = "/sites/a.example/statement"
KEY = {"idempotency-key": "0b5f"}
ASK = {"wishes": {"archives": "ask"}}


async def revision(gate, site="site-a"):
    return (await gate.store.site(site)).revision


async def test_a_change_that_is_sent_again_is_answered_again_octet_for_octet(platform, gate):
    sent = {"json": {"hosts": ["new.example"]}, "headers": KEY}
    first, second = [await platform.ask("POST", "/sites", **sent) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    for name in ("etag", "location", "content-type"):
        assert first.headers[name] == second.headers[name]
    assert len(await gate.store.history("new.example")) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "match"),
    [
        ("PATCH", STATEMENT, {"wishes": {"archives": "block"}}, '"2"'),
        ("PATCH", STATEMENT, {"wishes": {"archives": "ask"}, "reason": ""}, '"2"'),
        ("PATCH", STATEMENT, ASK, '"3"'),
        ("PATCH", STATEMENT, ASK, "*"),
        ("PATCH", "/sites/www.a.example/statement", ASK, '"2"'),
        ("POST", "/sites/a.example/undo", {}, '"2"'),
    ],
)
async def test_a_key_is_for_one_request_only(platform, gate, method, path, body, match):
    await platform.send("PATCH", STATEMENT, ASK, headers=KEY, match='"2"')
    problem = await platform.send(method, path, body, 422, headers=KEY, match=match)
    assert problem["id"] == "api.idempotency.reused"
    assert await revision(gate) == 3


async def test_a_key_is_one_credentials_own(platform, client, gate):
    other = await client()
    for who in (platform, other):
        response = await who.ask("PATCH", "/sites/a.example", json={"owner": "x"}, headers={**KEY, "if-match": "*"})
        assert "idempotency-replayed" not in response.headers
    assert await revision(gate) == 4


async def test_what_was_refused_did_nothing_and_may_be_tried_again(platform, gate):
    body = {"wishes": {"ai-training": "allow"}, "reason": "asked"}
    token = (await platform.send("PATCH", STATEMENT, body, 409, headers=KEY))["token"]
    told = await platform.send("PATCH", STATEMENT, {**body, "confirmation": token}, headers=KEY)
    assert told["revision"] == 3


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
async def test_a_key_that_is_none_is_refused(platform, key):
    problem = await platform.send("PATCH", STATEMENT, ASK, 400, headers={"idempotency-key": key.encode("latin-1")})
    assert problem["id"] == "api.idempotency.form"


async def test_of_fifty_at_once_one_is_done(platform, gate):
    sent = {"json": {"owner": "grace"}, "headers": {**KEY, "if-match": "*"}}
    answers = await asyncio.gather(*(platform.ask("PATCH", "/sites/a.example", **sent) for _ in range(50)))
    done = [answer for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum("idempotency-replayed" not in answer.headers for answer in done) == 1
    assert len({answer.content for answer in done}) == 1
    assert {answer.json()["id"] for answer in answers if answer.status_code == 409} <= {"api.idempotency.busy"}
    assert await revision(gate) == 3


async def test_a_key_of_a_worker_that_died_is_free_after_a_minute(platform, gate, monkeypatch):
    async def die(*_):
        raise asyncio.CancelledError

    monkeypatch.setattr(gate.store, "release", die, raising=False)
    monkeypatch.setattr("gatepost.asgi.api.sites.site_whole", lambda site: 1 / 0)
    sent = {"json": {"owner": "grace"}, "headers": {**KEY, "if-match": "*"}}
    with pytest.raises(asyncio.CancelledError):
        await platform.ask("PATCH", "/sites/a.example", **sent)
    monkeypatch.undo()
    busy = await platform.ask("PATCH", "/sites/a.example", **sent)
    assert (busy.status_code, busy.json()["id"]) == (409, "api.idempotency.busy")
    now = gate.access.clock.now() + LEASE
    key = AnswerKey(f"token:{platform.credential.split('_')[1]}", KEY["idempotency-key"])
    assert (await gate.store.claim(key, b"x", now, now)).taken


# ------------------------------------------------------------------------------------------------ the store fails


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/sites", None), ("GET", "/sites/a.example", None), ("GET", "/sites/a.example/history", None),
        ("POST", "/sites", {"hosts": ["c.example"]}), ("PATCH", STATEMENT, ASK),
        ("PATCH", "/sites/a.example", {"plan": "x"}),
        ("POST", "/sites/a.example/undo", {}), ("PATCH", "/defaults/platform", ASK),
        ("POST", "/defaults/platform/preview", ASK),
    ],
)  # fmt: skip
async def test_a_store_that_is_down_is_told_and_nothing_is_acknowledged(platform, store, method, path, body):
    store.down = True
    more = {"json": body, "headers": {"if-match": "*"}} if body is not None else {}
    response = await platform.ask(method, path, **more)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.json()["detail"] == "the store does not answer; nothing was changed"


@pytest.mark.parametrize("operation", ["site_by_host", "append", "claim"])
async def test_a_store_that_fails_anywhere_leaves_no_change(platform, gate, monkeypatch, operation):
    async def fail(*_, **__):
        raise StoreUnavailable("postgresql://ann:hush@db is down", id="store.unreachable", remedy="Start it.")

    monkeypatch.setattr(gate.store, operation, fail, raising=False)
    response = await platform.ask("PATCH", STATEMENT, json=ASK, headers={**KEY, "if-match": "*"})
    assert response.status_code == 503
    assert "hush" not in response.text
    monkeypatch.undo()
    assert await revision(gate) == 2
    assert (await platform.send("PATCH", STATEMENT, ASK, headers=KEY))["revision"] == 3


@pytest.mark.parametrize("operation", ["keep_answer", "changes"])
async def test_what_was_done_is_acknowledged_although_what_follows_fails(platform, gate, monkeypatch, operation):
    async def fail(*_, **__):
        raise StoreUnavailable("down", id="store.unreachable", remedy="Start it.")

    monkeypatch.setattr(gate.store, operation, fail, raising=False)
    response = await platform.ask("PATCH", STATEMENT, json=ASK, headers={**KEY, "if-match": "*"})
    assert (response.status_code, response.json()["revision"]) == (200, 3)


async def test_a_fault_of_ours_is_told_as_one_and_logged(platform, gate, monkeypatch, caplog):
    monkeypatch.setattr("gatepost.asgi.api.sites.site_whole", lambda site: {site: site}["hush"])
    response = await platform.ask("GET", "/sites/a.example")
    assert (response.status_code, response.json()["id"]) == (500, "api.fault")
    assert "hush" not in response.text
    assert response.headers["x-request-id"] in caplog.text


async def test_the_log_tells_who_did_what_and_no_secret(platform, owner, caplog):
    caplog.set_level("WARNING", "httpx")  # the test's own client, which would log URLs whole
    caplog.set_level("INFO", "gatepost")
    await platform.ask("PATCH", STATEMENT, json=ASK, headers={**KEY, "if-match": "*"})
    response = await owner.ask("GET", "/sites/a.example?x=hush")
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert "platform:x (token:" in told
    assert f"{response.headers['x-request-id']} owner:ada (owner:site-a:ada) GET '/api/v1/sites/a.example' 400" in told
    for secret in (platform.credential.split("_", 2)[2], owner.credential, "hush"):
        assert secret not in told


async def test_a_name_breaks_no_line_of_the_log(gate, http, caplog):
    caplog.set_level("INFO", "gatepost")
    session, _ = await gate.access.enter(gate.access.owner_link("site-a", "ada\r\nplatform:root \x1b[2J"))
    await Owner(http, session).ask("GET", "/sites/a.example")
    assert "owner:ada??platform:root ?[2J" in caplog.text


async def test_without_a_secret_the_api_is_closed(signatures, store):
    from gatepost import Gate, Settings

    gate = Gate(Settings(), signatures, store)
    async with door(gate) as http:
        stranger = Client(http)
        for shown in ({}, {"authorization": "Bearer gpo_000000000000_" + "x" * 43}):
            response = await stranger.ask("GET", "/sites", headers=shown)
            assert (response.status_code, response.json()["id"]) == (503, "access.secret.none")
        assert (await stranger.ask("GET", "/openapi.json")).status_code == 200
    await gate.close()
