"""The examples for nginx and Caddy as they are, in the real programs: an app that knows nothing of Gatepost is guarded.

Of an example only ports are changed, and what a test adds to be alone: loopback, folders of its own, no admin port.
"""

import asyncio
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from crawler_signing import Crawler
from gatepost import Actor, ActorKind, Purpose, confirmed, open_gate, read_wish
from gatepost.core.partners import Partner
from journeys.conftest import ended, environment
from licences import hold
from needs import missing

pytestmark = [pytest.mark.slow, pytest.mark.network_clients]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PACKAGES = {"nginx": "nginx-light", "caddy": "caddy"}
FAMILY = {"nginx": "nginx", "caddy": "forwarded"}

OWNER = Actor(ActorKind.OWNER, "ada")
SITES = {
    "garden.example": ["ai-training=block"],
    "kitchen.example": ["ai-training=ask"],
    "market.example": ["ai-training=license"],
    "licensed.example": ["ai-training=license", "partner-sharing=allow"],
    "open.example": ["ai-training=allow"],
    "press.example": ["ai-training=block", "/press/:ai-training=allow"],
}
CRAWLER = Crawler()
PARTNER = Partner(
    "acme",
    "Acme Data",
    frozenset({Purpose.AI_TRAINING}),
    datetime(2026, 1, 1, tzinfo=UTC),
    crawlers=("GPTBot",),
    networks=("127.7.7.0/24",),
    keys=(CRAWLER.x,),
)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.4; +https://openai.com/gptbot"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class AppBehind(BaseHTTPRequestHandler):
    """Says what it was asked, as JSON."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        posted = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = {"app": True, "path": self.path, "posted": posted, "fields": list(self.headers.items())}
        body = json.dumps(asked).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    do_POST = do_HEAD = do_GET

    def log_message(self, *said):
        pass


@dataclass(frozen=True)
class Answer:
    status: int
    fields: dict[str, list[str]]
    body: str

    def __getitem__(self, name: str) -> str | None:
        return ", ".join(self.fields.get(name.lower(), [])) or None

    @property
    def from_the_app(self) -> bool:
        return '"app": true' in self.body

    def told(self, name: str) -> list[str]:
        """What the app behind was sent under this name, in any spelling."""
        fields = json.loads(self.body)["fields"]
        return [value for key, value in fields if key.lower().replace("_", "-") == name]


@dataclass(frozen=True)
class Proxy:
    name: str
    port: int

    def visit(
        self, target="/", agent=GPTBOT, *fields, host="garden.example", method="GET", body=b"", source="127.0.0.1"
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10, source_address=(source, 0))
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        sent = [("Host", host), ("User-Agent", agent), *fields, *([("Content-Length", len(body))] if body else [])]
        for name, value in sent:
            connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        received: dict[str, list[str]] = {}
        for name, value in response.getheaders():
            received.setdefault(name.lower(), []).append(value)
        answer = Answer(response.status, received, response.read().decode())
        connection.close()
        return answer

    def status_of(self, octets: bytes) -> int:
        """The status that is answered to a request in these very octets."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(octets)
            return int(connection.recv(65_536).split(b" ", 2)[1])


def installed(program: str) -> str:
    """Where a program is, after it has been installed where that can be done without asking anybody."""
    if shutil.which(program) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        with (Path(tempfile.gettempdir()) / "gatepost-apt.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for words in (["update"], ["install", "-y", "--no-install-recommends", PACKAGES[program]]):
                quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
                subprocess.run(["apt-get", "-qq", *words], env=quiet, capture_output=True, check=False)
    return shutil.which(program) or missing(f"{program}: apt-get install {PACKAGES[program]}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running(command: list[str], port: int, folder: Path, **variables: str) -> Iterator[None]:
    """A program that listens on a port, until the end."""
    log = folder / f"{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment() | variables, cwd=folder, stdout=output, stderr=output)
        try:
            until = monotonic() + 20
            while not listens(port):
                assert monotonic() < until, log.read_text()
                assert process.poll() is None, log.read_text()
                sleep(0.05)
            yield
        finally:
            ended(process)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture(scope="session")
def behind() -> Iterator[int]:
    """The port of the app behind."""
    with ThreadingHTTPServer(("127.0.0.1", 0), AppBehind) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def database(tmp_path_factory) -> str:
    async def add_sites():
        gate = open_gate(url)
        for host, wishes in SITES.items():
            await gate.owners.add_site([host], OWNER)
            read = [read_wish(text, gate.signatures) for text in wishes]
            await confirmed(partial(gate.owners.change_preferences, host, read, OWNER))
        await hold(gate.store, PARTNER, datetime.now(UTC))
        await gate.close()

    url = f"sqlite:///{tmp_path_factory.mktemp('sites')}/sites.db"
    asyncio.run(add_sites())
    return url


def adapted(example: str, ports: dict[str, int], *additions: tuple[str, str]) -> str:
    """An example with other ports; every change has to find its place."""
    text = (EXAMPLES / example).read_text("utf-8")
    for old, new in (*((old, old.rpartition(":")[0] + f":{port}") for old, port in ports.items()), *additions):
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx_command(program: str, folder: Path, port: int, ports: dict[str, int]) -> list[str]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    own = "access_log off; " + " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    additions = ("listen 8080;", f"listen 127.0.0.1:{port};"), ("http {\n", f"http {{ {own}\n")
    (folder / "nginx.conf").write_text(adapted("nginx.conf", ports, *additions), "utf-8")
    alone = f"daemon off; master_process off; pid {folder}/pid;"
    return [program, "-p", f"{folder}", "-c", f"{folder}/nginx.conf", "-e", "stderr", "-g", alone]


def caddy_command(program: str, folder: Path, port: int, ports: dict[str, int]) -> list[str]:
    additions = [("http://:8080 {", f"{{\n\tadmin off\n}}\n\nhttp://:{port} {{\n\tbind 127.0.0.1")]
    (folder / "Caddyfile").write_text(adapted("Caddyfile", ports, *additions), "utf-8")
    return [program, "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]


COMMANDS = {"nginx": nginx_command, "caddy": caddy_command}


@pytest.fixture(scope="session", params=COMMANDS)
def proxy(request, behind, database, tmp_path_factory) -> Iterator[Proxy]:
    """The proxy of an example, `gatepost serve` at its side."""
    name, folder, port, gatepost = request.param, tmp_path_factory.mktemp("proxy"), free_port(), free_port()
    program = installed(name)
    service = [
        sys.executable,
        "-c",
        "from gatepost.cli import main; main()",
        "serve",
        "--port",
        f"{gatepost}",
        "--database",
        database,
    ]
    service += ["--forward-auth", FAMILY[name], "--trusted-proxy", "127.0.0.1"]
    command = COMMANDS[name](program, folder, port, {"127.0.0.1:8000": gatepost, "127.0.0.1:9000": behind})
    own = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), f"{folder}")
    with ExitStack() as programs:
        programs.enter_context(running(service, gatepost, folder))
        programs.enter_context(running(command, port, folder, **own))
        yield Proxy(name, port)


class TestVisitors:
    @pytest.mark.parametrize("agent", [BROWSER, GOOGLEBOT, "curl/8.5.0", ""])
    @pytest.mark.parametrize("host", SITES)
    def test_that_nobody_refuses_get_the_page(self, proxy, agent, host):
        answer = proxy.visit("/posts/lilac?x=%2F&y", agent, host=host)
        assert (answer.status, answer.from_the_app) == (200, True)
        assert json.loads(answer.body)["path"] == "/posts/lilac?x=%2F&y"
        assert answer.told("host") == [host]

    def test_may_post(self, proxy):
        answer = proxy.visit("/", BROWSER, method="POST", body=b"a comment")
        assert json.loads(answer.body)["posted"] == "a comment"

    @pytest.mark.parametrize("agent", [BROWSER, GPTBOT])
    def test_get_what_the_owner_says_with_the_page(self, proxy, agent):
        answer = proxy.visit("/", agent, host="kitchen.example")
        assert answer["x-robots-tag"] == "noai, noimageai, noarchive"
        assert answer["content-usage"] == "train-ai=n"
        assert "ai-train=no" in (answer["content-signal"] or "")
        assert answer["tdm-reservation"] == "1"

    def test_get_the_terms_with_the_page(self, proxy):
        answer = proxy.visit("/", BROWSER, host="market.example")
        assert answer["tdm-policy"] == "https://market.example/_gatepost/tdm-policy.json"
        assert (answer["link"] or "").startswith("<https://market.example/_gatepost/license.xml>")

    def test_get_no_field_where_nothing_is_said(self, proxy):
        answer = proxy.visit("/", BROWSER, host="open.example")
        assert (answer["x-robots-tag"], answer["tdm-policy"], answer["link"]) == (None, None, None)
        assert not any("{" in value for values in answer.fields.values() for value in values)

    @pytest.mark.parametrize(
        ("agent", "action"),
        [(BROWSER, "allow"), (GPTBOT, "tag"), (GOOGLEBOT, "allow")],
        ids=["browser", "gpt", "google"],
    )
    def test_are_told_to_the_app(self, proxy, agent, action):
        assert proxy.visit("/", agent, host="kitchen.example").told("x-gatepost-action") == [action]


class TestRefused:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_are_told_why(self, proxy, method):
        answer = proxy.visit(method=method, body=b"x" * 10_000 if method == "POST" else b"")
        assert answer.status == 403
        assert answer.body.startswith("garden.example: The owner of this site does not allow this crawler.\n")
        assert "noindex" in (answer["x-robots-tag"] or "")
        assert answer["cache-control"] == "no-store"

    def test_are_told_in_the_form_that_they_ask_for(self, proxy):
        answer = proxy.visit("/", GPTBOT, ("Accept", "application/json"))
        assert json.loads(answer.body)["crawler"] == "GPTBot"

    def test_are_offered_the_licence(self, proxy):
        answer = proxy.visit(host="market.example")
        assert (answer.status, "/_gatepost/license.xml" in (answer["link"] or "")) == (402, True)

    @pytest.mark.parametrize(
        "target",
        [
            *("/press/../secret", "/press/%2e%2e/secret", "/press/..%2fsecret", "/press/%252e%252e/secret"),
            *("/secret#/press/", "/secret?/press/", "//press/../secret", "/press/..;/secret", "/press/..\\secret"),
            *("/robots.txt/../secret", "/robots.txt/", "/ai.txt;x", "/%2e/robots.txt/%2e%2e/secret"),
        ],
    )
    def test_never_get_the_page_by_a_trick(self, proxy, target):
        answer = proxy.visit(target, host="press.example")
        assert answer.status in (400, 403)
        assert not answer.from_the_app

    def test_get_the_open_corner(self, proxy):
        assert proxy.visit("/press/kit", host="press.example").from_the_app


FORGED_TARGETS = ("X-Original-URI", "X-Forwarded-Uri", "X_Original_URI", "X_Forwarded_Uri", "X-Rewrite-URL")
FORGED_HOSTS = ("X-Forwarded-Host", "X_Forwarded_Host", "X-Original-Host", "Forwarded")
TAGS = ("Action", "reason", "Crawler", "STANDING", "Partner", "Proof")
FORGED_TAGS = [f"X{one}Gatepost{two}{tag}" for tag in TAGS for one in "-_" for two in "-_"]


FORGED_SOURCES = ("X-Forwarded-For", "X_Forwarded_For", "x-forwarded-for", "Forwarded", "X-Real-IP", "X-Client-IP")


class TestPartners:
    def test_pass_from_their_own_addresses(self, proxy):
        answer = proxy.visit("/", GPTBOT, host="licensed.example", source="127.7.7.7")
        assert answer.from_the_app
        assert answer.told("x-gatepost-action") == ["allow"]

    def test_pass_by_what_they_sign_and_once(self, proxy):
        covered = {'"@authority"': "licensed.example", '"@path"': "/a%20b", '"@query"': "?c=d"}
        fields = [(name.decode(), value.decode()) for name, value in CRAWLER.fields(covered)]
        assert proxy.visit("/a%20b", GPTBOT, *fields, host="licensed.example", source="127.8.8.8").status == 402
        answer = proxy.visit("/a%20b?c=d", GPTBOT, *fields, host="licensed.example", source="127.8.8.8")
        assert answer.from_the_app
        assert answer.told("x-gatepost-action") == ["allow"]
        assert proxy.visit("/a%20b?c=d", GPTBOT, *fields, host="licensed.example", source="127.8.8.8").status == 402

    @pytest.mark.parametrize("name", FORGED_SOURCES)
    @pytest.mark.parametrize("value", ["127.7.7.7", "127.7.7.7, 127.0.0.1", "for=127.7.7.7"])
    def test_are_nobody_who_only_says_so(self, proxy, name, value):
        for source in ("127.0.0.1", "127.8.8.8"):
            answer = proxy.visit("/", GPTBOT, (name, value), host="licensed.example", source=source)
            assert answer.status == 402
            assert not answer.from_the_app


class TestForgeries:
    @pytest.mark.parametrize("name", FORGED_TARGETS)
    def test_of_the_target_change_nothing(self, proxy, name):
        assert proxy.visit("/secret", GPTBOT, (name, "/press/"), host="press.example").status == 403
        assert proxy.visit("/press/", GPTBOT, (name, "/secret"), host="press.example").from_the_app

    @pytest.mark.parametrize("name", FORGED_HOSTS)
    def test_of_the_host_change_nothing(self, proxy, name):
        assert proxy.visit("/", GPTBOT, (name, "open.example")).status == 403

    @pytest.mark.parametrize("name", FORGED_TAGS)
    def test_of_the_decision_reach_nobody(self, proxy, name):
        answer = proxy.visit("/", BROWSER, (name, "forged"))
        assert answer.from_the_app
        assert "forged" not in answer.body
        assert proxy.visit("/", GPTBOT, (name, "allow")).status == 403

    @pytest.mark.parametrize("name", ["Tdm-Reservation", "Content-Usage", "Content-Signal", "Tdm-Policy", "Link"])
    def test_of_a_response_field_are_not_sent_back(self, proxy, name):
        answer = proxy.visit("/", BROWSER, (name, "a-forgery"), host="open.example")
        assert not any("a-forgery" in value for values in answer.fields.values() for value in values)


class TestPolicyFiles:
    @pytest.mark.parametrize("agent", [GPTBOT, GOOGLEBOT, BROWSER])
    @pytest.mark.parametrize("path", ["/robots.txt", "/ai.txt", "/.well-known/tdmrep.json", "/_gatepost/policy"])
    def test_are_for_everyone(self, proxy, agent, path):
        answer = proxy.visit(path, agent)
        assert (answer.status, answer.from_the_app) == (200, False)

    def test_are_those_of_the_site(self, proxy):
        assert "User-agent: GPTBot\n" in proxy.visit("/robots.txt").body
        assert "GPTBot" not in proxy.visit("/robots.txt", host="open.example").body

    @pytest.mark.parametrize("path", ["/license.xml", "/tdm-policy.json"])
    def test_hold_the_terms(self, proxy, path):
        assert proxy.visit("/_gatepost" + path, host="market.example").status == 200


class TestEdges:
    @pytest.mark.parametrize("agent", [BROWSER, GPTBOT])
    @pytest.mark.parametrize("path", ["auth", "%61uth", "healthz", "readyz", "../_gatepost/auth", "/readyz"])
    def test_the_service_itself_is_not_for_visitors(self, proxy, agent, path):
        answer = proxy.visit(f"/_gatepost/{path}", agent, ("X-Original-URI", "/"), ("X-Forwarded-Uri", "/"))
        assert "ok" not in answer.body.split()
        assert answer.status in (403, 404) or answer.from_the_app

    def test_a_request_without_a_host_is_no_error_of_ours(self, proxy):
        assert proxy.status_of(b"GET / HTTP/1.0\r\nUser-Agent: Firefox\r\n\r\n") in (400, 403)

    def test_a_target_in_absolute_form_is_its_path(self, proxy):
        lines = "GET http://garden.example{} HTTP/1.1\r\nHost: garden.example\r\nUser-Agent: {}\r\n\r\n"
        assert proxy.status_of(lines.format("/x", BROWSER).encode()) == 200
        assert proxy.status_of(lines.format("/x", GPTBOT).encode()) == 403

    def test_a_target_that_is_ambiguous_is_refused_and_not_missing(self, proxy):
        many = "/a;b%2f..%5c%2e%2e//%252e;c/%255c..;d//e%253b/../f" * 9
        assert proxy.visit(many, BROWSER).status in (400, 403)
