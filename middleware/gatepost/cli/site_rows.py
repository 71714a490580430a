"""The rows of ``gatepost sites import``: NDJSON or CSV, read some at a time, and checked one by one."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from itertools import islice
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gatepost.cli.inputs import batches
from gatepost.core.defaults import is_default
from gatepost.core.sites import Visibility
from gatepost.errors import GatepostError

__all__ = ["Line", "SiteRow", "csv_lines", "ndjson_lines"]

LONGEST = 4 * 1024 * 1024
"""Octets of a row: an owner's robots.txt of the permitted size, escaped in the costliest way, and room to spare."""

COLUMNS = ("hosts", "id", "visibility", "wishes", "robots_txt", "region", "plan")
"""Of CSV."""

AT_ONCE = 1000
"""Rows of CSV that are given at a time."""


class SiteRow(BaseModel):
    """One site, or a default under its id; what is ``None`` or left out is not changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosts: tuple[str, ...] = ()
    id: Annotated[str | None, Field(min_length=1)] = None
    visibility: Visibility | None = None
    wishes: tuple[str, ...] = ()
    robots_txt: str | None = None
    region: str | None = None
    plan: str | None = None
    kept: tuple[dict[str, tuple[str, ...]], ...] = ()
    """What levels above said when the site left them, by level: ``cli/rows_written``."""

    @property
    def default(self) -> str:
        """The id under which the platform, a region or a plan speaks, if the row is theirs; else empty."""
        return self.id if self.id and is_default(self.id) else ""

    @model_validator(mode="after")
    def _whole(self) -> "SiteRow":
        if self.default and self.model_fields_set != {"id", "wishes"}:
            raise ValueError(f"{self.id} is the platform's, a region's or a plan's: it has wishes and nothing else")
        if not self.hosts and not self.default and not (self.id and self.visibility is Visibility.DELETED):
            raise ValueError("hosts: a site needs one, unless it is deleted and has an id")
        return self


@dataclass(frozen=True, slots=True)
class Line:
    """A row where it stands; ``read`` checks it, ``octets`` are the row again, for a file of what was left out, and
    ``header`` is what such a file begins with."""

    number: int
    octets: bytes
    read: Callable[[], SiteRow]
    header: bytes = b""


def ndjson_lines(stream: BufferedReader) -> Iterator[list[Line]]:
    """The lines of NDJSON, as many at a time as are there; an empty line is none."""
    number = 0
    for batch in batches(stream, LONGEST):
        lines = enumerate(batch, number + 1)
        number += len(batch)
        yield [Line(at, line + b"\n", partial(_from_json, line)) for at, line in lines if line.strip()]


def _from_json(line: bytes) -> SiteRow:
    return _checked(SiteRow.model_validate_json, line, "one JSON object with")


def csv_lines(stream: BufferedReader) -> Iterator[list[Line]]:
    """The rows of CSV with a header, a thousand at a time."""
    csv.field_size_limit(LONGEST)
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        reader = csv.reader(text, strict=True)
        columns = next(reader, [])
        _check_columns(columns)
        rows = (_csv_line(reader.line_num, columns, cells) for cells in reader if cells)
        while batch := list(islice(rows, AT_ONCE)):
            yield batch
    except (UnicodeDecodeError, csv.Error) as error:
        raise GatepostError(
            f"the rows cannot be read: {error}", id="sites.import.csv", remedy="Save the file as CSV in UTF-8."
        ) from error
    finally:
        text.detach()


def _check_columns(columns: Iterable[str]) -> None:
    names = list(columns)
    if "hosts" not in names or set(names) - set(COLUMNS) or len(set(names)) < len(names):
        raise GatepostError(
            f"the first line names the columns {', '.join(names) or '(none)'}",
            id="sites.import.columns",
            remedy=f"Name them {', '.join(COLUMNS)} in any order; only hosts is needed. What was kept at moves "
            "(kept) has no place in a cell: use NDJSON.",
        )


def _csv_line(number: int, columns: list[str], cells: list[str]) -> Line:
    return Line(number, _octets(cells), partial(_from_cells, columns, cells), _octets(columns))


def _octets(cells: Iterable[str]) -> bytes:
    """A row of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _from_cells(columns: list[str], cells: list[str]) -> SiteRow:
    """A row in which an empty cell says nothing, and hosts and wishes stand with spaces between them."""
    said: dict[str, Any] = {column: cell for column, cell in zip(columns, cells, strict=False) if cell}
    for column in said.keys() & {"hosts", "wishes"}:
        said[column] = tuple(said[column].split())
    if len(cells) > len(columns):
        said["more cells than columns"] = True
    return _checked(SiteRow.model_validate, said, "the cells")


def _checked(validate: Callable[[Any], SiteRow], row: bytes | Mapping[str, Any], form: str) -> SiteRow:
    try:
        return validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the row"
        raise GatepostError(
            f"{place}: {first['msg']}",
            id="sites.import.row",
            remedy=f"A row is {form} {', '.join(SiteRow.model_fields)}.",
        ) from error
