"""The file that goes into the export gate: its format, and what is learned of it while it is read.

Rules: octets are counted and hashed as they are read, so that the manifest speaks of what was judged. A file that a
library reads is hashed before and after that, and refused if it changed.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.cli.inputs import opened

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["ExportFormat", "Source", "format_of"]

_CHUNK = 256 * 1024


class ExportFormat(StrEnum):
    """How items are kept in a file."""

    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


def format_of(file: str) -> ExportFormat:
    """The format by a file's name: NDJSON, unless it says otherwise."""
    return {".csv": ExportFormat.CSV, ".parquet": ExportFormat.PARQUET}.get(Path(file).suffix, ExportFormat.NDJSON)


class Source:
    """A file, or stdin for ``-``."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.octets = 0
        self.show: Callable[[int], None] = lambda octets: None
        """Is told how many octets have been read."""
        self._hash = hashlib.sha256()

    @property
    def size(self) -> int | None:
        """How many octets there are to be read, if the file tells."""
        path = Path(self.file)
        return path.stat().st_size if path.is_file() else None

    @property
    def sha256(self) -> str:
        """Of all octets that were read, in hexadecimal."""
        return self._hash.hexdigest()

    @contextmanager
    def opened(self) -> Iterator[io.BufferedReader]:
        """The file, to be read from its beginning."""
        with opened(self.file) as stream:
            yield io.BufferedReader(_Noted(stream, self._note), _CHUNK)

    def read_whole(self) -> "Source":
        """Note all octets of a file that somebody else reads."""
        with self.opened() as stream:
            while stream.read1(_CHUNK):
                pass
        return self

    def _note(self, octets: bytes) -> None:
        self.octets += len(octets)
        self._hash.update(octets)
        self.show(self.octets)


class _Noted(io.RawIOBase):
    """A stream whose octets are noted as they are read."""

    def __init__(self, stream: io.BufferedReader, note: Callable[[bytes], None]) -> None:
        self._stream, self._note = stream, note

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        room = memoryview(buffer)
        octets = self._stream.read1(len(room))
        room[: len(octets)] = octets
        self._note(octets)
        return len(octets)
