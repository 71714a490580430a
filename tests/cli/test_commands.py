"""What holds for every command: help with examples that run, exit statuses, pipes, and words in place of tracebacks."""

import gzip
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from gatepost.cli import app

from_here = typer.main.get_command(app)


def examples(command, path=()) -> Iterator[str]:
    """Every example in the help of a command and of those below it."""
    if command.epilog:
        yield from (line.strip() for line in command.epilog.splitlines()[2:])
    for name, below in getattr(command, "commands", {}).items():
        yield from examples(below, (*path, name))


def names(command, path=()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from names(below, (*path, name))


EXAMPLES = sorted(set(examples(from_here)))
SERVING = [line for line in EXAMPLES if re.match("gatepost (serve|demo|partners simulate)", line)]
PIPED = [line for line in EXAMPLES if set("|<>") & set(line)]
PLAIN = [line for line in EXAMPLES if line not in SERVING and line not in PIPED]
FINDING = {
    "gatepost doctor --url http://blog.localhost:8080",  # nothing runs there
    "gatepost doctor --site blog.example",  # DNS has no such name
}

REQUEST = '192.0.2.7 - - [28/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "GPTBot/1.4"\n'
GIVEN = {
    "user-agents.txt": "GPTBot/1.4\n",
    "robots.txt": "User-agent: *\nDisallow: /private/\n",
    "questions.ndjson": json.dumps({"robots_txt": "", "user_agent": "x", "url": "/"}) + "\n",
    "sites.csv": "hosts\nzoo.example\n",
    "robots.json": json.dumps({"MadeUpBot": {"operator": "Made Up", "respect": "Yes", "function": "AI Agents"}}),
    "sites.ndjson": json.dumps({"hosts": ["zoo.example"]}) + "\n",
    "access.log": REQUEST,
    "items.ndjson": "{}\n",
    "items.csv": "id,site\n1,blog.example\n",
}


@pytest.fixture
def desk(folder, run, monkeypatch):
    """What the examples take for granted: the files that they name, and the blog unless they add it themselves."""

    def prepare(line):
        for name, text in GIVEN.items():
            (folder / name).write_text(text, encoding="utf-8")
        for name in ("crawler_signatures.yaml", "older_signatures.yaml"):
            (folder / name).write_bytes(Path(os.environ["GATEPOST_SIGNATURES"]).read_bytes())
        (folder / "access.log.1.gz").write_bytes(gzip.compress(REQUEST.encode()))
        (folder / "local_crawlers.yaml").write_text("format: 1\nwithout: []\n", encoding="utf-8")
        if "sites add" not in line:
            run("sites", "add", "blog.example", "--alias", "www.blog.example")
        if re.search("gatepost (notices|partners (?!add)|export-gate)", line):
            acme = ("--name", "Acme", "--purpose", "ai-training", "--endpoint", "https://a.example")
            run("partners", "add", "acme", *acme)
        if "sites move-host" in line:
            run("sites", "add", "shop.example", "--id", "17")
        if "sites undo" in line:
            run("sites", "set", "blog.example", "ai-training=allow", "--yes")
        if "signatures rollback" in line:
            run("signatures", "publish", "crawler_signatures.yaml")
        if "tokens r" in line:
            monkeypatch.setattr("secrets.token_hex", lambda octets: line.split()[-1])
            run("tokens", "add", "platform:x", "--scope", "sites:read")
        if "doctor --site" in line:
            monkeypatch.setattr("socket.getaddrinfo", no_name)
        if "owners link" in line:
            monkeypatch.setenv("GATEPOST_SECRET", "x" * 32)

    return prepare


def no_name(*asked):
    raise socket.gaierror("this test asks no name server")


@pytest.mark.parametrize("line", PLAIN)
def test_an_example_runs(run, desk, line):
    desk(line)
    assert "Traceback" not in run(*shlex.split(line)[1:], status=line in FINDING).output


@pytest.mark.slow
@pytest.mark.parametrize("line", PIPED)
def test_an_example_in_a_pipe_runs(shell, desk, line):
    desk(line)
    result = shell(line)
    assert (result.returncode, b"Traceback" in result.stderr) == (0, False)


@pytest.mark.slow
@pytest.mark.parametrize("line", SERVING)
def test_an_example_that_serves_runs(conversation, line):
    pytest.importorskip("uvicorn", reason="missing: uvicorn")
    port = free_port()
    words = re.sub(r" --port \d+", "", line).split()[1:]
    with conversation(*words, "--port", str(port)) as process:
        answered = waits_for(port, process)
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stdin.close()
    assert answered


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def waits_for(port: int, process: "subprocess.Popen[bytes]") -> bool:
    for _ in range(200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return True
        if process.poll() is not None:
            return False
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("path", list(names(from_here)), ids=lambda path: " ".join(path) or "gatepost")
def test_every_command_has_help(run, path):
    text = run(*path, "--help").stdout
    assert text.startswith("Usage: gatepost")
    assert "Examples:" in text or "Commands:" in text


@pytest.mark.parametrize(
    "words", [["bogus"], ["sites", "bogus"], ["explain"], ["preview", "--site", "a", "--format", "x"]]
)
def test_wrong_usage_is_2(run, words):
    assert "Traceback" not in run(*words, status=2).output


def test_the_module_is_the_command(shell):
    assert shell("$PYTHON -m gatepost.cli --help").stdout.startswith(b"Usage: gatepost ")


def test_the_version_is_told(run):
    assert run("--version").stdout.startswith("gatepost")


PIPES = {
    "classify": "yes GPTBot/1.4 | gatepost classify | head -n 2",
    "preview": "gatepost preview --site blog.example | head -c 1",
    "evaluate": 'yes \'{"robots_txt":"","user_agent":"","url":""}\' | gatepost robots evaluate | head -n 2',
}


@pytest.mark.parametrize("line", PIPES.values(), ids=PIPES.keys())
def test_a_reader_that_has_had_enough_is_no_trouble(shell, blog, line):
    result = shell(line.replace("| gatepost", "2>/dev/null | gatepost"))
    assert (result.stderr, bool(result.stdout)) == (b"", True)


def test_a_pipe_from_nowhere_is_fine(shell):
    assert shell("gatepost classify < /dev/null").returncode == 0


def test_nothing_is_coloured_or_wrapped_in_a_pipe(shell, blog):
    line = "gatepost explain --json --site blog.example --user-agent 'GPTBot/1.4'"
    result = shell(line, COLUMNS="20", FORCE_COLOR="1")
    assert (b"\x1b" in result.stdout, result.stdout.count(b"\n")) == (False, 1)


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_output_is_utf8_in_any_locale(shell, blog, locale):
    shell("gatepost sites set blog.example /ünï/:archives=ask", LC_ALL="C.UTF-8")
    result = shell("gatepost sites history blog.example --json", LC_ALL=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (result.returncode, b"/%C3%BCn%C3%AF/" in result.stdout) == (0, True)


def test_no_database_is_left_open(shell, blog):
    result = shell("$PYTHON -X dev -W error -m gatepost.cli sites list")
    assert (result.returncode, result.stderr) == (0, b"")
