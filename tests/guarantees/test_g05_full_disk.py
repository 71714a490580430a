"""G5 on a disk that is full: everything is answered as before, no write is acknowledged that is not there, and when
there is room again writes succeed.

The disks are real file systems of a few megabytes: a SQLite file on one, a PostgreSQL server's files, and its
write-ahead log alone, without which the server ends itself.
"""

import asyncio
import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import pytest

from asgi.door import OWNER
from contract.postgresql_server import Server
from contract.test_database_store import folded
from gatepost.core.preferences import Stance
from gatepost.errors import StoreUnavailable
from gatepost.storage import open_store
from guarantees.parts import add, guarded, opened, sized
from guarantees.test_g05_outage import HOSTS, everything, traffic
from needs import missing

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
SECONDS = sized(30, 1)
LONGEST = 60.0
SPARE = 64 * 4096


class Disk:
    """A small file system at ``folder``."""

    def __init__(self, folder):
        self.folder = folder
        self._ballast = folder / "ballast"

    @contextmanager
    def full(self):
        """No more than a few blocks are free inside."""
        with self._ballast.open("wb", buffering=0) as file:
            with suppress(OSError):
                while file.write(bytes(4096)):
                    pass
            file.truncate(file.tell() - SPARE)
        try:
            yield
        finally:
            self._ballast.unlink()


@pytest.fixture
def disk(request):
    """A disk of so many mebibytes."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        missing("root, to mount a small file system")
    with TemporaryDirectory(prefix="disk") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}m", "tmpfs", name]
        if subprocess.run(mount, capture_output=True, check=False, timeout=LONGEST).returncode:
            missing("the right to mount a small file system")
        try:
            yield Disk(Path(name))
        finally:
            subprocess.run(["umount", "--lazy", name], check=True, timeout=LONGEST)


@contextmanager
def sqlite(folder):
    yield f"sqlite:///{folder}/gatepost.db", lambda: None


@contextmanager
def files(folder):
    with Server.started(folder / "db", ["--wal-segsize=1"]) as server, server.database() as url:
        yield url, lambda: back(server)


@contextmanager
def log(folder):
    with Server.started(options=["--wal-segsize=1", f"--waldir={folder}/log"]) as server, server.database() as url:
        yield url, lambda: back(server)


def back(server):
    """What an operator does who finds the server ended; one that only recovers is waited for."""
    until = monotonic() + LONGEST
    while monotonic() < until:
        with suppress(AssertionError):
            return server.sql("SELECT 1")
        with suppress(AssertionError):
            server.start()
    raise AssertionError(f"the server is not back in {LONGEST:g} s")


async def until_refused(gate):
    """The hosts whose opt-out was acknowledged, and how the next one was refused."""
    acknowledged: list[str] = []
    until = monotonic() + LONGEST
    while monotonic() < until:
        try:
            await add(gate, Stance.BLOCK, host := f"{len(acknowledged)}.example")
        except StoreUnavailable as error:
            return acknowledged, error
        acknowledged.append(host)
    raise AssertionError(f"nothing was refused in {LONGEST:g} s")


async def refused(gate):
    with pytest.raises(StoreUnavailable) as raised:
        await gate.owners.change_robots_txt("garden.example", "# " + os.urandom(40_000).hex(), OWNER)
    return raised.value


@pytest.mark.parametrize(
    ("disk", "kept_on", "ids"),
    [
        pytest.param(4, sqlite, {"store.full"}, id="sqlite-file"),
        pytest.param(128, files, {"store.full"}, id="postgresql-files"),
        pytest.param(8, log, {"store.full", "store.unreachable"}, id="postgresql-log"),
    ],
    indirect=["disk"],
)
async def test_g05_a_disk_that_is_full(figure, disk, kept_on, ids, patient):
    with kept_on(disk.folder) as (url, mend):
        async with opened(open_store(url)) as gate:
            app = guarded(gate)
            for host, stance in HOSTS.items():
                await add(gate, stance, host)
            await gate.start()
            before = await everything(app)
            with disk.full():
                acknowledged, error = await until_refused(gate)
                again = await refused(gate)
                rounds, other = await traffic(app, SECONDS, before)
            await asyncio.to_thread(mend)
            await add(gate, Stance.BLOCK, "late.example")
        lost = await missed(url, [*HOSTS, *acknowledged, "late.example"])
    requests = rounds * len(HOSTS) * len(before[0])
    figure("G5 answered otherwise on a full disk", "0", f"{other} of {requests:,} requests in {SECONDS} s")
    figure(
        "G5 acknowledged opt-outs lost on a full disk", "0", f"{len(lost)} of {len(acknowledged):,}, then {error.id}"
    )
    assert {error.id, again.id} <= ids
    assert error.remedy
    assert rounds
    assert not other
    assert acknowledged
    assert not lost


async def missed(url, hosts):
    """The hosts of no site, where every site is what its events leave."""
    async with opened(store := open_store(url)):
        found = {site.host for site in await store.sites_with(hosts=hosts)}
        assert await folded(store) == list(await store.sites())
    return set(hosts) - found
