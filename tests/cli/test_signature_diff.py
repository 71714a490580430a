"""`gatepost signatures diff`: what an update changes, whether its version says so, and what becomes of the sites."""

import asyncio
from pathlib import Path

import pytest

from gatepost import open_gate

GOOD = Path(__file__).with_name("signatures.yaml").read_text(encoding="utf-8")
NEXT = GOOD.replace('version: "1.2.3"', 'version: "1.3.0"')


def without(text: str, name: str) -> str:
    begin = text.index(f"  - name: {name}\n")
    end = text.find("  - name: ", begin + 1)
    return text[:begin] + (text[end:] if end >= 0 else "")


NEW_CRAWLER = """
  - name: NewAIBot
    operator: "Evil <b>`Inc`</b> @everyone"
    robots_tokens: [NewAIBot]
    user_agent_tokens: [NewAIBot]
    purposes: [ai-training]
    honours_robots: {value: "yes", source: "https://new.example/", checked: 2026-11-22}
    documentation: https://new.example/
    first_seen: "2026"
    review_by: 2099-01-01
    samples: {match: ["NewAIBot/1"], no_match: ["NotNewAIBotAtAll/1"]}
""".removeprefix("\n")


@pytest.fixture
def diff(folder, rows):
    """The difference between the file in force and a text, for machines."""

    def compare(text, *words, status=0):
        (folder / "new.yaml").write_text(text, encoding="utf-8")
        [row] = rows("signatures", "diff", "new.yaml", *words, "--json", status=status)
        return row

    return compare


def test_a_file_does_not_differ_from_itself(diff, run):
    row = diff(GOOD)
    assert (row["come"], row["gone"], row["changed"], row["effect"]) == ([], [], [], None)
    assert "no crawler came, went or changed" in run("signatures", "diff", "new.yaml").stdout


def test_who_came_and_went_and_what_changed(diff):
    text = without(NEXT.replace("operator: Apple", "operator: Apple Inc"), "YandexBot") + NEW_CRAWLER
    row = diff(text)
    assert [crawler["name"] for crawler in row["come"]] == ["NewAIBot"]
    assert [crawler["name"] for crawler in row["gone"]] == ["YandexBot"]
    assert {change["name"] for change in row["changed"]} == {"Applebot", "Applebot-Extended"}
    assert row["changed"][0]["fields"] == [
        {"field": "operator", "before": ["Apple"], "after": ["Apple Inc"], "breaking": False}
    ]
    assert row["step"] == {"made": "minor", "needed": "minor"}


@pytest.mark.parametrize(("text", "status"), [(GOOD + NEW_CRAWLER, 1), (NEXT + NEW_CRAWLER, 0)])
def test_a_version_that_is_too_small_is_a_finding(diff, text, status):
    assert diff(text, status=status)["version_too_small"] is bool(status)


@pytest.mark.parametrize("version", ["1.2.4", "2.0.0"])
def test_a_changed_purpose_is_breaking_whatever_the_version_says(diff, run, version):
    text = GOOD.replace("1.2.3", version).replace("purposes: [ai-training]", "purposes: [archives]", 1)
    row = diff(text, status=1)
    assert row["breaking"] == ["GPTBot"]
    assert row["version_too_small"] is (version != "2.0.0")
    told = run("signatures", "diff", "new.yaml", status=1).stdout
    assert "breaking: what owners said means something else for GPTBot" in told
    assert "GPTBot purposes (breaking): ai-training -> archives" in told


def test_two_files_are_compared_with_each_other(folder, run):
    (folder / "old.yaml").write_text(NEXT, encoding="utf-8")
    out = run("signatures", "diff", "old.yaml", "-", given=GOOD.replace("1.2.3", "1.3.1")).stdout
    assert out.startswith("Signatures 1.3.0 -> 1.3.1: 16 -> 16 entries\n")


def test_markdown_keeps_a_strangers_text_harmless(diff, run):
    diff(NEXT + NEW_CRAWLER)
    lines = run("signatures", "diff", "new.yaml", "--markdown").stdout.splitlines()
    assert lines[0] == "### Signatures 1.2.3 -> 1.3.0: 16 -> 17 entries"
    assert "- `NewAIBot` (`Evil <b>'Inc'</b> @everyone`): ai-training" in lines


def test_a_file_that_cannot_be_read_is_named(run):
    told = run("signatures", "diff", "-", given="format: 2", status=2).stderr
    assert "gatepost: -: line 1" in told
    assert "gatepost signatures lint - shows all" in told


@pytest.fixture
def platform(run):
    """Three sites that refuse training, one of them by name as well, and two that say nothing; and the platform."""
    for name in ("a", "b", "c", "d", "e"):
        run("sites", "add", f"{name}.example")
    for name in ("a", "b", "c"):
        run("sites", "set", f"{name}.example", "ai-training=block")
    run("sites", "set", "c.example", "YandexBot=block", "--confirm-search")
    run("sites", "set", "--region", "eu", "YandexBot=ask", "--confirm-search")


def test_a_new_crawler_is_counted_where_it_is_refused(diff, platform):
    effect = diff(NEXT + NEW_CRAWLER, "--effect")["effect"]
    assert effect["sites"] == 5
    assert effect["decisions"] == [{"crawler": "NewAIBot", "before": "allow", "after": "block", "sites": 3}]
    added = len("User-agent: NewAIBot\n")
    assert effect["robots_txt"] == {"sites": 3, "octets": 3 * added, "octets_most": added, "over_budget": 0}


def test_an_exception_that_loses_its_crawler_is_a_finding(diff, run, platform):
    effect = diff(without(NEXT, "YandexBot"), "--effect", status=1)["effect"]
    assert effect["void_exceptions"] == [
        {"crawler": "YandexBot", "sites": 1, "hosts": ["c.example"], "defaults": ["*region:eu"]}
    ]
    assert effect["decided_otherwise"] == 1
    told = run("signatures", "diff", "new.yaml", "--effect", status=1).stdout
    assert "    YandexBot: region eu, 1 site (c.example)\n" in told


def test_what_no_site_would_see_changes_no_site(diff, platform):
    effect = diff(NEXT.replace("operator: Apple", "operator: Apple Inc"), "--effect")["effect"]
    assert (effect["robots_txt"]["sites"], effect["decided_otherwise"], effect["sites"]) == (0, 0, 5)


def test_the_effect_is_told_in_words(diff, run, platform):
    diff(NEXT + NEW_CRAWLER)
    out = run("signatures", "diff", "new.yaml", "--effect", "--markdown").stdout
    assert "### Effect on 5 sites\n\n- robots.txt: changes for 3 sites, +63 bytes in all, +21 at most\n" in out
    assert "- `NewAIBot`: allow -> block on 3 sites\n" in out


class TestPublished:
    """A file that stands alone is compared with what the fleet has, not with what this machine has."""

    @pytest.fixture
    def published(self, folder, run):
        run("sites", "add", "blog.example")
        run("sites", "set", "blog.example", "ai-training=block")
        (folder / "fleet.yaml").write_text(NEXT + NEW_CRAWLER, encoding="utf-8")
        run("signatures", "publish", "fleet.yaml", "--shadow")

    def test_it_is_compared_with_what_was_published(self, diff, run, published):
        row = diff(NEXT + NEW_CRAWLER, "--effect")
        assert (row["old"]["version"], row["release"], row["come"], row["effect"]["decisions"]) == ("1.3.0", 1, [], [])
        told = run("signatures", "diff", "new.yaml").stdout.splitlines()
        assert told[1] == "  compared with what is in force for every site by release 1"

    def test_the_effect_is_judged_by_what_was_published(self, diff, published):
        row = diff(GOOD.replace("1.2.3", "1.4.0"), "--effect")
        assert [crawler["name"] for crawler in row["gone"]] == ["NewAIBot"]
        assert row["effect"]["robots_txt"]["sites"] == 1

    def test_the_database_may_be_named(self, diff, monkeypatch, published):
        monkeypatch.delenv("GATEPOST_DATABASE")
        assert diff(NEXT + NEW_CRAWLER, "--database", "sqlite:///sites.db")["release"] == 1
        assert diff(NEXT + NEW_CRAWLER)["release"] is None

    def test_two_files_are_compared_with_each_other_all_the_same(self, folder, rows, published):
        (folder / "old.yaml").write_text(GOOD, encoding="utf-8")
        [row] = rows("signatures", "diff", "old.yaml", "fleet.yaml", "--json")
        assert (row["old"]["version"], row["release"]) == ("1.2.3", None)

    def test_a_database_that_does_not_answer_is_told(self, diff, run, folder, published):
        diff(NEXT + NEW_CRAWLER)
        (folder / "sites.db").write_bytes(b"text" * 1000)
        assert "(store.damaged)" in run("signatures", "diff", "new.yaml", status=2).stderr


def test_without_a_release_it_is_this_machines_file_and_no_database_is_made(diff, run, folder):
    assert diff(NEXT)["release"] is None
    told = run("signatures", "diff", "new.yaml").stdout
    assert "  compared with this machine's file, " in told
    assert [file.name for file in folder.iterdir()] == ["new.yaml"]


def test_a_robots_txt_that_outgrows_its_readers_is_a_finding(diff, run, platform, monkeypatch):
    """The limit is what two sites have by now, to the octet."""
    monkeypatch.setattr("gatepost.service.signature_effect.MAX_ROBOTS_OCTETS", len(asyncio.run(robots("a.example"))))
    effect = diff(NEXT + NEW_CRAWLER, "--effect", status=1)["effect"]
    assert effect["robots_txt"]["over_budget"] == 2
    told = run("signatures", "diff", "new.yaml", "--effect", status=1).stdout
    assert "too large: robots.txt outgrows 500 KiB for 2 sites\n" in told
    assert (
        diff(NEXT.replace("operator: Apple", "operator: Apple Inc"), "--effect")["effect"]["robots_txt"]["over_budget"]
        == 0
    )


async def robots(host):
    """A site's robots.txt as it is served."""
    gate = open_gate()
    try:
        return (await gate.snapshots.visit(host)).rendering.documents["/robots.txt"].body
    finally:
        await gate.close()
