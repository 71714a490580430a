"""`gatepost signatures addresses` and what doctor says of the lists, on a server on this machine."""

import asyncio
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gatepost.core.address_lists import ListFault, ListStanding
from gatepost.core.address_records import standing_kept
from gatepost.storage import open_store

URL = "https://openai.com/gptbot.json"
"""The first list that the signature file of these tests names; no test asks for it."""
LIST = b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}, {"ipv6Prefix": "2a00:1450::/48"}]}'


@pytest.fixture
def known(folder):
    """Keep a standing of the list, as a gate would."""

    def keep(good_days_ago, fault=None):
        today = datetime.now(UTC).date()
        good = None if good_days_ago is None else today - timedelta(days=good_days_ago)
        standing = ListStanding(URL, today, good, "", LIST if good else b"", fault)

        async def kept():
            store = open_store("sqlite:///sites.db")
            await store.publish([standing_kept(standing)])
            await store.close()

        asyncio.run(kept())

    return keep


GONE = ListFault("addresses.status", "it is answered with 404", "Open the address.")


def test_what_nobody_has_asked_for_is_no_finding(rows):
    first, *_ = rows("signatures", "addresses", "--json")
    assert first == {
        "url": URL, "crawlers": ["GPTBot"], "asked": None, "good": None, "age_days": None, "alarm": False,
        "networks": 0, "ipv4_addresses": 0, "ipv6_64s": 0, "fault": None
    }  # fmt: skip


def test_what_is_at_hand_tells_its_age_and_size(run, rows, known):
    known(2)
    told, *_ = rows("signatures", "addresses", "--json")
    assert (told["age_days"], told["networks"], told["ipv4_addresses"], told["ipv6_64s"]) == (2, 2, 32, 65_536)
    shown = run("signatures", "addresses").stdout
    assert "GPTBot: 2 networks, found good 2 days ago" in shown


@pytest.mark.parametrize(("days", "fault"), [(8, None), (0, GONE), (None, GONE)])
def test_a_list_that_is_old_or_bad_is_a_finding(run, known, days, fault):
    known(days, fault)
    shown = run("signatures", "addresses", status=1).stdout
    assert ("addresses.status" in shown) is (fault is not None)


@pytest.mark.parametrize(
    ("days", "fault", "id", "level"),
    [
        (0, None, "addresses", "ok"),
        (8, None, "addresses.old", "warning"),
        (1, GONE, "addresses.fault", "warning"),
        (None, GONE, "addresses.fault", "warning"),
    ],
)
def test_doctor_tells_of_them_where_they_are_wanted(rows, known, monkeypatch, days, fault, id, level):
    known(days, fault)
    assert not any(one["id"].startswith("addresses") for one in rows("doctor", "--json"))
    monkeypatch.setenv("GATEPOST_ADDRESS_LISTS", "true")
    found = {one["id"]: one["level"] for one in rows("doctor", "--json")}
    assert found[id] == level


def test_a_list_that_was_asked_for_and_never_had_is_an_alarm(rows, known):
    known(None, GONE)
    assert rows("signatures", "addresses", "--json", status=1)[0]["alarm"] is True


def test_doctor_warns_where_no_list_was_ever_had(run, rows, monkeypatch):
    run("sites", "add", "blog.example")
    monkeypatch.setenv("GATEPOST_ADDRESS_LISTS", "true")
    found = {one["id"]: one for one in rows("doctor", "--json")}
    assert found["addresses.none"]["level"] == "warning"
    assert "--fetch" in found["addresses.none"]["remedy"]
    assert "addresses" not in found


def test_a_url_that_no_signature_names_is_not_taken(run):
    assert "addresses.unknown" in run("signatures", "addresses", "--accept", "https://a.example/", status=2).output


@contextmanager
def serving(body):
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(("body", "status", "fault"), [(LIST, 0, None), (b"<html>", 1, "addresses.page")])
def test_a_list_is_asked_for_now(rows, monkeypatch, body, status, fault):
    """The real command and the real client; only where the name leads is said by the test."""
    with serving(body) as port:
        monkeypatch.setattr("gatepost.sources.outward.Place.at", lambda place, address: f"http://127.0.0.1:{port}/")
        monkeypatch.setattr("gatepost.sources.outward._may_be_asked", bool)
        monkeypatch.setattr("socket.getaddrinfo", lambda *asked: [(2, 1, 6, "", ("127.0.0.1", 0))])
        told, *_ = rows("signatures", "addresses", "--fetch", "--json", status=status)
    assert (told["fault"] and told["fault"]["id"], told["networks"]) == (fault, 0 if fault else 2)
    again, *_ = rows("signatures", "addresses", "--json", status=status)
    assert again == told, json.dumps(told)
