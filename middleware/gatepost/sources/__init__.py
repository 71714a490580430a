"""Where facts come from: the signature file about crawlers, the world outside, the installed package about this
version."""

from gatepost.sources.outward import HttpOutward
from gatepost.sources.signature_file import load_signatures, packaged_signatures
from gatepost.sources.version import own_version

__all__ = ["HttpOutward", "load_signatures", "own_version", "packaged_signatures"]
