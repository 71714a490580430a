"""Asking the world outside: an enemy's server on loopback costs little, and its certificate has to be the name's."""

import asyncio
import socket
import subprocess
import threading
import tracemalloc
from shutil import which
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from time import monotonic

import pytest

from gatepost.errors import OutwardError
from gatepost.sources import HttpOutward
from gatepost.sources.http import trust
from needs import missing
from sources.evil import serving

HOST = "site.example"


async def here(host):
    return ["127.0.0.1"]


@pytest.fixture
async def evil():
    async with serving() as evil:
        yield evil


@pytest.fixture
def fetch(evil):
    async def ask(path, host=HOST, seconds=1.0, most=65_536, **more):
        outward = HttpOutward(private_addresses=True, resolve=here)
        return await outward.fetch(f"http://{host}:{evil.port}{path}", most_octets=most, seconds=seconds, **more)

    return ask


async def refused(call):
    with pytest.raises(OutwardError) as caught:
        await call
    assert caught.value.remedy
    return caught.value.id


async def test_an_answer_is_given_as_it_is(fetch, evil):
    got = await fetch("/", fields=[("if-none-match", '"1"')])
    assert (got.status, got.body, got.value("content-type"), got.value("etag")) == (200, b"hello", "text/plain", '"1"')
    asked = evil.requests[0].lower()
    assert f"host: {HOST}:{evil.port}\r\n".encode() in asked
    assert b'if-none-match: "1"\r\n' in asked
    assert b"user-agent: gatepost/" in asked


async def test_a_field_that_cannot_be_sent_is_refused(fetch, evil):
    assert await refused(fetch("/", fields=[("if-none-match", '"é"')])) == "outward.unreachable"
    assert not evil.requests


async def test_a_redirect_is_an_answer_and_is_not_followed(fetch, evil):
    got = await fetch("/moved")
    assert (got.status, got.value("location")) == (302, "http://169.254.169.254/latest/meta-data/")
    assert len(evil.requests) == 1


@pytest.mark.parametrize(
    ("path", "id"),
    [
        ("/gigabyte", "outward.large"),
        ("/endless", "outward.large"),
        ("/bomb", "outward.encoding"),
        ("/drip", "outward.slow"),
        ("/silent", "outward.slow"),
        ("/continue", "outward.slow"),
        ("/nothing", "outward.unreachable"),
        ("/nonsense", "outward.unreachable"),
        ("/short", "outward.unreachable"),
        ("/long-field", "outward.unreachable"),
        ("/many-fields", "outward.unreachable"),
    ],
)
async def test_what_an_enemy_answers_is_refused_and_costs_little(fetch, evil, path, id):
    await fetch("/")
    tracemalloc.start()
    begun = monotonic()
    assert await refused(fetch(path)) == id
    assert monotonic() - begun < 5
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()
    assert evil.sent < 32 * 2**20


async def test_the_limit_is_exact(fetch):
    assert (await fetch("/", most=5)).body == b"hello"
    assert await refused(fetch("/", most=4)) == "outward.large"


@pytest.mark.parametrize(
    "url",
    [
        "", "site.example", "//site.example/", "ftp://site.example/", "file:///etc/passwd", "http:///", "HTTP://site.example",
        "http://user@site.example/", "http://user:pass@site.example/", "http://site.example@evil.example/",
        "http://site.example\\@evil.example/", "http://site.example/a b", "http://site.example/\r\nx: y",
        "http://bücher.example/", "http://site.example/#x", "http://site.example:/", "http://[::1/", "http://a%00b/", "http://a%2eb/",
        "http://" + "a" * 2_100,
    ],
)  # fmt: skip
async def test_a_url_has_one_plain_form(url):
    assert await refused(HttpOutward(True, resolve=here).fetch(url, most_octets=1, seconds=1)) == "outward.url"


@pytest.mark.parametrize("port", [0, 1, 22, 25, 81, 8_000, 8_080, 65_535, 65_536, 99_999])
async def test_the_ports_of_the_web_alone_are_asked(port):
    call = HttpOutward(resolve=here).fetch(f"http://{HOST}:{port}/", most_octets=1, seconds=1)
    assert await refused(call) == "outward.port"


async def test_the_port_that_the_settings_name_is_asked_too():
    call = HttpOutward(ports=[8_000], resolve=here).fetch(f"http://{HOST}:8000/", most_octets=1, seconds=1)
    assert await refused(call) == "outward.address"


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.0.0.1", "2130706433", "017700000001", "[::ffff:127.0.0.1]", "localhost"]
)
async def test_no_spelling_of_this_machine_is_asked(host):
    assert await refused(HttpOutward().fetch(f"http://{host}/", most_octets=1, seconds=2)) == "outward.address"


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.1.1", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254"],
)
async def test_what_a_cloud_tells_its_machines_is_asked_by_no_setting(address):
    async def there(host):
        return [address]

    outward = HttpOutward(True, resolve=there)
    assert await refused(outward.fetch(f"http://{HOST}/", most_octets=1, seconds=1)) == "outward.address"


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "-", "a" * 64 + ".example"])
async def test_a_name_without_an_address_is_told(host):
    assert await refused(HttpOutward().fetch(f"http://{host}/", most_octets=1, seconds=10)) == "outward.name"


async def test_names_that_dns_keeps_silent_about_delay_no_other(evil, monkeypatch):
    looked_up, ended = socket.getaddrinfo, threading.Event()

    def dns(host, *more):
        if host == "dead.example":
            ended.wait(20)
        return looked_up("127.0.0.1", *more)

    monkeypatch.setattr(socket, "getaddrinfo", dns)
    asked = HttpOutward(private_addresses=True)
    dead = [asyncio.create_task(asked.post("https://dead.example/", b"", most_octets=9, seconds=20)) for _ in range(8)]
    await asyncio.sleep(0.1)
    try:
        got = await asked.fetch(f"http://{HOST}:{evil.port}/", most_octets=9, seconds=2)
        assert got.status == 200
    finally:
        ended.set()
        for one in dead:
            one.cancel()
        await asyncio.gather(*dead, return_exceptions=True)


async def test_the_next_address_is_tried(evil):
    async def two(host):
        return ["127.0.0.9", "127.0.0.1"]

    outward = HttpOutward(True, resolve=two)
    assert (await outward.fetch(f"http://{HOST}:{evil.port}/", most_octets=9, seconds=5)).status == 200


async def test_no_proxy_of_the_environment_is_used(fetch, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await fetch("/")).status == 200


# --------------------------------------------------------------------------------------------- what is sent


@pytest.fixture
def post(evil):
    async def send(path, body=b"{}", seconds=5.0, **more):
        outward = HttpOutward(private_addresses=True, resolve=here)
        url = f"http://{HOST}:{evil.port}{path}"
        return await outward.post(url, body, most_octets=65_536, seconds=seconds, **more)

    return send


async def test_a_body_is_sent_whole_with_its_fields(post, evil):
    got = await post("/", b'{"a": 1}', fields=[("webhook-id", "7")])
    assert (got.status, got.body) == (200, b"hello")
    asked = evil.requests[0].lower()
    assert asked.startswith(b"post / http/1.1\r\n")
    for field in (f"host: {HOST}:{evil.port}".encode(), b"webhook-id: 7", b"content-length: 8"):
        assert field + b"\r\n" in asked


@pytest.mark.parametrize("path", ["/gigabyte", "/endless", "/bomb", "/short", "/drip-body"])
async def test_the_status_is_the_answer_whatever_follows_it(post, evil, path):
    start = monotonic()
    got = await post(path)
    assert got.status == 200
    assert len(got.body) <= 65_536
    assert monotonic() - start < 4, "nobody waits for the rest"
    assert evil.sent < 16 * 2**20, "the rest is not had"


@pytest.mark.parametrize("path", ["/silent", "/drip", "/nothing", "/nonsense", "/continue", "/long-field"])
async def test_what_is_no_answer_is_none_to_what_is_sent_either(post, path):
    assert await refused(post(path, seconds=0.5)) in ("outward.slow", "outward.unreachable")


async def test_nothing_is_sent_after_a_redirect(post, evil):
    assert (await post("/moved")).status == 302
    assert len(evil.requests) == 1


async def test_nothing_is_sent_unencrypted(evil):
    async def public(host):
        return ["203.1.113.7"]

    outward = HttpOutward(ports=[evil.port], resolve=public)
    call = outward.post(f"http://{HOST}:{evil.port}/", b"{}", most_octets=9, seconds=1)
    assert await refused(call) == "outward.plain"


@pytest.mark.parametrize(
    ("url", "id"),
    [
        ("https://key@site.example/", "outward.url"),
        ("https://site.example:22/", "outward.port"),
        ("https://[::1]/", "outward.address"),
        ("https://localhost/", "outward.address"),
    ],
)
async def test_nothing_is_sent_where_nothing_is_asked(url, id):
    assert await refused(HttpOutward().post(url, b"{}", most_octets=9, seconds=1)) == id


@pytest.fixture
def tls(tmp_path, monkeypatch):
    """A server's side for :data:`HOST`, whose certificate is believed here."""
    if which("openssl") is None:
        missing("openssl: apt-get install openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=x", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trust.cache_clear()
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    named: list[str | None] = []
    context.sni_callback = lambda connection, name, _: named.append(name)
    yield context, named
    trust.cache_clear()


async def test_the_certificate_has_to_be_the_names_and_the_server_hears_the_name(tls):
    context, named = tls
    async with serving(context) as evil:
        outward = HttpOutward(True, resolve=here)
        got = await outward.fetch(f"https://{HOST}:{evil.port}/", most_octets=9, seconds=5)
        assert (got.body, named) == (b"hello", [HOST])
        for host in ("other.example", "127.0.0.1"):
            call = outward.fetch(f"https://{host}:{evil.port}/", most_octets=9, seconds=5)
            assert await refused(call) == "outward.certificate"
        assert len(evil.requests) == 1, "nothing is asked of a server that is not the one"


async def test_a_certificate_that_nobody_believes_is_told(tls, monkeypatch):
    context, _ = tls
    monkeypatch.delenv("SSL_CERT_FILE")
    trust.cache_clear()
    async with serving(context) as evil:
        call = HttpOutward(True, resolve=here).fetch(f"https://{HOST}:{evil.port}/", most_octets=9, seconds=5)
        assert await refused(call) == "outward.certificate"
