"""Host names in other scripts, as browsers write them (UTS #46).

Rules: it is for names that people type; requests bear ASCII alone, and are read by :mod:`gatepost.core.request`.
"""

import idna

__all__ = ["ascii_name"]


def ascii_name(name: str) -> str:
    """``bücher.example`` as ``xn--bcher-kva.example``. Raises :class:`ValueError` for what is no name."""
    return name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
