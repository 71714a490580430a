"""G25: a server that is told to stop under load finishes what it has begun, loses no write, and is gone soon.

A connection that is refused was not begun; nor was a request on a connection that had been answered before, and that
the server closed without a word: clients send such a request again. The ledger is no part of this.
"""

import asyncio
import socket
from contextlib import ExitStack, suppress
from itertools import count
from random import Random

import pytest

from asgi.door import BROWSER, GPTBOT
from asgi.test_servers import request
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import FULL, HOST, add, opened, sized, tally
from guarantees.workers import TO_END, free_port, program

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
READERS, WRITERS = 6, 2
FINE = {"200", "201", "403", "404", "refused", "closed"}
VISITS = [(b"/robots.txt", GPTBOT), (b"/", BROWSER), (b"/", GPTBOT), (b"/ai.txt", BROWSER)]
moments = Random(25)


def serving(url, port):
    return program(port, "-m", "gatepost.cli", "serve", "--port", str(port), "--database", url)


def mounted(url, port):
    words = ("-m", "uvicorn", "--port", str(port), "--log-level", "warning", "guarantees.opting_out:platform")
    return program(port, *words, GATEPOST_DATABASE=url)


async def one(streams, octets):
    """The status of an answer on a connection, which is then read whole."""
    reader, writer = streams
    writer.write(octets)
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    await reader.readexactly(int(fields[b"content-length"]))
    return head.split()[1].decode()


async def client(port, visits, outcomes):
    """One that keeps its connection as long as the server does, until it is refused."""
    while outcomes[-1:] != ["refused"]:
        try:
            streams = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            outcomes.append("refused")
            return
        await kept(streams, visits, outcomes)


async def kept(streams, visits, outcomes):
    answered = False
    try:
        for octets, note in visits:
            outcomes.append(status := await one(streams, octets))
            note(status)
            answered = True
    except asyncio.IncompleteReadError as error:
        outcomes.append("closed" if answered and not error.partial else "cut short")
    except OSError:
        outcomes.append("closed" if answered else "reset")
    finally:
        streams[1].close()
        with suppress(OSError):
            await streams[1].wait_closed()


def kept_alive(octets):
    return octets.replace(b"Connection: close\r\n", b"")


def reading():
    while True:
        path, agent = moments.choice(VISITS)
        yield kept_alive(request(path, host=HOST.encode(), agent=agent)), lambda status: None


def writing(acknowledged):
    for number in numbers:
        host = f"{number}.example"
        octets = kept_alive(request(b"/", b"Content-Length: 0", host=host.encode(), agent=BROWSER, method=b"POST"))
        yield octets, lambda status, host=host: acknowledged.append(host) if status == "201" else None


numbers = count()


async def stopped_under_load(server, writers, acknowledged):
    """What every request came to, and how long the server took to stop."""
    outcomes: list[list[str]] = [[] for _ in range(READERS + writers)]
    visits = [reading() for _ in range(READERS)] + [writing(acknowledged) for _ in range(writers)]
    clients = [
        asyncio.create_task(client(server.port, *given)) for given in zip(visits, outcomes, strict=True)
    ]  # fmt: skip
    await asyncio.sleep(moments.uniform(0.2, 0.6))
    seconds = await asyncio.to_thread(server.stop)
    async with asyncio.timeout(TO_END):
        await asyncio.gather(*clients)
    return seconds, [outcome for found in outcomes for outcome in found]


async def restart(url, acknowledged):
    with ExitStack() as stack:
        servers = [stack.enter_context(start(url, free_port())) for start in (serving, mounted)]
        for server in servers:
            await asyncio.to_thread(server.wait_for, 200, request(b"/robots.txt", host=HOST.encode()))
        return [
            await stopped_under_load(server, writers, acknowledged)
            for server, writers in zip(servers, (0, WRITERS), strict=True)
        ]


async def missed(url, hosts):
    """The hosts whose acknowledged opt-out is not in the store."""
    store = open_store(url)
    found = {site.host for site in await store.sites_with(hosts=hosts)
             if site.statement.stances.ai_training is Stance.BLOCK}  # fmt: skip
    await store.close()
    return set(hosts) - found


async def test_g25_nothing_begun_is_lost(shared_url, figure):
    restarts = 20 if FULL else {"sqlite": 2, "postgresql": 1}[shared_url.partition(":")[0]]
    async with opened(open_store(shared_url)) as gate:
        await add(gate, Stance.BLOCK)
    acknowledged: list[str] = []
    found = [stop for _ in range(restarts) for stop in await restart(shared_url, acknowledged)]
    slowest, outcomes = max(seconds for seconds, _ in found), [outcome for _, all in found for outcome in all]
    failed = [outcome for outcome in outcomes if outcome not in FINE]
    lost = await missed(shared_url, acknowledged)
    figure("G25 failed while stopping", "0", f"{len(failed)} of {len(outcomes):,} requests in {len(found)} stops")
    figure("G25 acknowledged writes lost", "0", f"{len(lost)} of {len(acknowledged):,}")
    figure("G25 seconds to stop", f"< {TO_END:g} s", f"{slowest:.2f} s")
    assert not failed, tally(outcomes)
    assert acknowledged
    assert not lost
    assert slowest < TO_END


def test_g25_who_reads_no_answer_does_not_keep_it(file_url, figure):
    port = free_port()
    with serving(file_url, port) as server:
        server.wait_for(200, request(b"/robots.txt"))
        with socket.create_connection(("127.0.0.1", port), 5) as deaf:
            deaf.settimeout(sized(2, 1))
            with suppress(TimeoutError):
                deaf.sendall(kept_alive(request(b"/robots.txt")) * 20_000)
            seconds = server.stop()
    figure("G25 seconds to stop with a client that reads nothing", f"< {TO_END:g} s", f"{seconds:.2f} s")
    assert seconds < TO_END
