"""`gatepost signatures test`: exact counts for every corpus, and every offender by name and place."""

from pathlib import Path

import pytest

from gatepost.sources import packaged_corpora

GOOD = Path(__file__).with_name("signatures.yaml").read_text(encoding="utf-8")
CORPORA = {corpus.name: corpus for corpus in packaged_corpora()}


@pytest.fixture
def trial(folder, rows):
    """Try a text, for machines: its rows by kind."""

    def judge(text, status):
        (folder / "file.yaml").write_text(text, encoding="utf-8")
        found = rows("signatures", "test", "file.yaml", "--json", status=status)
        return {kind: [row for row in found if row["kind"] == kind] for kind in ("samples", "corpus", "offence")}

    return judge


def test_every_corpus_is_counted_to_the_line(trial):
    found = trial(GOOD, 0)
    assert found["offence"] == []
    assert {row["corpus"]: row["lines"] for row in found["corpus"]} == {
        name: len(corpus.specimens) for name, corpus in CORPORA.items()
    }
    assert found["samples"] == [{"kind": "samples", "lines": 53, "failed": 0}]
    [pinned] = [row for row in found["corpus"] if row["corpus"] == "pinned"]
    assert (pinned["lines"], pinned["recognised"], pinned["failed"]) == (16, 16, 0)


def test_a_person_reads_a_table(run):
    lines = run("signatures", "test").stdout.splitlines()
    assert "browsers                1,220           0        0       0  not recognised" in lines
    assert lines[-1] == "version 1.2.3: everybody fares as expected"


def test_an_offender_is_named_with_its_place_and_with_what_took_it(trial):
    found = trial(GOOD.replace("user_agent_tokens: [CCBot]", "user_agent_tokens: [CCBot, Whale]"), 1)
    [offence] = found["offence"]
    assert (offence["corpus"], offence["crawler"], offence["token"]) == ("browsers", "CCBot", "Whale")
    specimen = next(one for one in CORPORA["browsers"].specimens if "Whale/" in one.user_agent)
    assert (offence["line"], offence["user_agent"]) == (specimen.line, specimen.user_agent)


def test_a_person_reads_who_offends(run):
    text = GOOD.replace("  - name: CCBot", "  - name: OtherBot")
    out = run("signatures", "test", "-", given=text, status=1).stdout
    assert "pinned.txt line 14: recognised as OtherBot by 'CCBot', expected CCBot\n  CCBot/2.0 (https" in out
    assert "pinned                     16          16" in out


def test_a_sample_that_fails_is_pointed_at(run, trial):
    text = GOOD.replace('"MyCCBotReader/1.0"', '"CCBot/9"')
    assert trial(text, 1)["samples"] == [{"kind": "samples", "lines": 53, "failed": 1}]
    assert "signatures.sample.false" in run("signatures", "test", "-", given=text, status=1).stdout


def test_a_file_with_faults_is_a_finding(run):
    assert (
        "signatures.token.generic"
        in run("signatures", "test", "-", given=GOOD.replace("tokens: [CCBot]", "tokens: [Code]"), status=1).stdout
    )
