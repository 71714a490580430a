"""Dates on the command line: said, shown, counted, confirmed, carried over, taken back."""

import json
import shlex
from datetime import UTC, datetime, timedelta

import pytest

FAR, FARTHER = "2199-01-01", "2199-03-01"


@pytest.fixture
def shown(rows):
    def show(*subject):
        [told] = rows("sites", "show", *(subject or ("blog.example",)), "--json")
        return told

    return show


def test_a_wish_can_be_for_a_time(run, shown, blog):
    run("sites", "set", blog, "archives=block", f"/press/:ai-training=block@{FAR}..", "--reason", "x")
    run("sites", "set", blog, "ai-answers=block", "--from", FAR, "--until", FARTHER)
    assert shown()["dated"] == [
        {"wish": "ai-answers=block", "from": FAR, "until": FARTHER, "origin": "site"},
        {"wish": "/press/:ai-training=block", "from": FAR, "until": None, "origin": "site"},
    ]
    assert shown()["resolved"]["ai-answers"]["stance"] is None
    lines = run("sites", "show", blog).stdout.splitlines()
    assert f"  from {FAR} until {FARTHER}: ai-answers=block (site)" in lines


def test_what_is_scheduled_to_allow_more_is_asked_when_it_is_said(run, shown, blog):
    asked = run("sites", "set", blog, "ai-training=allow", "--from", FAR, status=2).stderr
    assert "(consent.widening.unconfirmed)" in asked
    line = shlex.split(asked[asked.index("repeat: ") + len("repeat: ") :])
    assert f"ai-training=allow@{FAR}.." in line
    assert "revision 3" in run(*line[1:]).stdout
    assert shown()["resolved"]["ai-training"]["stance"] == "block"


def test_what_is_narrowed_for_a_time_goes_back_unasked(run, blog):
    run("sites", "set", blog, "archives=block", "--until", FAR)
    assert (
        "(consent.widening.unconfirmed)"
        in run(
            "sites",
            "set",
            blog,
            f"archives=inherit@..{FAR}",
            f"archives=block@..{FARTHER}",
            "ai-training=ask",
            status=2,
        ).stderr
    )
    run("sites", "set", blog, f"archives=inherit@..{FAR}", f"archives=block@..{FARTHER}")
    assert (
        "(consent.widening.unconfirmed)" in run("sites", "set", blog, f"archives=inherit@..{FARTHER}", status=2).stderr
    )


def test_search_is_asked_for_when_it_is_said_for_later(run, blog):
    asked = run("sites", "set", blog, "search=block", "--from", FAR, status=2).stderr
    assert "(statement.search.unconfirmed)" in asked
    run("sites", "set", blog, "search=block", "--from", FAR, "--until", FARTHER, "--confirm-search")
    assert "(statement.search.unconfirmed)" in run("sites", "set", blog, "search=block", status=2).stderr


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (["archives=block", "--from", FARTHER, "--until", FAR], "statement.period.order"),
        (["archives=block", "--until", "2020-01-01"], "statement.period.past"),
        (["archives=block", "--from", "2199-01-01T09:00"], "statement.period.zone"),
        (["archives=block", "--from", "tomorrow"], "statement.period.moment"),
        (["archives=block", "--from", "2199-02-30"], "statement.period.moment"),
        (["archives=block", "--from", FAR, "--notice", "30"], "cli.period.twice"),
        ([f"archives=block@{FAR}..", "--until", FARTHER], "cli.period.twice"),
        (["archives=block@.."], "statement.period.form"),
        (["archives=block@2199-01-01"], "statement.period.form"),
        ([f"archives=inherit@{FAR}.."], "statement.period.unsaid"),
        (["--from", FAR, "--visibility", "private"], "cli.period.nothing"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(run, shown, blog, words, id):
    assert f"({id})" in run("sites", "set", blog, *words, status=2).stderr
    assert shown()["revision"] == 2


def test_a_time_with_an_offset_is_turned_into_utc(run, shown, blog):
    run("sites", "set", blog, "archives=block@2199-01-01T00:30+01:00..2199-03-01T01:00+01:00")
    assert shown()["wishes"][-1] == "archives=block@2198-12-31T23:30:00Z..2199-03-01"


def test_a_default_is_announced_counted_and_taken_back(run, shown):
    run("sites", "add", "blog.example")
    run("sites", "add", "opted.example")
    run("sites", "set", "opted.example", "ai-training=block")
    change = ["sites", "set", "--platform", "ai-training=allow"]
    counted = run(*change, "--from", FAR, "--preview").stdout
    assert counted == (f"1 sites change (for 1 of them more is allowed), 1 explicit choices untouched, from {FAR} on\n")
    run(*change, "--from", FAR, "--reason", "new terms", "--yes")
    assert shown()["resolved"]["ai-training"]["stance"] is None
    assert shown()["dated"] == [{"wish": "ai-training=allow", "from": FAR, "until": None, "origin": "platform"}]
    run("sites", "undo", "--platform")
    assert shown()["dated"] == []


def test_notice_counts_from_now_and_ends_at_midnight(run, shown):
    before = datetime.now(UTC)
    run("sites", "set", "--region", "eu", "ai-training=block", "--notice", "30")
    [told] = shown("--region", "eu")["dated"]
    starts = datetime.fromisoformat(told["from"]).replace(tzinfo=UTC)
    assert timedelta(days=30) < starts - before <= timedelta(days=31)
    assert told["origin"] == "region eu"


@pytest.mark.parametrize(("level", "name"), [("--platform", []), ("--region", ["eu"]), ("--plan", ["free"])])
def test_a_default_is_undone_and_what_that_allows_is_asked(run, shown, level, name):
    subject = [level, *name]
    run("sites", "set", *subject, "ai-training=block")
    assert "(consent.actor)" in run("sites", "undo", *subject, status=2).stderr
    asked = run("sites", "undo", *subject, "--reason", "too early", status=2).stderr
    line = shlex.split(asked[asked.index("repeat: ") + len("repeat: ") :])
    assert run(*line[1:]).stdout.startswith("sites that say nothing of their own\n  - ai-training=block\n")
    assert shown(*subject)["wishes"] == []


def test_the_time_to_come_is_explained_and_previewed(run, rows, blog):
    run("sites", "set", blog, "ai-training=allow", "--from", FAR, "--until", FARTHER, "--yes")
    asked = ["explain", "--site", blog, "--user-agent", "GPTBot", "--json"]
    found = [rows(*asked, *at)[0] for at in ([], ["--at", FAR], ["--at", "2199-02-28T23:59"], ["--at", FARTHER])]
    assert [one["action"] for one in found] == ["block", "allow", "allow", "block"]
    assert found[1]["since"] == found[1]["preferences"]["ai-training"]["since"] == f"{FAR}T00:00:00+00:00"
    assert found[3]["since"] == f"{FARTHER}T00:00:00+00:00"
    robots = [run("preview", "--site", blog, *at).stdout for at in ([], ["--at", FAR], ["--at", FARTHER])]
    assert ["GPTBot" in one for one in robots] == [True, False, True]


def test_what_is_said_again_is_not_said_anew(run, shown, blog):
    first = shown()["resolved"]["ai-training"]["since"]
    run("sites", "set", blog, "archives=block")
    run("sites", "set", blog, f"ai-training=block@{FAR}..{FARTHER}")
    assert shown()["resolved"]["ai-training"]["since"] == first


def test_what_is_kept_at_a_move_counts_from_the_move(run, rows, shown):
    run("sites", "add", "blog.example", "--region", "eu")
    run("sites", "set", "--region", "eu", "ai-training=block")
    run("sites", "set", "blog.example", "--region", "us")
    kept, moved = shown()["resolved"]["ai-training"], rows("sites", "history", "blog.example", "--json")[-1]
    assert (kept["origin"], kept["since"]) == ("kept at a move", moved["at"])


def test_dates_go_through_export_and_import(run, rows, blog, folder, monkeypatch):
    run(
        "sites", "set", blog, f"archives=block@{FAR}..{FARTHER}", f"/a:ai-training=block@..{FAR}T10:30Z", "GPTBot=block"
    )
    [said] = [row["wishes"] for row in rows("sites", "export")]
    run("sites", "export", "sites.ndjson")
    monkeypatch.setenv("GATEPOST_DATABASE", "sqlite:///other.db")
    run("sites", "import", "sites.ndjson")
    assert [row["wishes"] for row in rows("sites", "export")] == [said]


def test_an_import_takes_no_notice_of_a_time_that_is_over(run, rows):
    row = json.dumps({"hosts": ["blog.example"], "wishes": ["archives=block", "ai-training=block@..2020-01-01"]})
    for _ in range(2):
        run("sites", "import", "-", given=row)
    assert rows("sites", "export")[0]["wishes"] == ["archives=block"]
