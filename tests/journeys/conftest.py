"""One running platform for all journeys, and what a client needs to find it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from journeys.little_platform import SITES
from journeys.localhost_names.sitecustomize import getaddrinfo

HERE = Path(__file__).parent


def ended(process: subprocess.Popen, seconds: float = 10) -> None:
    """End a process of ours, gently first."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment(*folders: Path) -> dict[str, str]:
    """This process's environment, these folders first on Python's path; nobody uses a proxy or looks for updates."""
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    inherited_path = filter(None, inherited.get("PYTHONPATH", "").split(os.pathsep))
    path = [*map(str, folders), *(str(Path(entry).resolve()) for entry in inherited_path)]
    quiet = {"NO_PROXY": "*", "PYTHONWARNINGS": "ignore", "NO_ALBUMENTATIONS_UPDATE": "1"}
    return inherited | quiet | {"PYTHONPATH": os.pathsep.join(path)}


@dataclass(frozen=True)
class Visit:
    """A line of the platform's access log."""

    host: str
    path: str
    agent: str
    status: int
    told: str | None
    """The action that the app behind was told; ``None`` when it was not asked."""


@dataclass(frozen=True)
class Platform:
    port: int
    log: Path
    environment: dict[str, str]
    """For clients: names below .localhost are this machine."""

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def front_pages(self) -> list[str]:
        return [self.url(host) for host in SITES]

    def visits(self, after: int = 0) -> list[Visit]:
        """What came in, but for the first ``after`` lines."""
        return [Visit(**json.loads(line)) for line in self.log.read_text("utf-8").splitlines()[after:]]

    def run(self, *command: str, seconds: float = 60, **options) -> subprocess.CompletedProcess[str]:
        """Run a client to its end; one that fails shows what it said."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False, **options
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done


@pytest.fixture(scope="session")
def platform(tmp_path_factory) -> Iterator[Platform]:
    log = tmp_path_factory.mktemp("platform") / "access.ndjson"
    command = [sys.executable, str(HERE / "little_platform.py"), str(log)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline()
            assert port, "the platform did not come up"
            yield Platform(int(port), log, environment(HERE / "localhost_names"))
        finally:
            ended(server)


@pytest.fixture
def localhost_names(monkeypatch):
    """For clients in this very process: names below .localhost are this machine."""
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("NO_PROXY", "*")
