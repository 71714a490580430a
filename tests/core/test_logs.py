"""Access logs: which request a line tells of, in every format, and that nothing else is one."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.log_entries import DIALECTS
from gatepost.core.logs import Combined, LoggedRequest, format_of

AT = datetime(2026, 11, 28, 9, 0, 7, tzinfo=UTC)
TIME = "[28/Nov/2026:10:00:07 +0100]"
FIREFOX = b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def combined(front="192.0.2.7 - -", agent=FIREFOX, request=b"GET /a?b=1 HTTP/1.1", tail=b""):
    return front.encode() + f" {TIME} ".encode() + b'"%b" 200 512 "https://x.example/" "%b"%b' % (request, agent, tail)


def request(agent=FIREFOX, host="", address="192.0.2.7", path="/a?b=1", status=200, at=AT):
    return LoggedRequest(agent, address, host, path, status, at)


LINES = {
    "combined": (combined(), request()),
    "a_user": (combined("192.0.2.7 - jane"), request()),
    "a_user_with_blanks": (combined("192.0.2.7 - jane doe"), request()),
    "a_host_in_front": (combined("blog.example:443 192.0.2.7 - -"), request(host="blog.example:443")),
    "an_address_in_front": (combined("10.0.0.1 192.0.2.7 - -"), request(host="10.0.0.1")),
    "ipv6": (combined("blog.example 2001:db8::1 - -"), request(host="blog.example", address="2001:db8::1")),
    "a_client_with_a_name": (combined("pc.example - -"), request(address="pc.example")),
    "both_names": (combined("blog.example pc.example - -"), request(host="blog.example", address="pc.example")),
    "more_behind": (combined(tail=b' "198.51.100.1" rt=0.003 "x"'), request()),
    "no_user_agent": (combined(agent=b"-"), request(b"")),
    "apache_quotes": (combined(agent=rb"A \"b\" c\\"), request(b'A "b" c\\')),
    "apache_octets": (combined(agent=rb"A\xfc\n\t\x1b[1m"), request(b"A\xfc\n\t\x1b[1m")),
    "nginx_quotes": (combined(agent=rb"A \x22b\x22 \x5C"), request(b'A "b" \\')),
    "raw_octets": (combined(agent=b"A\xfc\xff"), request(b"A\xfc\xff")),
    "quotes_in_the_request": (combined(request=rb"GET /\"x\" HTTP/1.1"), request(path='/"x"')),
    "no_request": (combined(request=b"-"), request(path="")),
    "octets_of_tls": (combined(request=rb"\x16\x03\x01"), request(path="")),
}


@pytest.mark.parametrize(("line", "told"), LINES.values(), ids=LINES.keys())
def test_a_line_of_the_combined_format_tells_a_request(line, told):
    assert Combined().request(line) == told
    assert Combined().user_agent(line) == told.user_agent


UNREADABLE = {
    "nothing": b"",
    "words": b"Nov 28 09:00:07 host systemd[1]: Started.",
    "common_format": b'192.0.2.7 - - [28/Nov/2026:10:00:07 +0100] "GET / HTTP/1.1" 200 512',
    "cut_off": combined()[:-9],
    "no_status": combined().replace(b" 200 ", b" - "),
    "another_order": combined().replace(b'/" "Mozilla', b'/" 0.003 "Mozilla'),
    "json": b'{"a": "b", "c": "d"}',
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_request_is_nothing(line):
    assert (Combined().user_agent(line), Combined().request(line)) == (None, None)


NGINX = {
    "time_iso8601": "2026-11-28T10:00:07+01:00", "remote_addr": "192.0.2.7", "http_host": "blog.example",
    "request_uri": "/a?b=1", "status": "200", "http_user_agent": FIREFOX.decode(),
}  # fmt: skip
CADDY = {
    "level": "info", "ts": 1795856407.5, "logger": "http.log.access", "status": 200,
    "request": {
        "remote_ip": "192.0.2.7", "client_ip": "192.0.2.7", "host": "blog.example", "uri": "/a?b=1",
        "headers": {"User-Agent": [FIREFOX.decode()]},
    },
}  # fmt: skip
TRAEFIK = {
    "ClientAddr": "192.0.2.7:4711", "ClientHost": "192.0.2.7", "DownstreamStatus": 200, "RequestHost": "blog.example",
    "RequestPath": "/a?b=1", "StartUTC": "2026-11-28T09:00:07.123456789Z", "request_User-Agent": FIREFOX.decode(),
}  # fmt: skip
CLOUDFLARE = {
    "ClientIP": "192.0.2.7", "ClientRequestHost": "blog.example", "ClientRequestURI": "/a?b=1",
    "ClientRequestUserAgent": FIREFOX.decode(), "EdgeResponseStatus": 200, "EdgeStartTimestamp": 1795856407000000000,
}  # fmt: skip
PLAIN = {
    "user_agent": FIREFOX.decode(), "address": "192.0.2.7", "host": "blog.example", "path": "/a?b=1", "status": 200,
    "time": "2026-11-28T09:00:07Z",
}  # fmt: skip
ENTRIES = {"nginx": NGINX, "Caddy": CADDY, "Traefik": TRAEFIK, "Cloudflare": CLOUDFLARE, "plain": PLAIN}


def test_there_is_an_example_of_every_dialect():
    assert [dialect.name for dialect in DIALECTS] == list(ENTRIES)


@pytest.mark.parametrize(("dialect", "entry"), ENTRIES.items())
def test_json_lines_are_found_out_and_tell_the_same(dialect, entry):
    line = json.dumps(entry).encode()
    log = format_of([b"not a line", line])
    assert log is not None
    assert log.name == f"JSON lines ({dialect})"
    told = log.request(line)
    assert told is not None
    assert told.at is not None
    assert told.at.replace(microsecond=0) == AT
    assert told == request(host="blog.example", at=told.at)


@pytest.mark.parametrize(
    ("more", "agent"),
    [
        ({"http_user_agent": ""}, b""),
        ({"http_user_agent": None}, b""),
        ({"http_user_agent": "a\x00\x1b\u2028"}, "a\x00\x1b\u2028".encode()),
        ({"http_user_agent": "\ud800"}, b"\xed\xa0\x80"),
        ({"http_user_agent": 5}, b"5"),
        ({"http_user_agent": ["a", "b"]}, b"a"),
    ],
)
def test_a_user_agent_in_json_is_the_octets_that_came(more, agent):
    log = format_of([json.dumps(NGINX).encode()])
    assert log is not None
    assert log.user_agent(json.dumps(NGINX | more).encode()) == agent


def test_raw_octets_in_json_are_kept():
    line = json.dumps(NGINX).encode().replace(b"Firefox", b"\xfc")
    log = format_of([line])
    assert log is not None
    assert b"\xfc/145.0" in (log.user_agent(line) or b"")


BROKEN = [
    b"{",
    b"[]",
    b"{}",
    b"null",
    b'{"status": 200}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"status": ' + b"9" * 9999,
]


@pytest.mark.parametrize("line", BROKEN)
def test_broken_json_is_nothing(line):
    log = format_of([json.dumps(NGINX).encode()])
    assert log is not None
    assert (log.user_agent(line), log.request(line)) == (None, None)


def test_the_format_is_the_one_of_most_lines():
    assert format_of([combined(), json.dumps(NGINX).encode(), combined()]) == Combined()
    assert format_of([b"", b"nothing"]) is None


TIMES = {
    "28/Nov/2026:10:00:07 +0100": AT,
    "28/Nov/2026:02:30:07 -0630": AT,
    "2026-11-28T09:00:07Z": AT,
    "2026-11-28 09:00:07": AT,
    "1795856407": AT,
    "1795856407000": AT,
    "1795856407000000": AT,
    "99/Nov/2026:10:00:07 +0100": None,
    "28/Foo/2026:10:00:07 +0100": None,
    "99999999999999999999": None,
    "": None,
    "yesterday": None,
}


@pytest.mark.parametrize(("text", "at"), TIMES.items())
def test_a_time_is_read_or_is_none(text, at):
    told = Combined().request(combined().replace(TIME.encode(), f"[{text}]".encode()))
    assert told is not None
    assert told.at == at


@given(st.binary(max_size=400), st.sampled_from(["", *ENTRIES]))
def test_no_octets_break_a_reader(octets, dialect):
    log = format_of([json.dumps(ENTRIES[dialect]).encode() if dialect else combined()])
    assert log is not None
    for line in (octets, combined()[:100] + octets, b"{" + octets, combined(agent=octets)):
        told = log.request(line)
        assert (told is None) is (log.user_agent(line) is None)
        assert told is None or told.user_agent == log.user_agent(line)


@given(st.binary(max_size=100))
def test_what_apache_escapes_comes_back(octets):
    def escaped(octet):
        char = bytes([octet])
        return b"\\" + char if char in b'"\\' else char if 32 <= octet < 127 else b"\\x%02x" % octet

    agent = b"".join(map(escaped, octets))
    assert Combined().user_agent(combined(agent=agent)) == (b"" if octets == b"-" else octets)
