"""G19: whoever names a host, nothing that is not public is connected to: not by any form of an address, not by DNS that
changes its mind between two questions, not by a redirect."""

import itertools
import sys
from contextlib import contextmanager
from ipaddress import ip_address

import pytest

from core.test_addresses import NOT_PUBLIC
from gatepost.core.addresses import is_public
from gatepost.errors import OutwardError
from gatepost.sources import HttpOutward
from guarantees.parts import sized
from sources.evil import serving

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]

TIMES = 1_000
_heard: list[list[str]] = []


def _hear(event, told):
    """Note a connection before it is begun, and let none begin that would leave this machine."""
    if event == "socket.connect" and _heard and isinstance(told[1], tuple):
        address = told[1][0]
        _heard[-1].append(address)
        if not ip_address(address).is_loopback:
            raise ConnectionRefusedError(f"{address} is not asked by a test")


sys.addaudithook(_hear)  # stays for good, and is deaf outside of `connections`


@contextmanager
def connections():
    """The addresses of every connection that this process begins in the block."""
    _heard.append([])
    try:
        yield _heard[-1]
    finally:
        _heard.pop()


async def asked(outward, url, body=None):
    """How it went, where something is sent or only asked for: a status, or the id of the error."""
    try:
        if body is not None:
            return (await outward.post(url, body, most_octets=9, seconds=10)).status
        return (await outward.fetch(url, most_octets=9, seconds=10)).status
    except OutwardError as error:
        return error.id


def always(*addresses):
    async def resolve(host):
        return addresses

    return resolve


@pytest.mark.parametrize("beside", [(), ("93.184.216.34",)], ids=["alone", "beside-a-public-one"])
async def test_g19_no_form_of_an_inner_address(figure, beside):
    with connections() as made:
        for address in NOT_PUBLIC:
            outward = HttpOutward(resolve=always(*beside, address))
            assert await asked(outward, "http://inner.example/") == "outward.address"
            if "%" not in address:
                host = f"[{address}]" if ":" in address else address
                inner = HttpOutward(resolve=always(address))
                assert await asked(inner, f"https://{host}/") == "outward.address"
                assert await asked(inner, f"https://{host}/", b"{}") == "outward.address"
    figure("G19 connections to a not public address", "0", f"{len(made)} of {len(NOT_PUBLIC)} forms")
    assert made == []


@pytest.mark.parametrize(("scheme", "body"), [("http", None), ("https", b"{}")], ids=["asked", "sent"])
async def test_g19_dns_that_changes_its_mind(figure, scheme, body):
    """The name is public whenever it is looked at first, and this machine the next time."""
    turns = itertools.cycle([["203.1.113.7"], ["127.0.0.1"]])
    asked_of_dns = []

    async def resolve(host):
        asked_of_dns.append(host)
        return next(turns)

    async with serving() as evil:
        outward = HttpOutward(ports=[evil.port], resolve=resolve)
        times = sized(TIMES, 100)
        with connections() as made:
            for _ in range(times):
                await asked(outward, f"{scheme}://flip.example:{evil.port}/", body)
    inner = [address for address in made if not is_public(address)]
    figure("G19 connections after DNS changed its mind", "0", f"{len(inner)} of {times:,}")
    assert (inner, evil.requests) == ([], [])
    assert len(asked_of_dns) == times, "a name is resolved once for each question"
    assert set(made) == {"203.1.113.7"}, "what was checked is what is connected to"


@pytest.mark.parametrize("body", [None, b"{}"], ids=["asked", "sent"])
async def test_g19_a_redirect_is_not_followed(figure, body):
    async with serving() as evil:
        outward = HttpOutward(private_addresses=True, resolve=always("127.0.0.1"))
        with connections() as made:
            url = f"http://site.example:{evil.port}/moved"
            statuses = {await asked(outward, url, body) for _ in range(sized(TIMES, 20))}
    figure("G19 connections by a redirect", "0", sum(address != "127.0.0.1" for address in made))
    assert statuses == {302}
    assert set(made) == {"127.0.0.1"}
