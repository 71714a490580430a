"""Where facts come from: the signature file, the corpora that it is tried on, the installed package about itself."""

from gatepost.sources.corpora import packaged_corpora
from gatepost.sources.signature_file import load_signatures, packaged_signatures
from gatepost.sources.version import own_version

__all__ = ["load_signatures", "own_version", "packaged_corpora", "packaged_signatures"]
