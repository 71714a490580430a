"""The commands through their door: each test has a folder of its own, a new database and a small signature file."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import typer.testing
from typer.testing import CliRunner, Result

import gatepost
from gatepost.cli import app

SOURCE_ROOT = Path(gatepost.__file__).parents[1]

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GATEPOST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEPOST_DATABASE", "sqlite:///sites.db")
    monkeypatch.setenv("GATEPOST_SIGNATURES", str(Path(__file__).with_name("signatures.yaml")))
    return tmp_path


@pytest.fixture(autouse=True)
def commands_made_once(monkeypatch):
    """Typer makes all commands out of their functions anew each time that one is run, which takes longer than most."""
    monkeypatch.setattr(typer.testing, "_get_command", made)


made = cache(typer.main.get_command)


@pytest.fixture
def run() -> Run:
    """Run a command in this process: ``run("sites", "list", status=0)``."""

    def run_command(*words: str, given: str | bytes | None = None, status: int = 0) -> Result:
        result = CliRunner().invoke(app, list(words), input=given, prog_name="gatepost")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return run_command


@pytest.fixture
def rows(run) -> Callable[..., list[Any]]:
    """Run a command, and read the NDJSON that it wrote."""

    def run_and_read(*words: str, given: str | bytes | None = None, status: int = 0) -> list[Any]:
        return [json.loads(line) for line in run(*words, given=given, status=status).stdout.splitlines()]

    return run_and_read


@pytest.fixture
def blog(run) -> str:
    """A site of two hosts that refuses training."""
    run("sites", "add", "blog.example", "--alias", "www.blog.example")
    run("sites", "set", "blog.example", "ai-training=block", "partner-sharing=refuse")
    return "blog.example"


@pytest.fixture
def shell(folder) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a line in a shell where ``gatepost`` is on the path."""
    script = folder / "bin" / "gatepost"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -m gatepost.cli "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    environment = os.environ | {"PATH": f"{script.parent}:{os.environ['PATH']}", "PYTHONPATH": str(SOURCE_ROOT)}
    environment["PYTHON"] = sys.executable

    def run_line(line: str, **more: str) -> subprocess.CompletedProcess[bytes]:
        command = ["bash", "-c", f"set -o pipefail; {line}"]
        return subprocess.run(command, cwd=folder, env=environment | more, capture_output=True, timeout=60)

    return run_line


@pytest.fixture
def conversation(folder):
    """Start a command whose stdin and stdout are unbuffered pipes; what it tells besides is in the file ``stderr``."""

    def start(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "gatepost.cli", *words]
        environment = os.environ | {"PYTHONPATH": str(SOURCE_ROOT)}
        pipe = subprocess.PIPE
        with (folder / "stderr").open("wb") as told:
            return subprocess.Popen(
                command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=told, bufsize=0
            )

    return start
