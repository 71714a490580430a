"""The middleware in real servers, over a socket: what one server delivers, another cuts, joins or refuses.

What must hold on all of them: a crawler that the owner refuses never gets the page, however it spells its request.
"""

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from time import monotonic, sleep

import pytest

from asgi.door import BROWSER, GPTBOT, Store, gate_on, wish
from needs import missing

pytestmark = pytest.mark.slow

PAGE = b"the page of "
APP = "asgi.served_app:app"
SERVERS = {
    "uvicorn-h11": ["uvicorn", "--http", "h11", "--host", "127.0.0.1", "--port", "{port}", APP],
    "uvicorn-httptools": ["uvicorn", "--http", "httptools", "--host", "127.0.0.1", "--port", "{port}", APP],
    "hypercorn": ["hypercorn", "--bind", "127.0.0.1:{port}", APP],
    "granian": ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", "{port}", APP],
    "daphne": ["daphne", "-b", "127.0.0.1", "-p", "{port}", APP],
}
SITES = {
    "garden.example": ["ai-training=block"],
    "kitchen.example": ["ai-training=ask"],
    "vault.example": ["ai-training=allow", "/private/:ai-training=block"],
}
COMPLAINTS = ("Traceback", "Warning", "was destroyed", "never retrieved", "never awaited", "Exception ignored")


@contextmanager
def serving(name, database, log):
    """A server in a process of its own, on a port of its own; yields both."""
    module = SERVERS[name][0]
    if find_spec(module) is None or ("httptools" in name and find_spec("httptools") is None):
        missing(name)
    port, process = started(name, database, log)
    try:
        yield port, process
    finally:
        end(process)


def end(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # some leave the work to a process of their own
    process.wait()


def started(name, database, log):
    """A server that listens; on another port where somebody else took the one that was free a moment ago."""
    module, *arguments = SERVERS[name]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "GATEPOST_DATABASE": database}
    command = [sys.executable, "-W", "always::ResourceWarning", "-m", module]
    for _ in range(3):
        port = free_port()
        words = [*command, *(argument.format(port=port) for argument in arguments)]
        with log.open("wb") as output:
            process = subprocess.Popen(words, env=environment, stdout=output, stderr=output, start_new_session=True)
        if listens(port, process):
            return port, process
        end(process)
        if "in use" not in log.read_text():
            break
    raise AssertionError(f"the server does not listen: {log.read_text()}")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def listens(port, process):
    """Once it does; not, when it ends or has not begun to for long."""
    until = monotonic() + 20
    while monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        sleep(0.05)
    return False


@pytest.fixture(scope="module")
def database(signatures, tmp_path_factory):
    async def add_sites():
        gate = gate_on(signatures, Store(url))
        for host, wishes in SITES.items():
            await wish(gate, host, *wishes)
        await gate.close()

    url = f"sqlite:///{tmp_path_factory.mktemp('served')}/sites.db"
    asyncio.run(add_sites())
    return url


@pytest.fixture(scope="module", params=SERVERS)
def port(request, database, tmp_path_factory):
    with serving(request.param, database, tmp_path_factory.mktemp("log") / "log") as (port, _):
        yield port


def exchange(port, octets):
    """All that a server answers to these octets, until it closes, falls silent, or shakes hands."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 5) as connection, suppress(OSError):
        connection.sendall(octets)
        connection.settimeout(2)
        while not answer.startswith(b"HTTP/1.1 101") and (received := connection.recv(65_536)):
            answer += received
    return answer


def request(
    target=b"/", *fields, host=b"garden.example", agent=GPTBOT, method=b"GET", version=b"HTTP/1.1", end=b"\r\n"
):
    lines = [b"%b %b %b" % (method, target, version)]
    lines += [b"Host: " + host] if host is not None else []
    lines += [b"User-Agent: " + agent] if agent is not None else []
    return end.join([*lines, *fields, b"Connection: close", b"", b""])


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else None


class TestServer:
    @pytest.mark.parametrize(
        ("octets", "expected"),
        [
            (request(agent=BROWSER), 200),
            (request(b"/x?y=1", agent=BROWSER), 200),
            (request(), 403),
            (request(agent=b"Googlebot/2.1"), 200),
            (request(host=b"kitchen.example"), 200),
            (request(host=b"nobody.example"), 403),
            (request(b"/robots.txt"), 200),
            (request(b"/ai.txt"), 200),
            (request(b"/.well-known/tdmrep.json"), 200),
            (request(version=b"HTTP/1.0", host=None, agent=BROWSER), 200),
        ],
        ids=lambda value: value if isinstance(value, int) else value.split(b"\r\n")[0].decode(),
    )
    def test_answers(self, port, octets, expected):
        answer = exchange(port, octets)
        assert status(answer) == expected
        assert b"the app" not in answer

    @pytest.mark.parametrize(
        "octets",
        {
            "two hosts": request(b"/", b"Host: kitchen.example"),
            "two hosts, the open one first": request(b"/", b"Host: garden.example", host=b"kitchen.example"),
            "two hosts, the same": request(b"/", b"Host: garden.example"),
            "no host": request(host=None),
            "an empty host": request(host=b""),
            **{
                f"host {host!r}": request(host=host)
                for host in (b"a/b", b"a?b", b"a@b", b"a b", b"a#b", b"a\\b", b"a,b", b"%67")
            },
            "host garden@kitchen": request(host=b"garden.example@kitchen.example"),
            "a host of 300 octets": request(host=b"a" * 300),
            "an open host as the target's": request(b"http://kitchen.example/"),
            "an open host as Host": request(b"http://garden.example/", host=b"kitchen.example@garden.example"),
            "http/1.0 without host": request(version=b"HTTP/1.0", host=None),
            "two agents, the crawler last": request(b"/", b"User-Agent: " + GPTBOT, agent=BROWSER),
            "two agents, the crawler first": request(b"/", b"User-Agent: " + BROWSER),
            "obs-fold before the token": request(b"/", b"User-Agent: Mozilla/5.0", b" GPTBot/1.2", agent=None),
            "obs-fold after the token": request(b"/", b"User-Agent: GPTBot/1.2", b"\tMozilla/5.0", agent=None),
            "obs-fold on the host": request(b"/", b"Host: garden.example", b" kitchen.example", host=None),
            "bare LF": request(end=b"\n"),
            "bare LF in the agent": request(agent=b"Mozilla/5.0\nUser-Agent: GPTBot/1.2"),
            "bare CR in the agent": request(agent=b"Mozilla/5.0\rUser-Agent: GPTBot/1.2"),
            "a control character": request(agent=b"GPT\x01Bot/1.2"),
            "DEL": request(agent=b"GPTBot\x7f/1.2"),
            "NUL": request(agent=b"GPT\x00Bot/1.2"),
            "8-bit octets": request(agent=b"\xff\xfe GPTBot/1.2 \xe9"),
            "60 KB before the token": request(agent=b"x" * 60_000 + b" GPTBot/1.2"),
            "blanks before the token": request(agent=b" \t  GPTBot/1.2"),
            "upper case": request(agent=b"GPTBOT/1.2"),
            "a blank before the colon": request(b"/", b"User-Agent : GPTBot/1.2", agent=None)[:-2] + b"\r\n",
        }.items(),
        ids=lambda item: item[0],
    )
    def test_never_shows_a_refused_crawler_the_page(self, port, octets):
        answer = exchange(port, octets[1])
        if octets[0] == "a blank before the colon":
            assert status(answer) in (None, 400, 200)  # no User-Agent at all is nobody's
        else:
            assert PAGE not in answer
            assert status(answer) != 200

    @pytest.mark.parametrize("method", [b"HEAD", b"POST", b"OPTIONS", b"PROPFIND", b"get", b"TRACE", b"PURGE", b"head"])
    def test_refuses_whatever_the_method(self, port, method):
        answer = exchange(port, request(method=method))
        assert PAGE not in answer
        assert status(answer) in (None, 400, 403, 405, 501)

    @pytest.mark.parametrize(
        "target",
        [
            *(b"/private/x", b"//private/x", b"/./private/x", b"/x/../private/x", b"/private//x", b"/private/./x"),
            *(
                b"/%2e/private/x",
                b"/x/%2e%2e/private/x",
                b"/%70rivate/x",
                b"/private%2Fx",
                b"/%2Fprivate/x",
                b"/private%2fx",
            ),
            *(
                b"\\private\\x",
                b"/private\\x",
                b"/x/..\\private/x",
                b"/private;a=b/x",
                b"/;a/private/x",
                b"/private/;x",
            ),
            *(
                b"/%2570rivate/x",
                b"/private%252Fx",
                b"/x/%252e%252e/private/x",
                b"/private/x?",
                b"/private/x?a=/robots.txt",
            ),
            *(
                b"/private/x#/",
                b"http://vault.example/private/x",
                b"/robots.txt/../private/x",
                b"/.well-known/../private/x",
            ),
            *(b"/private/..;/private/x", b"/%c0%af/../private/x", b"/private/%00", b"/private/\xff"),
        ],
    )
    def test_never_opens_a_path_under_another_spelling(self, port, target):
        answer = exchange(port, request(target, host=b"vault.example"))
        assert PAGE not in answer
        assert status(answer) != 200

    @pytest.mark.parametrize("target", [b"/", b"/privates/x", b"/x?/private/x", b"http://vault.example/open"])
    def test_opens_what_is_open_on_the_same_site(self, port, target):
        assert PAGE in exchange(port, request(target, host=b"vault.example"))

    @pytest.mark.parametrize(
        "target",
        [
            *(b"/robots.txt/", b"/ROBOTS.TXT", b"/x/robots.txt", b"/robots.txt%20", b"//robots.txt", b"/robots.txt/x"),
            *(
                b"/robots.txt%00",
                b"/robots.txt;x",
                b"/./robots.txt",
                b"/robots.txt%3Fx",
                b"/robots%252etxt",
                b"/robots.txt%2F",
            ),
            *(
                b"/?/robots.txt",
                b"/x#/robots.txt",
                b"/robots.txt/../x",
                b"\\robots.txt",
                b"/.well-known/../x",
                b"/.well-known",
            ),
        ],
    )
    def test_opens_nothing_that_only_looks_like_robots_txt(self, port, target):
        assert PAGE not in exchange(port, request(target))

    @pytest.mark.parametrize("target", [b"/robots.txt?x", b"/robots.txt?", b"/robots%2Etxt", b"/%72obots.txt"])
    def test_serves_robots_txt_in_every_harmless_spelling(self, port, target):
        assert b"User-agent: GPTBot" in exchange(port, request(target))

    @pytest.mark.parametrize(
        ("agent", "host", "expected"),
        [
            (GPTBOT, b"garden.example", 403),
            (GPTBOT, b"kitchen.example", 101),
            (BROWSER, b"garden.example", 101),
        ],
    )
    def test_refuses_a_handshake_before_it_is_accepted(self, port, agent, host, expected):
        fields = b"Upgrade: websocket", b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", b"Sec-WebSocket-Version: 13"
        octets = request(b"/", *fields, host=host, agent=agent).replace(b"Connection: close", b"Connection: Upgrade")
        assert status(exchange(port, octets)) == expected

    def test_keeps_sites_apart_on_one_connection(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        for round in range(20):
            for host, expected in (("garden.example", 403), ("kitchen.example", 200), ("vault.example", 200)):
                connection.putrequest("GET", f"/{round}", skip_host=True)
                connection.putheader("Host", host)
                connection.putheader("User-Agent", "GPTBot/1.2")
                connection.endheaders()
                reply = connection.getresponse()
                body = reply.read()
                assert reply.status == expected
                assert host.encode() in body
        connection.close()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_is_told_to_stop_stops_in_silence(name, database, tmp_path):
    log = tmp_path / "log"
    with serving(name, database, log) as (port, process):
        assert status(exchange(port, request())) == 403
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert [line for line in log.read_text().splitlines() if any(word in line for word in COMPLAINTS)] == []
