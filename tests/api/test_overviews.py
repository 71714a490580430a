"""What a platform needs for a page of its own: the API tells the values that the owner's page shows."""

import pytest

from api.conftest import PLATFORM
from gatepost import read_wish
from gatepost.core.overview import Cost, Enforceability

OWN = "User-agent: *\nDisalow: /x/\n"


async def test_an_overview_is_what_the_page_shows(platform, gate, signatures):
    wishes = [read_wish(wish, signatures) for wish in ("archives=ask@2999-01-01..", "/press/:ai-training=allow")]
    await gate.owners.change_platform_preferences([read_wish("ai-answers=ask", signatures)], PLATFORM)
    for wish in wishes:
        told = await gate.overviews.consequences("a.example", [wish])
        await gate.owners.change_preferences("a.example", [wish], PLATFORM, confirmation=told.token, reason="agreed")
    await gate.owners.change_robots_txt("a.example", OWN, PLATFORM)
    await gate.snapshots.refresh()
    shown, told = await gate.overviews.overview("a.example"), await platform.get("/sites/www.a.example/overview")
    assert (told["id"], told["host"], told["revision"]) == ("site-a", "a.example", shown.revision)
    assert told["live"] == told["hosts"] == ["a.example", "www.a.example"]
    assert (told["visibility"], told["writable"], told["robots_txt"]) == ("public", True, OWN)
    rows = [
        (row.purpose, row.effective, row.own, row.inherited.value, row.crawlers, row.asked_only, row.cost)
        for row in shown.purposes
    ]
    names = ("purpose", "value", "own")
    assert rows == [
        (*(row[name] for name in names), row["inherited"]["value"], row["crawlers"], row["asked_only"], row["cost"])
        for row in told["purposes"]
    ]
    answers, training = told["purposes"][1], told["purposes"][3]
    assert (answers["inherited"]["value"], answers["own"]) == ("ask", None)
    assert answers["inherited"]["origin"] == answers["origin"] == {"level": "platform", "detail": "", "by": None}
    assert (training["own"], training["inherited"]["value"], training["cost"]) == ("block", None, Cost.NONE_KNOWN)
    assert 0 < training["asked_only"] < training["crawlers"]
    assert (told["partner_sharing"]["value"], told["partner_sharing"]["own"]) == ("refuse", None)
    assert told["paths"] == [{"pattern": "/press/", "stances": {"ai-training": "allow"}, "by": "site"}]
    [dated] = told["dated_held"]
    assert (dated["subject"], dated["start"], dated["origin"]["level"]) == ("archives", "2999-01-01T00:00:00Z", "site")
    [oddity] = told["oddities"]
    assert (oddity["line"], oddity["id"]) == (2, shown.oddities[0].id)


async def test_an_overview_tells_what_stands_in_the_way(platform):
    body = {"robots_txt": "User-agent: *\nDisallow: /\n", "confirm_search": True}
    await platform.send("PATCH", "/sites/a.example", body)
    closed, *_ = (await platform.get("/sites/a.example/overview"))["obstacles"]
    assert (closed["kind"], closed["lines"]) == ("own-file-closes", [2])
    assert "Googlebot" in closed["crawlers"]
    await platform.send("PATCH", "/sites/a.example", {"visibility": "private"})
    private, *_ = (await platform.get("/sites/a.example/overview"))["obstacles"]
    assert (private["kind"], private["visibility"]) == ("not-public", "private")


async def test_every_crawler_is_told_as_it_meets_the_site(platform, gate):
    body = {"wishes": {"CCBot": "allow"}, "reason": "agreed"}
    asked = await platform.send("PATCH", "/sites/a.example/statement", body, 409)
    await platform.send("PATCH", "/sites/a.example/statement", {**body, "confirmation": asked["token"]})
    crawlers, cursor = [], ""
    while cursor is not None:
        page = await platform.get("/sites/a.example/crawlers", params={"limit": 250, "cursor": cursor})
        crawlers += page["crawlers"]
        cursor = page["next"]
    shown = {row.name: row for row in (await gate.overviews.overview("a.example")).crawlers}
    assert [one["name"] for one in crawlers] == sorted(shown, key=str.lower)
    for one in crawlers:
        row = shown[one["name"]]
        assert (one["enforceability"], one["meets"]["action"]) == (row.enforceability, row.meets.action)
        assert (one["exception"], one["verifiable"]) == (row.exception, row.verifiable)
    told = {one["name"]: one for one in crawlers}
    assert told["GPTBot"]["enforceability"] == Enforceability.REFUSES
    origin = {"level": "site", "detail": "", "by": None}
    assert told["GPTBot"]["meets"] == {
        "action": "block", "reason": "refused", "stance": "block", "purpose": "ai-training", "origin": origin
    }  # fmt: skip
    assert told["CCBot"]["exception"] == told["CCBot"]["meets"]["stance"] == "allow"
    assert told["Google-Extended"]["enforceability"] == Enforceability.NOT_BY_NAME


@pytest.mark.parametrize("path", ["/sites/a.example/crawlers", "/crawlers"])
async def test_crawlers_are_found_by_name_token_operator_and_purpose(platform, path):
    async def names(**query):
        return {one["name"] for one in (await platform.get(path, params=query))["crawlers"]}

    assert "GPTBot" in await names(search="openai", purpose="ai-training") & await names(search="GPTB")
    assert "GPTBot" not in await names(search="openai", purpose="search")
    assert await names(search="no-such-crawler") == set()
