"""`gatepost robots`: notes on any robots.txt, and what readers make of it."""

import json
import random

import pytest

CLEAN = "User-agent: *\nDisallow: /private/\n"
ODD = "User-agent: *\nDisalow: /private/\nUser-agent: Foo\nAllow: x\n"
READERS = {"gatepost (RFC 9309)", "protego", "robotexclusionrulesparser", "urllib.robotparser"}


def test_a_clean_file_has_no_notes(run):
    assert run("robots", "check", "-", given=CLEAN).stdout == ""


def test_notes_have_their_place_and_a_caret(run):
    text = run("robots", "check", "-", given=ODD, status=1).stdout
    assert (
        "line 2, column 1: 'Disalow' is a misspelt key  [robots.key.typo]\n  2 | Disalow: /private/\n    | ^\n" in text
    )


def test_notes_for_machines(rows):
    notes = rows("robots", "check", "-", "--json", given=ODD, status=1)
    assert [(note["id"], note["line"]) for note in notes] == [("robots.key.typo", 2), ("robots.pattern.start", 4)]
    assert notes[0].keys() == {"id", "line", "column", "message", "remedy"}


def test_a_file_that_is_not_there_is_unreadable(run):
    assert "(cli.file)" in run("robots", "check", "missing.txt", status=2).stderr


@pytest.mark.parametrize(("url", "allowed"), [("/private/x", False), ("https://other.example/public", True)])
def test_readers_stand_side_by_side(rows, url, allowed):
    verdicts = rows("robots", "check", "-", "--user-agent", "Foo", "--url", url, "--json", given=CLEAN)
    assert {verdict["reader"] for verdict in verdicts} >= READERS
    assert {verdict["allowed"] for verdict in verdicts} == {allowed}


def test_the_deciding_rule_is_named(run):
    text = run("robots", "check", "-", "--user-agent", "Foo", "--url", "/private/x", given=CLEAN).stdout
    assert "disallowed  line 2, Disallow: /private/, in the group of *" in text


def test_readers_that_disagree_are_a_finding(run):
    given = "User-agent: *\nAllow: /\nDisallow: /private/\n"
    text = run("robots", "check", "-", "--user-agent", "Foo", "--url", "/private/", given=given, status=1).stdout
    assert "The readers disagree" in text


def test_any_octets_are_taken(run):
    chance = random.Random(3)
    run("robots", "check", "-", "--user-agent", "x", given=chance.randbytes(5000), status=1)


ROW = {"robots_txt": CLEAN, "user_agent": "Foo/1.0", "url": "https://a.example/private/x"}


@pytest.mark.parametrize(("url", "allowed"), [("/private/", False), ("/", True), ("https://h/private/x?y", False)])
def test_a_row_is_answered(rows, url, allowed):
    row = ROW | {"url": url}
    assert rows("robots", "evaluate", given=json.dumps(row)) == [row | {"allowed": allowed}]


def test_what_else_a_row_has_is_kept(rows):
    row = ROW | {"k": [1.5, None, {"ü": "\u2028\ud800"}], "allowed": "?"}
    assert rows("robots", "evaluate", "-", given=json.dumps(row)) == [row | {"allowed": False}]


BAD = {
    "not_json": b"nope",
    "empty": b"",
    "no_object": b"[1]",
    "missing": b'{"robots_txt": ""}',
    "no_string": b'{"robots_txt": 1, "user_agent": "", "url": ""}',
    "octets": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "number": b'{"robots_txt": "", "user_agent": "", "url": "", "x": ' + b"9" * 5000 + b"}",
    "infinite": b'{"robots_txt": "", "user_agent": "", "url": "", "x": 1e999}',
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_an_error_in_its_place(rows, line):
    good = json.dumps(ROW).encode()
    answers = rows("robots", "evaluate", given=b"\n".join([good, line, good]) + b"\n", status=1)
    assert [answer.get("allowed") for answer in answers] == [False, None, False]
    assert answers[1].keys() == {"error"}


def test_many_files_are_kept_apart(rows):
    given = "".join(
        json.dumps(ROW | {"robots_txt": f"User-agent: *\nDisallow: /{number}$", "url": f"/{number % 100}"}) + "\n"
        for number in range(200)
    )
    answers = rows("robots", "evaluate", given=given)
    assert [answer["allowed"] for answer in answers] == [number >= 100 for number in range(200)]
