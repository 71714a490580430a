"""``gatepost export-gate``: files go through the gate, and what comes out is whole and counted, or not there."""

import base64
import csv
import fcntl
import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from export_items import AT, FIXTURES, SHARED, license_partner
from gatepost import Purpose
from gatepost.cli import export_formats, export_run
from gatepost.cli.export_source import ExportFormat, Source
from gatepost.core import exports
from gatepost.core.export_items import FIELDS
from gatepost.core.export_records import sifted
from gatepost.core.exports import SiteCheck
from gatepost.core.record import spelled
from gatepost.sources import Seals

ORDER = ("--partner", "acme", "--purpose", "ai-training")
SITES = [
    {"hosts": ["open.example"], "wishes": ["partner-sharing=allow", "/no/:ai-training=block"]},
    {"hosts": ["other.example"], "wishes": ["partner-sharing=allow"]},
    {"hosts": ["private.example"], "wishes": ["partner-sharing=allow"], "visibility": "private"},
    {"hosts": ["silent.example"]},
    {"hosts": ["no-training.example"], "wishes": ["partner-sharing=allow", "ai-training=ask"]},
]


@pytest.fixture(autouse=True)
def sites(run):
    """The sites that the items of ``export_items`` name, and the partner that they go to."""
    run("sites", "import", "-", given=ndjson(*SITES))
    license_partner("sqlite:///sites.db")


RECORDS = [
    SHARED,
    *({**SHARED, "id": f"{field} {value!r}", field: value} for field, value, _ in FIXTURES),
    {**SHARED, "id": "below a no", "path": "/no/x"},
    {**SHARED, "id": "last", "authors": ["other.example"], "content": 'ü, "quoted"\nand more'},
]
IDS = ["post 1", "last"]


def ndjson(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def write_ndjson(file, records):
    file.write_text(ndjson(*records), encoding="utf-8")


def write_csv(file, records):
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(SHARED)
        rows.writerows(
            [cell(record.get(name)) for name in SHARED] for record in records if "friends_only" not in record
        )


def cell(value):
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def write_parquet(file, records):
    pyarrow = pytest.importorskip("pyarrow", reason="missing: pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="missing: pyarrow")
    fitting = [one for one in records if [*map(type, one.values())] == [*map(type, SHARED.values())]]
    parquet.write_table(pyarrow.Table.from_pylist(fitting), file)


def manifest(folder, name):
    return json.loads((folder / f"{name}.manifest.json").read_bytes())


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_what_may_be_shared_comes_out_as_it_went_in_and_the_rest_is_counted(run, folder):
    (folder / "in.ndjson").write_text(ndjson(*RECORDS) + "\ngarbage\n", encoding="utf-8")
    run("export-gate", "in.ndjson", "out.ndjson", *ORDER)
    assert (folder / "out.ndjson").read_text(encoding="utf-8") == ndjson(RECORDS[0], RECORDS[-1])
    told = manifest(folder, "out.ndjson")["manifest"]
    items = told["items"]
    assert (items["in"], items["shared"], items["withheld"]) == (len(RECORDS) + 1, 2, len(RECORDS) - 1)
    assert set(items["reasons"]) == {reason for *_, reason in FIXTURES} | {"unreadable"}
    assert (told["partner"], told["purpose"]) == ("acme", "ai-training")
    assert [told[end]["sha256"] for end in ("in", "out")] == [sha256(folder / f"{end}.ndjson") for end in ("in", "out")]
    assert sorted(path.name for path in folder.iterdir() if "out" in path.name) == [
        "out.ndjson",
        "out.ndjson.manifest.json",
    ]


def test_csv_goes_through(run, folder):
    write_csv(folder / "in.csv", RECORDS)
    run("export-gate", "in.csv", "out.csv", *ORDER)
    with (folder / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    # Where all is text, `false` is a flag, and no text is no id.
    assert [row["id"] for row in rows] == ["post 1", "private_answer 'false'", "last"]
    assert rows[-1]["content"] == RECORDS[-1]["content"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_the_end_of_a_row_in_a_cell_of_csv_ends_none_for_who_reads_it(run, folder, end):
    write_csv(folder / "in.csv", [{**SHARED, "content": f"a{end}smuggled"}, RECORDS[-1]])
    run("export-gate", "in.csv", "out.csv", *ORDER)
    with (folder / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["id"], row["content"]) for row in rows] == [
        ("post 1", f"a{end}smuggled"),
        ("last", RECORDS[-1]["content"]),
    ]


def test_parquet_goes_through(rows, folder):
    duckdb = pytest.importorskip("duckdb", reason="missing: duckdb")
    write_parquet(folder / "in.parquet", RECORDS)
    (told,) = rows("export-gate", "in.parquet", "it's out.parquet", *ORDER, "--json")
    shared = duckdb.read_parquet(str(folder / "it's out.parquet")).fetchall()
    assert [row[0] for row in shared] == IDS
    assert told["items"]["in"] > told["items"]["shared"] == 2
    assert told["out"]["sha256"] == sha256(folder / "it's out.parquet")


@pytest.mark.parametrize("name", ["p[1].parquet", "p*.parquet", "p?.parquet", "[p]1.parquet"])
def test_of_parquet_the_file_that_is_named_is_read_and_no_other(rows, folder, name):
    parquet = pytest.importorskip("pyarrow.parquet", reason="missing: pyarrow")
    pytest.importorskip("duckdb", reason="missing: duckdb")
    (folder / "day [1]*").mkdir()
    write_parquet(folder / "p1.parquet", [{**SHARED, "id": "another"}])
    write_parquet(folder / name, [SHARED])
    (told,) = rows("export-gate", name, "day [1]*/out.parquet", *ORDER, "--json")
    assert told["in"]["sha256"] == sha256(folder / name)
    shared = parquet.ParquetFile(folder / "day [1]*" / "out.parquet").read()
    assert shared["id"].to_pylist() == ["post 1"]


@pytest.mark.parametrize("name", ["https://127.0.0.1:1/p.parquet", "s3://bucket/p.parquet", "-", ".", "*.parquet"])
def test_of_parquet_only_a_file_is_read(run, folder, name):
    pytest.importorskip("duckdb", reason="missing: duckdb")
    write_parquet(folder / "p1.parquet", [SHARED])
    told = run("export-gate", name, "out.parquet", "--format", "parquet", *ORDER, status=2)
    assert "export.parquet.file" in told.stderr


def test_a_parquet_file_whose_path_has_a_backslash_is_refused(run, folder):
    write_parquet(folder / "a\\b[1].parquet", [SHARED])
    assert "export.parquet.file" in run("export-gate", "a\\b[1].parquet", "out.parquet", *ORDER, status=2).stderr


def test_a_parquet_file_that_changes_while_it_is_read_is_not_handed_over(run, folder, monkeypatch):
    write_parquet(folder / "in.parquet", [SHARED])

    def sifted_while_another_is_written(batches, admits):
        yield from sifted(batches, admits)
        write_parquet(folder / "in.parquet", [RECORDS[-1]])

    monkeypatch.setattr(export_formats, "sifted", sifted_while_another_is_written)
    assert "export.changed" in run("export-gate", "in.parquet", "out.parquet", *ORDER, status=2).stderr
    assert not [path for path in folder.iterdir() if "out" in path.name]


def test_a_parquet_file_without_the_columns_is_withheld_whole(rows, folder):
    write_parquet(folder / "in.parquet", [SHARED])
    duckdb = pytest.importorskip("duckdb", reason="missing: duckdb")
    duckdb.sql("COPY (SELECT id, site, content FROM 'in.parquet') TO 'few.parquet'")
    (told,) = rows("export-gate", "few.parquet", "out.parquet", *ORDER, "--json")
    unknown = {field.unknown for field in FIELDS if field.name not in ("id", "site")}
    assert told["items"]["shared"] == 0
    assert unknown <= told["items"]["reasons"].keys()


@pytest.mark.parametrize(
    ("licence", "id"),
    [
        ({"purposes": frozenset({Purpose.SEARCH})}, "export.partner.licence"),
        ({"until": AT + timedelta(seconds=1)}, "export.partner.licence"),
        ({"id": "another"}, "export.partner.unknown"),
    ],
)
def test_nothing_is_handed_to_who_has_no_licence(folder, run, licence, id):
    license_partner("sqlite:///sites.db", **licence)
    partner = ("--partner", "nobody", "--purpose", "ai-training") if "id" in licence else ORDER
    told = run("export-gate", "-", "out.ndjson", *partner, given=ndjson(SHARED), status=1)
    assert id in told.stderr
    assert not (folder / "out.ndjson").exists()


def test_a_dry_run_counts_and_writes_nothing(run, folder):
    (folder / "in.ndjson").write_text(ndjson(*RECORDS), encoding="utf-8")
    before = set(folder.iterdir())
    told = run("export-gate", "in.ndjson", "out.ndjson", *ORDER, "--dry-run").stdout
    assert f"{len(RECORDS)}  items" in told
    assert "2  would be shared" in told
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize("suffix", ["ndjson", "csv", "parquet"])
def test_a_dry_run_is_told_apart_from_an_export_and_needs_no_room(rows, folder, suffix):
    write = {"csv": write_csv, "parquet": write_parquet}.get(suffix, write_ndjson)
    write(folder / f"in.{suffix}", RECORDS)
    (folder / f".out.{suffix}.partial").write_text("mine", encoding="utf-8")  # where an export would be written
    (told,) = rows("export-gate", f"in.{suffix}", f"out.{suffix}", *ORDER, "--dry-run", "--json")
    (folder / f".out.{suffix}.partial").unlink()
    (later,) = rows("export-gate", f"in.{suffix}", f"out.{suffix}", *ORDER, "--json")
    assert (told["record"], told["out"]) == ("gatepost-export-dry-run/1", None)
    assert (later["record"], later["out"]["name"]) == ("gatepost-export/1", f"out.{suffix}")
    assert (told["items"], told["in"]) == (later["items"], later["in"])


@pytest.mark.parametrize("suffix", ["ndjson", "csv", "parquet"])
def test_who_may_read_an_export_is_the_umasks(run, folder, suffix):
    {"csv": write_csv, "parquet": write_parquet}.get(suffix, write_ndjson)(folder / f"in.{suffix}", RECORDS)
    before = os.umask(0o027)
    try:
        run("export-gate", f"in.{suffix}", f"out.{suffix}", *ORDER)
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in folder.glob("out.*")}
    assert modes == {0o640}


def test_the_manifest_tells_a_partner_no_folder(run, folder):
    (folder / "in.ndjson").write_text(ndjson(SHARED), encoding="utf-8")
    run("export-gate", str(folder / "in.ndjson"), str(folder / "out.ndjson"), *ORDER)
    assert folder.name not in (folder / "out.ndjson.manifest.json").read_text(encoding="utf-8")
    assert manifest(folder, "out.ndjson")["manifest"]["in"]["name"] == "in.ndjson"


def test_the_manifest_is_signed(run, folder):
    (folder / "in.ndjson").write_text(ndjson(SHARED), encoding="utf-8")
    public = run("signatures", "key", "--new", "export-key.pem").stdout.strip()
    run("export-gate", "in.ndjson", "out.ndjson", *ORDER, "--key", "export-key.pem")
    told = manifest(folder, "out.ndjson")
    assert told["key"] == public
    Seals([public]).check(spelled(told["manifest"]), base64.b64decode(told["signature"]))


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (("missing.ndjson", "out.ndjson", *ORDER), ""),
        (("-", "out.ndjson", "--partner", "acme", "--purpose", "anything"), ""),
        (("-", "nowhere/out.ndjson", *ORDER), ""),
        (("-", "out.csv", "--format", "csv", *ORDER), ""),
        (("-", "out.csv", "--format", "csv", *ORDER), "id,id\n"),
        (("-", "out.csv", "--format", "csv", *ORDER), 'id,site\n"open'),
        (("-", "out.csv", "--format", "csv", *ORDER), b"id,site\n\xff,"),
        (("in.ndjson", "out.parquet", "--format", "parquet", *ORDER), ""),
        (("-", "out.ndjson", "--key", "in.ndjson", *ORDER), ""),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_nothing(run, folder, words, given):
    (folder / "in.ndjson").write_text("{}", encoding="utf-8")
    before = set(folder.iterdir())
    run("export-gate", *words, given=given, status=2)
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize("name", [".", "..", "/", "a folder"])
def test_a_folder_is_no_output(run, folder, name):
    (folder / "a folder").mkdir()
    assert "export.out" in run("export-gate", "-", name, *ORDER, given=ndjson(SHARED), status=2).stderr


@pytest.mark.parametrize(
    "words",
    [
        ("in.ndjson", "./in.ndjson"),
        ("in.ndjson", "link.ndjson"),
        ("out.manifest.json", "out"),
        ("-", "in.ndjson", "--key", "in.ndjson"),
    ],
)
def test_what_is_read_is_not_replaced(run, folder, words):
    for name in ("in.ndjson", "out.manifest.json"):
        (folder / name).write_text(ndjson(SHARED), encoding="utf-8")
    (folder / "link.ndjson").hardlink_to(folder / "in.ndjson")
    assert "export.same" in run("export-gate", *words, *ORDER, given="", status=2).stderr
    assert (folder / words[0].replace("-", "in.ndjson")).read_text(encoding="utf-8") == ndjson(SHARED)


def test_what_is_read_as_stdin_is_not_replaced_either(shell, folder):
    (folder / "in.ndjson").write_text(ndjson(SHARED), encoding="utf-8")
    done = shell("gatepost export-gate - in.ndjson --partner acme --purpose ai-training < in.ndjson")
    assert (done.returncode, b"export.same" in done.stderr) == (2, True)
    assert (folder / "in.ndjson").read_text(encoding="utf-8") == ndjson(SHARED)


def test_two_runs_for_one_file_are_refused(run, conversation):
    with conversation("export-gate", "-", "out.ndjson", *ORDER) as first:
        fill(first, ndjson(SHARED))
        assert "export.busy" in run("export-gate", "-", "out.ndjson", *ORDER, given="", status=2).stderr
        first.stdin.close()
        assert first.wait(30) == 0


def a_link(folder, partial):
    (folder / "mine").mkdir()
    (folder / "mine" / "0").write_text("mine", encoding="utf-8")
    partial.symlink_to("mine")


def a_folder(folder, partial):
    partial.mkdir()
    (partial / "0").write_text("mine", encoding="utf-8")
    (partial / "notes").write_text("mine", encoding="utf-8")


def a_file(folder, partial):
    partial.write_text("mine", encoding="utf-8")


@pytest.mark.parametrize("made", [a_link, a_folder, a_file])
def test_what_no_run_made_is_left_alone(run, folder, made):
    partial = folder / ".out.ndjson.partial"
    made(folder, partial)
    before = sorted(folder.rglob("*"))
    told = run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED), status=2).stderr
    assert "export.folder" in told
    assert sorted(folder.rglob("*")) == before
    assert all(path.read_text(encoding="utf-8") == "mine" for path in before if path.name in ("0", "notes"))


def test_the_folder_of_somebody_else_is_left_alone(run, folder, monkeypatch):
    (folder / ".out.ndjson.partial").mkdir()
    (folder / ".out.ndjson.partial" / "0").write_text("theirs", encoding="utf-8")
    monkeypatch.setattr("os.geteuid", lambda: 4242)
    assert "export.folder" in run("export-gate", "-", "out.ndjson", *ORDER, given="", status=2).stderr
    assert (folder / ".out.ndjson.partial" / "0").read_text(encoding="utf-8") == "theirs"


@pytest.mark.parametrize("again", [True, False])
def test_the_lock_of_a_folder_that_is_gone_is_none(run, folder, monkeypatch, again):
    partial, flock = folder / ".out.ndjson.partial", fcntl.flock

    def while_others_end_and_begin(lock, how):
        partial.rmdir()
        if again:
            partial.mkdir()
            (partial / "0").write_text("theirs", encoding="utf-8")
        flock(lock, how)

    monkeypatch.setattr("fcntl.flock", while_others_end_and_begin)
    assert "export.busy" in run("export-gate", "-", "out.ndjson", *ORDER, given="", status=2).stderr
    assert not again or (partial / "0").read_text(encoding="utf-8") == "theirs"


def test_what_a_killed_run_left_goes(run, folder):
    (folder / ".out.ndjson.partial").mkdir()
    for left in ("3", "manifest"):
        (folder / ".out.ndjson.partial" / left).write_text("left", encoding="utf-8")
    run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED))
    assert not (folder / ".out.ndjson.partial").exists()


def fill(process, line, octets=1_000_000):
    """Write lines until some of them must have been read, which is when the policy has been."""
    for _ in range(octets // len(line)):
        process.stdin.write(line.encode())


def opened_and_changed(run, conversation, *change, line=SHARED):
    with conversation("export-gate", "-", "out.ndjson", *ORDER) as process:
        fill(process, ndjson(line))
        run(*change)
        process.stdin.write(ndjson({**line, "id": "after"}).encode())
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    "change",
    [
        ("sites", "set", "open.example", "partner-sharing=refuse", "--yes"),
        ("sites", "set", "open.example", "/2024/:ai-training=block", "--yes"),
        ("sites", "set", "open.example", "--visibility", "suspended"),
        ("sites", "set", "other.example", "ai-training=ask", "--yes"),
    ],
)
def test_who_opts_out_during_a_run_is_not_in_the_file(run, conversation, folder, change):
    opened_and_changed(run, conversation, *change, line={**SHARED, "authors": ["other.example"]})
    told = manifest(folder, "out.ndjson")["manifest"]
    assert (folder / "out.ndjson").read_bytes() == b""
    assert (told["items"]["shared"], told["items"]["withheld"]) == (0, told["items"]["in"])


def test_who_opts_out_while_what_is_shared_is_hashed_is_not_in_the_file(run, shell, folder, monkeypatch):
    whole, changes = Source.read_whole, ["gatepost sites set open.example partner-sharing=refuse --yes"]

    def read_while_an_owner_changes(source):
        read = whole(source)
        while changes:
            assert shell(changes.pop()).returncode == 0
        return read

    monkeypatch.setattr(Source, "read_whole", read_while_an_owner_changes)
    run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED))
    assert not changes
    assert (folder / "out.ndjson").read_bytes() == b""


def test_who_allows_during_a_run_is_not_in_the_file_either(run, conversation, folder):
    opened_and_changed(
        run, conversation, "sites", "set", "silent.example", "partner-sharing=allow", "--yes",
        line={**SHARED, "site": "silent.example"},
    )  # fmt: skip
    assert (folder / "out.ndjson").read_bytes() == b""


def test_what_concerns_nobody_in_the_file_withholds_nothing(run, conversation, folder):
    opened_and_changed(run, conversation, "sites", "set", "silent.example", "search=ask", "--yes", "--confirm-search")
    assert manifest(folder, "out.ndjson")["manifest"]["items"]["withheld"] == 0


@pytest.mark.parametrize("suffix", ["ndjson", "csv", "parquet"])
def test_judged_anew_a_file_of_any_format_stays_what_it_is(rows, folder, monkeypatch, suffix):
    {"csv": write_csv, "parquet": write_parquet}.get(suffix, write_ndjson)(folder / f"in.{suffix}", RECORDS)
    (once,) = rows("export-gate", f"in.{suffix}", f"once.{suffix}", *ORDER, "--json")
    answers = [False, True, True]
    monkeypatch.setattr(exports.Judging, "touched_by", lambda judging, now: answers.pop())
    (again,) = rows("export-gate", f"in.{suffix}", f"again.{suffix}", *ORDER, "--json")
    assert not answers
    assert (folder / f"again.{suffix}").read_bytes() == (folder / f"once.{suffix}").read_bytes()
    assert (again["items"], again["in"]) == (once["items"], once["in"])


def test_when_owners_go_on_changing_their_mind_nothing_is_handed_over(run, folder, monkeypatch):
    asked = []

    def touched(judging, now):
        asked.append(now)
        return True

    monkeypatch.setattr(exports.Judging, "touched_by", touched)
    told = run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED), status=1)
    assert "export.policy.moving" in told.stderr
    assert len(asked) == export_run._ROUNDS
    assert not [path for path in folder.iterdir() if "out" in path.name]


def test_a_licence_that_ends_during_a_run_ends_the_run(run, conversation, folder):
    with conversation("export-gate", "-", "out.ndjson", *ORDER) as process:
        fill(process, ndjson(SHARED))
        run("partners", "end", "acme")
        process.stdin.close()
        assert process.wait(60) == 1
    assert "export.partner.licence" in (folder / "stderr").read_text(encoding="utf-8")
    assert not [path for path in folder.iterdir() if "out" in path.name]


def without_check(place):
    """The checks of sites, one of which is lost."""
    checks = [*exports.SITE_CHECKS]
    checks[place] = SiteCheck(checks[place].of_site, checks[place].of_author, lambda consent, readings: True)
    return checks


@pytest.mark.parametrize("place", range(len(exports.SITE_CHECKS)))
def test_a_canary_that_passes_stops_the_run_and_is_named(run, folder, monkeypatch, place):
    monkeypatch.setattr(exports, "SITE_CHECKS", without_check(place))
    told = run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED), status=1)
    assert "gatepost: canary site " in told.stderr
    assert "export.canary.passed" in told.stderr
    assert not [path for path in folder.iterdir() if "out" in path.name]


def test_canaries_go_last_as_well(run, folder, monkeypatch):
    ndjson_files = export_formats.FORMATS[ExportFormat.NDJSON]
    whole = type(ndjson_files).sift

    def sift_and_lose_a_check(self, *given):
        whole(self, *given)
        monkeypatch.setattr(exports, "SITE_CHECKS", without_check(0))

    monkeypatch.setattr(type(ndjson_files), "sift", sift_and_lose_a_check)
    assert (
        "export.canary.passed" in run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED), status=1).stderr
    )
    assert not [path for path in folder.iterdir() if "out" in path.name]


def test_a_run_that_ends_before_its_manifest_leaves_none_of_an_earlier_one(run, folder, monkeypatch):
    run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED))

    replace = Path.replace

    def no_room(file, target):
        if target.name == "out.ndjson.manifest.json":
            raise OSError("no space left")
        return replace(file, target)

    monkeypatch.setattr(Path, "replace", no_room)
    run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(RECORDS[-1]), status=2)
    assert not (folder / "out.ndjson.manifest.json").exists()
    assert (folder / "out.ndjson").read_text(encoding="utf-8") == ndjson(RECORDS[-1])


def test_an_earlier_manifest_never_stands_beside_a_later_file(run, folder):
    run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED))
    first = manifest(folder, "out.ndjson")
    run("export-gate", "-", "out.ndjson", *ORDER, given=ndjson(SHARED, RECORDS[-1]))
    second = manifest(folder, "out.ndjson")
    assert first["manifest"]["out"] != second["manifest"]["out"]
    assert second["manifest"]["out"]["sha256"] == sha256(folder / "out.ndjson")


def test_a_line_that_is_too_long_is_unreadable(rows, folder):
    with (folder / "in.ndjson").open("wb") as stream:
        stream.write(json.dumps({**SHARED, "content": "x" * 17_000_000}).encode() + b"\n")
        stream.write(ndjson(SHARED).encode())
    (told,) = rows("export-gate", "in.ndjson", "out.ndjson", *ORDER, "--json")
    assert told["items"]["reasons"] == {"unreadable": 1}
    assert told["items"]["shared"] == 1


def test_the_help_names_every_field(run):
    told = run("export-gate", "--help").stdout
    assert [field.name for field in FIELDS if field.name not in told] == []
