"""``gatepost demo``, as somebody starts it who has just installed Gatepost: what it prints is true."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import httpx
import pytest

from gatepost.asgi.demo import DEMO_SITES, welcome
from gatepost.asgi.demo_partner import PARTNER_HOST, PARTNER_NAME
from journeys.conftest import ended, environment
from needs import missing

pytestmark = [pytest.mark.network_clients, pytest.mark.slow]

DEMO = [sys.executable, "-m", "gatepost.cli", "demo", "--port"]
SECONDS_TO_COME_UP = 60
TRIES = re.compile(r"^ *# (?P<expected>.*)\n *(?P<command>curl .*)$", re.MULTILINE)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def answers(port: int) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(Request(f"http://127.0.0.1:{port}/"), timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False


@pytest.fixture
def start(tmp_path):
    """Start a demo whose temporary folder is ours to look into."""
    started = []

    def run(port: int) -> subprocess.Popen[str]:
        (tmp_path / "temporary").mkdir()
        known = environment() | {"TMPDIR": str(tmp_path / "temporary"), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [*DEMO, str(port)], env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        started.append(process)
        return process

    yield run
    for process in started:
        ended(process)
        process.communicate()


@pytest.fixture
def demo(start):
    """A demo that answers, and its port."""
    port = free_port()
    process = start(port)
    until = time.monotonic() + SECONDS_TO_COME_UP
    while not answers(port):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, f"no answer within {SECONDS_TO_COME_UP} seconds"
        time.sleep(0.05)
    return process, port


def test_it_prints_where_its_sites_are_and_what_to_try(demo):
    process, port = demo
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert out.startswith(welcome(port))
    for site in DEMO_SITES:
        assert f"http://{site.host}:{port}/" in out
    assert len(TRIES.findall(out)) == out.count("curl ") > 3


def test_each_line_that_it_prints_does_what_it_promises(demo):
    if shutil.which("curl") is None:
        missing("curl: apt-get install curl")
    _, port = demo
    for expected, command in TRIES.findall(welcome(port)):
        # Older curls leave names below .localhost to the system's resolver.
        known = [part for site in DEMO_SITES for part in ("--resolve", f"{site.host}:{port}:127.0.0.1")]
        curl = [*shlex.split(command), *known]
        found = subprocess.run(curl, env=environment(), capture_output=True, text=True, timeout=20, check=True).stdout
        if status := re.match(r"(\d{3}):", expected):
            assert found.replace("\\n", "").strip() == status[1], command
        else:
            assert re.search(r"^User-agent: GPTBot\n", found, re.MULTILINE), command


def links_of(process: subprocess.Popen[str]) -> list[str]:
    """The owner's link to each site, as soon as all are printed."""
    links: list[str] = []
    overdue = threading.Timer(SECONDS_TO_COME_UP, process.kill)  # which ends its output: to read a line may block
    overdue.start()
    try:
        while len(links) < len(DEMO_SITES):
            line = process.stdout.readline() if process.stdout else ""
            assert line, f"{len(links)} links within {SECONDS_TO_COME_UP} seconds, and it has ended"
            links += re.findall(r"http://\S+/enter\?link=\S+", line)
    finally:
        overdue.cancel()
    return links


def test_the_owners_links_that_it_prints_lead_to_their_pages(demo):
    process, port = demo
    for site, link in zip(DEMO_SITES, links_of(process), strict=True):
        path = link.removeprefix(f"http://{site.host}:{port}")
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers={"Host": f"{site.host}:{port}"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (303, f"/_gatepost/sites/{site.host}")
        connection.close()


class Choices(HTMLParser):
    """The fields of the form of choices, as a browser would send them unchanged."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.inside, self.text = False, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        field = dict(attrs)
        self.inside = field.get("id") == "choices" if tag == "form" else self.inside
        name = field.get("name") if self.inside else None
        if tag == "textarea" and name:
            self.text = name
            self.fields[name] = ""
        elif name and tag == "input" and (field.get("type") != "radio" or "checked" in field):
            self.fields[name] = field.get("value") or ""

    def handle_data(self, data):
        if self.text:
            self.fields[self.text] += data

    def handle_endtag(self, tag):
        self.text = "" if tag == "textarea" else self.text
        self.inside = self.inside and tag != "form"


def test_the_whole_story_of_a_removal(demo):
    """Allowed, crawled, opted out, partner notified, removal confirmed, and the owner sees it."""
    process, port = demo
    commons = f"http://commons.localhost:{port}"
    links = links_of(process)
    page = f"{commons}/_gatepost/sites/commons.localhost"
    with httpx.Client(trust_env=False, follow_redirects=True, timeout=20) as owner:
        shown = owner.get(links[-1]).text
        assert PARTNER_NAME in shown, "a partner is told by name"
        until = time.monotonic() + SECONDS_TO_COME_UP
        while "GPTBot" not in owner.get(f"{page}/visits").text:
            assert time.monotonic() < until, "the crawler that came is not told"
            time.sleep(0.5)
        fields = Choices(shown).fields | {"ai-training": "block", "save": "1"}
        saved = owner.post(page, data=fields, headers={"origin": commons})
        assert saved.status_code == 200
        until = time.monotonic() + SECONDS_TO_COME_UP
        while "lexicon-7" not in part(owner.get(page).text, "partners"):
            assert time.monotonic() < until, part(owner.get(page).text, "partners")
            time.sleep(0.5)
        told = owner.get(f"http://{PARTNER_HOST}:{port}/").text
    assert "must not be used" in told
    assert "removed commons.localhost" in told
    with httpx.Client(trust_env=False, headers={"user-agent": "GPTBot/1.4"}) as crawler:
        assert crawler.get(commons).status_code == 403


def part(page, id):
    """A section of the page by its id."""
    return page.partition(f'id="{id}"')[2].partition("</section>")[0]


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal elsewhere too, but no test can send it")
def test_ctrl_c_ends_it_quietly_and_nothing_stays(demo, tmp_path):
    process, _ = demo
    assert list((tmp_path / "temporary").iterdir()) != []
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode in (0, 130)
    assert "Traceback" not in errors
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_port_that_is_taken_is_said_in_a_line(start, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(port)
        out, errors = process.communicate(timeout=SECONDS_TO_COME_UP)
    assert process.returncode not in (0, None)
    assert "address already in use" in errors.lower()
    assert "Traceback" not in errors
    assert "Paste" not in out
    assert list((tmp_path / "temporary").iterdir()) == []
