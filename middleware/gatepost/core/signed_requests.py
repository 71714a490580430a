"""What a request shows of who sends it beside its address: a signature (RFC 9421, as Web Bot Auth has it).

Rules: only what is read in one way can be signed for: fields that come once, the host as doors read it, the target as
it was sent; what a door does not know, behind a proxy the method and the scheme, nobody can have signed.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gatepost.core.periods import Span
from gatepost.core.request import site_key
from gatepost.errors import AmbiguousRequest, IdentityRefused

__all__ = [
    "GOOD_SECONDS",
    "TAG",
    "Evidence",
    "Proof",
    "SignedRequest",
    "check_times",
    "no_signature",
    "proof_of",
    "signed_request",
]

TAG = "web-bot-auth"

LONGEST = timedelta(hours=24)
"""For which a signature may say that it is good."""
WINDOW = timedelta(minutes=5)
"""For which it is good here, whatever it says."""
SKEW = timedelta(seconds=60)
"""By which the clocks of crawlers may differ from ours."""

GOOD_SECONDS = (WINDOW + 2 * SKEW).total_seconds()
"""From the first to the last moment at which one signature may be good here."""

_MOST_INPUT = 4096
"""Octets of what says what is signed."""
_MOST_NONCE = 512

_signature = re.compile(r"([a-z*][a-z0-9_.*-]{0,63})=:([A-Za-z0-9+/]{85}[AQgw]==):").fullmatch
"""One label, and 64 octets in the one way that base64 has for them (RFC 8941 §3.3.5)."""
_input = re.compile(r"[\x20-\x7e]+").fullmatch
_SCHEMES = {"http": ("http", ":80"), "ws": ("http", ":80"), "https": ("https", ":443"), "wss": ("https", ":443")}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that carries one signature, in the form that it should have; whether it holds is not known yet."""

    label: str
    params: str
    """What is signed and how, as ``Signature-Input`` has it after the label."""
    components: Mapping[str, str]
    """The derived components (RFC 9421 §2.2) that are known, by their names."""
    fields: Mapping[str, str]
    """The fields that come once, by their names in lower case."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature that holds."""

    key: str
    """The id of the key that made it."""
    nonce: str
    created: int
    expires: int


Evidence = Callable[[], SignedRequest | None]
"""Reads what a request signs, when that matters; ``None`` where it signs nothing.

Raises :class:`~gatepost.errors.IdentityRefused`.
"""


def no_signature() -> SignedRequest | None:
    """Of a request that signs nothing."""
    return None


def signed_request(
    fields: Iterable[tuple[bytes, bytes]],
    host: bytes,
    target: bytes | None,
    *,
    method: str | None = None,
    scheme: str | None = None,
) -> SignedRequest | None:
    """What a request signs; ``None`` for one without a signature. ``target`` is path and query as sent, if known.

    Raises :class:`~gatepost.errors.IdentityRefused` for one that could be read in two ways.
    """
    values = [(name.lower().decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in fields]
    times = Counter(name for name, _ in values)
    once = {name: value for name, value in values if times[name] == 1}
    if not times["signature"] and not times["signature-input"]:
        return None
    label, _, params = once.get("signature-input", "").partition("=")
    found = _signature(once.get("signature", ""))
    if not (found and found[1] == label and len(params) <= _MOST_INPUT and _input(params)):
        raise _refused("form", "it has not one Signature-Input and one Signature with the same single label")
    return SignedRequest(label, params, dict(_components(host, target, method, scheme)), once)


def _components(host: bytes, target: bytes | None, method: str | None, scheme: str | None) -> Iterable[tuple[str, str]]:
    scheme, default = _SCHEMES.get(scheme or "", (None, ""))
    authority = _authority(host, default)
    yield "@authority", authority
    if method:
        yield "@method", method
    if scheme:
        yield "@scheme", scheme
    if target is not None and target.startswith(b"/"):
        path, _, query = (text := target.decode("latin-1")).partition("?")
        yield from (("@path", path), ("@query", f"?{query}"), ("@request-target", text))
        if scheme:
            yield "@target-uri", f"{scheme}://{authority}{text}"


def _authority(host: bytes, default: str) -> str:
    """The site's key with the port, unless it is the scheme's own (RFC 9421 §2.2.3)."""
    try:
        key = site_key(host)
    except AmbiguousRequest as error:
        raise _refused("authority", "its host cannot be read") from error
    _, colon, port = host.decode("ascii").rpartition(":")
    ending = f":{port}" if colon and port.isdecimal() else ""
    return key if ending == default else key + ending


def check_times(proof: Proof, span: Span) -> None:
    """Raises :class:`~gatepost.errors.IdentityRefused` unless a signature is surely good, whichever time it is."""
    if not proof.created < proof.expires <= proof.created + LONGEST.total_seconds():
        raise _refused("time", "it is meant to hold for more than 24 hours, or not at all")
    if proof.created > (span.earliest + SKEW).timestamp():
        raise _refused("time", "it comes from the future")
    if min(proof.expires, proof.created + WINDOW.total_seconds()) < (span.latest - SKEW).timestamp():
        raise _refused("time", "it is over, or older than five minutes")


def proof_of(parameters: Mapping[str, object]) -> Proof:
    """What a signature says of itself, all of which it has to. Raises :class:`~gatepost.errors.IdentityRefused`."""
    if parameters.get("tag") != TAG:
        raise _refused("tag", f"its tag is not {TAG}")
    key, nonce = parameters.get("keyid"), parameters.get("nonce")
    created, expires = parameters.get("created"), parameters.get("expires")
    if not (isinstance(key, str) and isinstance(nonce, str) and 0 < len(nonce) <= _MOST_NONCE):
        raise _refused("nonce", "it has no nonce")
    if type(created) is not int or type(expires) is not int:
        raise _refused("time", "it does not say from when to when it holds")
    return Proof(key, nonce, created, expires)


def _refused(part: str, message: str) -> IdentityRefused:
    return IdentityRefused(f"the signature proves nobody: {message}", id=f"identity.{part}", remedy=_REMEDY)


_REMEDY = "docs/partners.md says how a partner's crawler has to sign."
