"""The changelog of the signature file over HTTP: public, cacheable, in three forms."""

from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from gatepost.asgi.signature_changelog import changelog_routes
from gatepost.core.signature_changelog import releases_of
from gatepost.errors import StoreUnavailable


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
