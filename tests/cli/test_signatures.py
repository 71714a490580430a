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
    assert lint(GOOD, 0) == []
    assert run("signatures", "lint").stdout == "version 1.2.3, 16 entries, no faults\n"


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


def test_a_file_that_is_not_there_is_unreadable(run):
    assert "(cli.file)" in run("signatures", "lint", "missing.yaml", status=2).stderr
