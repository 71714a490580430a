"""An access log of any size: browsers, crawlers, a few that nobody knows, and garbage; the same in every run."""

import gzip
import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any

from policies import real_signatures

SYSTEMS = (
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "Linux; Android 10; K",
)
NEW = "NewGPTBot/1.0"


def user_agents(dice):
    """Without end: 80 % browsers, 15 % known crawlers, 5 % that are made up, each with a version of its own."""
    samples = [sample for crawler in real_signatures().crawlers for sample in crawler.samples_match]
    while True:
        kind = dice.random()
        if kind < 0.8:
            chrome = f"Chrome/{dice.randrange(90, 143)}.0.{dice.randrange(0, 600, 10)}.0 Safari/537.36"
            yield f"Mozilla/5.0 ({dice.choice(SYSTEMS)}) AppleWebKit/537.36 (KHTML, like Gecko) {chrome}"
        elif kind < 0.95:
            yield dice.choice(samples)
        elif kind < 0.951:
            yield NEW
        else:
            name = f"Q{dice.getrandbits(16):x}bot/{dice.getrandbits(32)}"
            yield f"Mozilla/5.0 (compatible; {name}; +https://q.example/about)"


def write_log(file, octets, form="combined"):
    """At least so many octets, before they are compressed; how many lines of it are requests."""
    opening, line = FORMS[form]
    dice, requests = random.Random(31), 0
    agents = user_agents(dice)
    with opening(file, "wb") as log:
        while log.tell() < octets:
            lines = [line(dice.getrandbits(60), next(agents)) for _ in range(10_000)]
            log.write("".join(lines).encode() + b"\x00garbage\n")
            requests += len(lines)
    return requests


def asked(number):
    """The address, the day, the path and the host of a request."""
    address = f"{1 + number % 220}.{number >> 8 & 255}.{number >> 16 & 255}.{number >> 24 & 255}"
    path = f"/2026/{number >> 32 & 0xFFFFF:x}?page={number % 9}"
    return address, 1 + number % 28, path, f"blog{number >> 30 & 0x3FFFF}.example"


def combined(number, agent):
    """With the host in front."""
    address, day, path, host = asked(number)
    quoted = agent.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"{host} {address} - - [{day:02}/Nov/2026:13:{number % 60:02}:36 +0100] "
        f'"GET {path} HTTP/1.1" 200 {number & 0xFFFF} "https://search.example/" "{quoted}"\n'
    )


def json_line(number, agent):
    """As guides have nginx write it."""
    address, day, path, host = asked(number)
    time = f"2026-11-{day:02}T13:{number % 60:02}:36+01:00"
    said = {"time_iso8601": time, "remote_addr": address, "http_host": host, "request_uri": path, "status": 200}
    return json.dumps(said | {"http_user_agent": agent}) + "\n"


FORMS: dict[str, tuple[Callable[..., Any], Callable[[int, str], str]]] = {
    "combined": (open, combined),
    "JSON lines": (open, json_line),
    "gzip": (partial(gzip.open, compresslevel=1), combined),
}
"""How a log may be written: what opens it, and what makes a line of it."""
