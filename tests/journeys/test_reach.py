"""Where hosts lead, asked for real: one port on five addresses of this machine, each with another server behind it.

The platform itself; nginx in front of it that answers robots.txt from a file; another server; nobody; no name at all.
"""

import asyncio
import os
from contextlib import asynccontextmanager, suppress
from functools import partial

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route

from asgi.door import OWNER, wish
from gatepost import CrawlerAccessMiddleware, Gate, Settings, confirmed, read_wish
from gatepost.core.access import Scope
from gatepost.core.reach import Reach
from gatepost.core.sites import Actor, ActorKind
from gatepost.sources import HttpOutward, load_signatures
from gatepost.storage import open_store
from journeys.test_proxies import free_port, installed, running

pytestmark = [pytest.mark.slow, pytest.mark.network_clients]

HOSTS = {
    "site.example": "127.0.0.1",
    "app.example": "127.0.0.1",
    "static.example": "127.0.0.2",
    "other.example": "127.0.0.3",
    "moved.example": "127.0.0.4",
    "nobody.example": "127.0.0.5",
}
GONE = "gone.example"
SITE = [*HOSTS, GONE]

NGINX = """
{user}daemon off; pid nginx.pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    server {{
        listen 127.0.0.2:{port};
        location = /robots.txt {{ alias {folder}/robots.txt; default_type text/plain; }}
        location / {{ proxy_pass http://127.0.0.1:{port}; proxy_set_header Host $http_host; }}
    }}
}}
"""


async def resolve(host):
    if host not in HOSTS:
        raise OSError("no such name")
    return [HOSTS[host]]


async def page(request: Request):
    """The platform's app; on one host it has a robots.txt of its own, which is merged."""
    if request.url.path == "/robots.txt" and request.url.hostname == "site.example":
        return PlainTextResponse("User-agent: *\nDisallow: /cart/\n")
    return PlainTextResponse("no such page\n", 404)


async def moved(request: Request):
    return RedirectResponse(f"http://site.example:{request.url.port}{request.url.path}", 301)


@asynccontextmanager
async def served(app, address, port):
    server = uvicorn.Server(uvicorn.Config(app, address, port, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield
    server.should_exit = True
    with suppress(TimeoutError):
        await asyncio.wait_for(serving, 10)


@pytest.fixture
async def gate(tmp_path):
    port = free_port()
    settings = Settings.model_validate({"public_url": f"http://{{host}}:{port}", "secret": "s" * 32})
    store = open_store(f"sqlite:///{tmp_path}/sites.db")
    outward = HttpOutward(private_addresses=True, resolve=resolve)
    gate = Gate(settings, load_signatures(), store, outward=outward)
    await gate.owners.add_site(SITE, OWNER)
    await wish(gate, "site.example", "ai-training=block")
    yield gate
    await gate.close()


def port_of(gate):
    return int(gate.settings.public_url.rpartition(":")[2])


@pytest.fixture
async def world(gate, tmp_path):
    """All servers."""
    port = port_of(gate)
    platform = Starlette(routes=[Mount("/_gatepost", gate.owner_app()), Route("/{path:path}", page)])
    (tmp_path / "robots.txt").write_text("User-agent: *\nDisallow:\n")
    (tmp_path / "nginx.conf").write_text(
        NGINX.format(user="user root; " if os.geteuid() == 0 else "", port=port, folder=tmp_path)
    )
    nginx = installed("nginx")
    async with (
        served(CrawlerAccessMiddleware(platform, gate=gate), "127.0.0.1", port),
        served(
            Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("another\n"))]), "127.0.0.3", port
        ),
        served(Starlette(routes=[Route("/{path:path}", moved)]), "127.0.0.4", port),
    ):
        command = [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
        front = running(command, port, tmp_path)
        await asyncio.to_thread(front.__enter__)
        yield
        await asyncio.to_thread(front.__exit__, None, None, None)


async def seen(gate):
    return {one.host: one.reach for one in (await gate.reach.look("site.example")).hosts}


async def test_each_host_leads_where_it_leads(gate, world):
    assert await seen(gate) == {
        "site.example": Reach.LIVE,
        "app.example": Reach.LIVE,
        "static.example": Reach.SHADOWED,
        "other.example": Reach.ELSEWHERE,
        "moved.example": Reach.LIVE,
        "nobody.example": Reach.UNREACHABLE,
        GONE: Reach.NO_NAME,
    }


async def test_the_file_in_front_is_told_as_soon_as_it_is_a_copy_or_gone(gate, world, tmp_path):
    async with httpx.AsyncClient(trust_env=False) as client:
        copy = await client.get(f"http://127.0.0.1:{port_of(gate)}/robots.txt", headers={"host": "app.example"})
    (tmp_path / "robots.txt").write_bytes(copy.content)
    assert (await seen(gate))["static.example"] is Reach.LIVE, "it says what is wanted, whoever says it"
    await confirmed(change(gate, "archives=block"))
    await gate.snapshots.refresh()
    found = await seen(gate)
    assert found["static.example"] is Reach.EARLIER
    assert found["site.example"] is Reach.LIVE


def change(gate, text):
    return partial(gate.owners.change_preferences, "site.example", [read_wish(text, gate.signatures)], OWNER)


async def test_the_page_and_the_api_tell_it(gate, world):
    token, _ = await gate.access.add_token(Actor(ActorKind.PLATFORM, "dashboard"), set(Scope))
    headers = {"authorization": f"Bearer {token}", "host": f"site.example:{port_of(gate)}"}
    base = f"http://127.0.0.1:{port_of(gate)}/_gatepost"
    async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=20) as client:
        first = (await client.get(f"{base}/sites/site.example")).text
        assert 'hx-get="/_gatepost/sites/site.example/reach"' in first
        assert "Live at" not in first, "the page waits for nobody outside"
        part = (await client.get(f"{base}/sites/site.example/reach", headers={"hx-request": "true"})).text
        assert "Live at 3 of 7 addresses." in part
        for told in (
            "What answers at other.example is not this platform",
            "gone.example: there is no such address in DNS",
            "Nothing answers at nobody.example",
            "At static.example another robots.txt answers",
        ):
            assert told in part
        whole = (await client.get(f"{base}/sites/site.example/reach")).text
        assert "<html" in whole
        assert whole.index("At static.example another robots.txt") < whole.index('id="choices"')
        assert "Live at 3 of 7" in (await client.get(f"{base}/sites/site.example")).text, "and by then it is known"
        told = (await client.get(f"{base}/api/v1/sites/site.example/reach")).json()
    assert (told["live"], told["since"], len(told["hosts"])) == (3, None, 7)
    assert {one["kind"]: one["hosts"] for one in told["obstacles"]} == {
        "shadowed": ["static.example"],
        "elsewhere": ["other.example"],
        "unreachable": ["nobody.example"],
        "no-name": [GONE],
    }
