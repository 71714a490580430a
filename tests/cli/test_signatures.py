"""`gatepost signatures lint`: every fault with its place, then samples that are not treated as the file says."""

from pathlib import Path

import pytest

GOOD = Path(__file__).with_name("signatures.yaml").read_text(encoding="utf-8")


@pytest.fixture
def lint(folder, rows):
    """Lint a text, for machines."""

    def judge(text, status):
        (folder / "file.yaml").write_text(text, encoding="utf-8")
        return rows("signatures", "lint", "file.yaml", "--json", status=status)

    return judge


def test_a_good_file_is_fine(lint, run):
    assert [fault for fault in lint(GOOD, 0) if fault["level"] != "note"] == []
    assert run("signatures", "lint").stdout.endswith("version 1.2.3, 16 entries, no faults, 1 note\n")


def test_the_packaged_file_is_fine(run, monkeypatch):
    monkeypatch.delenv("GATEPOST_SIGNATURES")
    assert "no faults" in run("signatures", "lint").stdout


BAD = {
    "yaml": (GOOD + "  :- [", "signatures.yaml.syntax"),
    "key": (GOOD.replace("mixed_use", "mixed_usage"), "signatures.field.unknown"),
    "missed": (GOOD.replace("CCBot/2.0 (", "Other/2.0 ("), "signatures.sample.missed"),
    "false": (GOOD.replace('"MyCCBotReader/1.0"', '"CCBot/9"'), "signatures.sample.false"),
}


@pytest.mark.parametrize(("text", "id"), BAD.values(), ids=BAD.keys())
def test_a_fault_has_its_id_and_place(lint, text, id):
    faults = lint(text, 1)
    assert id in [fault["id"] for fault in faults]
    assert all(fault["line"] > 1 and fault["remedy"] for fault in faults)


def test_a_sample_is_pointed_at(run):
    text = run("signatures", "lint", "-", given=BAD["missed"][0], status=1).stdout
    assert '      match: ["Other/2.0 (https' in text
    assert text.splitlines()[2].rstrip().endswith("^")


WORTH_A_LOOK = {
    "overdue": (GOOD.replace("2099-01-01", "2026-11-23", 1), "signatures.review.overdue", "warning"),
    "ahead": (GOOD.replace("checked: 2026-11-22", "checked: 2098-11-22", 1), "signatures.review.ahead", "warning"),
    "unsampled": (
        GOOD.replace("tokens: [CCBot]", "tokens: [CCBot, CCBot-Next]"),
        "signatures.token.unsampled",
        "warning",
    ),
    "inside": (GOOD, "signatures.token.inside", "note"),
}


@pytest.mark.parametrize(("text", "id", "level"), WORTH_A_LOOK.values(), ids=WORTH_A_LOOK.keys())
def test_what_is_worth_a_look_is_told_and_fails_nothing(lint, text, id, level):
    found = [fault for fault in lint(text, 0) if fault["id"] == id]
    assert found
    assert {fault["level"] for fault in found} == {level}


def test_a_token_that_holds_another_one_points_at_itself_and_names_the_other(lint):
    [note] = lint(GOOD, 0)
    assert GOOD.splitlines()[note["line"] - 1][note["column"] - 1 :].startswith("Applebot-Extended]")
    assert note["message"].endswith("holds 'Applebot', which is Applebot's")


def test_what_is_worth_a_look_is_told_beside_errors(lint):
    levels = {fault["level"] for fault in lint(BAD["missed"][0].replace("2099-01-01", "2026-11-23", 1), 1)}
    assert levels == {"error", "warning", "note"}


def test_a_file_that_is_not_there_is_unreadable(run):
    assert "(cli.file)" in run("signatures", "lint", "missing.yaml", status=2).stderr
