"""What holds of every request for a page, whatever comes of it: how it is answered, and what the log has of it."""

import re

import httpx
import pytest
from pydantic import SecretStr

from asgi.door import OWNER, Store, bears_the_fields_of_a_page, browser_of
from gatepost import Actor, ActorKind, Gate, Settings
from gatepost.core.access import Grant, Scope, owner_grant

PAGE = "/_gatepost/sites/garden.example"


@pytest.fixture
async def gate(signatures):
    gate = Gate(Settings(secret=(SecretStr("s" * 32),)), signatures, Store())
    await gate.owners.add_site(["garden.example"], OWNER)
    yield gate
    await gate.close()


@pytest.fixture
async def stranger(gate):
    """Somebody's browser, which nobody has let in yet."""
    transport = httpx.ASGITransport(gate.owner_app(), root_path="/_gatepost")
    hooks = {"response": [bears_the_fields_of_a_page]}
    fields = {"sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://garden.example", event_hooks=hooks, headers=fields
    ) as client:
        yield client


@pytest.fixture
def log(caplog):
    """The lines of the log, without the test's own client, which would log addresses whole."""
    caplog.set_level("WARNING", "httpx")
    caplog.set_level("INFO", "gatepost")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "gatepost.pages"]


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/_gatepost/console/nowhere", 404, "Diese Seite gibt es hier nicht."),
        ("GET", f"{PAGE}/nothing", 404, "Diese Seite gibt es hier nicht."),
        ("GET", f"{PAGE}/files/nothing", 404, "Diese Seite gibt es hier nicht."),
        ("DELETE", PAGE, 405, "So nimmt diese Seite nichts an."),
        ("GET", f"{PAGE}/undo", 405, "So nimmt diese Seite nichts an."),
    ],
)
async def test_what_is_not_there_is_told_on_a_page(gate, method, path, status, told):
    async with browser_of(gate, owner_grant("garden.example", "ada"), language="de") as browser:
        answer = await browser.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert told in answer.text
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    "path",
    ["", "?done=saved", "/crawlers", "/test?url=/&agent=x", "/served?revision=99", "/files/robots.txt", "/reach"],
)
async def test_every_answer_bears_the_fields_of_a_page(gate, path):
    async with browser_of(gate, owner_grant("garden.example", "ada")) as browser:
        await browser.get(PAGE + path)


async def test_the_log_tells_who_did_what_and_no_secret(gate, stranger, log):
    link = await gate.owner_link("garden.example", "ada")
    come = await stranger.get(link)
    (session,) = stranger.cookies.values()
    await stranger.get(f"{PAGE}?x=hush")
    await stranger.post(PAGE, data={"ai-training": "perhaps"})
    await stranger.post(PAGE, data={"ai-training": "block"}, headers={"sec-fetch-site": "cross-site"})
    again = await stranger.get(link)
    await stranger.post("/_gatepost/leave")
    stranger.cookies.clear()
    await stranger.get(PAGE)
    told = log()
    ada = "owner:ada (owner:garden.example:ada)"
    assert [line.split(" ", 1)[1] for line in told] == [
        f"{ada} GET '/_gatepost/enter' 303",
        f"{ada} GET '{PAGE}' 200",
        f"{ada} POST '{PAGE}' 422",
        f"{ada} POST '{PAGE}' 403",
        "- GET '/_gatepost/enter' 403",
        "- POST '/_gatepost/leave' 303",
        f"- GET '{PAGE}' 403",
    ]
    assert told[0].startswith(come.headers["x-request-id"])
    assert told[4].startswith(again.headers["x-request-id"])
    for secret in (link.partition("link=")[2], session, "hush"):
        assert secret
        assert secret not in "\n".join(told)


async def test_the_log_tells_a_token_by_its_name(gate, stranger, log):
    token, _ = await gate.access.add_token(Actor(ActorKind.PLATFORM, "ops"), set(Scope))
    await stranger.post("/_gatepost/enter", data={"token": token})
    await stranger.post("/_gatepost/enter", data={"token": token[:-4] + "none"})
    entered, refused = log()
    assert re.search(r" platform:ops \(token:\w+\) POST '/_gatepost/enter' 303$", entered)
    assert refused.endswith(" - POST '/_gatepost/enter' 403")
    assert token.split("_", 2)[2] not in entered + refused


async def test_a_fault_of_ours_is_in_the_log_too(gate, log, monkeypatch):
    monkeypatch.setattr(type(gate.overviews), "overview", lambda overviews, host: {}[host])
    async with browser_of(gate, owner_grant("garden.example", "ada")) as browser:
        with pytest.raises(KeyError):
            await browser.get(PAGE)
    assert log()[-1].endswith(f"GET '{PAGE}' 500")


async def test_a_name_breaks_no_line_of_the_log(gate, log):
    who = Grant(Actor(ActorKind.OWNER, "ada\r\nplatform:root"), frozenset(Scope), credential="x")
    async with browser_of(gate, who) as browser:
        await browser.get(PAGE)
    assert "owner:ada??platform:root (x) GET" in log()[0]
