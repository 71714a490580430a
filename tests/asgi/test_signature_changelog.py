"""The changelog of the signature file over HTTP: public, cacheable, in three forms."""

from datetime import UTC, datetime
from time import monotonic

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from asgi.door import OWNER, Store, ask
from gatepost import Gate, Settings
from gatepost.asgi import signature_changelog as door
from gatepost.asgi.signature_changelog import changelog_routes
from gatepost.core import signature_changelog as rendering
from gatepost.core.signature_changelog import releases_of
from gatepost.errors import StoreUnavailable
from gatepost.service import changelog
from gatepost.service.releases import Act
from gatepost.sources import load_signatures
from releasing import ENTRY, NEXT, WITH_NEW


@pytest.fixture
def outage():
    """Holds something while the store is down."""
    return []


@pytest.fixture
def client(signatures, outage):
    """A service with one release."""
    told = releases_of([(datetime(2026, 11, 28, tzinfo=UTC), signatures)])

    async def releases():
        if outage:
            raise StoreUnavailable("down", id="store.unreachable", remedy="Wait.")
        return told

    app = Starlette(routes=[Mount("/_gatepost", routes=changelog_routes("https://{host}/_gatepost", releases))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://blog.example")


KINDS = {"": "text/plain", ".atom": "application/atom+xml", ".json": "application/feed+json"}


@pytest.mark.parametrize(("ending", "kind"), KINDS.items())
async def test_a_form_is_public_and_cacheable(client, ending, kind):
    answer = await client.get(f"/_gatepost/signatures/changelog{ending}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert "1.0.0" in answer.text


@pytest.mark.parametrize("ending", KINDS)
async def test_who_has_it_gets_304(client, ending):
    url = f"/_gatepost/signatures/changelog{ending}"
    etag = (await client.get(url)).headers["etag"]
    again = await client.get(url, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_feed_knows_where_it_is_found(client):
    feed = (await client.get("/_gatepost/signatures/changelog.json")).json()
    assert feed["feed_url"] == "https://blog.example/_gatepost/signatures/changelog.json"


async def test_a_host_that_is_none_does_not_get_into_the_feed(client):
    answer = await client.get("/_gatepost/signatures/changelog.atom", headers={"host": "evil.example/<x>"})
    assert answer.status_code == 200
    assert "evil" not in answer.text
    assert "<id>ni:///sha-256;" in answer.text


async def test_head_has_the_fields_alone(client):
    answer = await client.head("/_gatepost/signatures/changelog")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


async def test_while_the_store_is_down_the_answer_is_503(client, outage):
    outage.append("down")
    answer = await client.get("/_gatepost/signatures/changelog.atom")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


OPS = Act(OWNER)


@pytest.fixture
async def gate(signatures):
    gate = Gate(Settings(), signatures, Store())
    yield gate
    await gate.close()


async def told(gate, ending=""):
    answer = await ask(gate.owner_app(), f"/_gatepost/signatures/changelog{ending}", root_path="/_gatepost")
    assert answer.status == 200
    return answer.body.decode()


async def test_what_a_machine_lays_over_its_signatures_is_told_to_nobody(signatures, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_bytes(b"format: 1\ncrawlers:" + ENTRY)
    gate = Gate(Settings(signatures_overlay=overlay), load_signatures(None, overlay), Store())
    assert f"{len(signatures.crawlers)} entries" in await told(gate)
    await gate.releases.publish(NEXT, OPS)
    await gate.recognition.look_at_store()
    text = await told(another(gate))
    assert text.startswith("1.1.0")
    assert "no entry changed" in text
    assert "ProbeBotOfOurs" not in text
    await gate.close()


def another(gate):
    """A worker of the same machine that has told nothing yet."""
    return Gate(gate.settings, gate.recognition.own, gate.store)


async def test_the_oldest_release_that_is_told_says_what_it_changed_itself(gate, monkeypatch):
    for module in (changelog, rendering):
        monkeypatch.setattr(module, "MOST_RELEASES", 1)
    await gate.releases.publish(WITH_NEW, OPS, shadow=True)
    assert "came: ProbeBotOfOurs" in await told(gate)
    await gate.releases.publish(WITH_NEW.replace(b"1.1.0", b"1.1.1", 1), OPS, shadow=True)
    text = await told(another(gate))
    assert text.startswith("1.1.1")
    assert text.splitlines()[1:] == ["  no entry changed"], "the release before it came with the crawler"


async def test_the_store_is_asked_once_in_some_seconds_whoever_asks(gate, monkeypatch):
    await told(gate)
    asked = gate.store.asked.copy()
    for ending in KINDS:
        await told(gate, ending)
    assert gate.store.asked == asked
    await gate.releases.publish(NEXT, OPS)
    now = monotonic()
    monkeypatch.setattr(changelog, "monotonic", lambda: now + changelog._HELD_SECONDS)
    assert (await told(gate)).startswith("1.1.0")


async def test_a_form_is_written_once_as_long_as_nothing_is_released(gate, monkeypatch):
    written = []

    def write(told, address):
        written.append(address)
        return b"written"

    monkeypatch.setattr(door, "changelog_atom", write)
    monkeypatch.setattr(changelog, "_HELD_SECONDS", 0.0)
    app = gate.owner_app()
    for _ in range(3):
        await ask(app, "/_gatepost/signatures/changelog.atom", root_path="/_gatepost")
    assert len(written) == 1
    await gate.releases.publish(NEXT, OPS)
    await ask(app, "/_gatepost/signatures/changelog.atom", root_path="/_gatepost")
    assert len(written) == 2
