"""`gatepost doctor`: what is wrong, by id, and how to mend it."""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from crawler_signing import Crawler


@pytest.fixture
def doctor(rows):
    """The findings by id."""

    def ask(*words, status=0):
        return {finding["id"]: finding for finding in rows("doctor", "--json", *words, status=status)}

    return ask


def test_a_sound_installation_has_no_faults(doctor, blog):
    findings = doctor()
    assert {finding["level"] for finding in findings.values()} <= {"ok", "warning"}
    assert findings["database.journal"]["level"] == findings["database.schema"]["level"] == "ok"
    assert findings["signatures.version"]["message"] == "signature file 1.2.3, 16 entries"


def test_nothing_is_made_by_looking(doctor, folder):
    assert doctor()["database.new"]["level"] == "ok"
    assert list(folder.iterdir()) == []


def test_a_database_that_is_gone_is_a_fault(doctor, folder):
    copy = folder / "sites.db-snapshot"
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("CREATE TABLE gatepost_copy (store, turn)")
        connection.execute("INSERT INTO gatepost_copy VALUES (?, 1)", (str(folder / "sites.db"),))
        connection.commit()
    assert doctor(status=1)["store.gone"]["level"] == "fault"


def test_every_setting_tells_where_it_comes_from(doctor, folder):
    (folder / "gatepost.toml").write_text('prefix = "/gate"\n', encoding="utf-8")
    findings = doctor()
    assert findings["settings.prefix"]["message"] == "prefix = /gate (from gatepost.toml)"
    assert findings["settings.database"]["message"].endswith("(from the environment)")
    assert findings["settings.forward-auth"]["message"] == "forward_auth = off (from the default)"
    assert doctor("--database", "sqlite://")["settings.database"]["message"].endswith("(from the command line)")


def test_a_password_is_never_shown(run):
    result = run("doctor", "--database", "postgresql://ann:open-sesame@localhost:1/gatepost", status=1)
    assert "open-sesame" not in result.output


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("PREFIX", "x", "settings.invalid"),
        ("NONSENSE", "x", "settings.unknown"),
        ("DATABASE", "mysql://x", "settings.database.url"),
        ("DATABASE", "sqlite:////no/such/folder/x.db", "database.folder"),
        ("SIGNATURES", "missing.yaml", "signatures.file.unreadable"),
        ("NOTICE_KEY", "missing.pem", "notices.key"),
    ],
)
def test_a_fault_is_told_with_its_remedy(doctor, monkeypatch, name, value, id):
    monkeypatch.setenv(f"GATEPOST_{name}", value)
    finding = doctor(status=1)[id]
    assert (finding["level"], bool(finding["remedy"])) == ("fault", True)


@pytest.mark.parametrize(
    ("settings", "id"),
    [
        ({"FORWARD_AUTH": "nginx"}, "proxies.none"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0", "TRUST_EVERYONE": "true"}, "proxies.everyone"),
        ({"DATABASE": "sqlite://"}, "database.memory"),
    ],
)
def test_a_warning_does_not_fail(doctor, monkeypatch, settings, id):
    for name, value in settings.items():
        monkeypatch.setenv(f"GATEPOST_{name}", value)
    assert doctor()[id]["level"] == "warning"


def test_entries_past_their_review_are_named(doctor, monkeypatch, folder):
    text = Path(os.environ["GATEPOST_SIGNATURES"]).read_text(encoding="utf-8")
    (folder / "old.yaml").write_text(text.replace("2099-01-01", "2020-02-02").replace("2026-11-22", "2020-01-01"))
    monkeypatch.setenv("GATEPOST_SIGNATURES", "old.yaml")
    findings = doctor()
    assert "16 entries" in findings["signatures.review.overdue"]["message"]
    assert findings["signatures.stale"]["level"] == "warning"


def foreign(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE sites (x)")


DAMAGES = {
    "foreign": (foreign, "store.schema.foreign"),
    "no_database": (lambda path: path.write_bytes(b"text" * 1000), "store.damaged"),
    "a_folder": (lambda path: path.mkdir(), "store.unopenable"),
}


@pytest.mark.parametrize(("damage", "id"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_database_that_is_no_use_is_told(doctor, folder, damage, id):
    damage(folder / "sites.db")
    assert doctor(status=1)[id]["level"] == "fault"


def test_an_old_schema_is_told_and_left(doctor, folder):
    (folder / "sites.db").touch()
    assert doctor()["database.schema.due"]["level"] == "warning"
    assert (folder / "sites.db").stat().st_size == 0


def test_keys_of_crawlers_are_told_and_what_they_need_is_missed(doctor, run, blog, monkeypatch):
    assert "partners.keys" not in doctor()
    words = ("--purpose", "ai-training", "--crawler", "GPTBot", "--crawler-key", Crawler().x)
    run("partners", "add", "acme", "--name", "Acme", *words)
    assert doctor()["partners.keys"]["level"] == "ok"
    monkeypatch.setitem(sys.modules, "gatepost.partners.request_signatures", None)
    missed = doctor()["partners.keys.missing"]
    assert (missed["level"], "acme" in missed["message"]) == ("warning", True)


def test_for_people_a_finding_has_its_remedy_below(run, monkeypatch):
    monkeypatch.setenv("GATEPOST_FORWARD_AUTH", "nginx")
    lines = run("doctor").stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if line.endswith("[proxies.none]"))
    assert lines[place].startswith("warning  ")
    assert lines[place + 1].startswith("         Name the network")


GOOD = (200, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "max-age=60"}, b"User-agent: *\n")


@contextmanager
def answering(answer) -> Iterator[str]:
    """A server that answers as ``answer(user_agent)`` says."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            status, fields, body = answer(self.headers["user-agent"])
            self.send_response(status)
            for field in {**fields, "Content-Length": str(len(body))}.items():
                self.send_header(*field)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def refusing(agent):
    return (403, {}, b"") if "GPTBot" in agent else GOOD


SERVERS = {
    "sound": (lambda agent: GOOD, {"server.robots-txt", "server.ai-txt"}),
    "refusing": (refusing, {"server.robots-txt.status", "server.ai-txt.status"}),
    "a_page": (
        lambda agent: (200, GOOD[1] | {"Content-Type": "text/html"}, b""),
        {"server.robots-txt.type", "server.ai-txt.type"},
    ),
    "no_lifetime": (
        lambda agent: (200, {"Content-Type": "text/plain"}, b""),
        {"server.robots-txt.cache", "server.ai-txt.cache"},
    ),
    "two_faces": (
        lambda agent: (*GOOD[:2], agent.encode()),
        {"server.robots-txt.differs", "server.ai-txt.differs"},
    ),
}


@pytest.mark.parametrize(("answer", "ids"), SERVERS.values(), ids=SERVERS.keys())
def test_a_running_server_is_asked(rows, run, answer, ids):
    status = 1 if ids & {"server.robots-txt.status", "server.robots-txt.type"} else 0
    with answering(answer) as url:
        findings = rows("doctor", "--url", url, "--json", status=status)
    assert {finding["id"] for finding in findings if finding["id"].startswith("server.")} == ids


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://["])
def test_a_server_that_does_not_answer_is_a_fault(doctor, url):
    assert doctor("--url", url, status=1)["server.unreachable"]["level"] == "fault"


class TestReach:
    """Where a site's hosts lead; the server here is another one, and is not behind Gatepost."""

    def test_hosts_that_do_not_lead_here_are_faults(self, doctor, run, monkeypatch):
        with answering(lambda agent: GOOD) as url:
            monkeypatch.setenv("GATEPOST_PUBLIC_URL", url.replace("127.0.0.1", "{host}"))
            monkeypatch.setenv("GATEPOST_PRIVATE_ADDRESSES", "true")
            run("sites", "add", "blog.localhost")
            found = doctor("--site", "blog.localhost", status=1)
        assert found["reach.elsewhere"]["level"] == "fault"
        assert found["reach.elsewhere"]["message"].startswith("blog.localhost: ")
        assert found["reach.elsewhere"]["remedy"]

    def test_a_host_of_a_private_network_is_not_asked(self, doctor, run):
        run("sites", "add", "blog.localhost")
        assert doctor("--site", "blog.localhost")["reach.unknown"]["level"] == "warning"

    def test_a_site_that_is_none_is_a_fault(self, doctor, blog):
        assert doctor("--site", "nobody.example", status=1)["site.unknown"]["level"] == "fault"

    def test_no_database_is_made_for_it(self, doctor, folder):
        assert doctor("--site", "blog.example", status=1)["reach.database"]["level"] == "fault"
        assert list(folder.iterdir()) == []


def test_a_key_for_notices_that_is_missing_is_in_no_other_way(run, doctor, monkeypatch, folder):
    monkeypatch.setenv("GATEPOST_NOTICE_KEY", str(folder / "late.pem"))
    run("sites", "list")
    run("signatures", "key", "--new", str(folder / "late.pem"))
    assert doctor()["notices.key"]["level"] == "ok"
