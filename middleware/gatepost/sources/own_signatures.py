"""The signature file of this machine, which may be exchanged while it is in use.

Rules: without a file of its own a machine has the one that came with this version, which never changes.
"""

from pathlib import Path

from gatepost.sources.signature_file import MOST_READ, packaged_signatures, read_file
from gatepost.sources.watched_file import WatchedFile

__all__ = ["OwnSignatures"]


class OwnSignatures:
    """The file at ``path``, or the packaged one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._watched = WatchedFile(path, MOST_READ) if path else None

    def changed(self) -> bool:
        """Whether its octets are others than those that were read last, and are not being written just now."""
        return self._watched is not None and self._watched.changed()

    def read(self) -> bytes:
        """The file, whole. Raises :class:`~gatepost.errors.SignatureFileError`."""
        return read_file(self._path) if self._path else packaged_signatures()
