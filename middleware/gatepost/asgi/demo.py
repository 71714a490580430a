"""A small hosting platform to try Gatepost on: three sites, three wishes, a data partner, everything real.

Rules: it runs on this machine only, keeps its database in a temporary folder, and shows nothing that the product does
not do; the platform's own app knows nothing of crawlers, all of that is the middleware's.
"""

import asyncio
import secrets
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.templating import Jinja2Templates

from gatepost.asgi.demo_partner import PARTNER_HOST, PARTNER_NAME, DemoPartner, licensed_partner
from gatepost.asgi.middleware import CrawlerAccessMiddleware
from gatepost.asgi.types import ASGIApp, Receive, Scope, Send
from gatepost.core import access
from gatepost.core.sites import Actor, ActorKind
from gatepost.core.wishes import read_wish
from gatepost.service.owners import confirmed
from gatepost.wiring import Gate, open_gate

__all__ = ["DEMO_SITES", "Demo", "DemoSite", "demo_app", "run_demo", "ways_in", "welcome"]

OWNER = Actor(ActorKind.OWNER, "demo")

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
TRAINING = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.4; +https://openai.com/gptbot"
SEARCH = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A site of the demo, and what its owner wants."""

    host: str
    title: str
    wish: str
    """In the owner's words."""
    wishes: tuple[str, ...]
    posts: tuple[tuple[str, str], ...]


DEMO_SITES = (
    DemoSite(
        "garden.localhost",
        "A Walled Garden",
        "Find me by search, but take nothing for AI.",
        ("ai-training=block", "ai-answers=block", "assistants=block", "partner-sharing=refuse"),
        (("Pruning in November", "Wait for a dry day."), ("On slugs", "They were here first.")),
    ),
    DemoSite(
        "studio.localhost",
        "Studio Nord",
        "Quote me in answers. Training needs a licence; the press pages are free.",
        ("ai-answers=allow", "ai-training=license", "/press/:ai-training=allow"),
        (("New series: harbours", "Twelve prints, winter light."), ("Press kit", "Take what you need.")),
    ),
    DemoSite(
        "commons.localhost",
        "The Commons",
        "Knowledge wants to travel. Everyone is welcome.",
        ("ai-training=allow", "ai-answers=allow", "assistants=allow", "archives=allow", "partner-sharing=allow"),
        (("How locks work", "A canal primer."), ("Tides, explained", "It is mostly the moon.")),
    ),
)
_SITES = {site.host: site for site in DEMO_SITES}

_templates = Jinja2Templates(directory=Path(__file__).parent / "templates")


async def _page(request: Request) -> Response:
    """A site's front page or a post of it; on any other host the platform's own page."""
    port = request.url.port or 80
    site = _SITES.get(request.url.hostname or "")
    if site is None:
        partner = {"name": PARTNER_NAME, "host": PARTNER_HOST}
        context = {"sites": DEMO_SITES, "port": port, "tries": list(_tries(port)), "partner": partner}
        return _templates.TemplateResponse(request, "demo_platform.html", context)
    if request.url.path not in ("/", "/press/"):
        return PlainTextResponse("There is no such page.\n", status_code=404)
    return _templates.TemplateResponse(request, "demo_site.html", {"site": site, "port": port})


@dataclass(frozen=True, slots=True)
class _Try:
    """A line to paste, and what to expect of it."""

    command: str
    expect: str


def _tries(port: int) -> Iterable[_Try]:
    def curl(host: str, agent: str) -> str:
        return f"curl -s -o /dev/null -w '%{{http_code}}\\n' -A '{agent}' http://{host}:{port}/"

    yield _Try(curl("garden.localhost", BROWSER), "200: a person reads")
    yield _Try(curl("garden.localhost", TRAINING), "403: GPTBot is refused")
    yield _Try(curl("garden.localhost", SEARCH), "200: Googlebot is untouched")
    yield _Try(f"curl -s http://garden.localhost:{port}/robots.txt", "what the owner's wish comes to")
    yield _Try(curl("studio.localhost", TRAINING), "402: a licence is needed")


async def _add_sites(gate: Gate) -> None:
    for site in DEMO_SITES:
        await gate.owners.add_site([site.host], OWNER)
        wishes = [read_wish(wish, gate.signatures) for wish in site.wishes]
        say = partial(gate.owners.change_preferences, site.host, wishes, OWNER, reason=site.wish)
        await confirmed(say)  # what a wish allows has been confirmed


@dataclass(frozen=True, slots=True)
class Demo:
    """The platform with Gatepost mounted, and how people come in."""

    app: ASGIApp
    owner_links: tuple[str, ...]
    """One for each site, in their order; good once, for a quarter of an hour."""
    console: str
    token: str
    """For the console."""


async def demo_app(database: str, port: int) -> Demo:
    """The demo with its sites in ``database``: they are there, a partner knows those that share, and crawlers came."""
    gate = open_gate(
        database, public_url=f"http://{{host}}:{port}", secret=secrets.token_urlsafe(32), private_addresses=True
    )
    await _add_sites(gate)
    partner = await licensed_partner(gate, port)
    links = [await gate.owner_link(site.host, OWNER.name) for site in DEMO_SITES]
    token, _ = await gate.access.add_token(Actor(ActorKind.PLATFORM, "demo"), set(access.Scope) - access.PARTNER_SCOPES)
    prefix = gate.settings.prefix
    routes = [Mount(prefix, gate.owner_app()), Route("/{path:path}", _page, methods=["GET"])]
    platform = CrawlerAccessMiddleware(Starlette(routes=routes), gate=gate)
    await _crawl(platform, port)
    app = _by_host(platform, partner)
    return Demo(app, tuple(links), f"http://localhost:{port}{prefix}/console", token)


async def _crawl(platform: ASGIApp, port: int) -> None:
    """What a crawler takes of the site that allows it, before its owner changes their mind."""
    transport = httpx.ASGITransport(platform)
    base, fields = f"http://commons.localhost:{port}", {"user-agent": TRAINING}
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=fields) as crawler:
        for path in ("/robots.txt", "/", "/press/"):
            await crawler.get(path)


def _by_host(platform: ASGIApp, partner: DemoPartner) -> ASGIApp:
    """The partner has a host of its own on this machine; all others are the platform's."""
    theirs, name = partner.app, PARTNER_HOST.encode()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        host = dict(scope.get("headers", ())).get(b"host", b"") if scope["type"] == "http" else b""
        await (theirs if host.partition(b":")[0] == name else platform)(scope, receive, send)

    return app


def welcome(port: int) -> str:
    """What the demo prints first when it starts."""
    lines = ["", "  A small hosting platform, with Gatepost at its door:", "", f"    http://localhost:{port}/", ""]
    lines += [f"    http://{site.host}:{port}/".ljust(38) + site.wish for site in DEMO_SITES]
    lines += ["", "  Paste these into another terminal:", ""]
    for attempt in _tries(port):
        lines += [f"    # {attempt.expect}", f"    {attempt.command}", ""]
    lines += [f"  {PARTNER_NAME}, a data partner, has what The Commons shares: http://{PARTNER_HOST}:{port}/"]
    lines += ["  Say no to AI training as the owner of The Commons: within seconds it is told, stops, and confirms the"]
    lines += ["  removal, there and on the owner's page."]
    return "\n".join([*lines, ""])


def ways_in(demo: Demo) -> str:
    """And what it prints then."""
    lines = ["  Come in as an owner and change your mind (each link is good once, for 15 minutes):", ""]
    lines += [f"    {link}" for link in demo.owner_links]
    lines += ["", "  Or as the platform, with this token:", "", f"    {demo.console}", f"    {demo.token}"]
    return "\n".join([*lines, "", "  Ctrl-C ends it.", ""])


def run_demo(port: int = 8000, host: str = "127.0.0.1") -> None:
    """Serve the demo until it is interrupted; its database goes with it."""
    with tempfile.TemporaryDirectory(prefix="gatepost-demo-") as folder:
        demo = asyncio.run(demo_app(f"sqlite:///{folder}/demo.db", port))
        server = uvicorn.Server(uvicorn.Config(demo.app, host=host, port=port, log_level="warning"))
        socket = server.config.bind_socket()  # says so and exits when the port is taken, before anything is promised
        socket.listen()  # so that who pastes at once is kept waiting, not refused
        sys.stdout.write(welcome(port) + ways_in(demo))
        sys.stdout.flush()
        server.run(sockets=[socket])
