"""G24: two sites of opposite wishes, asked in any order and at once: each answers by its own owner's word."""

import asyncio

import pytest

from asgi.door import ask
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import HOST, add, any_agent, dice, guarded, opened, sized

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
REQUESTS, AT_ONCE = sized(1_000_000, 20_000), 100
SITES = {HOST: Stance.BLOCK, "open.example": Stance.ALLOW}
SPELLINGS = {host: [host, host.upper(), f"{host}.", f"{host}:80"] for host in SITES}
PATHS = ("/", "/a", "/robots.txt", "/ai.txt", "/.well-known/tdmrep.json")


def told(reply):
    """What a reply says but for its reference, which is every refusal's own."""
    words = {(name, value) for name, value in reply.messages[0]["headers"] if name != b"content-length"}
    return reply.status, frozenset(words) if reply.status == 200 else None, reply.body if reply.status == 200 else b""


async def alone(gate, visits):
    """The answers of each site on a gate that serves no other."""
    found: dict[tuple[str, str, bytes], object] = {}
    for host in SITES:
        app = guarded(gate)
        found |= {(host, *visit): told(await answer(app, host, *visit)) for visit in visits}
    return found


async def answer(app, host, path, agent):
    return await ask(app, path, host=host.encode(), agent=agent)


async def crossed(app, expected):
    """How many of a crowd of requests got another answer than they get alone."""
    visits = dice.choices(list(expected), k=AT_ONCE)
    replies = await asyncio.gather(*(answer(app, dice.choice(SPELLINGS[host]), *rest) for host, *rest in visits))
    return sum(told(reply) != expected[visit] for reply, visit in zip(replies, visits, strict=True))


async def test_g24_no_answer_is_the_other_sites(figure):
    async with opened(open_store("sqlite://")) as gate:
        for host, stance in SITES.items():
            await add(gate, stance, host)
        visits = {(path, any_agent()) for path in PATHS for _ in range(40)} | {(path, b"GPTBot/1.4") for path in PATHS}
        expected = await alone(gate, visits)
        app = guarded(gate)
        cross = sum([await crossed(app, expected) for _ in range(REQUESTS // AT_ONCE)])
    figure("G24 answers of the other site", f"{cross} of {REQUESTS:,}")
    assert {expected[host, "/", b"GPTBot/1.4"][0] for host in SITES} == {200, 403}
    assert not cross
