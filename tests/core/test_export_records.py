"""Records are read in one way or not at all: what two readers could take otherwise is withheld."""

import json
from dataclasses import replace

import pyarrow
import pytest

from export_items import FIXTURES, SHARED, SITES, consents
from gatepost import ExportRefused, share_batches
from gatepost.core import exports
from gatepost.core.export_canaries import check_canaries
from gatepost.core.export_items import UNREADABLE, ExportReason
from gatepost.core.export_records import Columns, canaries_of_batches, canaries_of_csv, canaries_of_json, item_of_json
from gatepost.core.exports import decide_export

ALL = consents()
LINE = json.dumps(SHARED).encode()
CELLS: dict[str, str] = {
    name: json.dumps(value) if isinstance(value, bool | list) else value for name, value in SHARED.items()
}


@pytest.mark.parametrize("canaries", [canaries_of_json, canaries_of_csv, canaries_of_batches])
def test_canaries_are_withheld_however_they_are_read(canaries):
    check_canaries(canaries(), ALL)


def test_a_line_is_shared():
    assert decide_export(item_of_json(LINE), ALL).shared


@pytest.mark.parametrize(
    "line",
    [
        LINE[:-1] + b', "explicit": false}',
        LINE.replace(b'"explicit": false', b'"explicit": true, "explicit": false'),
        LINE.replace(b'"a post"', b"NaN"),
        LINE.replace(b'"a post"', b'"\xff"'),
        LINE.replace(b'"a post"', b"[" * 100_000 + b"]" * 100_000),
        LINE.replace(b'"a post"', b"1" * 5_000),
        LINE + LINE,
        LINE[:-1],
        b"\xef\xbb\xbf" + LINE,
        LINE.decode().encode("utf-16"),
        b"[" + LINE + b"]",
        b"null",
        b"{}garbage",
    ],
)
def test_a_line_that_is_not_one_object_of_json_is_unreadable(line):
    assert item_of_json(line) is UNREADABLE
    assert decide_export(UNREADABLE, ALL).reasons == (ExportReason.UNREADABLE,)


def by_cells(**changed):
    cells = {**CELLS, **changed}
    return decide_export(Columns(list(cells)).item(list(cells.values())), ALL)


def test_a_row_is_shared():
    assert by_cells().shared
    assert by_cells(authors='["other.example"]').shared


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("explicit", "FALSE"),
        ("explicit", " false"),
        ("explicit", "0"),
        ("explicit", ""),
        ("authors", ""),
        ("authors", "other.example"),
        ("authors", '["other.example", "silent.example"]'),
        ("path", ""),
        ("visibility", "true"),
        ("premium", ""),
    ],
)
def test_a_cell_is_not_mended(column, cell):
    assert not by_cells(**{column: cell}).shared


def test_a_row_with_a_cell_too_many_or_too_few_is_unreadable():
    columns = Columns(list(CELLS))
    for cells in (list(CELLS.values())[:-1], [*CELLS.values(), ""]):
        assert columns.item(cells) is UNREADABLE


def shared_ids(batch):
    return [id for shared in share_batches(ALL, [batch]) for id in shared.column("id").to_pylist()]


def test_of_a_batch_the_rows_that_may_be_shared_are_left_in_their_order():
    records = [{**SHARED, "id": name, "site": name} for name in SITES]
    assert shared_ids(pyarrow.RecordBatch.from_pylist(records)) == ["open.example", "other.example"]


@pytest.mark.parametrize(("field", "value", "reason"), FIXTURES)
def test_a_column_of_any_type_is_judged_by_its_values(field, value, reason):
    records = [{**SHARED, field: [None] if value == {} else value}]  # Arrow has no struct without fields
    assert shared_ids(pyarrow.RecordBatch.from_pylist(records)) == []


def test_a_column_that_is_there_twice_withholds():
    batch = pyarrow.RecordBatch.from_pylist([SHARED])
    twice = pyarrow.RecordBatch.from_arrays([*batch.columns, batch.column("id")], [*batch.schema.names, "id"])
    assert sum(shared.num_rows for shared in share_batches(ALL, [twice])) == 0


def test_a_batch_without_rows_stays_one():
    empty = pyarrow.RecordBatch.from_pylist([SHARED]).slice(0, 0)
    assert shared_ids(empty) == []


def test_an_export_to_who_has_no_licence_is_refused_and_not_empty():
    ended = replace(ALL, partner=replace(ALL.partner, until=ALL.at))
    with pytest.raises(ExportRefused) as raised:
        list(share_batches(ended, [pyarrow.RecordBatch.from_pylist([SHARED])]))
    assert raised.value.id == "export.partner.licence"


def test_canaries_go_last_as_well(monkeypatch):
    def batches():
        yield pyarrow.RecordBatch.from_pylist([SHARED])
        monkeypatch.setattr(exports, "SITE_CHECKS", ())

    with pytest.raises(ExportRefused):
        list(share_batches(ALL, batches()))
