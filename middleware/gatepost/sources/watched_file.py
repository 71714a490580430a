"""A file that may be exchanged while it is in use.

Rules: it is looked at, not listened to, because a mounted ConfigMap changes by a link that no watch on the file sees; a
file counts only when it is at rest: two looks in a row have found the same; whoever replaces it by renaming is seen at
once whole, and whoever writes into it is waited for; what is no regular file is never opened, because a pipe keeps
whoever opens it waiting for ever.
"""

import hashlib
from pathlib import Path

__all__ = ["WatchedFile"]

_Identity = tuple[int, int, int, int] | None
"""Device, inode, size and the time of the last change; ``None`` while there is no such file."""


class WatchedFile:
    """Tells when a file has become another one, by its octets; ``most`` of them are read."""

    def __init__(self, path: Path, most: int) -> None:
        self._path, self._most = path, most
        self._seen = self._read_at = self._identity()
        self._digest = self._hash()

    def changed(self) -> bool:
        """Whether it is another one than when this was last asked, and at rest."""
        before, self._seen = self._seen, self._identity()
        if self._seen != before or self._seen == self._read_at:
            return False
        self._read_at = self._seen
        before_digest, self._digest = self._digest, self._hash()
        return self._digest != before_digest

    def _identity(self) -> _Identity:
        try:
            found = self._path.stat()  # of what a link leads to
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def _hash(self) -> bytes:
        try:
            if not self._path.is_file():
                return b""
            with self._path.open("rb") as file:
                return hashlib.sha256(file.read(self._most)).digest()
        except OSError:
            return b""
