"""A platform, a real browser, and the ways of an owner into their page."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from needs import missing

HERE = Path(__file__).parent
SCREENSHOTS = Path(os.environ.get("GATEPOST_SCREENSHOTS") or HERE / "screenshots")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

_numbers = itertools.count(1)


@dataclass
class Hosting:
    process: subprocess.Popen
    port: int
    token: str

    def tell(self, **what: Any) -> str:
        """Add or change a site; the link by which its owner comes in. Or the token for some ``sites``."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["link"]

    def new_host(self) -> str:
        return f"site{next(_numbers)}.localhost"

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def page_url(self, host: str, rest: str = "") -> str:
        return self.url(host, f"/_gatepost/sites/{host}{rest}")

    def curl(self, host: str, agent: str, path: str = "/") -> int:
        """The status that a crawler gets, by curl."""
        if not shutil.which("curl"):
            missing("curl: apt-get install curl")
        resolve = f"{host}:{self.port}:127.0.0.1"
        command = ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "--noproxy", "*", "--resolve", resolve]
        done = subprocess.run([*command, "-A", agent, self.url(host, path)], capture_output=True, text=True, check=True)
        return int(done.stdout)


@pytest.fixture(scope="session")
def hosting(tmp_path_factory) -> Iterator[Hosting]:
    command = [sys.executable, "-m", "pages.hosting", str(tmp_path_factory.mktemp("hosting"))]
    settings = {name: value for name, value in os.environ.items() if name != "GATEPOST_SCREENSHOTS"}  # which is none
    with subprocess.Popen(command, cwd=HERE.parent, stdin=PIPE, stdout=PIPE, text=True, env=settings) as process:
        try:
            assert process.stdout is not None
            started = json.loads(process.stdout.readline())
            yield Hosting(process, started["port"], started["token"])
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright: pip install playwright")
    if CHROMIUM is None:
        missing("Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One browser with its own cookies, and everything that it noticed."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def shot(self, name: str) -> None:
        """Keep a picture of the page; the browser's complaint about the means of taking it is none of the page's."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        before = len(self.complaints)
        self.page.screenshot(path=SCREENSHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png", full_page=True)
        del self.complaints[before:]


@pytest.fixture
def visit(browser) -> Iterator[Any]:
    """Open an address in a fresh browser."""
    contexts = []

    def go(address: str, **options: Any) -> Visitor:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        visitor = Visitor(context.new_page())
        visitor.page.on("request", lambda request: visitor.requests.append(request.url))
        visitor.page.on("console", lambda message: visitor.complaints.append(message.text))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitor.page.goto(address)
        return visitor

    yield go
    for context in contexts:
        context.close()
