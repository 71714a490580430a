"""Whether an address is public: one that anybody on the internet may be asked at, and nobody inside a network is.

Rules: our own table, since ``ipaddress.is_global`` calls NAT64, 6to4, multicast and other ways into a network global,
and not in every version of Python the same; an address that stands for an IPv4 address is judged as that one; what the
table does not know to be public is not.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["is_of_the_link", "is_public", "is_public_network"]

_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network (RFC 791 §3.2)
            "10.0.0.0/8",  # private (RFC 1918), as are 172.16/12 and 192.168/16
            "100.64.0.0/10",  # behind a carrier's NAT (RFC 6598)
            "127.0.0.0/8",  # this machine (RFC 1122 §3.2.1.3)
            "169.254.0.0/16",  # this link (RFC 3927), where clouds tell their secrets
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments (RFC 6890 §2.1)
            "192.0.2.0/24",  # for documentation (RFC 5737), as are 198.51.100/24 and 203.0.113/24
            "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
            "192.168.0.0/16",
            "198.18.0.0/15",  # for measurements (RFC 2544)
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",  # multicast (RFC 5771), reserved, and the broadcast address
        ),
    )
)

_UNICAST_V6 = IPv6Network("2000::/3")
"""All of IPv6 that was ever given out for use everywhere (RFC 4291 §2.4)."""
_NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928): Teredo, ORCHID, measurements
            "2001:db8::/32",  # for documentation (RFC 3849), as is 3fff::/20 (RFC 9637)
            "2002::/16",  # 6to4, given up (RFC 7526): the IPv4 address inside may be any
            "3fff::/20",
        ),
    )
)

_TELLS_SECRETS = (IPv6Address("fd00:ec2::254"), IPv6Address("fd20:ce::254"))
"""Metadata services at addresses that are no link's; those of IPv4 are at 169.254.169.254."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv4 address as a network of IPv6 alone sees it (RFC 6052 §2.1)."""
_LAST_32_BITS = 0xFFFF_FFFF


def is_public(address: str) -> bool:
    """Whether an address, as :func:`socket.getaddrinfo` spells it, is public.

    Raises :class:`ValueError` for what is no address.
    """
    read = ip_address(address)
    if isinstance(read, IPv4Address):
        return _is_public_v4(read)
    inside = _ipv4_in(read)
    if inside is not None:
        return _is_public_v4(inside)
    return read.scope_id is None and read in _UNICAST_V6 and not any(read in network for network in _NOT_PUBLIC_V6)


def is_of_the_link(address: str) -> bool:
    """Whether an address is of the link alone (RFC 3927, RFC 4291 §2.5.6), or where a cloud tells its machines secrets.

    Raises :class:`ValueError` for what is no address.
    """
    read = ip_address(address)
    inside = read if isinstance(read, IPv4Address) else _ipv4_in(read)
    return read.is_link_local or read in _TELLS_SECRETS or (inside is not None and inside.is_link_local)


def is_public_network(network: IPv4Network | IPv6Network) -> bool:
    """Whether every address of a network is public; none is that only stands for IPv4 addresses."""
    if isinstance(network, IPv4Network):
        return not any(network.overlaps(other) for other in _NOT_PUBLIC_V4)
    return network.subnet_of(_UNICAST_V6) and not any(network.overlaps(other) for other in _NOT_PUBLIC_V6)


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in network for network in _NOT_PUBLIC_V4)


def _ipv4_in(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that is reached by an IPv6 address: a mapped one (RFC 4291 §2.5.5.2), or one by NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & _LAST_32_BITS)
    return address.ipv4_mapped
