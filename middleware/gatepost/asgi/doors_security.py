"""What the owner's pages and the control API share against strangers: fields, the same-origin rule, rates.

Rules: nothing that a session is shown is kept by a cache or framed by a stranger; a change that a page of another
origin sends is refused; memory is bounded whoever asks.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address

from gatepost.asgi.types import Scope
from gatepost.core.directives.response_fields import Fields
from gatepost.core.request import peer_address
from gatepost.errors import AccessDenied
from gatepost.settings import Network, Settings

__all__ = ["Rate", "address_of", "api_fields", "check_same_origin", "page_fields", "values_of"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_EVERYWHERE: Fields = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cache-control", b"no-store"),
)

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors "
)
_API_POLICY = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def api_fields() -> Fields:
    """The response fields of everything that is no page."""
    return (*_EVERYWHERE, (b"content-security-policy", _API_POLICY))


def page_fields(settings: Settings) -> Fields:
    """The response fields of a page, which the configured origins alone may frame."""
    ancestors = " ".join(settings.frame_ancestors) or "'none'"
    return (*_EVERYWHERE, (b"content-security-policy", (_PAGE_POLICY + ancestors).encode("ascii")))


def values_of(scope: Scope, name: bytes) -> list[bytes]:
    """Every value of a request field."""
    return [value for key, value in scope["headers"] if key == name]


def check_same_origin(scope: Scope) -> None:
    """Let pass what reads, and what changes if it comes from a page of ours or from no page at all.

    A browser says where a request comes from in Sec-Fetch-Site, an old one in Origin; a program says neither, and shows
    a Bearer token, which no browser adds by itself. Raises :class:`AccessDenied`.
    """
    if scope["method"] in SAFE_METHODS:
        return
    fetch_site, origin = (values_of(scope, name) for name in (b"sec-fetch-site", b"origin"))
    if fetch_site:
        ours = fetch_site == [b"same-origin"]
    elif origin:
        hosts = values_of(scope, b"host")
        ours = len(hosts) == 1 and origin in ([b"https://" + hosts[0]], [b"http://" + hosts[0]])
    else:
        ours = any(value[:7].lower() == b"bearer " for value in values_of(scope, b"authorization"))
    if not ours:
        raise AccessDenied(
            "this change was sent by a page of another origin, or by nobody who can be told from one",
            id="access.cross-site",
            remedy="Send it from a page of this origin, or from a program with Authorization: Bearer.",
        )


def address_of(scope: Scope, trusted: Sequence[Network]) -> str:
    """Where a request comes from, for limits: an IPv4 address, or the network of an IPv6 one; empty if unknown."""
    client = scope.get("client")
    address = peer_address(client[0] if client else None, values_of(scope, b"x-forwarded-for"), trusted)
    if address is None:
        return ""
    parsed = ip_address(address)
    return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64" if parsed.version == 6 else address


class Rate:
    """How often each of many may do something: ``burst`` times at once, then ``per_second``.

    It remembers ``held`` of them, the least recent of whom it forgets.
    """

    def __init__(
        self, burst: float, per_second: float, held: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst, self._per_second, self._held, self._clock = burst, per_second, held, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str) -> float:
        """For how many seconds somebody has to wait; 0 for who may go on."""
        left, _ = self._now(who)
        return 0.0 if left >= 1 else (1 - left) / self._per_second

    def take(self, who: str) -> float:
        """The same, and count it if they may go on."""
        left, now = self._now(who)
        if left < 1:
            return (1 - left) / self._per_second
        self._left[who] = (left - 1, now)
        self._left.move_to_end(who)
        if len(self._left) > self._held:
            self._left.popitem(last=False)
        return 0.0

    def _now(self, who: str) -> tuple[float, float]:
        now = self._clock()
        left, at = self._left.get(who, (self._burst, now))
        return min(self._burst, left + (now - at) * self._per_second), now
