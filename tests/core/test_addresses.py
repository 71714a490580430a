"""Which addresses anybody may be asked at; row 43 of the threat model, and guarantee G19."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.core.addresses import is_public


def _listed(text):
    return text.split()


PUBLIC = _listed("""
    1.1.1.1  8.8.8.8  9.255.255.255  11.0.0.0  93.184.216.34  100.63.255.255  100.128.0.0  126.255.255.255  128.0.0.0
    172.15.255.255  172.32.0.0  192.0.1.0  192.167.255.255  192.169.0.0  198.17.255.255  198.20.0.0  223.255.255.255
    2001:200::1  2001:4860:4860::8888  2606:4700::1111  2a00:1450:4001:80b::200e  2400:cb00::1  3ffe:ffff::1
    ::ffff:8.8.8.8  64:ff9b::808:808  64:ff9b::8.8.8.8
""")

NOT_PUBLIC = _listed("""
    0.0.0.0  0.1.2.3  10.0.0.1  10.255.255.255  100.64.0.1  100.127.255.255  127.0.0.1  127.255.255.254  169.254.169.254
    172.16.0.1  172.31.255.255  192.0.0.1  192.0.0.9  192.0.0.170  192.0.2.1  192.88.99.1  192.168.0.1  192.168.255.255
    198.18.0.1  198.19.255.255  198.51.100.7  203.0.113.7  224.0.0.1  239.255.255.250  240.0.0.1  255.255.255.255
    ::  ::1  ::2  ::127.0.0.1  ::10.0.0.1  ::8.8.8.8  ::ffff:127.0.0.1  ::ffff:10.0.0.1  ::ffff:169.254.169.254
    ::ffff:0:0  ::ffff:0:127.0.0.1  64:ff9b::7f00:1  64:ff9b::a9fe:a9fe  64:ff9b::10.0.0.1  64:ff9b:1::1
    64:ff9b:1::a9fe:a9fe  100::1  2001::1  2001:0:a9fe:a9fe::1  2001:0:4136:e378:8000:63bf:3fff:fdd2  2001:2::1
    2001:10::1  2001:20::1  2001:db8::1  2002:a9fe:a9fe::1  2002:7f00:1::  2002:c0a8:1::1  2002:808:808::1  3fff::1
    4000::1  5f00::1  fc00::1  fd00:ec2::254  fd12:3456:789a::1  fe80::1  fe80::1%eth0  fe80::1%1  fec0::1  feff::1
    ff00::1  ff02::1  ff0e::1  2001:4860:4860::8888%eth0
""")


@pytest.mark.parametrize("address", PUBLIC)
def test_it_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_it_is_not_public(address):
    assert not is_public(address)


def test_the_table_is_as_large_as_was_promised():
    assert len({*PUBLIC, *NOT_PUBLIC}) >= 60


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_way_around_an_ipv4_address_leads_to_it(address):
    """An IPv6 form is public at most where the address itself is."""
    number, public = int(address), is_public(str(address))
    assert is_public(f"::ffff:{address}") == is_public(f"64:ff9b::{address}") == public
    for form in (number, 0x2002 << 112 | number << 80, 0x64FF9B0001 << 88 | number, 0xFFFF << 48 | number):
        assert not is_public(str(IPv6Address(form & (2**128 - 1))))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_nothing_is_public_that_the_standard_library_calls_private(address):
    assert not (is_public(str(address)) and (address.is_private or address.is_multicast or address.is_reserved))


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.1", "2130706433", "017700000001", "1.2.3.4.5", "::g"])
def test_what_is_no_address_is_neither(text):
    with pytest.raises(ValueError, match="does not appear to be"):
        is_public(text)
