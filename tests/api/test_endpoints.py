"""Every operation of the control API, through its door."""

import json

import pytest

from api.conftest import PLATFORM
from gatepost import Visibility


async def test_sites_are_listed_page_by_page_in_a_stable_order(platform, gate):
    for number in range(5):
        await gate.owners.add_site([f"{number}.example"], PLATFORM)
    seen, cursor = [], ""
    while cursor is not None:
        page = await platform.get("/sites", params={"limit": 2, "cursor": cursor})
        seen += [site["id"] for site in page["sites"]]
        cursor = page["next"]
    assert seen == ["0.example", "1.example", "2.example", "3.example", "4.example", "site-a", "site-b"]


@pytest.mark.parametrize(
    ("search", "found"),
    [("a.ex", ["site-a"]), ("www.", ["site-a"]), ("site-", ["site-a", "site-b"]), ("example", []),
     ("", ["site-a", "site-b"]),
     ("%", []), ("_", []), ("b.example", ["site-b"]), ("*", [])],
)  # fmt: skip
async def test_sites_are_found_by_what_a_host_or_the_id_begins_with(platform, client, search, found):
    some = await client("sites:read", sites=["site-a", "site-b"])
    for who in (platform, some):
        page = await who.get("/sites", params={"search": search})
        assert [site["id"] for site in page["sites"]] == found


async def test_a_credential_for_some_sites_lists_those_alone(client):
    one = await client("sites:read", sites=["site-b"])
    assert [site["id"] for site in (await one.get("/sites"))["sites"]] == ["site-b"]


async def test_a_site_is_added_and_found_where_it_is_said_to_be(platform, http):
    response = await platform.ask("POST", "/sites", json={"hosts": ["New.example", "www.new.example"], "plan": "pro"})
    assert response.status_code == 201
    assert response.headers["etag"] == '"1"'
    site = response.json()
    assert (site["id"], site["hosts"], site["plan"]) == (
        "new.example",
        ["new.example", "www.new.example"],
        "pro",
    )
    assert response.headers["location"] == "/_gatepost/api/v1/sites/new.example"
    again = await http.get(response.headers["location"], headers={"authorization": f"Bearer {platform.credential}"})
    assert again.json() == site


@pytest.mark.parametrize(
    ("body", "status", "id"),
    [
        ({"hosts": ["a.example"]}, 409, "store.host.taken"),
        ({"hosts": ["c.example"], "id": "site-a"}, 409, "site.id.taken"),
        ({"hosts": ["c.example"], "id": "*region:eu"}, 422, "api.body.invalid"),
        ({"hosts": []}, 422, "api.body.invalid"),
        ({"hosts": ["a b"]}, 422, "api.body.invalid"),
        ({"hosts": ["c.example:8080"]}, 422, "api.body.invalid"),
        ({"hosts": ["c.example"], "visibility": "private"}, 422, "api.body.invalid"),
        ({}, 422, "api.body.invalid"),
        ([], 422, "api.body.invalid"),
    ],
)
async def test_a_site_that_cannot_be_is_not_added(platform, body, status, id):
    problem = await platform.send("POST", "/sites", body, status, match=None)
    assert problem["id"] == id
    assert "site-a" not in problem["detail"]
    assert len((await platform.get("/sites"))["sites"]) == 2


@pytest.mark.parametrize("host", ["a.example", "www.a.example", "A.Example", "a.example."])
async def test_a_site_is_shown_by_any_of_its_hosts(platform, host):
    response = await platform.ask("GET", f"/sites/{host}")
    site = response.json()
    assert response.headers["etag"] == '"2"' == f'"{site["revision"]}"'
    assert (site["id"], site["host"], site["wishes"]) == ("site-a", "a.example", {"ai-training": "block"})
    assert site["robots_txt"] == ""


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"visibility": "private"}, {"visibility": "private"}),
        ({"host": "www.a.example"}, {"host": "www.a.example", "hosts": ["www.a.example", "a.example"]}),
        (
            {"robots_txt": "User-agent: *\nDisallow: /private/\n"},
            {"robots_txt": "User-agent: *\nDisallow: /private/\n"},
        ),
        ({"owner": "grace"}, {"visibility": "public"}),
        ({"region": "eu"}, {"region": "eu", "plan": ""}),
        ({"region": "eu", "plan": "pro"}, {"region": "eu", "plan": "pro"}),
        ({"plan": "pro"}, {"region": "", "plan": "pro"}),
    ],
)
async def test_one_thing_about_a_site_is_changed_and_is_one_entry_of_its_history(platform, change, shown):
    site = await platform.send("PATCH", "/sites/a.example", {**change, "reason": "because"}, match='"2"')
    assert {name: site[name] for name in shown} == shown
    assert (site["revision"], site["wishes"]) == (3, {"ai-training": "block"})
    [last, *_] = (await platform.get("/sites/a.example/history"))["history"]
    assert (last["revision"], last["reason"], last["actor"]) == (3, "because", {"kind": "platform", "name": "x"})
    again = await platform.send("PATCH", "/sites/a.example", {**change, "reason": "again"}, match='"3"')
    assert again["revision"] == (4 if "owner" in change else 3)


@pytest.mark.parametrize(
    "change",
    [
        {}, {"reason": "x"}, {"visibility": "hidden"}, {"visibility": "private", "owner": "x"}, {"host": "b.example"},
        {"host": "not a host"}, {"robots_txt": None}, {"robots_txt": "x" * 102_401}, {"robots_txt": "a\u0085b"},
        {"owner": ""}, {"owner": "a\nb"}, {"region": "a/b"}, {"plan": None}, {"revision": 7}, {"id": "site-b"},
        {"visibility": True}, [], "private", 1, None,
    ],
)  # fmt: skip
async def test_a_change_that_cannot_be_meant_changes_nothing(platform, change):
    problem = await platform.send("PATCH", "/sites/a.example", status=422, headers={"content-type": "application/json"},
                                  content=json.dumps(change))  # fmt: skip
    assert problem["id"] in ("api.body.invalid", "statement.robots-txt.characters", "statement.robots-txt.length")
    assert (await platform.get("/sites/a.example"))["revision"] == 2


async def test_hosts_come_and_go(platform):
    site = await platform.send("POST", "/sites/a.example/hosts", {"host": "a2.example"}, match='"2"')
    assert site["hosts"] == ["a.example", "www.a.example", "a2.example"]
    site = await platform.send("DELETE", "/sites/a2.example/hosts/a.example?reason=moved", match='"3"')
    assert site["hosts"] == ["www.a.example", "a2.example"]
    assert (await platform.get("/sites/a.example", 404))["id"] == "site.unknown"
    [last, *_] = (await platform.get("/sites/a2.example/history"))["history"]
    assert (last["kind"], last["change"], last["reason"]) == ("host-removed", {"host": "a.example"}, "moved")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "id"),
    [
        ("POST", "/sites/a.example/hosts", {"host": "b.example"}, 409, "store.host.taken"),
        ("DELETE", "/sites/a.example/hosts/b.example", None, 404, "api.unknown"),
        ("DELETE", "/sites/a.example/hosts/nowhere", None, 404, "api.unknown"),
        ("DELETE", "/sites/b.example/hosts/b.example", None, 409, "site.host.last"),
    ],
)
async def test_another_sites_host_and_the_last_one_stay(platform, method, path, body, status, id):
    assert (await platform.send(method, path, body, status))["id"] == id
    assert (await platform.get("/sites/b.example"))["hosts"] == ["b.example"]


# ------------------------------------------------------------------------------------------------ statements

STORED = {
    "search": "allow",
    "ai-training": "block",
    "/press/:ai-training": "allow",
    "CCBot": "ask",
    "partner-sharing": "refuse",
}


async def test_what_is_stored_is_what_is_shown_and_can_be_sent_again(platform):
    preview = await platform.send("POST", "/sites/b.example/preview", {"wishes": STORED}, match=None)
    assert preview["wishes"] == STORED
    body = {"wishes": STORED, "reason": "the owner asked"}
    asked = await platform.send("PATCH", "/sites/b.example/statement", body, 409)
    assert asked["token"] == preview["confirmation"]
    told = await platform.send("PATCH", "/sites/b.example/statement", {**body, "confirmation": asked["token"]})
    assert told["wishes"] == STORED == (await platform.get("/sites/b.example/statement"))["wishes"]
    assert await platform.send("PATCH", "/sites/b.example/statement", {"wishes": told["wishes"]}) == told


async def test_null_takes_back_and_what_is_not_named_stays(platform):
    said = {"ai-answers": "ask", "CCBot": "block"}
    told = await platform.send("PATCH", "/sites/a.example/statement", {"wishes": said})
    assert told["wishes"] == {"ai-training": "block", **said}
    told = await platform.send("PATCH", "/sites/a.example/statement", {"wishes": {"CCBot": None}})
    assert told["wishes"] == {"ai-training": "block", "ai-answers": "ask"}


async def test_what_holds_is_shown_with_its_origin(platform, gate):
    await platform.send("PATCH", "/defaults/regions/eu", {"wishes": {"archives": "block"}}, match='"0"')
    told = (await platform.get("/sites/b.example/statement"))["resolved"]
    region = {"level": "region", "detail": "eu", "by": None}
    said = (await gate.store.history("*region:eu"))[-1].at
    assert told["archives"] == {"value": "block", "origin": region, "since": said.isoformat().replace("+00:00", "Z")}
    built_in = {"level": "built-in", "detail": "", "by": None}
    assert told["search"] == {"value": None, "origin": built_in, "since": None}
    assert told["partner-sharing"]["value"] == "refuse"


@pytest.mark.parametrize(
    ("wishes", "id"),
    [
        ({"ai-training": "perhaps"}, "api.body.invalid"),
        ({"ai-training": "refuse"}, "statement.value.unknown"),
        ({"partner-sharing": "block"}, "statement.value.unknown"),
        ({"NoSuchCrawler": "block"}, "statement.subject.unknown"),
        ({"press/:ai-training": "block"}, "statement.path.form"),
        ({"/a\nb:ai-training": "block"}, "statement.path.form"),
        ({"/:no-purpose": "block"}, "statement.purpose.unknown"),
        ({"": "block"}, "api.body.invalid"),
        ({"ai-training=allow\nx": "block"}, "statement.subject.unknown"),
        ([], "api.body.invalid"),
        ({"/" + "x" * 1_100 + ":ai-training": "block"}, "statement.path.length"),
        ({f"/{number}/:ai-training": "block" for number in range(2_100)}, "statement.exceptions.many"),
        ({f"/{number}/:ai-training": "block" for number in range(4_200)}, "api.body.invalid"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_wish_that_cannot_be_meant_is_refused_whole(platform, wishes, id):
    body = {"wishes": {**wishes, "archives": "block"} if isinstance(wishes, dict) else wishes}
    assert (await platform.send("PATCH", "/sites/a.example/statement", body, 422))["id"] == id
    assert (await platform.get("/sites/a.example/statement"))["revision"] == 2


async def test_what_allows_more_is_confirmed_for_this_very_change(platform, owner):
    body = {"wishes": {"ai-training": "allow"}}
    asked = await owner.send("PATCH", "/sites/a.example/statement", body, 409, match='"2"')
    assert (asked["id"], asked["effects"]) == ("consent.widening.unconfirmed", ["ai-training"])
    wrong = {"wishes": {"ai-training": "allow", "archives": "allow"}, "confirmation": asked["token"]}
    assert (await owner.send("PATCH", "/sites/a.example/statement", wrong, 409))["token"] != asked["token"]
    told = await owner.send(
        "PATCH", "/sites/a.example/statement", {**body, "confirmation": asked["token"]}, match='"2"'
    )
    assert (told["revision"], told["wishes"]) == (3, {"ai-training": "allow"})


async def test_search_is_confirmed_by_name(owner):
    body = {"wishes": {"search": "block"}}
    asked = await owner.send("PATCH", "/sites/a.example/statement", body, 409)
    assert (asked["id"], asked["effects"]) == ("statement.search.unconfirmed", ["search on the whole site"])
    assert "token" not in asked
    assert (await owner.send("PATCH", "/sites/a.example/statement", {**body, "confirm_search": "yes"}, 422))["errors"]
    assert (await owner.send("PATCH", "/sites/a.example/statement", {**body, "confirm_search": True}))["revision"] == 3


async def test_an_operator_narrows_and_does_not_widen(client):
    operator = await client("sites:write", kind="operator")
    await operator.send("PATCH", "/sites/a.example/statement", {"wishes": {"archives": "block"}})
    refused = await operator.send("PATCH", "/sites/a.example/statement", {"wishes": {"archives": "ask"}}, 403)
    assert refused["id"] == "consent.actor"


async def test_a_change_is_undone_and_done_again(owner):
    assert (await owner.send("PATCH", "/sites/a.example/statement", {"wishes": {"archives": "block"}}))["revision"] == 3
    asked = await owner.send("POST", "/sites/a.example/undo", {}, 409, match='"3"')
    told = await owner.send("POST", "/sites/a.example/undo", {"confirmation": asked["token"]}, match='"3"')
    assert told["wishes"] == {"ai-training": "block"}
    assert (await owner.send("POST", "/sites/a.example/undo", {}, match='"4"'))["wishes"]["archives"] == "block"


async def test_where_nothing_was_said_there_is_nothing_to_undo(platform):
    assert (await platform.send("POST", "/sites/b.example/undo", {}, 409))["id"] == "undo.nothing"


async def test_the_history_goes_back_page_by_page(platform):
    for number in range(4):
        await platform.send("PATCH", "/sites/a.example", {"owner": f"owner {number}"})
    first = await platform.get("/sites/a.example/history?limit=4")
    await platform.send("PATCH", "/sites/a.example", {"owner": "meanwhile"})
    second = await platform.get("/sites/a.example/history", params={"cursor": first["next"], "limit": 4})
    assert [entry["revision"] for page in (first, second) for entry in page["history"]] == [6, 5, 4, 3, 2, 1]
    assert second["next"] is None
    assert second["history"][0]["change"] == {"wishes": {"ai-training": "block"}, "dated": []}
    assert second["history"][1]["change"] == {"hosts": ["a.example", "www.a.example"], "region": "", "plan": ""}


WINTER = {"subject": "archives", "value": "block", "start": "2999-12-01", "end": "2999-12-24T09:00+01:00"}
STORED_WINTER = {**WINTER, "start": "2999-12-01T00:00:00Z", "end": "2999-12-24T08:00:00Z"}


async def test_what_is_said_for_a_time_is_kept_apart_and_takes_effect_then(platform):
    told = await platform.send("PATCH", "/sites/a.example/statement", {"wishes": {}, "dated": [WINTER]})
    assert (told["wishes"], told["dated"]) == ({"ai-training": "block"}, [STORED_WINTER])
    assert told["resolved"]["archives"]["value"] is None
    assert (await platform.get("/sites"))["sites"][0]["dated"] == [STORED_WINTER]
    query = {"user_agent": "CCBot/2.0", "at": "2999-12-02T00:00:00Z"}
    then = await platform.get("/sites/a.example/explain", params=query)
    assert (then["action"], then["resolved"]["archives"]["since"]) == ("block", STORED_WINTER["start"])
    assert then["dated"] == [{**STORED_WINTER, "origin": {"level": "site", "detail": "", "by": None}}]
    taken_back = {"wishes": {}, "dated": [{**WINTER, "value": None}], "reason": "changed their mind"}
    asked = await platform.send("PATCH", "/sites/a.example/statement", taken_back, 409)
    body = {**taken_back, "confirmation": asked["token"]}
    assert (await platform.send("PATCH", "/sites/a.example/statement", body))["dated"] == []


async def test_what_will_allow_more_is_confirmed_by_what_its_preview_says(platform):
    body = {"wishes": {}, "dated": [{"subject": "ai-training", "value": "allow", "start": "2999-01-01"}]}
    token = (await platform.send("POST", "/sites/a.example/preview", body))["confirmation"]
    told = await platform.send(
        "PATCH", "/sites/a.example/statement", {**body, "confirmation": token, "reason": "agreed"}
    )
    assert told["dated"][0]["value"] == "allow"


@pytest.mark.parametrize(
    ("start", "end", "id"),
    [("", "", "form"), ("2999-01-02", "2999-01-01", "order"), ("soon", "", "moment"), ("", "2020-01-01", "past"),
     ("2999-01-01T12:00", "", "zone"), ("0001-01-01T00:00+23:00", "", "moment"), ("2999-01-01..", "", "moment")],
)  # fmt: skip
async def test_a_time_that_cannot_be_is_refused(platform, start, end, id):
    body = {"wishes": {}, "dated": [{"subject": "archives", "value": "block", "start": start, "end": end}]}
    problem = await platform.send("PATCH", "/sites/a.example/statement", body, 422)
    assert problem["id"] == f"statement.period.{id}"


async def test_a_deleted_site_without_a_host_is_listed(platform, gate):
    await gate.owners.change_visibility("b.example", Visibility.DELETED, PLATFORM)
    await gate.owners.move_host("b.example", "a.example", PLATFORM)
    found = (await platform.get("/sites"))["sites"]
    assert [(site["id"], site["host"]) for site in found] == [("site-a", "a.example"), ("site-b", None)]


async def test_a_decision_is_explained(platform):
    query = {"user_agent": "Mozilla/5.0 (compatible; GPTBot/1.4)", "path": "/post?x=1"}
    told = await platform.get("/sites/www.a.example/explain", params=query)
    assert (told["action"], told["rule"], told["crawler"]["name"]) == ("block", "ai-training=block", "GPTBot")
    assert told["origin"] == {"level": "site", "detail": "", "by": None}
    assert told["robots_txt"]["allowed"] is False
    assert told["resolved"]["ai-training"]["value"] == "block"
    before = await platform.get("/sites/a.example/explain", params={**query, "at": "2020-01-01T00:00:00+01:00"})
    assert "host-unknown-then" in before["notes"]
    person = await platform.get(
        "/sites/a.example/explain", params={"user_agent": "Mozilla/5.0 (X11; Linux) Firefox/145.0"}
    )
    assert (person["action"], person["crawler"], person["client"]["kind"]) == ("allow", None, "browser")


@pytest.mark.parametrize(
    "query",
    ["", "user_agent=", "user_agent=x&path=no", "user_agent=x&at=yesterday", "user_agent=x&at=1", "user_agent=x%00",
     "user_agent=x&user_agent=y", "user_agent=x&more=1", "user_agent=%ff", "user_agent=x&path=/%0a", "%", "a;b=%u1234",
     "user_agent=x&address=somewhere", "user_agent=x&address=192.0.2.0/24", "user_agent=x&address="],
)  # fmt: skip
async def test_a_question_that_cannot_be_asked_is_refused(platform, query):
    problem = await platform.get(f"/sites/a.example/explain?{query}", 400)
    assert problem["id"].startswith(("api.query", "request."))


async def test_a_preview_shows_the_bytes_and_changes_nothing(platform, gate):
    told = await platform.send("POST", "/sites/a.example/preview", {"wishes": {"ai-training": "ask", "search": "ask"}})
    documents = {document["format"]: document for document in told["documents"]}
    served = (await gate.snapshots.visit("a.example")).rendering.documents["/robots.txt"].body.decode()
    assert documents["robots.txt"]["in_force"] == served != documents["robots.txt"]["previewed"]
    assert "train-ai=n" in documents["fields"]["in_force"]
    assert told["allows"] == ["ai-training"]
    assert told["touches_search"] == ["search on the whole site"]
    assert (told["revision"], (await platform.get("/sites/a.example"))["revision"]) == (2, 2)
    narrowing = await platform.send("POST", "/sites/a.example/preview", {"wishes": {"archives": "block"}})
    assert (narrowing["allows"], narrowing["touches_search"], narrowing["confirmation"]) == ([], [], None)


async def test_a_preview_tells_where_each_line_comes_from(platform):
    told = await platform.send("POST", "/sites/a.example/preview", {"wishes": {"/p/:ai-training": "allow"}})
    documents = {document["format"]: document for document in told["documents"]}
    for document in documents.values():
        assert "".join(f"{line['text']}\n" for line in document["lines"]) == (document["previewed"] or "")
    [line] = [line for line in documents["ai.txt"]["lines"] if line["text"] == "Allow: /p/"]
    origin = {"level": "path exception", "detail": "/p/", "by": "site"}
    assert line["because"] == [{"reason": "allowed", "stance": "allow", "purpose": "ai-training", "origin": origin}]
    assert told["misread_by"] == []


async def test_a_preview_of_what_begins_later_is_of_that_date(platform):
    wish = {"wishes": {}, "dated": [{"subject": "archives", "value": "block", "start": "2999-01-01"}]}
    told = await platform.send("POST", "/sites/a.example/preview", wish)
    assert told["shown"] == told["steps"][1] == "2999-01-01T00:00:00Z"
    then = {document["format"]: document for document in told["documents"]}["words"]
    assert "Archives and research: refused" in then["previewed"]
    assert "Archives and research: refused" not in then["in_force"]
    now = await platform.send("POST", "/sites/a.example/preview", {**wish, "at": "2998-01-01T00:00:00Z"})
    assert now["shown"] == now["steps"][0]


# ------------------------------------------------------------------------------------------------ crawlers and defaults


async def test_crawlers_are_listed_whole_and_once(platform, signatures):
    names, cursor = [], ""
    while cursor is not None:
        page = await platform.get("/crawlers", params={"limit": 250, "cursor": cursor})
        names += [crawler["name"] for crawler in page["crawlers"]]
        cursor = page["next"]
    assert names == [crawler.name for _, crawler in sorted(signatures.by_name.items())]


async def test_a_crawler_is_shown_with_its_evidence(platform):
    told = await platform.get("/crawlers/gptbot")
    assert (told["name"], told["operator"], told["ai"]) == ("GPTBot", "OpenAI", True)
    assert told["honours_robots"]["source"].startswith("https://")
    found = await platform.get("/crawlers?search=openai&purpose=ai-training")
    assert "GPTBot" in [crawler["name"] for crawler in found["crawlers"]]
    assert (await platform.get("/crawlers/NoSuchCrawler", 404))["id"] == "api.unknown"


@pytest.mark.parametrize(
    ("path", "level", "name"),
    [("/defaults/platform", "platform", ""), ("/defaults/regions/eu", "region", "eu"),
     ("/defaults/plans/free%20tier", "plan", "free tier")],
)  # fmt: skip
async def test_a_default_is_changed_at_its_revision(platform, path, level, name):
    assert await platform.get(path) == {"level": level, "name": name, "revision": 0, "wishes": {}, "dated": []}
    body = {"wishes": {"ai-training": "ask"}}
    told = await platform.send("PATCH", path, body, match='"0"')
    assert told == {"level": level, "name": name, "revision": 1, "wishes": {"ai-training": "ask"}, "dated": []}
    assert (await platform.send("PATCH", path, body, 412, match='"0"'))["revision"] == 1
    asked = {"wishes": {"ai-training": None}, "reason": "new terms"}
    token = (await platform.send("PATCH", path, asked, 409))["token"]
    assert (await platform.send("PATCH", path, {**asked, "confirmation": token}))["wishes"] == {}


async def test_a_change_of_a_default_is_counted_before_it_is_made(platform, gate, monkeypatch):
    told = await platform.send("POST", "/defaults/platform/preview", {"wishes": {"ai-training": "block"}})
    assert told == {"counted": 2, "changed": 1, "opened": 0, "untouched": 1, "begins": None, "next": None}
    assert (await platform.send("POST", "/defaults/regions/eu/preview", {"wishes": {"archives": "ask"}}))[
        "changed"
    ] == 1
    later = {"wishes": {}, "dated": [{"subject": "ai-training", "value": "block", "start": "2999-01-01"}]}
    told = await platform.send("POST", "/defaults/platform/preview", later)
    assert (told["changed"], told["begins"]) == (1, "2999-01-01T00:00:00Z")
    assert (await platform.get("/defaults/platform"))["revision"] == 0


async def test_a_count_that_takes_long_goes_on_where_it_ended(platform, gate, monkeypatch):
    monkeypatch.setattr("gatepost.asgi.api.defaults.COUNT_SECONDS", -1)
    sites = gate.store.sites
    monkeypatch.setattr(gate.store, "sites", lambda after="": sites(after=after, limit=1), raising=False)
    counted, body = 0, {"wishes": {"ai-training": "block"}, "cursor": ""}
    for _ in range(3):
        told = await platform.send("POST", "/defaults/platform/preview", body)
        counted += told["counted"]
        body["cursor"] = told["next"]
    assert (counted, told["next"]) == (2, None)


@pytest.mark.parametrize("name", ["", "%00", "a%0ab", "x" * 101])
async def test_a_default_needs_a_name(platform, name):
    assert (await platform.get(f"/defaults/regions/{name}", 404))["id"] == "api.path"


async def test_a_change_is_seen_at_this_workers_doors_at_once(platform, gate):
    assert (await gate.snapshots.visit("a.example")).rendering.policy.visibility is Visibility.PUBLIC
    await platform.send("PATCH", "/sites/a.example", {"visibility": "private"})
    assert (await gate.snapshots.visit("a.example")).rendering.policy.visibility is Visibility.PRIVATE


@pytest.mark.parametrize("cursor", ["!", "é", "AA=", "/w==", "Zm9vYg", "x" * 1_001])
@pytest.mark.parametrize("path", ["/sites", "/sites/a.example/history", "/crawlers"])
async def test_a_cursor_that_is_none_of_ours_is_refused_or_harmless(platform, path, cursor):
    response = await platform.ask("GET", path, params={"cursor": cursor})
    assert response.status_code == 400 or cursor == "Zm9vYg"


async def test_an_own_robots_txt_that_closes_the_site_to_search_is_confirmed(platform):
    one = {"robots_txt": "User-agent: *\nDisallow: /\n"}
    asked = await platform.send("PATCH", "/sites/a.example", one, 409)
    assert asked["id"] == "statement.search.unconfirmed"
    site = await platform.send("PATCH", "/sites/a.example", one | {"confirm_search": True}, 200)
    assert site["robots_txt"] == one["robots_txt"]
