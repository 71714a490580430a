"""G31: an access log of any size is replayed in constant memory, and told how fast."""

import json
import os
import re
import subprocess
import sys

import pytest

from guarantees.access_log import FORMS, NEW, write_log
from guarantees.parts import FULL, sized
from policies import SIGNATURE_FILE

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]

OCTETS = sized(10**9, 10**7)
LONGEST = sized(1800, 120)
MEBIBYTES = 128
GROWTH = 8
"""MiB that ten times the log may cost more."""
MEGABYTES_A_SECOND = 30
"""Of one core's time, at full size, where the start counts for nothing."""

KIB = 2**10 if sys.platform == "linux" else 2**20
"""Of a MiB, in the unit of the system."""


@pytest.fixture
def new(tmp_path):
    """The signature file with one more token."""
    text = SIGNATURE_FILE.read_text(encoding="utf-8")
    file = tmp_path / "new.yaml"
    file.write_text(text.replace("user_agent_tokens: [GPTBot]", "user_agent_tokens: [GPTBot, NewGPTBot]"), "utf-8")
    return file


MEASURED = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
sys.exit(status)
"""
"""Runs a command from a process that is small itself, whose memory a child is counted with until it is another program.
"""


def replayed(log, new):
    """What it told, the rate it printed, its peak of memory in MiB, and its seconds of processor time."""
    command = [sys.executable, "-m", "gatepost.cli", "signatures", "replay", str(log), "--new", str(new), "--json"]
    known = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    measuring = [sys.executable, "-c", MEASURED, *command, "--refused-percent", "100"]
    done = subprocess.run(measuring, env=known, capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode == 0, done.stderr
    told, used = done.stdout.splitlines()
    peak, seconds = used.split()
    return json.loads(told), done.stderr.strip(), int(peak) / KIB, float(seconds)


@pytest.mark.parametrize("form", FORMS)
def test_g31_a_log_of_any_size_is_replayed(tmp_path, new, figure, form):
    small, large = tmp_path / "small.log", tmp_path / "large.log"
    write_log(small, OCTETS // 10, form)
    requests = write_log(large, OCTETS, form)
    _, _, before, _ = replayed(small, new)
    told, rate, peak, seconds = replayed(large, new)
    large.unlink()
    assert (told["requests"], told["unreadable"]) == (requests, requests // 10_000)
    (row,) = told["changes"]
    assert (row["after"], row["samples"][0]["user_agent"]) == ("GPTBot", NEW)
    assert re.search(r"MB/s, [0-9,]+ lines/s$", rate)
    of_core = OCTETS / 1e6 / seconds
    size = f"G31 replay of a log of {OCTETS / 1e6:,.0f} MB"
    figure(f"{size}: memory", f"<= {MEBIBYTES} MiB", f"{peak:.0f} MiB; of a tenth of it {before:.0f} MiB")
    asserted = FULL and form == "combined"
    promised = f">= {MEGABYTES_A_SECOND} MB/s of a core" if asserted else "told"
    figure(f"{size}: rate", promised, f"{of_core:.0f} MB/s of a core; {rate}")
    assert peak <= MEBIBYTES
    assert peak - before <= GROWTH
    assert of_core >= MEGABYTES_A_SECOND or not asserted
