"""G8: a signature file that is exchanged under traffic never makes anything worse: no request fails, no decision
changes for what is bad, no worker dies, and the next good file is in force within two seconds."""

import asyncio
import hashlib
import json
import random
import re
from collections import Counter
from contextlib import asynccontextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic

import pytest

from asgi.door import BROWSER, GOOGLEBOT, GPTBOT
from asgi.test_servers import request
from core.test_signatures import BAD, BOMBS, GENERATED, _mutant
from gatepost.core.admission import admit
from gatepost.core.preferences import Stance
from gatepost.core.signatures import read_signatures
from gatepost.errors import SignatureFileError
from gatepost.service import signatures as watching
from gatepost.sources import packaged_corpora, packaged_signatures
from gatepost.storage import open_store
from guarantees.parts import add, opened, sized
from guarantees.test_g09_all_or_nothing import faults_of, harm_of
from guarantees.workers import on_a_socket

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
MUTANTS = sized(500, 25)
OFTEN, SOON = 0.02, 2.0
STEP = 4_000
"""Octets of a file that is written slowly."""
MOST = 1024 * 1024
"""Octets of a signature file; one more is read."""
GENERIC = ("Spider", "Code", "Mozilla", "", "bot", ".*", "Gecko", "like")
EXPECTED = {
    ("/", GPTBOT): 403,
    ("/", BROWSER): 200,
    ("/", GOOGLEBOT): 200,
    ("/robots.txt", GPTBOT): 200,
    ("/robots.txt", BROWSER): 200,
}


class Traffic:
    """Visits that go on in threads for as long as a block lasts, each on a connection that is kept."""

    def __init__(self, port):
        self.port, self.going = port, True
        self.outcomes: Counter[str] = Counter()
        self.robots: dict[bytes, bytes] = {}
        """What robots.txt says to each agent, which holds until ``steady`` ends."""
        self.steady = True

    def visit(self):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        while self.going:
            for (path, agent), expected in EXPECTED.items():
                self.outcomes[self.outcome(connection, path, agent, expected)] += 1
        connection.close()

    def outcome(self, connection, path, agent, expected):
        try:
            connection.request("GET", path, headers={"Host": "garden.example", "User-Agent": agent.decode()})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            return f"{type(error).__name__}"
        if path == "/robots.txt" and self.robots.setdefault(agent, body) != body and self.steady:
            return "another robots.txt"
        # the service has no pages of its own: what is let in finds none
        found = 200 if answer.status == 404 and path == "/" else answer.status
        return "as before" if found == expected else f"{found} instead of {expected}"


@asynccontextmanager
async def traffic(port, threads=2):
    visits = Traffic(port)
    async with asyncio.TaskGroup() as group:
        for _ in range(threads):
            group.create_task(asyncio.to_thread(visits.visit))
        try:
            yield visits
        finally:
            visits.going = False


def told(worker):
    """What the worker says of its signatures; nothing, while it cannot be asked."""
    with suppress(OSError, HTTPException):
        connection = HTTPConnection("127.0.0.1", worker.port, timeout=10)
        connection.request("GET", "/_gatepost/readyz", headers={"Host": "ops.example"})
        found = json.loads(connection.getresponse().read())["signatures"]
        connection.close()
        return found
    assert worker.child.poll() is None, f"it died{worker.logged()}"
    return None


def robots_of(worker, agent):
    connection = HTTPConnection("127.0.0.1", worker.port, timeout=10)
    connection.request("GET", "/robots.txt", headers={"Host": "garden.example", "User-Agent": agent.decode()})
    body = connection.getresponse().read()
    connection.close()
    return body


async def until_compared(visits, latest=30.0):
    """Until it is known what robots.txt says."""
    since = monotonic()
    while len(visits.robots) < sum(path == "/robots.txt" for path, _ in EXPECTED):
        assert monotonic() - since < latest, visits.outcomes
        await asyncio.sleep(0.01)


async def judged(worker, octets, latest=30.0):
    """What the worker made of a file: whether it is in force, and its answer."""
    name, since = hashlib.sha256(octets).hexdigest(), monotonic()
    while True:
        found = await asyncio.to_thread(told, worker)
        if found and found["sha256"] == name:
            return True, found
        if found and (found["refused"] or {}).get("sha256") == name:
            return False, found
        assert monotonic() - since < latest, f"nothing is told of the file{worker.logged()}"
        await asyncio.sleep(0.01)


def exchange(file, octets):
    """In one step, as an editor, a deployment and a ConfigMap do it."""
    beside = file.with_suffix(".new")
    beside.write_bytes(octets)
    beside.replace(file)


def generic(token):
    return GOOD.replace(b"user_agent_tokens: [GPTBot]", f'user_agent_tokens: ["{token}"]'.encode(), 1)


def mutants():
    """No two the same."""
    chance, found = random.Random(8), set[bytes]()
    while len(found) < MUTANTS:
        found |= {_mutant(GOOD, chance)} - {GOOD}
    return sorted(found)


def may_be_used(octets):
    try:
        return bool(admit(octets, packaged_corpora()))
    except SignatureFileError:
        return False


GOOD = packaged_signatures()
SPECIAL = {
    **BOMBS,
    **GENERATED,
    "half": GOOD[: len(GOOD) // 2],
    "UTF-16": GOOD.decode().encode("utf-16"),
    "zeros": bytes(9),
}
BAD_FILES = {
    **{path.stem: path.read_bytes() for path in BAD},
    **SPECIAL,
    **{f"token {one!r}": generic(one) for one in GENERIC},
}
FAULTS = {
    **{path.stem: path.stem.split("--")[0] for path in BAD},
    **{id: id for id in GENERATED},
    **{f"token {one!r}": "signatures.token.generic" if one.isalpha() else "signatures.token.length" for one in GENERIC},
    **dict.fromkeys(("aliases", "billion laughs", "merge keys"), "signatures.yaml.alias"),
    **dict.fromkeys((name for name in BOMBS if "80 kB" in name or "deep" in name), "signatures.yaml.depth"),
    **dict.fromkeys(("a long key", "quotes", "half"), "signatures.yaml.syntax"),
    **dict.fromkeys(("UTF-16", "zeros"), "signatures.file.utf16"),
    "a long token": "signatures.value.length",
    "many unknown keys": "signatures.field.unknown",
    "many doubled keys": "signatures.key.duplicate",
    "many wrong entries": "signatures.field.missing",
    "many doubled names": "signatures.name.duplicate",
    "spaces": "signatures.yaml.empty",
    "numbers": "signatures.value.unquoted",
    "tags": "signatures.yaml.tag",
}
"""What each bad file is kept out for, besides what else may be wrong with it."""


@asynccontextmanager
async def served(tmp_path, seconds=OFTEN):
    """A worker on a file, with a site that refuses training."""
    url, file = f"sqlite:///{tmp_path}/sites.db", tmp_path / "signatures.yaml"
    file.write_bytes(GOOD)
    async with opened(open_store(url)) as gate:
        await add(gate, Stance.BLOCK)
    with on_a_socket("guarantees.service", url, str(file), str(seconds)) as worker:
        await asyncio.to_thread(worker.wait_for, 403, request())
        yield worker, file


async def offer_bad_files(worker, file):
    """Those that were put in force; each of the others is refused for its own fault."""
    taken = []
    for name, octets in BAD_FILES.items():
        exchange(file, octets)
        in_force, found = await judged(worker, octets[: MOST + 1])
        if in_force:
            taken.append(name)
            continue
        text = "\n".join(found["refused"]["shown"])
        faults = set(re.findall(r"\[(signatures\.[a-z0-9_.]+)\]", text))
        assert found["refused"]["id"] in faults, name
        if re.search(r"^and \d+ more$", text, re.MULTILINE):
            faults |= await asyncio.to_thread(faults_of, octets[: MOST + 1])
        assert FAULTS[name] in faults, name
        assert "^" in text, name
    return taken


async def offer_mutants(worker, file, robots):
    """What became of each, and those in force that harm somebody, by what is no part of the admission.

    ``robots`` is what robots.txt says to each agent, as long as none is in force.
    """
    outcomes, harmful = Counter[str](), 0
    for octets in mutants():
        exchange(file, octets)
        in_force, _ = await judged(worker, octets)
        outcomes["in force" if in_force else "refused"] += 1
        if in_force:  # else the next one would be held against what a mutant left
            harmful += not may_be_used(octets) or harm_of(read_signatures(octets)) != (0, 0)
            exchange(file, GOOD)
            assert (await judged(worker, GOOD))[0]
        for agent, body in robots.items():
            assert await asyncio.to_thread(robots_of, worker, agent) == body, octets
    return outcomes, harmful


async def test_g08_bad_files_and_mutants_change_nothing(tmp_path, figure):
    async with served(tmp_path) as (worker, file), traffic(worker.port) as visits:
        await until_compared(visits)
        taken = await offer_bad_files(worker, file)
        visits.steady = False
        outcomes, harmful = await offer_mutants(worker, file, dict(visits.robots))
        died = int(worker.child.poll() is not None)
    wrong = {outcome: count for outcome, count in visits.outcomes.items() if outcome != "as before"}
    asked = visits.outcomes.total()
    kinds = f"{len(SPECIAL)} of them special, {len(GENERIC)} generic tokens"
    figure("G8 bad files put in force", "0", f"{len(taken)} of {len(BAD_FILES)}; {kinds}")
    taken_up = f"{harmful} of {outcomes['in force']} in force; {outcomes['refused']} refused"
    figure("G8 mutants in force that harm somebody", "0", taken_up)
    figure("G8 requests that failed or changed", "0", f"{sum(wrong.values())} of {asked:,}, {died} workers died")
    assert (taken, harmful, died, wrong) == ([], 0, 0, {})
    assert outcomes.keys() == {"in force", "refused"}
    assert asked >= len(BAD_FILES) + outcomes.total()
    assert (len(BAD_FILES) >= 100, len(SPECIAL) >= 19, outcomes.total()) == (True, True, MUTANTS)


async def test_g08_the_next_good_file_is_in_force_soon(tmp_path, figure):
    next_one = GOOD.replace(b'version: "1.0.0"', b'version: "1.1.0"', 1)
    async with served(tmp_path, seconds=watching._FILE_SECONDS) as (worker, file):
        exchange(file, GOOD[:1000])
        assert not (await judged(worker, GOOD[:1000]))[0]
        exchange(file, next_one)
        since = monotonic()
        assert (await judged(worker, next_one))[0]
        seconds = monotonic() - since
    figure("G8 the next good file is in force", f"<= {SOON:g} s", f"{seconds:.2f} s")
    assert seconds <= SOON


async def test_g08_a_config_map_is_followed_through_its_links(tmp_path):
    """Kubernetes keeps the files of a ConfigMap behind ``..data``, a link that it puts in another's place."""
    volume = tmp_path / "volume"
    for name, octets in (("one", GOOD), ("two", GOOD.replace(b'version: "1.0.0"', b'version: "1.1.0"', 1))):
        (volume / name).mkdir(parents=True)
        (volume / name / "signatures.yaml").write_bytes(octets)
    (volume / "..data").symlink_to("one")
    async with served(tmp_path) as (worker, file):
        file.unlink()
        file.symlink_to(volume / "..data" / "signatures.yaml")
        await asyncio.sleep(10 * OFTEN)
        (volume / "..data.new").symlink_to("two")
        (volume / "..data.new").rename(volume / "..data")
        assert (await judged(worker, (volume / "two" / "signatures.yaml").read_bytes()))[0]


async def test_g08_a_file_that_is_being_written_is_waited_for(tmp_path):
    """Whoever writes into the file in place leaves it half for a while; it is taken up when it is at rest."""
    longer = GOOD.replace(b'version: "1.0.0"', b'version: "1.1.0"', 1)
    async with served(tmp_path, seconds=1.0) as (worker, file):
        with Path(file).open("wb") as stream:
            for start in range(0, len(longer) - STEP, STEP):
                stream.write(longer[start : start + STEP])
                stream.flush()
                found = await asyncio.to_thread(told, worker)
                assert found
                assert (found["version"], found["refused"]) == ("1.0.0", None)
                await asyncio.sleep(0.02)
            stream.write(longer[start + STEP :])
        in_force, found = await judged(worker, longer)
        assert in_force
        assert found["refused"] is None
