"""Every operation of the document x every credential x one's own, another's and no site: 100 % 401, 403 and 404."""

import json
from datetime import UTC, datetime

import pytest

from api.conftest import Client, Owner
from gatepost.asgi.api.document import openapi_document
from gatepost.asgi.api.table import OPERATIONS
from gatepost.core.access import PARTNER_SCOPES
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner

BY_NAME = {operation.name: operation for operation in OPERATIONS}
OF_SITES = [operation.name for operation in OPERATIONS if "host" in operation.parameters]
OTHERS = [operation.name for operation in OPERATIONS if "host" not in operation.parameters]

QUERIES = {"explainDecision": "?user_agent=GPTBot/1.4"}
BODIES = {
    "changeSite": {"robots_txt": "User-agent: *\nDisallow: /x/\n"},
    "addHost": {"host": "c.example"},
    "changeStatement": {"wishes": {"archives": "block"}},
    "undoStatement": {"reason": "the owner asked"},
    "removeItem": {"item": "4711"},
}
PLATFORMS = {"addHost", "removeHost", "removeItem"}
OWN_STATUS = {"undoStatement": {200, 409}, "removeHost": {200, 409}, "eraseExposures": {409}}


OF_PARTNERS = [operation.name for operation in OPERATIONS if "partner" in operation.parameters]


def filled(operation, host="", partner="acme"):
    """The path of an operation."""
    named = {"host": host, "other": host, "name": "GPTBot", "partner": partner, "day": "2026-11-28"}
    return operation.path.format_map(named)


async def ask(client, name, host="", partner="acme", **more):
    """A request that is right in itself."""
    operation = BY_NAME[name]
    path = filled(operation, host, partner)
    body = BODIES.get(name, operation.example)
    more |= {"json": body} if operation.body else {}
    fields = {"if-match": "*"} if operation.changes_revision else {}
    return await client.ask(operation.method, path + QUERIES.get(name, ""), headers=fields, **more)


def bare(response):
    """The problem but for what is each request's own."""
    return {**response.json(), "instance": ""}


def test_the_table_is_the_document():
    paths = openapi_document("")["paths"]
    told = {operation["operationId"] for methods in paths.values() for operation in methods.values()} - {"showOpenApi"}
    assert told == set(BY_NAME) == {*OF_SITES, *OTHERS}
    assert len(OF_SITES) >= 9


@pytest.fixture
async def tenants(client):
    """The tokens of two tenants, each for one site."""
    scopes = ("sites:read", "sites:write", "crawlers:read")
    return {site: await client(*scopes, sites=[site]) for site in ("site-a", "site-b")}


HOSTS = {"site-a": "a.example", "site-b": "b.example"}


@pytest.mark.parametrize("name", OF_SITES)
@pytest.mark.parametrize("tenant", HOSTS)
async def test_a_tenant_sees_its_own_site_and_no_other(tenants, gate, name, tenant):
    await_own = await ask(tenants[tenant], name, HOSTS[tenant])
    assert await_own.status_code in OWN_STATUS.get(name, {200})
    (foreign,) = (host for site, host in HOSTS.items() if site != tenant)
    before = await gate.store.history("site-b" if tenant == "site-a" else "site-a")
    refused, unknown = [await ask(tenants[tenant], name, host) for host in (foreign, "unknown.example")]
    assert (refused.status_code, unknown.status_code) == (404, 404)
    assert bare(refused) == bare(unknown)
    differ = ("x-request-id",)
    assert {k: v for k, v in refused.headers.items() if k not in differ} == {
        k: v for k, v in unknown.headers.items() if k not in differ
    }
    assert await gate.store.history("site-b" if tenant == "site-a" else "site-a") == before


@pytest.mark.parametrize("name", OF_SITES)
async def test_an_owner_is_a_tenant_too(owner, name):
    own = await ask(owner, name, "a.example")
    assert own.status_code in ({403} if name in PLATFORMS else OWN_STATUS.get(name, {200, 409}))
    refused, unknown = [await ask(owner, name, host) for host in ("b.example", "unknown.example")]
    assert (refused.status_code, bare(refused)) == (404, bare(unknown))


@pytest.mark.parametrize("name", OTHERS)
async def test_what_concerns_all_sites_is_not_a_tenants(tenants, owner, name):
    allowed = {"listSites", "listCrawlers", "showCrawler"}
    for who in (tenants["site-a"], owner):
        response = await ask(who, name)
        assert response.status_code == (200 if name in allowed else 403)


@pytest.fixture
async def partners(gate, client):
    """The tokens of two partners."""
    for id in ("acme", "other"):
        await gate.partners.add(Partner(id, id, frozenset({Purpose.AI_TRAINING}), datetime.now(UTC)))
    scopes = [scope.value for scope in PARTNER_SCOPES]
    return {id: await client(*scopes, kind="partner", name=id) for id in ("acme", "other")}


@pytest.mark.parametrize("name", OF_PARTNERS)
async def test_a_partner_sees_itself_and_no_other(partners, name):
    own, foreign, unknown = [await ask(partners["acme"], name, partner=id) for id in ("acme", "other", "nobody")]
    assert own.status_code == (422 if name == "addReceipt" else 200), "it has had no such notice"
    assert (foreign.status_code, bare(foreign)) == (404, bare(unknown))
    assert (unknown.status_code, bare(unknown)["id"]) == (404, "partner.unknown")


async def test_a_partner_is_shown_itself_alone(partners, platform):
    assert [one["id"] for one in (await partners["other"].get("/partners"))["partners"]] == ["other"]
    assert [one["id"] for one in (await platform.get("/partners"))["partners"]] == ["acme", "other"]


@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in {*OF_PARTNERS, "listPartners"}])
async def test_nothing_else_is_a_partners(partners, name):
    for host in ("a.example", "unknown.example"):
        response = await ask(partners["acme"], name, host)
        assert (response.status_code, response.json()["id"]) == (403, "access.scope")


@pytest.mark.parametrize(
    "change", [{"visibility": "private"}, {"owner": "me"}, {"region": "x"}, {"plan": "pro"}, {"host": "www.a.example"}]
)
async def test_where_a_site_lives_is_not_its_owners_to_change(owner, change):
    assert (await owner.send("PATCH", "/sites/a.example", change, 403))["id"] == "access.platform"
    assert (await owner.get("/sites/a.example"))["revision"] == 2


WRONG = {
    "nothing": {},
    "an unknown token": {"authorization": "Bearer gpo_000000000000_" + "x" * 43},
    "no token": {"authorization": "Bearer"},
    "another scheme": {"authorization": "Basic eDp5"},
    "an 8-bit token": {"authorization": "Bearer gpo_é".encode("latin-1")},
    "UTF-8": {"authorization": "Bearer gpo_日本".encode()},
    "a forged session": {"cookie": "__Host-gatepost=e30.e30", "sec-fetch-site": "same-origin"},
    "a broken cookie": {"cookie": "__Host-gatepost", "sec-fetch-site": "same-origin"},
    "a long token": {"authorization": "Bearer " + "x" * 50_000},
}


@pytest.mark.parametrize("shown", WRONG.values(), ids=WRONG)
async def test_who_shows_no_good_credential_is_told_nothing(http, shown):
    for name in BY_NAME:
        await told_nothing(http, name, shown)


async def told_nothing(http, name, shown):
    """A change without a token cannot be told from one that another origin sent: 403, else 401."""
    stranger = Client(http)
    answers = []
    for host in ("a.example", "unknown.example"):
        operation = BY_NAME[name]
        path = filled(operation, host)
        answers.append(await stranger.ask(operation.method, path, headers=shown, content=b"{}"))
    bearer = bytes(str(shown.get("authorization", "")), "utf-8").startswith((b"Bearer ", b"b'Bearer "))
    crossing = BY_NAME[name].method != "GET" and not bearer and "sec-fetch-site" not in shown
    assert {answer.status_code for answer in answers} == {403 if crossing else 401}
    assert bare(answers[0]) == bare(answers[1])
    if not crossing:
        assert answers[0].headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("name", BY_NAME)
async def test_an_expired_and_a_revoked_token_let_nobody_in(client, gate, name):
    expired, revoked = await client(life=0), await client()
    await gate.access.revoke_token(revoked.credential.split("_")[1])
    for who in (expired, revoked):
        assert (await ask(who, name, "a.example")).status_code == 401


@pytest.mark.parametrize("name", BY_NAME)
async def test_every_operation_needs_its_own_scope(client, name):
    for scope in (
        "sites:read",
        "sites:write",
        "defaults:read",
        "defaults:write",
        "crawlers:read",
        "tokens:write",
        "notices:read",
        "receipts:write",
    ):
        response = await ask(await client(scope), name, "a.example")
        right = scope == BY_NAME[name].scope
        assert (response.status_code == 403) is not right, (scope, response.text)
        if not right:
            assert response.json()["id"] == "access.scope"


async def test_a_site_that_changes_hands_meanwhile_is_not_changed(gate, client, monkeypatch):
    """Between the look and the change the host may become another tenant's."""
    tenant = await client("sites:write", sites=["site-a"])
    show = gate.owners.__class__.show

    async def moved_meanwhile(owners, host):
        return await gate.store.site_by_host("b.example")

    monkeypatch.setattr(gate.owners.__class__, "show", moved_meanwhile)
    problem = await tenant.send("PATCH", "/sites/a.example", {"robots_txt": "x"}, 404)
    monkeypatch.setattr(gate.owners.__class__, "show", show)
    assert problem["id"] == "site.unknown"
    assert (await gate.store.site("site-b")).robots_txt == ""


async def test_the_document_tells_no_tenants(http, gate):
    text = (await Client(http).ask("GET", "/openapi.json")).text
    assert json.loads(text)["openapi"] == "3.1.0"
    assert "a.example" not in text.replace("blog.example", "").replace("www.blog.example", "")
    assert isinstance(Owner(http), Client)
