"""A real PostgreSQL server: made in a folder, reached by a unix socket and on loopback, and gone with the tests."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from needs import missing

__all__ = ["Server"]

SECONDS = 60


def program(name):
    """The newest one installed: where Debian keeps them, then anywhere on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        missing("PostgreSQL: apt-get install postgresql")
    return found


def unprivileged():
    """How to run what refuses to run as root."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    return (
        [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"] if setpriv else ["runuser", "-u", "nobody", "--"]
    )


def children(pid):
    """The processes that a process has made."""
    told = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True, timeout=SECONDS)
    pairs = (map(int, line.split()) for line in told.stdout.splitlines())
    return [child for child, parent in pairs if parent == pid]


@dataclass
class Server:
    """A server whose socket and log are in ``folder``, and its files in ``db``; ``port`` is on loopback."""

    folder: Path
    port: int
    db: Path
    _numbers: count = field(default_factory=count)
    _free: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def started(cls, db=None, options=()):
        """A server that is gone at the end; ``options`` are initdb's."""
        # Not below pytest's folder: only its owner may enter that, and a socket's path must be short.
        with tempfile.TemporaryDirectory(prefix="pg") as name, socket.socket() as probe:
            home = Path(name)
            if os.geteuid() == 0:
                os.chown(home, 65534, 65534)
            probe.bind(("127.0.0.1", 0))
            server = cls(home, probe.getsockname()[1], db or home / "db")
            probe.close()
            server._run(
                "initdb", "-D", server.db, "-U", "gatepost", "-A", "trust", "-E", "UTF8", "--locale=C", *options
            )
            server.start()
            try:
                yield server
            finally:
                server.stop("immediate")

    def start(self):
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=on -c max_connections=60"
        self._run("pg_ctl", "-D", self.db, "-l", self.folder / "log", "-o", options, "-w", "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", self.db, "-m", mode, "-w", "stop")

    def revive(self):
        """Start again after a kill, when the last of the killed server's processes has noticed."""
        for _ in range(100):
            try:
                return self.start()
            except AssertionError:
                time.sleep(0.2)
        return self.start()

    @property
    def pid(self):
        """The postmaster's."""
        return int((self.db / "postmaster.pid").read_text(encoding="ascii").split()[0])

    @contextmanager
    def frozen(self):
        """The server and its connections take what they are told and answer nothing, for the time of a block."""
        stopped = []
        try:
            for pid in (self.pid, *children(self.pid)):  # first the one that would make more
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def sql(self, statement, database="postgres"):
        """What the server says to a statement."""
        words = ["-h", self.folder, "-p", self.port, "-U", "gatepost", "-d", database, "-XAtq", "-c", statement]
        return self._run("psql", *words).strip()

    @contextmanager
    def database(self):
        """The URL of an empty database; few are made, as each is a thousand files, and all are used again."""
        name = self._free.pop() if self._free else f"test_{next(self._numbers)}"
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            self.sql(f"CREATE DATABASE {name}")
        try:
            yield f"postgresql://gatepost@127.0.0.1:{self.port}/{name}"
        finally:
            self.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            self.sql(f"ALTER DATABASE {name} RESET ALL")
            self.sql(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
            self.sql("SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public", name)
            self.sql("GRANT USAGE ON SCHEMA public TO public", name)
            self._free.append(name)

    def _run(self, name, *words):
        # Output into a file: a server that keeps a pipe open would let us wait for ever.
        with tempfile.TemporaryFile() as output:
            command = [*unprivileged(), program(name), *map(str, words)]
            done = subprocess.run(
                command, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT, timeout=SECONDS, check=False
            )
            output.seek(0)
            said = output.read().decode()
        assert done.returncode == 0, said
        return said
