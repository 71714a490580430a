"""`gatepost signatures changelog`: from file to file, newest first, in three forms."""

import json
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("signatures.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def files(folder):
    """Two versions: in the newer one CCBot's purposes changed, and somebody reviewed it later."""
    newer = SOURCE.replace('version: "1.2.3"', 'version: "2.0.0"').replace("[ai-training, archives]", "[ai-training]")
    (folder / "old.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "new.yaml").write_text(newer.replace("checked: 2026-11-22", "checked: 2026-11-27", 1), encoding="utf-8")


def test_the_newest_comes_first_and_what_breaks_is_marked(run):
    lines = run("signatures", "changelog", "old.yaml", "new.yaml").stdout.splitlines()
    assert lines[0].startswith("2.0.0  2026-11-27T00:00:00Z  sha256 ")
    assert lines[1] == "  breaking: CCBot: purposes no longer archives"
    assert lines[2].startswith("  changed: GPTBot: honours_robots.checked no longer 2026-11-22, now 2026-11-27")
    assert lines[4].startswith("1.2.3  2026-11-22T00:00:00Z  sha256 ")


def test_without_files_the_one_in_force_is_told(run):
    assert run("signatures", "changelog").stdout.startswith("1.2.3  2026-11-22T00:00:00Z")


def test_the_feeds(run):
    assert run("signatures", "changelog", "old.yaml", "new.yaml", "--atom").stdout.count("<entry>") == 2
    feed = json.loads(run("signatures", "changelog", "old.yaml", "new.yaml", "--json-feed").stdout)
    assert len(feed["items"]) == 2


def test_two_forms_at_once_are_refused(run):
    error = run("signatures", "changelog", "--atom", "--json-feed", status=2).stderr
    assert "(signatures.changelog.form)" in error


def test_a_fault_names_its_file(run, folder):
    (folder / "new.yaml").write_text(SOURCE.replace("format: 1", "format: 2"), encoding="utf-8")
    error = run("signatures", "changelog", "old.yaml", "new.yaml", status=2).stderr
    assert "new.yaml, line 3, column 9: " in error
