"""G24: two sites of opposite wishes, asked in any order and at once, at every door: each answers by its owner's word.

The doors are the middleware, the service's directive files, and forward-auth in both families.
"""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from asgi.door import ask
from asgi.test_forward_auth import ask_about, settings
from gatepost import Gate
from gatepost.asgi.service import service_app
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import HOST, SIGNATURES, add, any_agent, dice, guarded, opened, sized

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
REQUESTS, AT_ONCE = sized(500_000, 5_000), 100  # for each of two databases
SITES = {HOST: Stance.BLOCK, "open.example": Stance.ALLOW}
SPELLINGS = {host: [host, host.upper(), f"{host}.", f"{host}:80"] for host in SITES}
PATHS = ("/", "/a", "/robots.txt", "/ai.txt", "/.well-known/tdmrep.json")
KNOWN = b"GPTBot/1.4"


def told(reply):
    """What a reply says but for its reference, which is every refusal's own; a refusal names its site first."""
    words = {(name, value) for name, value in reply.messages[0]["headers"] if name != b"content-length"}
    return (200, frozenset(words), reply.body) if reply.status == 200 else (reply.status, reply.body.partition(b":")[0])


@asynccontextmanager
async def doors(url):
    """Every door of one worker by its name: how it is asked for a host, a path and a user agent."""
    async with AsyncExitStack() as closing:
        gates = {family: Gate(settings(family), SIGNATURES, open_store(url)) for family in ("nginx", "forwarded")}
        for gate in gates.values():
            closing.push_async_callback(gate.close)
        services = {family: service_app(gate) for family, gate in gates.items()}
        yield {
            "middleware": visitor(guarded(gates["nginx"])),
            "service": visitor(services["forwarded"]),
            **{family: proxy(service, family) for family, service in services.items()},
        }


def visitor(app):
    return lambda host, path, agent: ask(app, path, host=host, agent=agent)


def proxy(service, family):
    return lambda host, path, agent: ask_about(service, family, path.encode(), host, agent)


async def alone(url, visits):
    """The answers of each site where no other is asked for."""
    found: dict[tuple[str, str, str, bytes], object] = {}
    for host in SITES:
        async with doors(url) as asked:
            for name, door in asked.items():
                found |= {(name, host, *visit): told(await door(host.encode(), *visit)) for visit in visits}
    return found


async def crossed(asked, expected):
    """How many of a crowd of requests got another answer than they get alone."""
    visits = dice.choices(list(expected), k=AT_ONCE)
    replies = await asyncio.gather(
        *(asked[door](dice.choice(SPELLINGS[host]).encode(), *visit) for door, host, *visit in visits)
    )
    assert 503 not in {reply.status for reply in replies}, "the store was waited for"
    return sum(told(reply) != expected[visit] for reply, visit in zip(replies, visits, strict=True))


@pytest.mark.usefixtures("patient")
async def test_g24_no_answer_is_the_other_sites(shared_url, figure):
    async with opened(open_store(shared_url)) as gate:
        for host, stance in SITES.items():
            await add(gate, stance, host)
    visits = {(path, any_agent()) for path in PATHS for _ in range(40)} | {(path, KNOWN) for path in PATHS}
    expected = await alone(shared_url, visits)
    async with doors(shared_url) as asked:
        cross = sum([await crossed(asked, expected) for _ in range(REQUESTS // AT_ONCE)])
    figure("G24 answers of the other site", "0", f"{cross} of {REQUESTS:,} at {len(asked)} doors")
    for door in asked:
        assert expected[door, HOST, "/robots.txt", KNOWN] != expected[door, "open.example", "/robots.txt", KNOWN]
    assert not cross
