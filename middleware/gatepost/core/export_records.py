"""Items as they stand in files: lines of NDJSON, rows of CSV, batches of Arrow (Parquet, Spark).

Rules: what two readers could take otherwise is unreadable: a name that stands twice, a row with more or fewer cells
than there are columns, octets that are not UTF-8. No value is mended: an empty cell is no value, and text is no flag
except in CSV, which has nothing else.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gatepost.core.export_canaries import canary_records, check_canaries
from gatepost.core.export_consents import Consents, check_licence
from gatepost.core.export_items import FIELDS, UNREADABLE, ClosedField, Item, has_strange, read_item
from gatepost.core.exports import Judging

__all__ = [
    "Batch",
    "Columns",
    "Filtered",
    "canaries_of_batches",
    "canaries_of_csv",
    "canaries_of_json",
    "item_of_json",
    "items_of_batch",
    "share_batches",
    "sifted",
]

_NAMES = tuple(field.name for field in FIELDS)
_FLAGS = frozenset(field.name for field in FIELDS if isinstance(field, ClosedField) and isinstance(field.permits, bool))
_WORDS = {"true": True, "false": False}


def _once(pairs: Sequence[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)


def item_of_json(line: bytes) -> Item:
    """The item of a line of NDJSON."""
    try:
        record = _DECODER.decode(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return UNREADABLE
    return read_item(record) if isinstance(record, dict) else UNREADABLE


AnyBatch = TypeVar("AnyBatch", bound="Filtered")


@dataclass(frozen=True)
class Columns:
    """The columns of a CSV file, by its first row."""

    names: Sequence[str]

    def item(self, cells: Sequence[str]) -> Item:
        """The item of a row."""
        if len(cells) != len(self.names):
            return UNREADABLE
        return read_item({name: _value(name, cell) for name, cell in zip(self.names, cells, strict=True)})


def _value(name: str, cell: str) -> object:
    """A cell as JSON would have it: flags are ``true`` and ``false``, authors a JSON list; an empty one is none."""
    if name in _FLAGS:
        return _WORDS.get(cell, cell or None)
    if name != "authors":
        return cell or None
    try:
        return _DECODER.decode(cell)
    except (ValueError, RecursionError):
        return None


class ArrowColumn(Protocol):
    """A column of Arrow, as far as it is used here."""

    def to_pylist(self) -> list[object]:
        """Its values."""
        ...


class ArrowSchema(Protocol):
    """What a batch consists of."""

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        ...


class Batch(Protocol):
    """A record batch of Arrow, as far as it is used here; ``pyarrow`` itself is not needed."""

    @property
    def schema(self) -> ArrowSchema:
        """What it consists of."""
        ...

    @property
    def num_rows(self) -> int:
        """How many rows it has."""
        ...

    def column(self, i: int) -> ArrowColumn:
        """A column by its place."""
        ...


class Filtered(Batch, Protocol):
    """A batch of which rows can be taken."""

    def filter(self: AnyBatch, mask: Sequence[bool]) -> AnyBatch:
        """The rows for which the mask holds."""
        ...


def items_of_batch(batch: Batch) -> Iterable[Item]:
    """The items of a batch's rows."""
    names = batch.schema.names
    if len(set(names)) < len(names):
        return [UNREADABLE] * batch.num_rows
    none = [None] * batch.num_rows
    columns = [batch.column(names.index(name)).to_pylist() if name in names else none for name in _NAMES]
    strange = has_strange(names)
    return [Item(values, strange) for values in zip(*columns, strict=True)]


def sifted(batches: Iterable[AnyBatch], admits: Callable[[Item], bool]) -> Iterator[AnyBatch]:
    """The rows that are admitted, of each batch."""
    for batch in batches:
        mask = [admits(item) for item in items_of_batch(batch)]
        yield batch.filter(mask) if mask else batch  # Arrow takes an empty mask for one of no type


@dataclass(frozen=True)
class _Row:
    """One record as a batch and its schema; each of its columns has one value."""

    record: Mapping[str, object]
    num_rows: int = 1

    @property
    def schema(self) -> ArrowSchema:
        return self

    @property
    def names(self) -> list[str]:
        return list(self.record)

    def column(self, i: int) -> ArrowColumn:
        return _Single(list(self.record.values())[i])


@dataclass(frozen=True)
class _Single:
    value: object

    def to_pylist(self) -> list[object]:
        return [self.value]


def canaries_of_json() -> Iterable[Item]:
    """The canaries as lines of NDJSON are read."""
    return (item_of_json(json.dumps(record).encode()) for record in canary_records())


def canaries_of_csv() -> Iterable[Item]:
    """The canaries as rows of CSV are read; where all is text, one that has a flag as text is none."""
    records = (record for record in canary_records() if not any(_is_word(record.get(flag)) for flag in _FLAGS))
    return (Columns(list(record)).item([_cell(value) for value in record.values()]) for record in records)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value in _WORDS


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def canaries_of_batches() -> Iterable[Item]:
    """The canaries as batches of Arrow are read."""
    return (item for record in canary_records() for item in items_of_batch(_Row(record)))


def share_batches(consents: Consents, batches: Iterable[AnyBatch]) -> Iterator[AnyBatch]:
    """The rows that may be shared, of each batch: what Spark's ``mapInArrow`` takes once ``consents`` are bound to it.

    >>> frame.mapInArrow(partial(share_batches, consents), frame.schema)

    Raises :class:`~gatepost.errors.ExportRefused` for a partner without a licence, and when a canary passes, before the
    first row or after the last.
    """
    check_licence(consents)
    judging = Judging(consents)
    check_canaries(canaries_of_batches(), consents)
    yield from sifted(batches, judging.admits)
    check_canaries(canaries_of_batches(), consents)
