"""Which Gatepost this is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

__all__ = ["own_version"]


@cache
def own_version() -> str:
    """The version that is installed; ``source`` where Gatepost runs from its source without being installed."""
    try:
        return version("gatepost")
    except PackageNotFoundError:
        return "source"
