"""``gatepost partners simulate``: it believes what is signed, keeps the highest revision, and breaks as it is told."""

import asyncio
import json
import signal
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic, sleep

import httpx
import pytest
from standardwebhooks import Webhook

from sources.evil import answer, serving

SECRET = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0"
NEVER = [word for fate in ("reset", "error", "slow", "lost", "busy") for word in (f"--{fate}", "0")]


def push(revision, action="remove_past", *, id="", secret=SECRET, item=None):
    """The body and the fields of a push."""
    id = id or f"ntc_{revision}"
    said = {"id": id, "revision": revision, "site": "blog.example", "purpose": "ai-training", "action": action}
    body = json.dumps({"type": "consent.changed", "data": {**said, **({"item": {"id": item}} if item else {})}})
    at = datetime.now(UTC)
    signature = Webhook(secret).sign(id, at, body)
    fields = {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return body, fields


class Simulator:
    def __init__(self, process, url):
        self.process, self.url = process, url

    def send(self, body, fields):
        """The status; ``None`` where there was no answer."""
        try:
            return httpx.post(self.url, content=body, headers=fields, trust_env=False, timeout=10).status_code
        except httpx.TransportError:
            return None

    def ended(self):
        """All that it wrote."""
        self.process.send_signal(signal.SIGINT)
        rows = [json.loads(line) for line in self.process.stdout.read().splitlines()]
        assert self.process.wait(20) == 0
        return rows


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def simulate(conversation):
    """Start the command, and wait until it listens."""
    started = []

    def start(*words):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = conversation("partners", "simulate", "--secret", SECRET, "--port", str(port), *words)
        started.append(process)
        until = monotonic() + 30
        while not listens(port):
            assert process.poll() is None
            assert monotonic() < until
            sleep(0.05)
        return Simulator(process, f"http://127.0.0.1:{port}/")

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_the_highest_revision_holds(simulate):
    partner = simulate(*NEVER)
    pushes = [push(2, "restore"), push(1), push(2, "restore"), push(3, item="7"), push(2, "restore", id="ntc_2_r")]
    assert all(200 <= partner.send(*one) < 300 for one in pushes)
    *rows, last = partner.ended()
    assert [row["news"] for row in rows] == [True, False, False, True, False]
    summary = last["summary"]
    assert [(said["revision"], said["action"]) for said in summary["state"]] == [(2, "restore"), (3, "remove_past")]
    assert (summary["pushes"], summary["notices"], summary["fates"]) == (5, 4, {"accepted": 5})


def test_what_is_not_signed_is_not_believed(simulate):
    partner = simulate(*NEVER)
    body, fields = push(1)
    other = push(2, secret="whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBpdCBpcw==")
    nonsense = {**fields, "webhook-signature": "nonsense"}
    old = {**fields, "webhook-timestamp": "1"}
    assert [
        partner.send(*one) for one in (other, (body + " ", fields), (body, nonsense), (body, old), (b"\xff", fields))
    ] == [401] * 5
    summary = partner.ended()[-1]["summary"]
    assert (summary["state"], summary["fates"]) == ([], {"forged": 5})


def test_it_breaks_as_it_is_told_to_and_the_same_way_again(simulate):
    def fates(partner):
        statuses = [partner.send(*push(number)) for number in range(1, 41)]
        return statuses, partner.ended()[-1]["summary"]["fates"]

    chances = ("--reset", "20", "--error", "20", "--slow", "0", "--lost", "20", "--busy", "20", "--seed", "3")
    statuses, first = fates(simulate(*chances))
    assert first.keys() == {"accepted", "busy", "error", "lost", "reset"}
    assert statuses.count(None) == first["lost"] + first["reset"]
    assert sum(status in (429, 503) for status in statuses if status) == first["busy"]
    assert fates(simulate(*chances)) == (statuses, first)


@asynccontextmanager
async def control_api():
    async with serving() as evil:
        evil.pages["/api/partners/acme/receipts"] = answer(b"{}")
        yield evil


async def test_it_answers_with_receipts(simulate):
    async with control_api() as evil:
        words = ("--receipts", "acme", "--api", f"http://127.0.0.1:{evil.port}/api/", "--token", "gpo_secret")
        partner = await asyncio.to_thread(simulate, *NEVER, *words)
        for one in (push(1, "stop"), push(2), push(3, "restore")):
            assert await asyncio.to_thread(partner.send, *one)
        deadline = monotonic() + 30
        while len(evil.requests) < 3:
            assert monotonic() < deadline, evil.requests
            await asyncio.sleep(0.05)
        rows = await asyncio.to_thread(partner.ended)
    told = [(row["id"], row["receipt"], row["answer"]) for row in rows if "receipt" in row]
    assert sorted(told) == [("ntc_1", "stopped", "200"), ("ntc_2", "removed", "200"), ("ntc_2", "stopped", "200")]
    assert all(b"authorization: bearer gpo_secret" in asked.lower() for asked in evil.requests)


def test_percentages_are_percentages(run):
    run("partners", "simulate", "--secret", SECRET, "--error", "101", status=2)


def test_without_the_library_it_says_what_to_install(run, monkeypatch):
    monkeypatch.setattr("gatepost.cli.partner_simulator.find_spec", lambda name: None)
    assert "gatepost[server,partners]" in run("partners", "simulate", "--secret", SECRET, status=2).output


def test_what_is_due_is_delivered_by_command(simulate, run, rows, monkeypatch):
    monkeypatch.setenv("GATEPOST_PRIVATE_ADDRESSES", "true")
    site = {"hosts": ["blog.example"], "wishes": ["partner-sharing=allow"]}
    run("sites", "import", "-", given=json.dumps(site))
    secret = run("partners", "add", "acme", "--name", "Acme", "--purpose", "ai-training").stdout.strip()
    partner = simulate(*NEVER, "--secret", secret)
    assert "Nothing is due." in run("notices", "deliver").stderr
    run("partners", "change", "acme", "--endpoint", partner.url)
    run("sites", "set", "blog.example", "ai-training=block")
    assert rows("notices", "deliver", "--json") == [{"partner": "acme", "accepted": 1, "failed": 0, "problem": ""}]
    *_, summary = partner.ended()
    (said,) = summary["summary"]["state"]
    assert (said["site"], said["action"], said["terms"]["use"]) == ("blog.example", "remove_past", False)
    (told,) = rows("notices", "list", "--json")
    assert told["delivered"]
    run("sites", "set", "blog.example", "partner-sharing=refuse", "ai-training=allow", "--yes")
    run("notices", "remove-item", "--site", "blog.example", "--item", "7")
    assert "acme: 0 taken, 1 failed" in run("notices", "deliver", status=1).stdout
