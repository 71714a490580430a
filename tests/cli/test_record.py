"""``gatepost record``: what a real server served is given back octet for octet, and what was altered is found."""

import contextlib
import hashlib
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from cli.conftest import SOURCE_ROOT

DOCUMENTS = {"robots.txt": "/robots.txt", "ai.txt": "/ai.txt", "tdmrep.json": "/.well-known/tdmrep.json"}


@contextlib.contextmanager
def serving(folder):
    """``gatepost serve`` in a process of its own; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gatepost.cli", "serve", "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(SOURCE_ROOT)}
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                if get(port, "/_gatepost/readyz", "x")[0] == 200:
                    break
            assert time.monotonic() < end
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def get(port, path, host):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read()


class Visitor:
    """Asks a server for all documents; keeps what it got, and when."""

    def __init__(self):
        self.port = 0
        self.seen = []

    def visit(self, host):
        assert get(self.port, "/_gatepost/readyz", host)[0] == 200  # it takes up what has changed
        got = {name: get(self.port, path, host)[1] for name, path in DOCUMENTS.items()}
        self.seen.append((host, datetime.now(UTC), got))
        time.sleep(0.01)


@pytest.fixture
def visited(run, folder, blog, monkeypatch):
    """What a server served while everything changed that can."""
    visitor = Visitor()
    signatures = Path(os.environ["GATEPOST_SIGNATURES"]).read_text(encoding="utf-8")
    own = folder / "signatures.yaml"
    own.write_text(signatures, encoding="utf-8")
    monkeypatch.setenv("GATEPOST_SIGNATURES", str(own))
    with serving(folder) as visitor.port:
        visitor.visit(blog)
        visitor.visit("nobody.example")
        run("sites", "set", blog, "CCBot=allow", "--yes")
        visitor.visit(blog)
        run("sites", "set", "--platform", "ai-answers=block")
        visitor.visit("www.blog.example")
        (folder / "own.txt").write_text("User-agent: *\nDisallow: /drafts/\n", encoding="utf-8")
        run("sites", "set", blog, "--robots-txt", "own.txt")
        visitor.visit(blog)
        run("sites", "set", blog, "--visibility", "private")
        visitor.visit(blog)
        run("sites", "set", blog, "--visibility", "public")
        run("sites", "set", blog, "ai-training=license", "--yes")
        visitor.visit(blog)
    own.write_text(signatures.replace("robots_tokens: [GPTBot]", "robots_tokens: [GPTBot, GPTNext]"), encoding="utf-8")
    with serving(folder) as visitor.port:
        visitor.visit(blog)
    return visitor.seen


@pytest.mark.slow
def test_every_document_that_was_served_is_given_back_as_it_was(run, visited):
    for host, at, documents in visited:
        for name, octets in documents.items():
            shown = run("record", "show", "--site", host, "--at", at.isoformat(), "--format", name)
            assert shown.stdout_bytes == octets
            assert "publications" in shown.stderr
            assert "rebuilt" not in shown.stderr
    served = [tuple(documents.values()) for _, _, documents in visited]
    assert [one == other for one, other in pairwise(served)] == [False] * 7
    assert run("record", "verify").stdout == ""


def test_a_moment_that_nobody_wrote_down_is_rebuilt_and_said_to_be(run, blog):
    shown = run("record", "show", "--site", blog)
    assert shown.stdout == run("preview", "--site", blog).stdout
    assert "no worker had begun to serve" in shown.stderr
    assert run("record", "show", "--site", blog, "--format", "fields").stdout


def test_before_it_was_there_a_host_got_the_strict_default(run, rows, blog):
    strict = run("record", "show", "--site", blog, "--at", "2020-01-01").stdout
    assert strict == run("record", "show", "--site", "nobody.example").stdout
    [row] = rows("record", "show", "--site", blog, "--at", "2020-01-01", "--json")
    assert (row["site"], row["rebuilt"], row["text"]) == (None, True, strict)
    assert row["at"] == "2020-01-01T00:00:00+00:00"


def test_a_document_that_there_was_not_is_a_finding(run, blog):
    assert "(record.document.none)" in run("record", "show", "--site", blog, "--format", "rsl", status=1).stderr


def test_verify_names_what_was_altered_and_head_finds_what_was_lost(run, rows, blog, folder):
    [head, _] = run("record", "head").stdout.splitlines()
    assert rows("record", "head", "--json")[0]["number"] == 2
    assert run("record", "verify", "--head", head.split()[0]).stdout == ""
    with contextlib.closing(sqlite3.connect(folder / "sites.db", isolation_level=None)) as connection:
        connection.execute("UPDATE events SET reason = 'x' WHERE seq = 1")
    [found] = rows("record", "verify", "--json", status=1)
    assert (found["table"], found["place"], found["site"]) == ("events", "1", blog)
    assert "events 1 of site blog.example: was altered" in run("record", "verify", status=1).stdout
    later = f"events:9:{'0' * 64}"
    assert rows("record", "verify", "--json", "--head", later, status=1)[-1]["place"] == "9"


def test_verify_finds_a_duty_that_says_what_no_receipt_says(run, rows, blog, folder):
    run("sites", "set", blog, "ai-training=allow", "partner-sharing=allow", "--yes")
    run("partners", "add", "acme", "--name", "Acme", "--purpose", "ai-training")
    run("sites", "set", blog, "ai-training=block")
    assert rows("record", "verify", "--json") == []
    with contextlib.closing(sqlite3.connect(folder / "sites.db", isolation_level=None)) as connection:
        connection.execute("UPDATE duties SET removed = stop_by, version = '2026-11', open = 0, deadline = NULL")
    [found] = rows("record", "verify", "--json", status=1)
    assert (found["table"], found["site"]) == ("duties", blog)
    assert found["what"] == "is not what its notice and receipts leave: open, deadline, removed, version"


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (["verify", "--head", "12"], "record.head"),
        (["verify", "--head", "sites:1:00"], "record.head"),
        (["show", "--site", "blog.example", "--at", "yesterday"], "cli.time"),
        (["show", "--site", "no host"], "cli.host"),
        (["head", "--database", "sqlite:///no/such/folder.db"], "store.unopenable"),
        (["evidence", "--site", "blog.example", "no/such/folder.zip"], "cli.file"),
    ],
)
def test_what_cannot_be_done_is_told(run, blog, words, id):
    assert f"({id})" in run("record", *words, status=2).stderr


def checked(*arguments):
    """What the bundle's own program says of it."""
    done = subprocess.run([sys.executable, "-I", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def bundle(run, folder, blog):
    """A bundle of a site that was served, unpacked."""
    with serving(folder) as port:
        assert get(port, "/robots.txt", blog)[0] == 200
    run("sites", "add", "other.example")
    run("record", "evidence", "--site", blog, "blog.zip")
    with zipfile.ZipFile(folder / "blog.zip") as packed:
        packed.extractall(folder / "bundle")
    return folder / "bundle"


@pytest.mark.slow
def test_a_bundle_is_checked_by_its_own_program(run, bundle, folder, blog):
    assert checked(bundle / "verify.py") == (0, "Everything in this bundle agrees.\n")
    assert checked(bundle / "verify.py", folder / "blog.zip")[0] == 0
    head = run("record", "head").stdout.split()[0]
    assert checked(bundle / "verify.py", head)[0] == 0
    assert checked(bundle / "verify.py", head[:-64] + "0" * 64)[0] == 1
    assert (bundle / "served" / "robots.txt").read_text() == run("record", "show", "--site", blog).stdout
    assert (bundle / "statement.txt").read_text() == "ai-training=block\npartner-sharing=refuse\n"
    assert "other.example" not in "".join(path.read_text() for path in bundle.rglob("*") if path.is_file())
    first = (folder / "blog.zip").read_bytes()
    at = json.loads((bundle / "statement.json").read_text())["at"]
    run("record", "evidence", "--site", blog, "--at", at, "blog.zip")
    assert (folder / "blog.zip").read_bytes() == first
    assert [path.name for path in folder.glob("*blog.zip*")] == ["blog.zip"]


@pytest.mark.slow
def test_a_changed_octet_in_a_bundle_is_found(bundle, folder):
    for path in sorted(path for path in bundle.rglob("*") if path.is_file() and path.name != "verify.py"):
        octets = path.read_bytes()
        path.write_bytes(octets[:-9] + bytes([octets[-9] ^ 1]) + octets[-8:])
        assert checked(bundle / "verify.py")[0] == 1, path
        path.write_bytes(octets)
    assert checked(bundle / "verify.py")[0] == 0


@pytest.mark.slow
def test_a_bundle_that_was_put_together_anew_is_found_by_its_proofs(bundle):
    """Whoever alters a file and its line in files.json still has no proof of it."""
    proofs = bundle / "proofs.json"
    for path, old, new in (
        (proofs, "ai-training", "ai-answers"),
        (bundle / "served" / "robots.txt", "GPTBot", "GPTBat"),
        (bundle / "signatures.yaml", "GPTBot", "GPTBat"),
    ):
        text, listed = path.read_text(), (bundle / "files.json").read_text()
        path.write_text(text.replace(old, new, 1).replace("ai_training", "ai_answers", 1))
        names = json.loads(listed)
        names[path.relative_to(bundle).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        (bundle / "files.json").write_text(json.dumps(names))
        assert checked(bundle / "verify.py")[0] == 1, path
        path.write_text(text)
        (bundle / "files.json").write_text(listed)


def test_who_may_read_the_evidence_is_the_umasks(run, blog, folder):
    before = os.umask(0o027)
    try:
        run("record", "evidence", "--site", blog, "blog.zip")
    finally:
        os.umask(before)
    assert (folder / "blog.zip").stat().st_mode & 0o777 == 0o640
