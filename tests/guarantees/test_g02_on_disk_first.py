"""G2: an opt-out is on the disk before it is acknowledged."""

import re
import shutil
import subprocess
import sys

import pytest

from guarantees.parts import FULL, sized
from needs import missing

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
WRITES = sized(100, 15)

PROGRAM = """
import asyncio, os, sys
from gatepost import Actor, ActorKind, open_gate

async def main(gate, writes):
    for number in range(writes):
        await gate.owners.add_site([f"{number}.example"], Actor(ActorKind.OWNER, "ada"))
        os.write(1, b"acknowledged")
    await gate.close()

asyncio.run(main(open_gate(sys.argv[1]), int(sys.argv[2])))
"""
CALL = re.compile(r"(?P<ack>write\(1, \"acknowledged\")|(?P<sync>f(data)?sync.*= 0$)")


@pytest.fixture
def strace():
    found = shutil.which("strace")
    if found is None:
        missing("strace: apt-get install strace") if FULL else pytest.skip("no strace; the full form asks for it")
    return found


def calls(strace, url, log):
    """``sync`` and ``ack`` in the order in which they happened."""
    watched = [strace, "-f", "-qq", "-e", "trace=fdatasync,fsync,write", "-o", str(log)]
    command = [*watched, sys.executable, "-c", PROGRAM, url, str(WRITES)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120)
    found = map(CALL.search, log.read_text(encoding="utf-8", errors="replace").splitlines())
    return [match.lastgroup if match["ack"] else "sync" for match in found if match]


def test_g02_synchronised_before_every_acknowledgement(strace, file_url, tmp_path, figure):
    order = calls(strace, file_url, tmp_path / "strace.log")
    first = sum(before == "sync" for before, call in zip(["", *order], order, strict=False) if call == "ack")
    figure("G2 on disk before the acknowledgement", "every write", f"{first} of {WRITES}")
    assert (order.count("ack"), first) == (WRITES, WRITES)
