"""`gatepost sites import` and `export`: what goes out comes in again; a bad row harms no other."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost import open_gate
from gatepost.core.preferences import Level, LevelStatement, PreferenceStatement
from gatepost.core.signatures import read_signatures
from gatepost.core.sites import Actor, ActorKind, Event, StatementChanged, Visibility
from gatepost.service.new_sites import NewSite
from policies import statements

FULL = {
    "id": "17",
    "hosts": ["blog.example", "www.blog.example"],
    "visibility": "suspended",
    "wishes": ["ai-training=block", "/press/:ai-training=allow", "/a=b/*:archives=ask", "GPTBot=license"],
    "robots_txt": "User-agent: *\nDisallow: /ünï\n",
    "region": "eu",
    "plan": "",
    "kept": [
        {"platform": ["ai-answers=ask"], "region us east": ["ai-training=block", "/a/:archives=ask", "GPTBot=block"]},
        {"platform": [], "region eu": ["archives=block"], "plan free": []},
    ],
}
BARE = {
    "id": "zoo",
    "hosts": ["zoo.example"],
    "visibility": "public",
    "wishes": [],
    "robots_txt": "",
    "region": "",
    "plan": "",
    "kept": [],
}
GONE = BARE | {"id": "gone", "hosts": [], "visibility": "deleted", "wishes": ["ai-training=block"]}
PLATFORM = {"id": "*", "wishes": ["ai-training=block"]}
EUROPE = {"id": "*region:eu", "wishes": ["archives=ask", "/press/:archives=block"]}


def ndjson(*sites):
    return "".join(json.dumps(site) + "\n" for site in sites)


def test_what_goes_out_comes_in_again(run, rows):
    run("sites", "import", "-", given=ndjson(PLATFORM, EUROPE, FULL, GONE, BARE))
    exported = run("sites", "export").stdout
    assert [json.loads(line) for line in exported.splitlines()] == [PLATFORM, EUROPE, FULL, GONE, BARE]
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
    assert len(rows("sites", "history", "blog.example", "--json")) == 6


def test_what_a_row_brings_to_a_site_that_is_there(run, rows, blog):
    moved = {"hosts": [blog], "region": "us", "plan": "free", "kept": [{"platform": [], "region eu": ["search=allow"]}]}
    for _ in range(2):
        run("sites", "import", "-", given=ndjson(moved))
    [site] = rows("sites", "export")
    assert (site["region"], site["plan"], site["kept"]) == ("us", "free", moved["kept"])
    assert len(rows("sites", "history", blog, "--json")) == 4


def test_a_row_that_places_a_site_elsewhere_opens_nothing(run, rows, blog):
    run("sites", "set", blog, "--region", "eu")
    run("sites", "set", "--region", "eu", "archives=block")
    run("sites", "import", "-", given=ndjson({"hosts": [blog], "region": "us"}))
    [site] = rows("sites", "show", blog, "--json")
    assert site["kept"] == [{"platform": [], "region eu": ["archives=block"]}]
    archives = site["resolved"]["archives"]
    assert (archives["stance"], archives["origin"]) == ("block", "kept at a move")


def test_a_row_of_a_default_allows_more_only_when_that_is_confirmed(run, rows):
    opened = ndjson(PLATFORM, {"id": "*plan:free", "wishes": ["archives=allow"]})
    result = run("sites", "import", "-", given=opened, status=1)
    assert result.stderr.startswith("line 2: ")
    assert "(consent.widening.unconfirmed) Import the row with --confirm-defaults" in result.stderr
    assert rows("sites", "export") == [PLATFORM]
    assert (
        "1 sites taken, 0 rows left out, 1 unchanged"
        in run("sites", "import", "-", "--confirm-defaults", given=opened).stderr
    )
    [event] = rows("sites", "history", "--plan", "free", "--json")
    assert (event["actor"], event["reason"]) == ("platform:import", "import")


def test_an_import_takes_no_default_back(run, rows):
    run("sites", "import", "-", given=ndjson(PLATFORM, EUROPE))
    run("sites", "import", "-", given=ndjson({"id": "*", "wishes": ["archives=ask"]}))
    assert rows("sites", "export") == [PLATFORM | {"wishes": ["ai-training=block", "archives=ask"]}, EUROPE]


def test_a_row_that_touches_search_needs_the_confirmation(run):
    given = ndjson({"hosts": ["a.example"], "wishes": ["search=block"]})
    assert "(statement.search.unconfirmed)" in run("sites", "import", "-", given=given, status=1).stderr
    assert run("sites", "list").stdout == ""
    run("sites", "import", "-", "--confirm-search", given=given)


CLOSED = "User-agent: *\nDisallow: /\n"


def test_an_own_file_that_closes_search_needs_the_confirmation(run, rows):
    """Of a new site, of one that a row before has named, and of one that is there: nothing of the row is saved."""
    run("sites", "import", "-", given=ndjson(BARE))
    given = ndjson(
        {"hosts": ["new.example"], "wishes": ["archives=block"], "robots_txt": CLOSED},
        {"hosts": ["other.example"], "robots_txt": "User-agent: *\nDisallow: /drafts/\n"},
        {"hosts": ["other.example", "www.other.example"], "wishes": ["archives=block"], "robots_txt": CLOSED},
        {"id": "zoo", "hosts": ["zoo.example"], "wishes": ["archives=block"], "robots_txt": CLOSED},
    )
    told = run("sites", "import", "-", given=given, status=1).stderr
    assert [line.split(":")[0] for line in told.splitlines() if "(statement.search.unconfirmed)" in line] == [
        "line 1",
        "line 3",
        "line 4",
    ]
    assert [(site["hosts"], site["wishes"]) for site in rows("sites", "export")] == [
        (["other.example"], []),
        (["zoo.example"], []),
    ]
    run("sites", "import", "-", "--confirm-search", given=given)
    assert {site["robots_txt"] for site in rows("sites", "export")} == {CLOSED}


BAD = {
    "not_json": ("{", "sites.import.row"),
    "no_object": ("[]", "sites.import.row"),
    "no_hosts": ('{"hosts": []}', "sites.import.row"),
    "unknown_key": ('{"hosts": ["a.example"], "x": 1}', "sites.import.row"),
    "platform": ('{"hosts": ["a.example"], "id": "*"}', "sites.import.row"),
    "region": ('{"id": "*region:eu", "wishes": [], "visibility": "private"}', "sites.import.row"),
    "gone_unnamed": ('{"visibility": "deleted"}', "sites.import.row"),
    "no_host": ('{"id": "new", "hosts": []}', "sites.import.row"),
    "kept_level": ('{"hosts": ["a.example"], "kept": [{"site": []}]}', "sites.import.kept"),
    "kept_region": ('{"hosts": ["a.example"], "kept": [{"region": []}]}', "sites.import.kept"),
    "kept_wish": ('{"hosts": ["a.example"], "kept": [{"platform": ["x=y"]}]}', "statement.subject.unknown"),
    "kept_search": ('{"hosts": ["a.example"], "kept": [{"platform": ["search=ask"]}]}', "statement.search.unconfirmed"),
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


CSV = """id,hosts,visibility,wishes,robots_txt,region,plan
17,blog.example www.blog.example,suspended,ai-training=block GPTBot=license,"User-agent: *
Disallow: /ünï
",eu,
,zoo.example,,,,,
x,,,,,,
y,c.example,haunted,,,,
z,d.example,,,,,,more
"""


def test_csv_does_as_well(run, rows, folder):
    (folder / "in.csv").write_text(CSV, encoding="utf-8-sig")
    result = run("sites", "import", "in.csv", "--rejects", "bad.csv", status=1)
    assert "2 sites taken, 3 rows left out" in result.stderr
    full = FULL | {"wishes": ["ai-training=block", "GPTBot=license"], "kept": []}
    assert rows("sites", "export") == [full, BARE | {"id": "zoo.example"}]
    assert (folder / "bad.csv").read_text(encoding="utf-8").splitlines() == [
        "id,hosts,visibility,wishes,robots_txt,region,plan",
        "x,,,,,,",
        "y,c.example,haunted,,,,",
        "z,d.example,,,,,,more",
    ]


@pytest.mark.parametrize(
    ("given", "id"),
    [
        ("id,host\n", "sites.import.columns"),
        ("hosts,kept\n", "sites.import.columns"),
        ('hosts\n"a', "sites.import.csv"),
    ],
)
def test_csv_that_is_none_is_told(run, folder, given, id):
    (folder / "in.csv").write_text(given, encoding="utf-8")
    assert f"({id})" in run("sites", "import", "in.csv", status=2).stderr


def test_csv_that_would_lose_something_is_not_written(run, folder):
    assert "(sites.export.csv)" in run("sites", "export", "out.csv", status=2).stderr
    assert not (folder / "out.csv").exists()


# ------------------------------------------------------------------------------------- any sites

SIGNATURES = read_signatures(Path(__file__).with_name("signatures.yaml").read_bytes())
MOVERS = Actor(ActorKind.MIGRATION, "tests")
said = statements(SIGNATURES)
places = st.sampled_from(["", "eu", "us east", "ü=:"])
floors = st.tuples(said, places, said, places, said).map(
    lambda five: (
        LevelStatement(Level.PLATFORM, five[0]),
        *([LevelStatement(Level.REGION, five[2], five[1])] if five[1] else []),
        *([LevelStatement(Level.PLAN, five[4], five[3])] if five[3] else []),
    )
)
new_sites = st.builds(
    NewSite,
    st.sampled_from([("a.example",), ("a.example", "www.a.example")]),
    statement=said,
    visibility=st.sampled_from(Visibility),
    robots_txt=st.sampled_from(["", "User-agent: *\nDisallow: /ä\n"]),
    region=places,
    plan=places,
    kept=st.lists(floors, max_size=2, unique=True).map(tuple),
)


def numbered(number, site):
    return replace(site, id=f"{number} ü*", hosts=tuple(f"{number}.{host}" for host in site.hosts))


async def everything(url, *, sites=(), defaults=()):
    """What a database holds, after these have been added; revisions count changes and may differ."""
    gate = open_gate(url)
    assert await gate.owners.add_sites([numbered(*pair) for pair in enumerate(sites)], MOVERS) == {}
    now = datetime(2026, 11, 22, tzinfo=UTC)
    for id, statement in defaults:
        await gate.store.append(Event(id, 1, now, MOVERS, StatementChanged(statement)))
    found = [*await gate.store.defaults(), *await gate.store.sites()]
    await gate.close()
    return [replace(site, revision=0) for site in found if site.hosts or site.statement != PreferenceStatement()]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(new_sites, max_size=4), st.dictionaries(st.sampled_from(["*", "*region:eu", "*plan:ü=:"]), said))
def test_any_sites_come_in_again_as_they_went_out(run, sites, defaults):
    with TemporaryDirectory() as folder:
        here, there = (f"sqlite:///{folder}/{name}.db" for name in ("here", "there"))
        before = asyncio.run(everything(here, sites=sites, defaults=defaults.items()))
        exported = run("sites", "export", "--database", here).stdout
        words = ["--confirm-search", "--confirm-defaults", "--database", there]
        run("sites", "import", "-", *words, given=exported)
        assert asyncio.run(everything(there)) == before
        assert "0 sites taken, 0 rows left out" in run("sites", "import", "-", *words, given=exported).stderr
