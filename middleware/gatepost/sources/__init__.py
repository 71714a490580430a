"""Where facts about crawlers come from: the signature file."""

from gatepost.sources.signature_file import load_signatures, packaged_signatures

__all__ = ["load_signatures", "packaged_signatures"]
