"""Where facts come from: the signature file, the corpora that it is tried on, the world outside, the package itself."""

from gatepost.sources.corpora import packaged_corpora
from gatepost.sources.other_lists import installed_list, published_list
from gatepost.sources.outward import HttpOutward
from gatepost.sources.own_signatures import OwnSignatures
from gatepost.sources.seals import PrivateKey, Seals, new_key
from gatepost.sources.signature_file import admitted, load_signatures, packaged_file, packaged_signatures
from gatepost.sources.version import own_version

__all__ = [
    "HttpOutward",
    "OwnSignatures",
    "PrivateKey",
    "Seals",
    "admitted",
    "installed_list",
    "load_signatures",
    "new_key",
    "own_version",
    "packaged_corpora",
    "packaged_file",
    "packaged_signatures",
    "published_list",
]
