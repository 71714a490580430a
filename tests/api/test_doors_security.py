"""Strangers at the doors: pages of other origins, rates, and the platform's own authentication."""

import pytest

from api.conftest import Client, Owner, door, settings_with
from gatepost import Settings, owner_grant
from gatepost.asgi.credentials import Limits, session_cookie
from gatepost.asgi.doors_security import Rate, address_of, page_fields

STATEMENT = "/sites/a.example/statement"
ASK = {"wishes": {"archives": "ask"}}
OURS = "http://api.example"


@pytest.mark.parametrize(
    ("fields", "by_session", "by_token"),
    [
        ({"sec-fetch-site": "same-origin"}, 200, 200),
        ({"sec-fetch-site": "same-origin", "origin": OURS}, 200, 200),
        ({"sec-fetch-site": "cross-site"}, 403, 403),
        ({"sec-fetch-site": "same-site"}, 403, 403),
        ({"sec-fetch-site": "none"}, 403, 403),
        ({"sec-fetch-site": ""}, 403, 403),
        ({"sec-fetch-site": "cross-site", "origin": OURS}, 403, 403),
        ({"origin": OURS}, 200, 200),
        ({"origin": "https://api.example"}, 200, 200),
        ({"origin": "https://evil.example"}, 403, 403),
        ({"origin": "https://api.example.evil.example"}, 403, 403),
        ({"origin": "https://evil.example/api.example"}, 403, 403),
        ({"origin": "null"}, 403, 403),
        ({"origin": ""}, 403, 403),
        ({}, 403, 200),
        ({"authorization": "Basic x"}, 403, 401),
    ],
)
async def test_a_change_comes_from_our_own_pages_or_from_a_program(owner, platform, fields, by_session, by_token):
    session = Client(owner.http)
    cookie = {"cookie": f"__Host-gatepost={owner.credential}"}
    more = {"json": ASK}
    answer = await session.ask("PATCH", STATEMENT, headers={"if-match": "*", **cookie, **fields}, **more)
    if "authorization" not in fields:
        assert answer.status_code == by_session
        assert (
            await platform.ask("PATCH", STATEMENT, headers={"if-match": "*", **fields}, **more)
        ).status_code == by_token
    else:
        assert answer.status_code == by_session


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_of_another_page_changes_nothing(owner, kind):
    """What a page can send without asking first, even where the browser says nothing about itself."""
    response = await owner.ask(
        "PATCH", STATEMENT, content=b'{"wishes": {}}', headers={"content-type": kind, "if-match": "*"}
    )
    assert response.status_code == 415


async def test_a_cookie_of_another_name_is_no_session(owner):
    """A page of a sibling host can set a cookie for all, but none that is bound to one host."""
    response = await Client(owner.http).ask("GET", "/sites", headers={"cookie": f"gatepost={owner.credential}"})
    assert response.status_code == 401


async def test_who_fails_too_often_waits_and_others_do_not(gate, client):
    good = await client()
    async with door(gate, Limits((3, 0.5), (1e9, 1e9))) as http:
        stranger = Client(http, "gpo_000000000000_" + "x" * 43)
        assert [(await stranger.ask("GET", "/sites")).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
        waiting = await stranger.ask("GET", "/sites")
        assert (waiting.json()["id"], waiting.headers["retry-after"]) == ("access.rate", "2")
    async with door(gate, Limits((3, 0.5), (1e9, 1e9))) as http:
        assert [(await Client(http, good.credential).ask("GET", "/sites")).status_code for _ in range(9)] == [200] * 9


async def test_who_fails_cannot_keep_out_who_has_come_in_before_from_there(gate, client):
    known, new = await client(), await client()
    async with door(gate, Limits((3, 0.01), (1e9, 1e9))) as http:
        known.http = new.http = http
        stranger = Client(http, "gpo_000000000000_" + "x" * 43)
        assert (await known.ask("GET", "/sites")).status_code == 200
        assert [(await stranger.ask("GET", "/sites")).status_code for _ in range(4)] == [401, 401, 401, 429]
        assert [(await who.ask("GET", "/sites")).status_code for who in (known, new, stranger)] == [200, 429, 429]
        await gate.access.revoke_token(known.credential.split("_")[1])
        assert [(await known.ask("GET", "/sites")).status_code for _ in range(2)] == [401, 429]


@pytest.mark.parametrize("way", ["link", "token"])
async def test_the_ways_in_of_people_have_the_same_patience(gate, way):
    """A link, and the token of the sign-in form, are as good to try as a field of the API."""
    token = {"token": "gpo_000000000000_" + "x" * 43}
    async with door(gate, Limits((3, 0.5), (1e9, 1e9))) as http:

        async def attempt(shown):
            if way == "link":
                return await http.get("/_gatepost/enter", params={"link": shown})
            return await http.post("/_gatepost/enter", data=token, headers={"sec-fetch-site": "same-origin"})

        answers = [await attempt("x.y") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429]
        assert answers[-1].headers["retry-after"] == "2"
        assert (await Client(http, "gpo_0").ask("GET", "/sites")).status_code == 429


async def test_who_asks_too_often_waits_and_others_do_not(gate, client):
    one, two = await client(), await client()
    async with door(gate, Limits((1e9, 1e9), (4, 0.1))) as http:
        asked = [(await Client(http, one.credential).ask("GET", "/crawlers/GPTBot")).status_code for _ in range(6)]
        assert asked == [200] * 4 + [429] * 2
        assert (await Client(http, two.credential).ask("GET", "/crawlers/GPTBot")).status_code == 200


def test_a_rate_remembers_a_bounded_number():
    now = 0.0
    rate = Rate(2, 1, held=3, clock=lambda: now)
    assert [rate.take("a") for _ in range(3)] == [0, 0, 1]
    for who in "bcd":
        rate.take(who)
    assert len(rate._left) == 3
    now = 0.5
    assert (rate.wait("b"), rate.take("b"), rate.take("b")) == (0.0, 0.0, 0.5)


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("203.0.113.7", [], "203.0.113.7"), ("203.0.113.7", [b"198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", [b"198.51.100.1"], "198.51.100.1"), ("10.0.0.1", [b"1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [], ""), ("2001:db8:1:2:3::4", [], "2001:db8:1:2::/64"), ("unix", [], ""),
    ],
)  # fmt: skip
def test_a_rate_is_for_an_address_that_nobody_chooses_freely(client, forwarded, address):
    scope = {"client": (client, 1), "headers": [(b"x-forwarded-for", value) for value in forwarded]}
    assert address_of(scope, settings_with(trusted_proxies="10.0.0.0/8").trusted_proxies) == address


async def test_the_platforms_own_authentication_takes_the_place_of_tokens(gate, client):
    token = await client()

    async def authenticate(scope):
        user = dict(scope["headers"]).get(b"x-user")
        return owner_grant("site-a", user.decode()) if user else None

    async with door(gate, authenticate=authenticate) as http:
        ada = {"x-user": "ada", "sec-fetch-site": "same-origin"}
        assert (await Client(http).ask("GET", "/sites/a.example", headers=ada)).status_code == 200
        assert (await Client(http).ask("GET", "/sites/b.example", headers=ada)).status_code == 404
        assert (
            await Client(http).ask("PATCH", STATEMENT, json=ASK, headers={"if-match": "*", **ada})
        ).status_code == 200
        assert (await Client(http, token.credential).ask("GET", "/sites")).status_code == 401
    assert (await gate.store.history("site-a"))[-1].actor.name == "ada"


def test_a_session_cookie_is_bound_to_its_host():
    cookie = session_cookie(Settings(), "value")
    assert cookie == "__Host-gatepost=value; Max-Age=28800; Path=/; HttpOnly; SameSite=Lax; Secure"
    assert "Max-Age=0" in session_cookie(Settings(), "")
    assert session_cookie(Settings(public_url="http://{host}:8000"), "v").startswith("gatepost=v; ")


def test_a_session_goes_along_into_a_frame_of_the_platform_and_no_other():
    framed = session_cookie(settings_with(frame_ancestors=["https://dash.example"]), "v")
    assert framed == "__Host-gatepost=v; Max-Age=28800; Path=/; HttpOnly; SameSite=None; Secure; Partitioned"
    by_http = settings_with(frame_ancestors=["https://dash.example"], public_url="http://{host}:8000")
    assert session_cookie(by_http, "v") == "gatepost=v; Max-Age=28800; Path=/; HttpOnly; SameSite=Lax"


def test_a_page_is_framed_by_the_configured_origins_alone():
    policies = [
        dict(page_fields(settings_with(frame_ancestors=origins)))[b"content-security-policy"]
        for origins in ([], ["https://p.example"])
    ]
    assert policies[0].endswith(b"frame-ancestors 'none'")
    assert policies[1].endswith(b"frame-ancestors https://p.example")
    assert b"unsafe" not in b"".join(policies)


@pytest.mark.parametrize(
    "origin", ["p.example", "https://p.example/path", "https://p.example; script-src *", "'self'", "*"]
)
def test_an_origin_that_is_none_is_refused(origin):
    with pytest.raises(ValueError, match="frame_ancestors"):
        settings_with(frame_ancestors=[origin])


async def test_an_owner_whose_session_was_made_for_another_secret_stays_out(owner, gate, signatures, store):
    from gatepost import Gate

    other = Gate(settings_with(secret="another secret of thirty-two octets"), signatures, store)
    async with door(other) as http:
        assert (await Owner(http, owner.credential).ask("GET", "/sites")).status_code == 401
