"""What holds of every request, whatever its octets."""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_network
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatepost.core.patterns import comparable_path, normal_form
from gatepost.core.request import path_readings, peer_address, read_hosts_and_agents, read_request, site_key
from gatepost.errors import AmbiguousRequest

names = st.sampled_from([b"host", b"Host", b"user-agent", b"USER-AGENT", b"x-forwarded-for"]) | st.binary(max_size=12)
headers = st.lists(st.tuples(names, st.binary(max_size=40)), max_size=6)
hosts = st.from_regex(rb"\[?[A-Za-z0-9.:_x-]{0,30}\]?\.?(:[0-9]{0,6})?", fullmatch=True) | st.binary(max_size=40)
pieces = [
    "/",
    "/",
    "private",
    "a",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    "%2F",
    "%252f",
    "\\",
    "%5c",
    ";",
    ";x",
    "%3b",
    "//",
    "%",
]
crafted = st.lists(st.sampled_from([piece.encode() for piece in pieces]), max_size=9).map(lambda parts: b"".join(parts))
clean = st.lists(st.from_regex(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*", fullmatch=True), max_size=6).map("/".join)


@given(headers, st.binary(max_size=60), st.binary(max_size=30), st.none() | st.text(max_size=40))
def test_nothing_but_ambiguous_request_is_raised(
    fields: list[tuple[bytes, bytes]], raw_path: bytes, query: bytes, client: str | None
) -> None:
    with suppress(AmbiguousRequest):
        read_request(fields, raw_path, query, client, trusted=[ip_network("0.0.0.0/0"), ip_network("::/0")])
    with suppress(AmbiguousRequest):
        read_hosts_and_agents(fields)


@given(st.lists(st.binary(max_size=40), max_size=4), st.ip_addresses().map(str))
def test_no_forwarded_octets_raise(forwarded_for: list[bytes], client: str) -> None:
    peer_address(client, forwarded_for, [ip_network("0.0.0.0/0"), ip_network("::/0")])


@given(hosts)
@example(b"[::ffff:1.2.3.4]:80")
@example(b"A.b.:1")
def test_a_site_key_is_its_own_key(host: bytes) -> None:
    try:
        key = site_key(host)
    except AmbiguousRequest:
        return
    assert site_key(key.encode()) == key


@given(clean)
def test_a_clean_path_has_one_reading(path: str) -> None:
    assert path_readings(b"/" + path.encode()) == ("/" + path,)


@given(crafted | st.binary(max_size=60), st.binary(max_size=20))
@example(b"/%4%3%31", b"")
@example(b"/%25%34%31", b"%%34%31")
def test_readings_are_few_distinct_and_in_normal_form(raw_path: bytes, query: bytes) -> None:
    try:
        readings = path_readings(raw_path, query)
    except AmbiguousRequest:
        return
    assert 1 <= len(set(readings)) == len(readings) <= 8
    assert all(normal_form(reading) == reading for reading in readings)
    assert all(reading[0] == "/" for reading in readings) or readings == ("*",)


def _dots_removed(path: bytes) -> bytes:
    """The loop of RFC 3986 §5.2.4, letter by letter."""
    output = b""
    while path:
        if path.startswith(b"/./") or path == b"/.":
            path = b"/" + path[3:]
        elif path.startswith(b"/../") or path == b"/..":
            path, output = b"/" + path[4:], output.rpartition(b"/")[0]
        else:
            end = path.find(b"/", 1)
            end = len(path) if end < 0 else end
            output, path = output + path[:end], path[end:]
    return output


Step = Callable[[bytes], bytes]


def _settled(path: bytes) -> str:
    text = path.decode("utf-8", "surrogateescape")
    for _ in range(9):
        text = comparable_path(text)
    return text


ORIGIN_STEPS: list[Step] = [
    unquote_to_bytes,
    lambda path: path.replace(b"\\", b"/"),
    lambda path: b"/".join(segment.partition(b";")[0] for segment in path.split(b"/")),
    _dots_removed,
    lambda path: (
        b"/" + b"/".join(filter(None, path.split(b"/"))) + (b"/" if path.strip(b"/") and path[-1] == 47 else b"")
    ),
]


@settings(max_examples=500)
@given(crafted, st.lists(st.sampled_from(ORIGIN_STEPS), max_size=6))
@example(b"private%2f", [ORIGIN_STEPS[0]])
@example(b"x;%2Fy/../private/", [ORIGIN_STEPS[2], ORIGIN_STEPS[0], ORIGIN_STEPS[3]])
@example(b"q/../private/%2e/../x", [ORIGIN_STEPS[3]])
def test_what_any_origin_takes_below_private_has_a_reading_there(rest: bytes, steps: list[Step]) -> None:
    served = b"/" + rest
    for step in steps:
        served = step(served)
    try:
        readings = path_readings(b"/" + rest)
    except AmbiguousRequest:
        return  # refused, so never served
    assert _settled(served) in readings
    assert any(reading.startswith("/private/") for reading in readings) or not served.startswith(b"/private/")


@pytest.mark.parametrize("shown", ["/a/b/c/./../../g", "/./a", "/..", "/a/..", "//..", "/a//../b", "/..//", "/a/./"])
def test_the_origin_of_these_tests_removes_dots_as_the_room_does(shown: str) -> None:
    assert _dots_removed(shown.encode()).decode() in path_readings(shown.encode())
