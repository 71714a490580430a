"""The API where it is mounted: by ``gatepost serve``, by a real server, in a platform's app, and in the docs."""

import asyncio
import re
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from api.conftest import SECRET, settings_with
from gatepost import Gate
from gatepost.asgi.service import service_app
from gatepost.storage import open_store
from house.source_tree import CHECKOUT, PACKAGE

GPTBOT = {"user-agent": "Mozilla/5.0 (compatible; GPTBot/1.4)", "host": "blog.example"}
DOCS = CHECKOUT / "docs" / "api.md"


@asynccontextmanager
async def serving(app):
    """A real server with this app, on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", proxy_headers=False, lifespan="on"))
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


@pytest.fixture
async def served(signatures, tmp_path):
    gate = Gate(settings_with(secret=SECRET), signatures, open_store(f"sqlite:///{tmp_path}/gatepost.db"))
    async with serving(service_app(gate)) as address:
        yield gate, address


async def token_for(gate):
    from gatepost import Actor, ActorKind, Scope

    token, _ = await gate.access.add_token(Actor(ActorKind.PLATFORM, "dashboard"), list(Scope))
    return {"authorization": f"Bearer {token}"}


async def test_a_site_is_opted_out_over_a_real_server_and_refuses_right_after(served):
    gate, address = served
    async with httpx.AsyncClient(base_url=address, headers=await token_for(gate)) as http:
        added = await http.post("/_gatepost/api/v1/sites", json={"hosts": ["blog.example"]})
        assert (added.status_code, added.headers["location"]) == (201, "/_gatepost/api/v1/sites/blog.example")
        assert "GPTBot" not in (await http.get("/robots.txt", headers={"host": "blog.example"})).text.partition("*")[0]
        changed = await http.patch(
            added.headers["location"] + "/statement",
            json={"wishes": {"ai-training": "block"}},
            headers={"if-match": added.headers["etag"]},
        )
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
        assert "User-agent: GPTBot" in (await http.get("/robots.txt", headers={"host": "blog.example"})).text
        assert (await http.get("/", headers=GPTBOT)).status_code == 403
        # A crawler's name and an unknown host are nothing to the API, which is no site.
        shown = await http.get(added.headers["location"], headers=GPTBOT)
        assert (shown.status_code, shown.json()["revision"]) == (200, 2)
        assert (await http.get("/_gatepost/policy", headers={"host": "blog.example"})).status_code == 200
        assert (await http.get("/_gatepost/nothing", headers={"host": "blog.example"})).status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "OPTIONS", "PUT"])
@pytest.mark.parametrize("path", ["/nothing", "/sites/x", "/sites/a%0Ab", "/"])
async def test_nothing_below_the_api_is_answered_by_anybody_else(served, method, path):
    gate, address = served
    async with httpx.AsyncClient(base_url=address, headers=await token_for(gate)) as http:
        response = await http.request(method, "/_gatepost/api/v1" + path)
        assert response.status_code in (404, 405, 415)
        assert response.headers["content-type"] == "application/problem+json"


async def test_an_owner_who_comes_by_a_link_has_the_page_and_the_api_by_one_session(served):
    gate, address = served
    await gate.owners.add_site(["blog.example"], (await _platform()))
    link = (await gate.owner_link("blog.example", "ada")).partition("blog.example")[2]
    async with httpx.AsyncClient(base_url=address) as http:
        entered = await http.get(link)
        assert (entered.status_code, entered.headers["location"]) == (303, "/_gatepost/sites/blog.example")
        session = {"cookie": entered.headers["set-cookie"].partition(";")[0]}
        page = await http.get(entered.headers["location"], headers=session)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        site = await http.get("/_gatepost/api/v1/sites/blog.example", headers=session)
        assert (site.status_code, site.json()["id"]) == (200, "blog.example")
        assert (await http.get(link)).status_code == 403


async def test_it_lives_below_any_prefix(signatures):
    gate = Gate(settings_with(secret=SECRET, prefix="/crawlers"), signatures, open_store("sqlite://"))
    await gate.owners.add_site(["blog.example"], (await _platform()))
    platform = Starlette(routes=[Mount("/inner", Starlette(routes=[Mount("/crawlers", gate.owner_app())]))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(platform), base_url="http://p.example") as http:
        fields = await token_for(gate)
        document = (await http.get("/inner/crawlers/api/v1/openapi.json")).json()
        assert document["servers"] == [{"url": "/inner/crawlers/api/v1"}]
        added = await http.post("/inner/crawlers/api/v1/sites", json={"hosts": ["c.example"]}, headers=fields)
        assert added.headers["location"] == "/inner/crawlers/api/v1/sites/c.example"
        assert (await http.get(added.headers["location"], headers=fields)).status_code == 200
    assert (await gate.owner_link("blog.example", "ada")).startswith("https://blog.example/crawlers/enter?link=")
    await gate.close()


async def _platform():
    from gatepost import Actor, ActorKind

    return Actor(ActorKind.PLATFORM, "dashboard")


async def test_the_example_mounts_it_with_the_platforms_own_authentication(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(CHECKOUT / "examples"))
    monkeypatch.delitem(sys.modules, "platform_dashboard", raising=False)
    import platform_dashboard

    async with serving(platform_dashboard.app) as address, httpx.AsyncClient(base_url=address) as http:
        ada = {"cookie": "user=ada", "sec-fetch-site": "same-origin", "if-match": "*"}
        path = "/crawlers/api/v1/sites/ada.example"
        assert (await http.get(path)).status_code == 401
        assert (await http.get("/crawlers/api/v1/sites/bob.example", headers=ada)).status_code == 404
        said = await http.patch(f"{path}/statement", json={"wishes": {"ai-training": "block"}}, headers=ada)
        assert (said.status_code, said.json()["wishes"]) == (200, {"ai-training": "block"})
        entry = (await http.get(f"{path}/history", headers=ada)).json()["history"][0]
        assert entry["actor"] == {"kind": "owner", "name": "ada"}
    sys.modules.pop("platform_dashboard")


@pytest.mark.slow
async def test_the_lines_of_the_docs_run(served, tmp_path):
    """Every ``console`` block of docs/api.md, against a server, with the token and the address that it names."""
    gate, address = served
    fields = await token_for(gate)
    token = fields["authorization"].removeprefix("Bearer ")
    text = DOCS.read_text(encoding="utf-8")
    lines = [
        line.removeprefix("$ ")
        for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("$ curl")
    ]
    assert len(lines) >= 4
    for line in lines:
        command = line.replace("http://127.0.0.1:8080", address)
        done = await asyncio.to_thread(
            subprocess.run, ["bash", "-c", command], env={"TOKEN": token, "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=30, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert '"id":' in done.stdout or '"action":' in done.stdout, (line, done.stdout)
        assert "urn:gatepost:problem" not in done.stdout, (line, done.stdout)


def test_the_docs_name_every_problem_that_the_api_makes_itself():
    named = set(re.findall(r"`((?:api|access)\.[a-z.-]+)`", DOCS.read_text(encoding="utf-8")))
    rooms = [*Path(PACKAGE, "asgi").rglob("*.py")]
    rooms += [PACKAGE / room for room in ("core/access.py", "core/tokens.py", "service/access.py")]
    made = {
        id for path in rooms for id in re.findall(r'"((?:api|access)\.[a-z.-]+)"', path.read_text(encoding="utf-8"))
    }
    assert made - named - {"access.token.actor", "access.token.scopes", "access.token.unknown"} == set()
