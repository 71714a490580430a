"""Every name below .localhost is this machine (RFC 6761 §6.3), for the Python that finds this module on its path.

Browsers and curl know; what the C library's resolver says depends on the system.
"""

import socket

ask_addresses, ask_address = socket.getaddrinfo, socket.gethostbyname


def known(host):
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return "127.0.0.1" if name and name.endswith(".localhost") else host


def getaddrinfo(host, *arguments, **named):
    return ask_addresses(known(host), *arguments, **named)


def gethostbyname(host):
    return ask_address(known(host))


socket.getaddrinfo, socket.gethostbyname = getaddrinfo, gethostbyname
