"""G23: the export gate fails closed: what is not known is withheld, and what was killed is no export."""

import asyncio
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial

import pytest

from asgi.door import OWNER
from export_items import CLOSED, OF_SITES, UNKNOWN, consents, license_partner
from gatepost import Purpose, confirmed, decide_export, read_item, read_wish
from gatepost.core.export_consents import NamesTable, consent_of
from gatepost.storage import open_store
from guarantees.export_files import SITES, denies, is_open, may_be_shared, records
from guarantees.parts import FULL, SIGNATURES, opened, sized
from guarantees.test_g31_log_replay import KIB, MEASURED
from policies import policy

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
RECORDS, METAMORPHOSES = sized(1_000_000, 30_000), sized(100_000, 5_000)
THROUGH_COMMAND = sized(1_000_000, 40_000)
NAMES = sized(2_000_000, 50_000)
KILLS = sized(50, 12)
ITEMS_A_SECOND, MEBIBYTES, GROWTH, OCTETS_A_NAME = 10_000, 160, 8, 25
"""Of one core's time; MiB at the most, and that ten times the items may cost more; octets of a site's name."""
ORDER = ["--partner", "acme", "--purpose", "ai-training"]


def wishes(site):
    said = ["partner-sharing=allow"] if is_open(site) else []
    return said + (["/no/:ai-training=block"] if denies(site, None) else [])


@pytest.fixture
def everything():
    """What the sites of ``export_files`` say."""
    return consents({site: consent_of(policy(SIGNATURES, *wishes(site)), Purpose.AI_TRAINING) for site in SITES})


def test_g23_of_random_items_none_is_shared_that_must_not_be(everything, figure):
    wrongly = withheld = shared = 0
    for item in records(23, RECORDS, oddness=0.02):
        decision, right = decide_export(read_item(item), everything), may_be_shared(item)
        shared += decision.shared
        withheld += bool(decision.reasons)
        wrongly += decision.shared != right
    figure("G23 random items judged wrongly", "0", f"{wrongly} of {RECORDS:,}; {shared:,} shared")
    assert (wrongly, shared + withheld) == (0, RECORDS)
    assert 0.1 < shared / RECORDS < 0.9


def test_g23_adding_a_flag_never_opens(everything, figure):
    dice, open_now = random.Random(23), 0
    for item in records(24, METAMORPHOSES):
        field, value, _ = dice.choice(CLOSED + OF_SITES + UNKNOWN)
        after = decide_export(read_item({**item, field: value}), everything)
        open_now += after.shared
    figure("G23 items opened by a flag that is added", "0", f"{open_now} of {METAMORPHOSES:,}")
    assert open_now == 0


def test_g23_a_million_sites_fit_everywhere(figure):
    table = NamesTable.packed((f"{number}.example", 0) for number in range(NAMES))
    octets = sum(column.itemsize * len(column) for column in (table.highs, table.lows, table.places))
    figure("G23 octets of a site's name", f"<= {OCTETS_A_NAME}", f"{octets / NAMES:.1f}; {NAMES:,} names")
    assert octets / NAMES <= OCTETS_A_NAME
    assert (table.find("7.example"), table.find("nobody.example")) == ([0], [])


@pytest.fixture
def database(tmp_path):
    """A store with the sites and the partner."""
    url = f"sqlite:///{tmp_path}/sites.db"
    asyncio.run(fill(url))
    license_partner(url)
    return url


async def fill(url):
    async with opened(open_store(url)) as gate:
        for site in SITES:
            await gate.owners.add_site([site], OWNER)
            said = [read_wish(wish, SIGNATURES) for wish in wishes(site)]
            if said:
                await confirmed(partial(gate.owners.change_preferences, site, said, OWNER))


def write_items(file, seed, count):
    """A file of items, and how many of them may be shared."""
    shared = 0
    with file.open("w", encoding="utf-8") as stream:
        for item in records(seed, count):
            stream.write(json.dumps(item) + "\n")
            shared += may_be_shared(item)
    return shared


def environment(url):
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "GATEPOST_DATABASE": url}


def through_command(url, file):
    """What the command told, the rate it printed, its peak of memory in MiB, and its seconds of processor time."""
    command = [sys.executable, "-m", "gatepost.cli", "export-gate", str(file), f"{file}.out", *ORDER, "--json"]
    measuring = [sys.executable, "-c", MEASURED, *command]
    done = subprocess.run(measuring, env=environment(url), capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    told, used = done.stdout.splitlines()
    peak, seconds = used.split()
    return json.loads(told)["items"], done.stderr.strip(), int(peak) / KIB, float(seconds)


def test_g23_a_million_items_pass_at_a_rate_that_is_told_and_in_constant_memory(tmp_path, database, figure):
    small, large = tmp_path / "small.ndjson", tmp_path / "large.ndjson"
    write_items(small, 25, THROUGH_COMMAND // 10)
    shared = write_items(large, 26, THROUGH_COMMAND)
    _, _, before, _ = through_command(database, small)
    items, rate, peak, seconds = through_command(database, large)
    assert (items["in"], items["shared"], items["withheld"]) == (THROUGH_COMMAND, shared, THROUGH_COMMAND - shared)
    with (tmp_path / "large.ndjson.out").open("rb") as stream:
        assert sum(1 for _ in stream) == shared
    assert re.search(r"items/s$", rate)
    of_core = THROUGH_COMMAND / seconds
    size = f"G23 {THROUGH_COMMAND:,} items through the command"
    promised = f">= {ITEMS_A_SECOND:,} items/s of a core{'' if FULL else ', not asserted here'}"
    figure(f"{size}: rate", promised, f"{of_core:,.0f} items/s of a core; {rate}")
    figure(f"{size}: memory", f"<= {MEBIBYTES} MiB", f"{peak:.0f} MiB; of a tenth of it {before:.0f} MiB")
    assert peak <= MEBIBYTES
    assert peak - before <= GROWTH
    assert of_core >= ITEMS_A_SECOND or not FULL


NURSERY = """
import os, sys
import gatepost.cli.export_run, gatepost.storage, alembic.command
from gatepost.cli import app
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        try:
            app(line.split())
        except SystemExit as end:
            os._exit(end.code or 0)
        os._exit(70)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitpid(child, 0)[1], flush=True)
"""
"""Runs the command again and again in a process of its own, each time without loading it anew."""


class Nursery:
    """Starts runs, and kills them after a time."""

    def __init__(self, url):
        command = [sys.executable, "-u", "-c", NURSERY]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment(url), stdin=pipe, stdout=pipe, text=True, bufsize=1)
        assert self.process.stdin
        assert self.process.stdout
        self.orders, self.words = self.process.stdin, self.process.stdout

    def run(self, words, seconds=None):
        """Run the command, for so long at the most; how it ended, and how long it took."""
        print("export-gate", *words, file=self.orders, flush=True)
        child, begun = int(self.words.readline()), time.monotonic()
        if seconds is not None:
            time.sleep(seconds)
            with suppress(ProcessLookupError):  # it is kept until it is asked for: the number is nobody else's
                os.kill(child, signal.SIGKILL)
        print("ended?", file=self.orders, flush=True)
        return int(self.words.readline()), time.monotonic() - begun

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.orders.close()
        self.process.wait(10)
        self.words.close()


def is_whole(out):
    """Whether there is an export; what claims to be one has to be it."""
    manifest = out.with_name(out.name + ".manifest.json")
    if not manifest.exists():
        return False
    told = json.loads(manifest.read_bytes())["manifest"]
    octets, items = out.read_bytes(), told["items"]
    assert hashlib.sha256(octets).hexdigest() == told["out"]["sha256"]
    assert octets.count(b"\n") == items["shared"] == items["in"] - items["withheld"]
    return True


def test_g23_a_run_that_is_killed_leaves_nothing_that_looks_complete(tmp_path, database, figure):
    dice, out = random.Random(59), tmp_path / "out.ndjson"
    files = [tmp_path / "0.ndjson", tmp_path / "1.ndjson"]
    for seed, file in enumerate(files):
        write_items(file, seed, 3_000)
    killed = whole = 0
    with Nursery(database) as nursery:
        nursery.run([str(files[0]), str(out), *ORDER])
        ended, lasts = nursery.run([str(files[1]), str(out), *ORDER])
        assert ended == 0
        for number in range(KILLS):
            first = dice.choice((0, 0.9))  # half of them towards the end, where it is handed over
            moment = lasts * (first + dice.random() * (1.05 - first))
            ended, _ = nursery.run([str(files[number % 2]), str(out), *ORDER], moment)
            killed += ended != 0
            whole += is_whole(out)
        ended, _ = nursery.run([str(files[0]), str(out), *ORDER])
    measured = f"0 of {whole}, after {KILLS} kills, {killed} of them before the end"
    figure("G23 exports that look complete and are not", "0", measured)
    assert ended == 0
    assert whole > 0
    assert is_whole(out)
    assert killed > 0  # how many depends on who else has the machine
    assert not list(tmp_path.glob(".out*"))
