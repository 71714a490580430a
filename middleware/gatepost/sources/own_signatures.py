"""The signature file of this machine, and what it lays over any; both may be exchanged while they are in use.

Rules: without a file of its own a machine has the one that came with this version, which never changes.
"""

from pathlib import Path

from gatepost.core.crawlers import SignatureSet
from gatepost.core.yaml_events import MOST_READ
from gatepost.sources.signature_file import admitted, packaged_signatures, read_file
from gatepost.sources.watched_file import WatchedFile

__all__ = ["OwnSignatures"]


class OwnSignatures:
    """The file at ``path``, or the packaged one, and the file ``overlay``, if there is one."""

    def __init__(self, path: Path | None, overlay: Path | None = None) -> None:
        self._path, self._overlay = path, overlay
        self._watched = [WatchedFile(one, MOST_READ) for one in (path, overlay) if one]

    def changed(self) -> bool:
        """Whether the octets of one are others than when this was last asked, and are not being written just now."""
        return True in [one.changed() for one in self._watched]  # each is asked

    def read(self) -> bytes:
        """The file, whole. Raises :class:`~gatepost.errors.SignatureFileError`."""
        return read_file(self._path) if self._path else packaged_signatures()

    def admit(self, source: bytes, held: SignatureSet | None) -> SignatureSet:
        """The set of a signature file with what this machine lays over it, if it may be used in place of ``held``.

        Raises :class:`~gatepost.errors.SignatureFileError` with every fault.
        """
        return admitted(source, self._overlay, held)
