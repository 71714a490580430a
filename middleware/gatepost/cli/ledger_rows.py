"""The ledger for machines: what is told of a site as JSON, and the counts themselves as CSV and Parquet."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.core.exposure import Exposure
    from gatepost.core.visits import Visits

__all__ = ["csv_of", "parquet_of", "told_visits"]

_COLUMNS = (
    "site", "day", "crawler", "standing", "outcome", "phase", "requests", "octets", "paths", "first_seen", "last_seen"
)  # fmt: skip


def told_visits(visits: "Visits") -> Mapping[str, Any]:
    """All that is told, as JSON has it."""
    return {name: _plain(value) for name, value in asdict(visits).items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else value


def _row(one: "Exposure") -> dict[str, Any]:
    from gatepost.core.sketches import counted

    key = {name: getattr(one.key, name) for name in _COLUMNS[:6]}
    return {
        **{name: str(value) if name != "day" else value for name, value in key.items()},
        "requests": one.requests,
        "octets": one.octets,
        "paths": counted([one.paths]),
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
    }


def csv_of(counts: Iterable["Exposure"]) -> str:
    """The counts as CSV; a number of paths that is not known is left empty."""
    text = io.StringIO()
    rows = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    rows.writeheader()
    rows.writerows({name: _plain(value) for name, value in _row(one).items()} for one in counts)
    return text.getvalue()


def parquet_of(counts: Sequence["Exposure"]) -> bytes:
    """The counts as Parquet. Raises :class:`GatepostError` where Arrow is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise GatepostError(
            "Parquet needs Arrow, which is not installed",
            id="cli.ledger.library",
            remedy="pip install 'gatepost[exports]'",
        ) from error
    moment = pyarrow.timestamp("us", "UTC")
    types = dict.fromkeys(_COLUMNS, pyarrow.string()) | {
        "day": pyarrow.date32(), "first_seen": moment, "last_seen": moment,
        **dict.fromkeys(("requests", "octets", "paths"), pyarrow.int64()),
    }  # fmt: skip
    table = pyarrow.Table.from_pylist([_row(one) for one in counts], schema=pyarrow.schema(types.items()))
    octets = io.BytesIO()
    parquet.write_table(table, octets, compression="zstd")
    return octets.getvalue()
