"""Access logs as files: plain, compressed by gzip, or from a pipe.

Rules: a file is what its first octets say, whatever its name; memory is the same for any file and any line; a bar
follows the octets of the file, and the rate is told at the end, both on stderr.
"""

import gzip
import zlib
from collections.abc import Iterator, Sequence
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


def log_lines(files: Sequence[str]) -> Iterator[tuple[LogFormat | None, list[bytes]]]:
    """The lines of all files, many at a time, with the format they are in; ``None`` as long as nobody can read it.

    Raises :class:`~gatepost.errors.GatepostError` for a file that cannot be read, or of which no line can be.
    """
    begun, lines, octets, done = monotonic(), 0, 0, 0
    with octets_read(_size(files)) as show:
        for file in files:
            with opened(file) as stream:
                for format, batch in _formatted(file, stream):
                    lines += len(batch)
                    octets += sum(map(len, batch)) + len(batch)
                    show(done + stream.tell() if stream.seekable() else octets)
                    yield format, batch
                done += stream.tell() if stream.seekable() else 0
    seconds = max(monotonic() - begun, 1e-6)
    megabytes = octets / 1e6
    tell(
        f"{lines:,} lines, {megabytes:,.1f} MB in {seconds:,.1f} s: "
        f"{megabytes / seconds:,.1f} MB/s, {lines / seconds:,.0f} lines/s"
    )


def _size(files: Sequence[str]) -> int | None:
    """Octets of all files together, compressed as they are; ``None`` where one does not tell."""
    paths = [Path(file) for file in files]
    if not all(path.is_file() for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)


def _formatted(file: str, stream: BufferedReader) -> Iterator[tuple[LogFormat | None, list[bytes]]]:
    format: LogFormat | None = None
    empty = True
    for batch in _batches(file, stream):
        format = format or format_of(batch)
        empty = empty and not any(batch)
        yield format, batch
    if format is None and not empty:
        raise GatepostError(
            f"{file}: no line can be read as a request",
            id="cli.log.format",
            remedy="Give a log in the combined format or in JSON lines, with the user agent in it.",
        )


def _batches(file: str, stream: BufferedReader) -> Iterator[list[bytes]]:
    if not stream.peek(2).startswith(_GZIP):
        yield from batches(stream, _LONGEST)
        return
    try:
        yield from batches(BufferedReader(cast(RawIOBase, gzip.GzipFile(fileobj=stream)), _CHUNK), _LONGEST)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise GatepostError(
            f"{file}: {error}", id="cli.log.gzip", remedy="The file is damaged or cut off; compress it anew."
        ) from error
