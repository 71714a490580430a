"""The middleware in five frameworks: the examples as they stand, and an app that does what apps do."""

import importlib
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from asgi_lifespan import LifespanManager
from asgi_lifespan._exceptions import LifespanNotSupported
from django.conf import settings
from django.utils.functional import empty

from asgi.door import BROWSER, GOOGLEBOT, GPTBOT, ask
from asgi.frameworks import BUILDERS, PIECES, WITH_WEBSOCKETS
from gatepost.asgi.types import ASGIApp

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
OURS = {"x-robots-tag", "content-usage", "content-signal", "tdm-reservation"}


def client(app: ASGIApp, agent: bytes = BROWSER, host: str = "garden.example") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers={"user-agent": agent.decode()})


async def get(app: ASGIApp, path: str = "/", agent: bytes = BROWSER, host: str = "garden.example") -> httpx.Response:
    async with client(app, agent, host) as browser:
        return await browser.get(path)


@contextmanager
def unconfigured_django():
    """Django keeps its settings in the process; whoever comes here configures them anew."""
    before, settings._wrapped = settings._wrapped, empty
    yield
    settings._wrapped = before


@pytest.fixture(scope="module")
def fresh_django():
    with unconfigured_django():
        yield


@pytest.fixture(params=BUILDERS)
def build(request, fresh_django):
    return BUILDERS[request.param]


@pytest.fixture
def app(build, gate):
    return build(gate, [])


class TestApp:
    @pytest.mark.parametrize(
        ("agent", "host", "status", "text"),
        [
            (BROWSER, "garden.example", 200, "page allow"),
            (GPTBOT, "garden.example", 403, None),
            (GOOGLEBOT, "garden.example", 200, "page allow"),
            (GPTBOT, "kitchen.example", 200, "page tag"),
            (GPTBOT, "market.example", 402, None),
            (GPTBOT, "nobody.example", 403, None),
        ],
    )
    async def test_answers_whom_the_owner_lets_in(self, app, agent, host, status, text):
        reply = await get(app, agent=agent, host=host)
        assert reply.status_code == status
        assert text in (None, reply.text)

    @pytest.mark.parametrize("agent", [BROWSER, GPTBOT])
    @pytest.mark.parametrize("path", ["/robots.txt", "/ai.txt", "/.well-known/tdmrep.json"])
    async def test_is_never_asked_for_policy_files(self, app, agent, path):
        assert (await get(app, path, agent)).status_code == 200

    @pytest.mark.parametrize("path", ["/", "/missing", "/boom", "/stream", "/echo"])
    async def test_answers_as_if_the_gate_were_not_there_but_for_its_fields(self, build, gate, path):
        plain, gated = await get(build(None, []), path), await get(build(gate, []), path)
        assert gated.status_code == plain.status_code
        assert gated.text.removesuffix("allow") == plain.text
        assert gated.headers.keys() - plain.headers.keys() <= OURS

    @pytest.mark.parametrize("body", [b"", b"\x00\xff" * 100_000])
    async def test_has_the_body_to_itself(self, app, body):
        async with client(app) as browser:
            assert (await browser.post("/echo", content=body)).content == body

    async def test_streams(self, app):
        reply = await ask(app, "/stream", agent=BROWSER)
        sent = [message["body"] for message in reply.messages if message.get("body")]
        assert sent == PIECES

    @pytest.mark.parametrize("build", [BUILDERS[name] for name in WITH_WEBSOCKETS], ids=WITH_WEBSOCKETS)
    async def test_keeps_its_websockets(self, build, gate):
        person, crawler = [
            await ask(build(gate, []), "/chat", type="websocket", scheme="ws", subprotocols=[], agent=agent)
            for agent in (BROWSER, GPTBOT)
        ]
        assert [message["type"] for message in person.messages[:2]] == ["websocket.accept", "websocket.send"]
        assert person.messages[1]["text"] == "allow"
        assert [message["type"] for message in crawler.messages] == ["websocket.close"]

    @pytest.mark.parametrize("build", [BUILDERS[name] for name in WITH_WEBSOCKETS], ids=WITH_WEBSOCKETS)
    async def test_keeps_its_lifespan(self, build, own_gate):
        seen: list[str] = []
        async with LifespanManager(build(own_gate, seen)) as manager:
            assert seen == ["startup"]
            assert (await get(manager.app, agent=GPTBOT)).status_code == 403
        assert seen == ["startup", "shutdown"]

    async def test_of_django_goes_without_a_lifespan(self, fresh_django, own_gate):
        app = BUILDERS["django"](own_gate, [])
        with pytest.raises(LifespanNotSupported):
            async with LifespanManager(app):
                pass
        assert (await get(app, agent=GPTBOT)).status_code == 403


@pytest.mark.parametrize(
    "example",
    ["starlette_app", "fastapi_app", "django_app", "litestar_app", "quart_app", "use_the_decision"],
    scope="class",
)
class TestExample:
    @pytest.fixture(scope="class")
    async def app(self, example, tmp_path_factory):
        with pytest.MonkeyPatch.context() as patch, unconfigured_django():
            patch.setenv("GATEPOST_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('example')}/sites.db")
            patch.syspath_prepend(EXAMPLES)
            module = importlib.import_module(example)
            yield module.app
            await module.gate.close()
            for name in (example, "two_sites"):
                sys.modules.pop(name)

    @pytest.mark.parametrize(
        ("agent", "host", "status"),
        [
            (BROWSER, "garden.localhost", 200),
            (GPTBOT, "garden.localhost", 403),
            (GOOGLEBOT, "garden.localhost", 200),
            (BROWSER, "kitchen.localhost", 200),
            (GPTBOT, "kitchen.localhost", 200),
        ],
    )
    async def test_keeps_to_what_its_owners_want(self, app, agent, host, status):
        reply = await get(app, agent=agent, host=host)
        assert reply.status_code == status
        assert reply.headers["content-usage"] == "train-ai=n"

    async def test_serves_its_policy_to_those_it_refuses(self, app):
        for path in ("/robots.txt", "/ai.txt", "/.well-known/tdmrep.json"):
            assert (await get(app, path, GPTBOT, "garden.localhost")).status_code == 200
        assert "User-agent: GPTBot" in (await get(app, "/robots.txt", GPTBOT, "garden.localhost")).text

    async def test_shows_the_app_the_decision(self, app, example):
        said = [(await get(app, agent=agent, host="kitchen.localhost")).text for agent in (GPTBOT, BROWSER)]
        words = ("short version", "Mix at noon") if example == "use_the_decision" else ("GPTBot", "visitor")
        assert words[0] in said[0]
        assert words[1] in said[1]

    async def test_allows_what_lies_below_press(self, app, example):
        found = 404 if example == "use_the_decision" else 200
        for agent in (GPTBOT, BROWSER):
            assert (await get(app, "/press/spring", agent, "garden.localhost")).status_code == found


def test_the_owner_who_changes_her_mind_is_heard():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    program = [sys.executable, "-W", "error", str(EXAMPLES / "owner_changes_mind.py")]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    steps = [line.split()[3:5] for line in done.stdout.splitlines() if " GPTBot on " in line]
    assert steps == [["/", "block:"], ["/press/spring", "block:"], ["/", "block:"], ["/press/spring", "allow:"]]


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_an_example_is_short_and_says_what_it_shows(name):
    text = (EXAMPLES / name).read_text()
    assert text.startswith('"""')
    assert len(text.splitlines()) <= 40
    assert name in (EXAMPLES / "README.md").read_text()
