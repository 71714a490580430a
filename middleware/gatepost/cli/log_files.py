"""Access logs as files: plain, compressed by gzip, or from a pipe.

Rules: a file is what its first octets say, whatever its name; memory is the same for any file and any line; a bar
follows the octets of the file, and the rate is told at the end, both on stderr.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader, RawIOBase
from pathlib import Path
from time import monotonic
from typing import Annotated, cast

import typer

from gatepost.cli.inputs import batches, opened
from gatepost.cli.output import octets_read, tell
from gatepost.core.logs import LogFormat, format_of
from gatepost.errors import GatepostError

__all__ = ["Logs", "log_lines"]

Logs = Annotated[list[str], typer.Argument(metavar="LOG...", help="Access logs, also compressed by gzip; - is stdin.")]

_GZIP = b"\x1f\x8b"
_LONGEST = 64 * 1024
_CHUNK = 256 * 1024


Lines = Iterator[tuple[LogFormat | None, list[bytes]]]


def log_lines(files: Sequence[str]) -> Lines:
    """The lines of all files, many at a time, with the format they are in; ``None`` as long as nobody can read it.

    Raises :class:`~gatepost.errors.GatepostError` for a file that cannot be read, or of which no line can be.
    """
    meter = _Meter()
    with octets_read(_size(files)) as show:
        for file in files:
            yield from _counted(file, meter, show)
    tell(meter.told())


class _Meter:
    """How much was read, and how fast."""

    def __init__(self) -> None:
        self.lines = self.octets = 0
        self.octets_of_files = 0
        """Compressed as they are; a pipe's are not."""
        self._begun = monotonic()

    def count(self, batch: Sequence[bytes]) -> None:
        self.lines += len(batch)
        self.octets += sum(map(len, batch)) + len(batch)

    def told(self) -> str:
        seconds, megabytes = max(monotonic() - self._begun, 1e-6), self.octets / 1e6
        read = f"{self.lines:,} lines, {megabytes:,.1f} MB in {seconds:,.1f} s"
        return f"{read}: {megabytes / seconds:,.1f} MB/s, {self.lines / seconds:,.0f} lines/s"


def _counted(file: str, meter: _Meter, show: Callable[[int], None]) -> Lines:
    before = meter.octets_of_files
    with opened(file) as stream:
        for format, batch in _formatted(file, stream):
            meter.count(batch)
            meter.octets_of_files = before + stream.tell() if stream.seekable() else meter.octets
            show(meter.octets_of_files)
            yield format, batch


def _size(files: Sequence[str]) -> int | None:
    """Octets of all files together, compressed as they are; ``None`` where one does not tell."""
    paths = [Path(file) for file in files]
    if not all(path.is_file() for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)


def _formatted(file: str, stream: BufferedReader) -> Lines:
    format: LogFormat | None = None
    empty = True
    for batch in _uncompressed(file, stream):
        format = format or format_of(batch)
        empty = empty and not any(batch)
        yield format, batch
    if format is None and not empty:
        raise GatepostError(
            f"{file}: no line can be read as a request",
            id="cli.log.format",
            remedy="Give a log in the combined format or in JSON lines, with the user agent in it.",
        )


def _uncompressed(file: str, stream: BufferedReader) -> Iterator[list[bytes]]:
    if not stream.peek(2).startswith(_GZIP):
        yield from batches(stream, _LONGEST)
        return
    try:
        yield from batches(BufferedReader(cast(RawIOBase, gzip.GzipFile(fileobj=stream)), _CHUNK), _LONGEST)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise GatepostError(
            f"{file}: {error}", id="cli.log.gzip", remedy="The file is damaged or cut off; compress it anew."
        ) from error
