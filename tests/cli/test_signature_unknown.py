"""`gatepost signatures unknown`: what looks like a crawler and has no entry, ranked."""

from pathlib import Path

import pytest

SIGNATURES = Path(__file__).with_name("signatures.yaml")


def line(agent, host, last=7, hour=10):
    front = f"{host} 192.0.2.{last} - - [28/Nov/2026:{hour}:00:07 +0100]"
    return f'{front} "GET / HTTP/1.1" 200 5 "-" "{agent}"\n'


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
LOG = "".join([
    line("Mozilla/5.0 (compatible; Qorabot/1.0; +https://qora.example)", "a.example", 1, 10),
    line("Qorabot/2.0", "b.example", 2, 12),
    line("Qorabot", "B.EXAMPLE", 2, 11),
    line("curl/8.11.0", "a.example"),
    line("curl/7.2.0", "a.example"),
    line("Fetchall/1", "a.example"),
    line("GPTBot/1.4", "a.example") * 9,
    line(FIREFOX, "a.example") * 9,
    "garbage\n",
])  # fmt: skip


@pytest.fixture(autouse=True)
def log(folder):
    (folder / "access.log").write_text(LOG, encoding="utf-8")


def test_products_are_ranked_whatever_their_versions(rows):
    told = rows("signatures", "unknown", "access.log", "--json")
    assert [(row["product"], row["requests"]) for row in told] == [("Qorabot", 3), ("curl", 2), ("Fetchall", 1)]
    assert told[0] == {
        "product": "Qorabot",
        "requests": 3,
        "error": 0,
        "sites": 2,
        "addresses": 2,
        "first": "2026-11-28T09:00:07+00:00",
        "last": "2026-11-28T11:00:07+00:00",
        "signs": ["name", "contact"],
        "sample": "Mozilla/5.0 (compatible; Qorabot/1.0; +https://qora.example)",
    }


def test_what_was_published_is_known(run, rows, folder):
    """A crawler that this machine's own file does not have."""
    text = SIGNATURES.read_text(encoding="utf-8").replace("1.2.3", "1.2.4")
    own = "user_agent_tokens: [GPTBot]"
    assert own in text
    (folder / "fleet.yaml").write_text(text.replace(own, "user_agent_tokens: [GPTBot, Qorabot]"), encoding="utf-8")
    run("signatures", "publish", "fleet.yaml", "--shadow")
    products = [row["product"] for row in rows("signatures", "unknown", "access.log", "--json")]
    assert products == ["curl", "Fetchall"]
    own_file = rows("signatures", "unknown", "access.log", "--signatures", str(SIGNATURES), "--json")
    assert own_file[0]["product"] == "Qorabot"


def test_only_the_top_is_told(rows):
    assert [row["product"] for row in rows("signatures", "unknown", "access.log", "--top", "1", "--json")] == [
        "Qorabot"
    ]


def test_people_read_the_same(run):
    text = run("signatures", "unknown", "access.log").stdout
    assert "3  Qorabot  (name, contact)" in text
    assert "about 2 addresses, about 2 sites, 2026-11-28 09:00 to 2026-11-28 11:00 UTC" in text


def test_no_more_requests_are_told_than_are_certain(run, rows, monkeypatch):
    """With one place, curl took it from Qorabot, and Fetchall from curl, each with what was counted before."""
    monkeypatch.setattr("gatepost.cli.signature_unknown._PLACES", 1)
    assert " 1  Fetchall  " in run("signatures", "unknown", "access.log").stdout
    [told] = rows("signatures", "unknown", "access.log", "--json")
    assert (told["requests"], told["error"]) == (6, 5)


def test_nothing_unknown_is_said(run, folder):
    (folder / "access.log").write_text(line("GPTBot/1.4", "a.example"), encoding="utf-8")
    assert run("signatures", "unknown", "access.log").stdout.startswith("nothing")


def test_another_signature_file_may_be_named(rows, folder):
    from gatepost.sources import packaged_signatures

    (folder / "large.yaml").write_bytes(packaged_signatures())
    (folder / "access.log").write_text(line("YouBot/1.0", "a.example"), encoding="utf-8")
    assert len(rows("signatures", "unknown", "access.log", "--json")) == 1
    assert rows("signatures", "unknown", "access.log", "--signatures", "large.yaml", "--json") == []


def test_what_a_stranger_sent_does_not_reach_the_terminal(run, folder):
    (folder / "access.log").write_text(line(r"Qorabot/1\x1b[31m", "a.example"), encoding="utf-8")
    assert "\x1b" not in run("signatures", "unknown", "access.log").stdout


def test_times_need_not_be_there(rows, folder):
    (folder / "plain.log").write_text('{"user_agent": "Qorabot"}\n')
    (row,) = rows("signatures", "unknown", "plain.log", "--json")
    assert (row["first"], row["last"], row["sites"], row["addresses"]) == (None, None, 0, 0)
