"""Where facts come from: the signature file, the corpora that it is tried on, the installed package about itself."""

from gatepost.sources.corpora import packaged_corpora
from gatepost.sources.other_lists import installed_list
from gatepost.sources.signature_file import load_signatures, packaged_file, packaged_signatures
from gatepost.sources.version import own_version

__all__ = [
    "installed_list",
    "load_signatures",
    "own_version",
    "packaged_corpora",
    "packaged_file",
    "packaged_signatures",
]
