"""Public keys of crawlers (Ed25519, RFC 8032), by which one proves to be a data partner's.

Rules: a key has one spelling, the ``x`` of its JSON Web Key (RFC 8037 §2); what cannot be somebody's alone is no key:
one whose private half is published, and one of the few points for which anybody can make a signature.
"""

import base64
import hashlib

__all__ = ["key_id", "read_key", "unpadded"]

_OCTETS = 32
_PRIME = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL = frozenset({0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8})
"""The y of the points of small order, under which a signature proves nothing."""

_PUBLISHED = frozenset(
    {
        "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs",  # RFC 9421 B.1.4, and the examples of Web Bot Auth
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",  # RFC 8037 A.2, which is RFC 8032 7.1
    }
)
"""Keys of specifications, whose private halves everybody can read."""


def read_key(text: str) -> bytes:
    """The octets of a key. Raises :class:`ValueError`, which says what is wrong, for what is none."""
    try:
        octets = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except ValueError:
        octets = b""
    if len(octets) != _OCTETS or unpadded(octets) != text:
        raise ValueError("it is not 32 octets in base64url, without =")
    if text in _PUBLISHED:
        raise ValueError("its private half is published, as an example")
    if (int.from_bytes(octets, "little") & (2**255 - 1)) % _PRIME in _SMALL:
        raise ValueError("anybody can sign for it")
    return octets


def key_id(octets: bytes) -> str:
    """The thumbprint of a key as a JSON Web Key (RFC 7638), by which signatures name it."""
    return unpadded(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{unpadded(octets)}"}}'.encode()).digest())


def unpadded(octets: bytes) -> str:
    """In base64url, without ``=`` (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
