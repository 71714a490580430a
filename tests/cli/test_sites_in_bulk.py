"""`gatepost sites import` and `export`: what goes out comes in again; a bad row harms no other."""

import json

import pytest

FULL = {
    "id": "17",
    "hosts": ["blog.example", "www.blog.example"],
    "visibility": "suspended",
    "wishes": ["ai-training=block", "/press/:ai-training=allow", "/a=b/*:archives=ask", "GPTBot=license"],
    "robots_txt": "User-agent: *\nDisallow: /ünï\n",
}
BARE = {"id": "zoo", "hosts": ["zoo.example"], "visibility": "public", "wishes": [], "robots_txt": ""}


def ndjson(*sites):
    return "".join(json.dumps(site) + "\n" for site in sites)


def test_what_goes_out_comes_in_again(run, rows):
    run("sites", "import", "-", given=ndjson(FULL, BARE))
    exported = run("sites", "export").stdout
    assert [json.loads(line) for line in exported.splitlines()] == [FULL, BARE]
    run("sites", "import", "-", "--database", "sqlite:///other.db", given=exported)
    assert run("sites", "export", "--database", "sqlite:///other.db").stdout == exported


def test_files_do_as_well(run, folder):
    (folder / "in.ndjson").write_text(ndjson(BARE), encoding="utf-8")
    assert "1 sites taken, 0 rows left out" in run("sites", "import", "in.ndjson").stderr
    run("sites", "export", "out.ndjson")
    assert (folder / "out.ndjson").read_text(encoding="utf-8") == ndjson(BARE)


def test_only_hosts_are_needed(run, rows):
    run("sites", "import", "-", given='{"hosts": ["https://Bücher.example/"]}\n')
    assert rows("sites", "list", "--json")[0]["id"] == "xn--bcher-kva.example"


def test_an_import_takes_no_opt_out_back(run, rows, blog):
    run("sites", "import", "-", given=ndjson({"hosts": [blog, "new.example"], "wishes": ["archives=ask"]}))
    [site] = rows("sites", "list", "--json")
    assert site["wishes"] == ["ai-training=block", "archives=ask", "partner-sharing=refuse"]
    assert site["hosts"] == [blog, "www.blog.example", "new.example"]


def test_the_same_import_twice_changes_nothing(run, rows):
    for _ in range(2):
        run("sites", "import", "-", given=ndjson(FULL))
    assert len(rows("sites", "history", "blog.example", "--json")) == 4


def test_a_row_that_touches_search_needs_the_confirmation(run):
    given = ndjson({"hosts": ["a.example"], "wishes": ["search=block"]})
    assert "(statement.search.unconfirmed)" in run("sites", "import", "-", given=given, status=1).stderr
    assert run("sites", "list").stdout == ""
    run("sites", "import", "-", "--confirm-search", given=given)


BAD = {
    "not_json": ("{", "sites.import.row"),
    "no_object": ("[]", "sites.import.row"),
    "no_hosts": ('{"hosts": []}', "sites.import.row"),
    "unknown_key": ('{"hosts": ["a.example"], "x": 1}', "sites.import.row"),
    "platform": ('{"hosts": ["a.example"], "id": "*"}', "sites.import.row"),
    "host": ('{"hosts": ["a b"]}', "cli.host"),
    "wish": ('{"hosts": ["a.example"], "wishes": ["x=y"]}', "statement.subject.unknown"),
    "taken": ('{"hosts": ["zoo.example"], "id": "new"}', "store.host.taken"),
}


@pytest.mark.parametrize(("line", "id"), BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_named_and_the_others_are_taken(run, rows, line, id):
    given = ndjson(BARE) + f"{line}\n\n" + ndjson(FULL)
    result = run("sites", "import", "-", given=given, status=1)
    assert result.stderr.startswith("line 2: ")
    assert f"({id})" in result.stderr
    assert [site["id"] for site in rows("sites", "export")] == ["17", "zoo"]


def test_rows_that_were_left_out_are_kept_to_be_mended(run, rows, folder):
    given = ndjson(BARE) + "{\n" + ndjson({"hosts": ["a b"]}) + ndjson(FULL)
    run("sites", "import", "-", "--rejects", "bad.ndjson", given=given, status=1)
    assert (folder / "bad.ndjson").read_text(encoding="utf-8") == "{\n" + ndjson({"hosts": ["a b"]})
    (folder / "bad.ndjson").write_text(ndjson({"hosts": ["ab"]}), encoding="utf-8")
    run("sites", "import", "bad.ndjson")
    assert len(rows("sites", "export")) == 3


def test_an_import_that_broke_off_can_be_run_again(run, rows):
    run("sites", "import", "-", given=ndjson(FULL))
    stderr = run("sites", "import", "-", given=ndjson(FULL, BARE, {"hosts": ["zoo.example", "b.example"]})).stderr
    assert "2 sites taken, 0 rows left out, 1 unchanged" in stderr
    assert rows("sites", "export")[1]["hosts"] == ["zoo.example", "b.example"]


CSV = """id,hosts,visibility,wishes,robots_txt
17,blog.example www.blog.example,suspended,ai-training=block GPTBot=license,"User-agent: *
Disallow: /ünï
"
,zoo.example,,,
x,,,,
y,c.example,haunted,,
z,d.example,,,,more
"""


def test_csv_does_as_well(run, rows, folder):
    (folder / "in.csv").write_text(CSV, encoding="utf-8-sig")
    result = run("sites", "import", "in.csv", "--rejects", "bad.csv", status=1)
    assert "2 sites taken, 3 rows left out" in result.stderr
    full = FULL | {"wishes": ["ai-training=block", "GPTBot=license"]}
    assert rows("sites", "export") == [full, BARE | {"id": "zoo.example"}]
    assert (folder / "bad.csv").read_text(encoding="utf-8").splitlines() == [
        "id,hosts,visibility,wishes,robots_txt",
        "x,,,,",
        "y,c.example,haunted,,",
        "z,d.example,,,,more",
    ]


@pytest.mark.parametrize(("given", "id"), [("id,host\n", "sites.import.columns"), ('hosts\n"a', "sites.import.csv")])
def test_csv_that_is_none_is_told(run, folder, given, id):
    (folder / "in.csv").write_text(given, encoding="utf-8")
    assert f"({id})" in run("sites", "import", "in.csv", status=2).stderr
