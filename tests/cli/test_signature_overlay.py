"""An overlay of this machine, by setting: in force everywhere, and told by its own name and lines."""

import json
import os
from pathlib import Path

import pytest

ENTRY = """\
format: 1
without: [GoneBot]
crawlers:
  - name: LocalBot
    operator: Local Ltd
    robots_tokens: [LocalBot]
    user_agent_tokens: [LocalBot]
    purposes: [ai-training]
    honours_robots: {value: "no", source: "https://local.example/", checked: 2026-11-22}
    documentation: https://local.example/
    first_seen: "2026"
    review_by: 2099-01-01
    samples: {match: ["LocalBot/1.0"], no_match: ["MyLocalBot/1.0"]}
"""


@pytest.fixture
def overlay(folder, monkeypatch):
    """Lay a text over the signature file in force."""

    def lay(text=ENTRY):
        (folder / "local.yaml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("GATEPOST_SIGNATURES_OVERLAY", "local.yaml")

    return lay


def test_a_gate_that_is_opened_knows_its_entries(overlay, run, blog):
    overlay()
    text = run("preview", "--site", blog, "--format", "robots.txt").stdout
    assert "User-agent: LocalBot" in text


def test_a_command_without_a_gate_knows_them_too(overlay, rows):
    overlay()
    told = rows("classify", given="LocalBot/1.0\nCCBot/2.0\n")
    assert [row["crawler"] for row in told] == ["LocalBot", "CCBot"]


def test_a_signature_file_that_is_named_is_taken_as_it_is(overlay, rows):
    overlay()
    named = os.environ["GATEPOST_SIGNATURES"]
    told = rows("classify", "--signatures", named, given="LocalBot/1.0\nCCBot/2.0\n")
    assert [row["crawler"] for row in told] == [None, "CCBot"]


BAD = {
    "a key": (ENTRY.replace("without", "wihtout"), "signatures.field.unknown", "local.yaml, line 2, column 1:"),
    "a token of another": (
        ENTRY.replace("[LocalBot]", "[GPTBot]"),
        "signatures.overlay.token",
        "local.yaml, line 6, column 21:",
    ),
    "a sample": (
        ENTRY.replace('["LocalBot/', '["Other/'),
        "signatures.sample.missed",
        "local.yaml, line 13, column 23:",
    ),
    "a generic token": (
        ENTRY.replace("[LocalBot]", "[Mozilla]"),
        "signatures.robots_token.generic",
        "local.yaml, line 6",
    ),
    "a crawler that is never taken out": (
        "format: 1\nwithout: [CCBot]\n",
        "signatures.pinned.missed",
        "local.yaml, line 1",
    ),
}


@pytest.mark.parametrize(("text", "id", "told"), BAD.values(), ids=BAD)
def test_a_bad_overlay_keeps_a_gate_from_opening_and_names_its_line(overlay, run, text, id, told):
    overlay(text)
    error = run("sites", "list", status=2).stderr
    assert told in error
    assert f"({id})" in error


def test_an_overlay_that_is_not_there_keeps_a_gate_from_opening(run, monkeypatch):
    monkeypatch.setenv("GATEPOST_SIGNATURES_OVERLAY", "gone.yaml")
    error = run("sites", "list", status=2).stderr
    assert "gone.yaml" in error
    assert "(signatures.file.unreadable)" in error


def test_the_doctor_names_the_overlay(overlay, rows):
    overlay(BAD["a key"][0])
    findings = {finding["id"]: finding for finding in rows("doctor", "--json", status=1)}
    assert "local.yaml, line 2" in findings["signatures.field.unknown"]["message"]


def test_a_name_that_an_update_took_out_already_is_a_warning(overlay, run, caplog):
    overlay("format: 1\nwithout: [GoneBot]\n")
    run("sites", "list")
    assert "GoneBot" in caplog.text


def test_lint_judges_an_overlay_by_its_own_lines(overlay, rows, run, folder):
    (folder / "mine.yaml").write_text(BAD["a token of another"][0], encoding="utf-8")
    first, second = rows("signatures", "lint", "mine.yaml", "--overlay", "--json", status=1)
    assert (first["file"], first["line"], first["id"]) == ("mine.yaml", 6, "signatures.overlay.token")
    assert second["line"] == 7
    text = run("signatures", "lint", "mine.yaml", "--overlay", status=1).stdout
    assert text.startswith("mine.yaml, line 6, column 21: ")
    assert "6 |     robots_tokens: [GPTBot]" in text


def test_lint_tells_a_name_that_is_not_there_as_a_warning(rows, run, folder):
    (folder / "mine.yaml").write_text(ENTRY, encoding="utf-8")
    (warning,) = rows("signatures", "lint", "mine.yaml", "--overlay", "--json")
    assert (warning["id"], warning["level"], warning["line"]) == ("signatures.overlay.unknown", "warning", 2)
    assert run("signatures", "lint", "mine.yaml", "--overlay").stdout.endswith("17 entries, no faults, 1 warning\n")


def test_lint_without_a_file_judges_both_that_are_in_force(overlay, rows, run):
    overlay(BAD["a key"][0])
    faults = rows("signatures", "lint", "--json", status=1)
    assert [fault["line"] for fault in faults if fault.get("file") == "local.yaml"] == [2]


def test_lint_wants_an_overlay_to_be_named_or_set(run):
    run("signatures", "lint", "--overlay", status=2)


def test_sarif_names_the_overlay(run, folder):
    (folder / "mine.yaml").write_text(BAD["a key"][0], encoding="utf-8")
    log = json.loads(run("signatures", "lint", "mine.yaml", "--overlay", "--sarif", status=1).stdout)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "mine.yaml"


def test_an_import_does_not_write_into_the_overlay(overlay, run, folder):
    overlay()
    error = run("signatures", "import", "--from", "ai-crawler-index", "--to", "local.yaml", status=2).stderr
    assert "(signatures.import.live)" in error


BELOW = {
    "a sample": ('match: ["CCBot/2.0', 'match: ["Nobody/2.0', "signatures.sample.missed"),
    "a token that people carry": ("tokens: [CCBot]", "tokens: [CCBot, Electron]", "signatures.corpus.recognised"),
    "a pinned crawler": ("GPTBot", "GptBotElse", "signatures.pinned.missed"),
}


@pytest.mark.parametrize(("before", "after", "id"), BELOW.values(), ids=BELOW)
def test_lint_tells_a_fault_of_the_file_below_once(overlay, rows, monkeypatch, folder, before, after, id):
    text = Path(os.environ["GATEPOST_SIGNATURES"]).read_text(encoding="utf-8")
    assert before in text
    (folder / "below.yaml").write_text(text.replace(before, after), encoding="utf-8")
    monkeypatch.setenv("GATEPOST_SIGNATURES", "below.yaml")
    alone = [fault for fault in rows("signatures", "lint", "--json", status=1) if fault["id"] == id]
    overlay()
    both = [fault for fault in rows("signatures", "lint", "--json", status=1) if fault["id"] == id]
    assert alone == both
    assert len({fault["message"] for fault in both}) == len(both) > 0
