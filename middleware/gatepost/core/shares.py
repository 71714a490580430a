"""Which sites belong to a part of all, for what is tried on a part of them first.

Rules: it follows from the site's key alone, so that every worker at any time finds the same; a larger part holds the
smaller one.
"""

import hashlib

__all__ = ["in_part"]

_SHARES = 10_000


def in_part(key: str, percent: int) -> bool:
    """Whether a site, by its id, or a host that no site has, belongs to the part of this size."""
    digest = hashlib.sha256(b"gatepost-part/1\0" + key.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8]) % _SHARES * 100 < percent * _SHARES
