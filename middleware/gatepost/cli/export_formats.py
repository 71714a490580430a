"""The files that pass the export gate: NDJSON and CSV as streams, Parquet through DuckDB.

Rules: memory does not grow with a file, only with the longest of its rows; a line of NDJSON that is shared is written
as it was read, but that it ends with LF; a canary is read as all other records of its format are.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from gatepost.cli.export_source import ExportFormat, Source
from gatepost.cli.inputs import batches
from gatepost.core.export_items import UNREADABLE, Item
from gatepost.core.export_records import (
    Columns,
    Filtered,
    canaries_of_batches,
    canaries_of_csv,
    canaries_of_json,
    item_of_json,
    sifted,
)
from gatepost.errors import GatepostError

__all__ = ["FORMATS", "Format"]

_LONGEST = 16 * 1024 * 1024
"""Octets of a line, or characters of a cell."""
_ROWS = 8_192

Admits = Callable[[Item], bool]


class Format(Protocol):
    """One way to keep items in a file."""

    def canaries(self) -> Iterable[Item]:
        """The canaries, read as this format is."""
        ...

    def sift(self, source: Source, target: Path, admits: Admits) -> None:
        """Write what is admitted of a file to another one. Raises :class:`~gatepost.errors.GatepostError`."""
        ...


class _Ndjson:
    """A record a line; empty lines are none."""

    def canaries(self) -> Iterable[Item]:
        return canaries_of_json()

    def sift(self, source: Source, target: Path, admits: Admits) -> None:
        with source.opened() as stream, target.open("wb") as out:
            for lines in batches(stream, _LONGEST):
                shared = [line for line in lines if line.strip() and admits(_item_of_line(line))]
                out.writelines(line + b"\n" for line in shared)


def _item_of_line(line: bytes) -> Item:
    return item_of_json(line) if len(line) <= _LONGEST else UNREADABLE


class _Csv:
    """A header, and a record a row."""

    def canaries(self) -> Iterable[Item]:
        return canaries_of_csv()

    def sift(self, source: Source, target: Path, admits: Admits) -> None:
        csv.field_size_limit(_LONGEST)
        with (
            source.opened() as stream,
            _rows(source.file, stream) as rows,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            csv.writer(_RowEnds(out), lineterminator="\r\n").writerows(_shared_rows(source.file, rows, admits))


class _RowEnds:
    """Ends rows with LF alone. The writer takes CRLF for the end of one, so that it quotes cells with either of them:
    to most readers a bare CR ends a row as well.
    """

    def __init__(self, out: io.TextIOBase) -> None:
        self._out = out

    def write(self, row: str, /) -> int:
        """Write one row."""
        return self._out.write(row.removesuffix("\r\n") + "\n")


def _shared_rows(file: str, rows: Iterator[list[str]], admits: Admits) -> Iterator[list[str]]:
    names = next(rows, [])
    _check_columns(file, names)
    yield names
    item = Columns(names).item
    yield from (cells for cells in rows if cells and admits(item(cells)))


@contextmanager
def _rows(file: str, stream: io.BufferedReader) -> Iterator[Iterator[list[str]]]:
    """The rows of CSV. Where a row ends is not known after a fault, so that nothing of the file can be believed."""
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        yield csv.reader(text, strict=True)
    except (UnicodeDecodeError, csv.Error) as error:
        raise GatepostError(
            f"{file}: {error}", id="export.csv", remedy="Save the file as CSV in UTF-8, with quotes that are closed."
        ) from error
    finally:
        text.detach()


def _check_columns(file: str, names: list[str]) -> None:
    if len(set(names)) < len(names) or not names:
        raise GatepostError(
            f"{file}: the first line names no columns, or one twice",
            id="export.columns",
            remedy="Name each column once in the first line; gatepost export-gate --help lists those that are needed.",
        )


_BOUNDS = {"threads": 1, "memory_limit": "1GB"}
"""Of DuckDB, when it reads and when it writes. The gate takes longer than both: more threads would only hold more rows.
"""


class _Parquet:
    """DuckDB reads and writes; in between are batches of Arrow, so that every row is judged once and in its order.

    The same function as one of DuckDB's own (a UDF) takes a sixth less time, and leaves to the engine how often it is
    called and for what.
    """

    def canaries(self) -> Iterable[Item]:
        return canaries_of_batches()

    def sift(self, source: Source, target: Path, admits: Admits) -> None:
        pattern = _pattern(source.file)
        with _libraries(source.file) as (duckdb, pyarrow), _unchanged(source):
            reading, writing = (duckdb.connect(config=_BOUNDS) for _ in range(2))
            table = reading.read_parquet(pattern)
            ((rows,),) = table.count("*").fetchall()
            found = table.to_arrow_reader(_ROWS)
            shared = pyarrow.RecordBatchReader.from_batches(found.schema, sifted(_shown(found, source, rows), admits))
            writing.register("shared", shared)
            writing.execute(
                f"COPY shared TO '{_quoted(target)}' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
            )


def _pattern(file: str) -> str:
    """What DuckDB takes for this one file: it reads patterns and addresses, in which a backslash may be a slash."""
    path = Path(file).absolute()
    if not path.is_file() or "\\" in str(path):
        raise GatepostError(
            f"{file} is no file on this machine, or its path has a backslash",
            id="export.parquet.file",
            remedy="Name a Parquet file that lies here, by a path without backslashes; fetch it first, or rename it.",
        )
    return re.sub(r"[\[*?]", r"[\g<0>]", str(path))


@contextmanager
def _unchanged(source: Source) -> Iterator[None]:
    """Somebody else reads the file meanwhile; what is hashed before and after is what was read."""
    before = Source(source.file).read_whole().sha256
    yield
    source.show = lambda octets: None
    if source.read_whole().sha256 != before:
        raise GatepostError(
            f"{source.file} changed while it was read",
            id="export.changed",
            remedy="Nothing was handed over. Try again when the file is whole, or give a copy of it.",
        )


def _shown(found: Iterable[Filtered], source: Source, rows: int) -> Iterator[Filtered]:
    """The batches; how far they have come is shown as if every row had as many octets."""
    seen, octets = 0, source.size or 0
    for batch in found:
        yield batch
        seen += batch.num_rows
        source.show(octets * seen // rows)


@contextmanager
def _libraries(file: str) -> Iterator[tuple[Any, Any]]:
    """DuckDB and Arrow, whose complaints are told."""
    try:
        import duckdb
        import pyarrow
    except ImportError as error:
        raise GatepostError(
            "Parquet needs DuckDB and Arrow, which are not installed",
            id="export.library",
            remedy="pip install 'gatepost[exports]'",
        ) from error
    try:
        yield duckdb, pyarrow
    except (duckdb.Error, pyarrow.ArrowException) as error:
        raise GatepostError(
            f"{file}: {error}",
            id="export.parquet",
            remedy="Give a Parquet file that DuckDB can read, and room to write.",
        ) from error


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


FORMATS: dict[ExportFormat, Format] = {
    ExportFormat.NDJSON: _Ndjson(),
    ExportFormat.CSV: _Csv(),
    ExportFormat.PARQUET: _Parquet(),
}
