"""Address lists of operators: what is one, what is refused (row 49 of the threat model), and who is in it."""

import json
from contextlib import suppress
from datetime import date, timedelta
from ipaddress import ip_address, ip_network
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.core.address_lists import MAX_OCTETS, ListStanding, check_change, read_address_list
from gatepost.errors import AddressListError

GOOGLE = {
    "creationTime": "2026-11-27T15:46:11.000000",
    "prefixes": [{"ipv6Prefix": "2001:4860:4801:10::/64"}, {"ipv4Prefix": "66.249.64.0/27"}],
}
JAFAR = {
    "creationTime": "2026-11-27T15:46:11Z",
    "synctoken": "1",
    "notes": "ours",
    "prefixes": [{"ipv4Prefix": "66.249.64.0/27", "services": ["search"]}, {"ipv4Prefix": "66.249.64.32/27"}],
}


def written(*prefixes):
    kind = ("ipv6Prefix" if ":" in str(one) else "ipv4Prefix" for one in prefixes)
    return json.dumps({"prefixes": [{name: value} for name, value in zip(kind, prefixes, strict=True)]}).encode()


def covers(octets, address):
    return read_address_list(octets).covers(ip_address(address).packed)


@pytest.mark.parametrize(
    "octets",
    [
        json.dumps(GOOGLE).encode(),
        json.dumps(JAFAR, indent=2).encode(),
        b"\xef\xbb\xbf" + json.dumps(GOOGLE).encode(),
        b"66.249.64.0/27\n",
        b"# our crawler\r\n\r\n66.249.64.0/27  # rack 1\r\n2001:4860:4801:10::/64",
    ],
)
def test_a_list_is_read(octets):
    assert covers(octets, "66.249.64.31")
    assert not covers(octets, "66.249.65.0")
    assert not covers(octets, "2001:db8::1")


def test_networks_that_touch_are_one():
    found = read_address_list(written("66.249.64.0/27", "66.249.64.32/27", "66.249.64.0/28"))
    assert [str(one) for one in found.networks] == ["66.249.64.0/26"]
    assert (found.extent(4), found.extent(6)) == (64, 0)


WRONG = {
    "addresses.size": [b"#" * (MAX_OCTETS + 1)],
    "addresses.encoding": [b"\xff\xfe6\x006\x00", b"66.249.64.0/27 # caf\xe9"],
    "addresses.page": [b"<!doctype html><title>404</title>", b"\n <html>", b"<?xml version='1.0'?>"],
    "addresses.json": [
        b"{", b'{"prefixes": [', b"[" * 100_000, b'{"a": ' + b"9" * 9_999 + b"}",
        b'{"prefixes": ' + b"[" * 100_000,
    ],
    "addresses.shape": [
        b"[]", b"{}", b'{"prefixes": {}}', b'{"prefixes": ["66.249.64.0/27"]}', b'{"prefixes": [{}]}',
        b'{"error": "not found"}', b'{"prefixes": [{"ip_prefix": "66.249.64.0/27"}]}',
        b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/27", "ipv6Prefix": "2a00::/64"}]}',
    ],
    "addresses.empty": [b"", b"\n\n", b"# nothing", b'{"prefixes": []}'],
    "addresses.network": [
        b"Not Found", b"66.249.64.0", b"66.249.64.0/255.255.255.0", b"66.249.64.0/0.0.0.255", b"66.249.64.1/27",
        b"66.249.64.0/33", b"66.249.064.0/27", b"66.249.64.0/27,US", b"66.249.64.0-66.249.64.9", b"1113473024/27",
        b"66.249.64.0/-1", b"2a00::/129", b"::ffff:66.249.64.0/123", b"fe80::1%eth0/64", "６６.249.64.0/27".encode(),
        written(True), written(1), written(None), written(["66.249.64.0/27"]), written(1113473024), written(""),
        b'{"prefixes": [{"ipv4Prefix": "2a00:1450::/48"}]}', b'{"prefixes": [{"ipv6Prefix": "66.249.64.0/27"}]}',
        b'{"prefixes": [{"ipv4Prefix": {"a": 1}}]}', b'{"prefixes": [{"ipv4Prefix": 1e400}]}',
    ],
    "addresses.wide": [
        written("0.0.0.0/0"), written("0.0.0.0/1", "128.0.0.0/1"), written("64.0.0.0/11"), b"8.0.0.0/8",
        written("::/0"), written("2000::/3"), written("2a00::/27"),
    ],
    "addresses.private": [
        written("10.0.0.0/24"), written("127.0.0.1/32"), written("192.168.0.0/16"), written("169.254.169.254/32"),
        written("100.64.0.0/16"), written("192.0.0.0/16"), written("255.255.255.255/32"), written("::ffff:0:0/96"),
        written("64:ff9b::/96"), written("2002:7f00::/32"), written("fc00::/32"), written("::1/128"),
        written("66.249.64.0/27", "172.16.0.0/12"),
    ],
    "addresses.many": [b"66.249.64.0/32\n" * 20_001],
    "addresses.total": [
        written(*(f"{first}.0.0.0/12" for first in (64, 65, 66, 67, 68))),
        written(*(f"2a0{first}::/28" for first in range(5))),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("id", "octets"), [(id, octets) for id, all in WRONG.items() for octets in all])
def test_what_is_no_list_is_refused(id, octets):
    with pytest.raises(AddressListError) as caught:
        read_address_list(octets)
    assert caught.value.id == id
    assert caught.value.remedy
    assert len(str(caught.value)) < 400


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_else_comes_of_any_octets(octets):
    with suppress(AddressListError):
        read_address_list(octets)


ADDRESSES = st.integers(0x42F9_4000, 0x42F9_4FFF).map(ip_address)
NETWORKS = st.tuples(ADDRESSES, st.integers(22, 32)).map(lambda pair: ip_network(f"{pair[0]}/{pair[1]}", strict=False))


@settings(deadline=None)
@given(st.lists(NETWORKS, min_size=1, max_size=12), st.lists(ADDRESSES, max_size=20))
def test_a_list_covers_what_its_networks_hold_and_nothing_else(networks, addresses):
    found = read_address_list("\n".join(map(str, networks)).encode())
    ends = [end + step for one in networks for end in (one[0], one[-1]) for step in (-1, 0, 1)]
    for address in (*addresses, *ends):
        assert found.covers(address.packed) == any(address in network for network in networks)


LIST = read_address_list(written("66.249.0.0/20", "2a00:1450::/48"))


@pytest.mark.parametrize(
    ("prefixes", "id"),
    [
        (["66.249.0.0/20", "2a00:1450::/48"], ""),
        (["66.249.0.0/18", "2a00:1450::/48"], ""),
        (["66.249.0.0/17", "2a00:1450::/48"], "addresses.growth"),
        (["66.249.0.0/20", "2a00:1450::/45"], "addresses.growth"),
        (["66.249.0.0/21", "2a00:1450::/49"], ""),
        (["66.249.0.0/22", "2a00:1450::/48"], "addresses.shrinkage"),
        (["66.249.0.0/20"], "addresses.shrinkage"),
    ],
)
def test_a_list_does_not_leap(prefixes, id):
    found = ""
    try:
        check_change(LIST, read_address_list(written(*prefixes)))
    except AddressListError as error:
        found = error.id
    assert found == id


def test_a_small_list_may_grow():
    check_change(read_address_list(b"66.249.64.0/32"), read_address_list(b"66.249.64.0/22"))


DAY = date(2026, 11, 28)


@pytest.mark.parametrize(("days", "alarming"), [(0, False), (7, False), (8, True)])
def test_a_list_that_was_not_found_good_for_a_week_is_alarming(days, alarming):
    standing = ListStanding("https://a.example/x", asked=DAY, good=DAY - timedelta(days=days))
    assert (standing.age(DAY), standing.alarming(DAY)) == (days, alarming)


def test_a_list_that_never_was_is_of_no_age():
    assert (ListStanding("x").age(DAY), ListStanding("x").alarming(DAY)) == (None, False)


def test_a_list_that_was_asked_for_and_never_had_is_alarming():
    assert ListStanding("x", asked=DAY).alarming(DAY)


def test_an_address_is_looked_up_in_twenty_thousand_networks_without_going_through_them():
    lines = (f"{64 + number // 4096}.{number // 16 % 256}.{number % 16 * 16}.0/28" for number in range(20_000))
    found = read_address_list("\n".join(lines).encode())
    assert len(found.networks) == 20_000
    addresses = [ip_address(0x4000_0000 + number * 4_099).packed for number in range(20_000)]
    begun = perf_counter()
    for address in addresses:
        found.covers(address)
    assert (perf_counter() - begun) / len(addresses) < 50e-6  # P14 wants 2 us of an idle machine
