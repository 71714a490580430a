"""`gatepost explain`: the decision, robots.txt beside it, and where every value comes from."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gatepost import open_gate
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from licences import hold

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)


@pytest.fixture
def explain(rows, blog):
    """Explain a request to the blog."""

    def ask(user_agent, *words, site=blog):
        [answer] = rows("explain", "--site", site, "--user-agent", user_agent, "--json", *words)
        return answer

    return ask


DECISIONS = {
    "refused": ("GPTBot/1.4", "block", "refused", "ai-training=block", "site", "claimed"),
    "unverifiable": ("CCBot", "block", "refused", "ai-training=block", "site", "unverifiable"),
    "mixed_use": ("Googlebot/2.1", "allow", "nothing-said", None, "built-in", "claimed"),
    "a_person": (CHROME, "allow", "unrecognised", None, None, None),
    "forged": ("Google-Extended", "block", "refused", "ai-training=block", "site", "forged"),
}


@pytest.mark.parametrize("row", DECISIONS.values(), ids=DECISIONS.keys())
def test_the_decision_is_told(explain, row):
    answer = explain(row[0])
    assert tuple(answer[key] for key in ("action", "reason", "rule", "origin", "standing")) == row[1:]


def test_robots_txt_stands_beside_it(explain):
    verdict = explain("GPTBot", "--path", "/a")["robots_txt"]
    assert (verdict["allowed"], verdict["rule"], verdict["group"]) == (False, "Disallow: /", "GPTBot")


def test_a_name_for_robots_txt_alone_is_shown_with_the_crawler_it_governs(explain):
    [verdict] = explain("Googlebot/2.1")["robots_only"]
    assert (verdict["token"], verdict["allowed"]) == ("Google-Extended", False)


def test_every_value_has_its_origin(explain, run):
    run("sites", "set", "--platform", "ai-answers=ask")
    run("sites", "set", "blog.example", "/press/:ai-training=allow", "--yes")
    answer = explain("GPTBot", "--path", "/press/kit")
    told = answer["preferences"]
    assert {name: (one["stance"], one["origin"]) for name, one in told.items()} == {
        "search": (None, "built-in"),
        "ai-answers": ("ask", "platform"),
        "assistants": (None, "built-in"),
        "ai-training": ("allow", "path exception /press/"),
        "archives": (None, "built-in"),
        "partner-sharing": ("refuse", "site"),
    }
    assert {name for name, one in told.items() if one["since"]} == {"ai-answers", "ai-training", "partner-sharing"}
    assert answer["since"] == told["ai-training"]["since"]


CLIENTS = {
    "a_browser": (CHROME, "Chrome 142 on Windows, a person's browser as far as it says"),
    "a_program": ("curl/8.1", "curl 8, a program as far as it says"),
    "a_robot": ("SomeCrawler/1.0 (bot)", "a robot by its own account, which no signature knows"),
    "nothing": ("x", "a client that does not say what it is"),
    "long": (CHROME + " a" * 30_000, "Chrome 142 on Windows, a person's browser as far as it says"),
}


@pytest.mark.parametrize(("user_agent", "client"), CLIENTS.values(), ids=CLIENTS.keys())
def test_an_unrecognised_client_is_what_it_says(explain, user_agent, client):
    answer = explain(user_agent)
    assert answer["client"] == client
    assert any("disguised" in note for note in answer["notes"])


@pytest.mark.parametrize("ip", ["192.0.2.7", "2001:DB8::0:1"])
def test_an_address_is_shown_and_said_to_be_unchecked(explain, ip):
    address = explain("GPTBot", "--ip", ip)["address"]
    assert address == {
        "address": ip.lower().replace("::0:", "::"),
        "checked": False,
        "could_be_checked_against": ["https://openai.com/gptbot.json"],
    }


def test_a_partners_licence_is_told_with_the_address_that_proves_it(explain, run, blog):
    since = datetime(2026, 3, 1, tzinfo=UTC)
    partner = Partner(
        "acme",
        "Acme Data",
        frozenset({Purpose.AI_TRAINING}),
        since,
        crawlers=("GPTBot",),
        networks=("192.0.2.0/24",),
    )

    async def add():
        gate = open_gate()
        await hold(gate.store, partner, datetime.now(UTC))
        await gate.close()

    asyncio.run(add())
    run("sites", "set", blog, "ai-training=license", "partner-sharing=allow", "--yes")
    answer = explain("GPTBot", "--ip", "192.0.2.7")
    assert [answer[key] for key in ("action", "reason", "standing")] == ["allow", "licensed", "verified"]
    told = {"partner": "acme", "name": "Acme Data", "proof": "address", "since": since.isoformat(), "until": None}
    assert answer["licence"] == told
    assert answer["address"]["checked"] is True
    people = run("explain", "--site", blog, "--user-agent", "GPTBot", "--ip", "192.0.2.7").stdout
    assert "verified from 192.0.2.7" in people
    assert "not checked" not in people
    assert "licence     Acme Data (acme) since 2026-03-01" in people
    assert "proved by address" in people
    assert "comes under a data partner's licence" in people
    elsewhere = explain("GPTBot", "--ip", "198.51.100.7")
    assert [elsewhere[key] for key in ("reason", "standing", "licence")] == ["licence-required", "claimed", None]
    assert elsewhere["address"]["checked"] is True
    assert any("if it came from the partner's networks" in note for note in elsewhere["notes"])


def test_a_host_that_no_site_has_is_explained_too(explain):
    answer = explain("GPTBot", site="unknown.example")
    assert (answer["site"], answer["action"], answer["origin"]) == (None, "block", "built-in")
    assert "No site has this host" in answer["notes"][0]


def test_the_past_is_rebuilt_from_the_history(explain, run):
    first, second = _times("blog.example")
    run("sites", "set", "blog.example", "ai-training=allow", "--yes")
    assert explain("GPTBot")["action"] == "allow"
    assert explain("GPTBot", "--at", second.isoformat())["action"] == "block"
    assert explain("GPTBot", "--at", first.isoformat())["reason"] == "nothing-said"
    assert explain("GPTBot", "--at", (first - timedelta(days=1)).isoformat())["site"] is None


def _times(host):
    """When the events of a site were."""

    async def read():
        gate = open_gate()
        site = await gate.owners.show(host)
        events = await gate.store.history(site.id)
        await gate.close()
        return [event.at for event in events]

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T12:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00+01:00", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("2026-03-01T12:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_time_without_zone_is_utc(explain, text, at):
    assert explain("GPTBot", "--at", text)["at"] == at.isoformat()


def test_for_people_it_says_the_same(run, blog):
    text = run("explain", "--site", blog, "--user-agent", "GPTBot/1.4", "--ip", "192.0.2.7").stdout
    for words in (
        "GPTBot of OpenAI (ai-training), claimed from 192.0.2.7; address not checked",
        "block: refuses it (403)",
        "rule ai-training=block, from site",
        "asks away GPTBot",
        "ai-training     block         from site",
    ):
        assert words in text


UNUSABLE = {
    "host": (["--site", "a b", "--user-agent", "x"], "cli.host"),
    "address": (["--site", "blog.example", "--user-agent", "x", "--ip", "1.2.3"], "cli.address"),
    "time": (["--site", "blog.example", "--user-agent", "x", "--at", "noon"], "cli.time"),
    "path": (["--site", "blog.example", "--user-agent", "x", "--path", "/a b"], "request.path.control-character"),
    "user_agent": (["--site", "blog.example", "--user-agent", "x\n"], "request.user-agent.control-character"),
}


@pytest.mark.parametrize(("words", "id"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_cannot_be_read_is_told(run, words, id):
    assert f"({id})" in run("explain", *words, status=2).stderr
