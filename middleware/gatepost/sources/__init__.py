"""Where facts come from: the signature file about crawlers, the installed package about this version."""

from gatepost.sources.signature_file import load_signatures, packaged_signatures
from gatepost.sources.version import own_version

__all__ = ["load_signatures", "own_version", "packaged_signatures"]
