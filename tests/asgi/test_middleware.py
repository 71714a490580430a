"""The middleware, as a server calls it: what passes, what is refused and how, what it adds to the app's answers."""

import html
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi.door import BROWSER, GOOGLEBOT, GPTBOT, App, Store, ask, gate_on
from gatepost import Action, CrawlerAccessMiddleware, Reason

HTML = (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
JSON = (b"accept", b"application/json")
STATE = "crawler_access"


@pytest.fixture
def behind():
    return App()


@pytest.fixture
def app(gate, behind):
    return CrawlerAccessMiddleware(behind, gate=gate)


class TestDecision:
    @pytest.mark.parametrize(
        ("host", "agent", "path", "status", "action", "reason"),
        [
            (b"garden.example", BROWSER, "/", 200, Action.ALLOW, Reason.UNRECOGNISED),
            (b"garden.example", GPTBOT, "/", 403, None, None),
            (b"garden.example", GOOGLEBOT, "/", 200, Action.ALLOW, Reason.NOTHING_SAID),
            (b"GARDEN.example.:8000", GPTBOT, "/", 403, None, None),
            (b"kitchen.example", GPTBOT, "/", 200, Action.TAG, Reason.ASKED),
            (b"market.example", GPTBOT, "/", 402, None, None),
            (b"open.example", GPTBOT, "/", 200, Action.ALLOW, Reason.ALLOWED),
            (b"silent.example", GPTBOT, "/", 200, Action.ALLOW, Reason.NOTHING_SAID),
            (b"press.example", GPTBOT, "/", 403, None, None),
            (b"press.example", GPTBOT, "/press/", 200, Action.ALLOW, Reason.ALLOWED),
            (b"vault.example", GPTBOT, "/", 200, Action.ALLOW, Reason.ALLOWED),
            (b"vault.example", GPTBOT, "/private/", 403, None, None),
            (b"closed.example", GPTBOT, "/", 403, None, None),
            (b"closed.example", GOOGLEBOT, "/", 403, None, None),
            (b"closed.example", BROWSER, "/", 200, Action.ALLOW, Reason.UNRECOGNISED),
            (b"nobody.example", GPTBOT, "/", 403, None, None),
            (b"nobody.example", GOOGLEBOT, "/", 200, Action.ALLOW, Reason.SEARCH_PROTECTED),
            (b"garden.example", None, "/", 200, Action.ALLOW, Reason.UNRECOGNISED),
        ],
    )
    async def test_of_a_request(self, app, behind, host, agent, path, status, action, reason):
        assert (await ask(app, path, host=host, agent=agent)).status == status
        assert [(scope["state"][STATE].action, scope["state"][STATE].reason) for scope in behind.scopes] == (
            [(action, reason)] if action else []
        )

    @pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "PROPFIND", "get", "\x00", "GARBAGE"])
    async def test_is_the_same_for_every_method(self, app, behind, method):
        assert (await ask(app, method=method)).status == 403
        assert (await ask(app, method=method, agent=BROWSER)).status == 200

    @pytest.mark.parametrize("agents", [(BROWSER, GPTBOT), (GPTBOT, BROWSER), (GOOGLEBOT, GPTBOT), (b"", GPTBOT)])
    async def test_counts_every_user_agent_field(self, app, behind, agents):
        reply = await ask(app, agent=None, fields=[(b"User-Agent", agent) for agent in agents])
        assert reply.status == 403
        assert not behind.scopes

    @pytest.mark.parametrize(
        ("scope", "status"),
        [
            ({"host": None}, 400),
            ({"host": None, "http_version": "1.0"}, 403),
            ({"host": None, "http_version": "0.9", "headers": []}, 200),
            ({"fields": [(b"host", b"open.example")]}, 400),
            ({"fields": [(b"Host", b"garden.example")]}, 400),
            *(({"host": host}, 400) for host in (b"", b"a/b", b"a?b", b"a@b", b"a b", b"\xff", b"a..b")),
            ({"host": b"a" * 300}, 400),
            ({"agent": b"GPT\x01Bot"}, 400),
            ({"agent": b"GPTBot\x7f"}, 400),
            ({"agent": b"GPTBot \xff\xfe"}, 403),
            ({"agent": b"x" * 60_000 + b" GPTBot"}, 403),
            ({"agent": b"x" * 70_000 + b" GPTBot"}, 400),
            ({"client": None}, 403),
            ({"fields": [(b"x-forwarded-host", b"open.example")]}, 403),
            ({"fields": [(b"user_agent", BROWSER)]}, 403),
            ({"agent": BROWSER, "fields": [(b"user_agent", GPTBOT)]}, 200),
        ],
        ids=str,
    )
    async def test_of_a_strange_request(self, app, scope, status):
        assert (await ask(app, **scope)).status == status

    async def test_of_a_target_in_absolute_form_is_about_its_path(self, app):
        for target, status in {
            "http://vault.example/private/": 403,
            "HTTP://vault.example:80//private/": 403,
            "http://vault.example/": 200,
            "http://open.example/": 400,
            "*": 200,
        }.items():
            assert (await ask(app, target, host=b"vault.example")).status == status

    async def test_without_a_raw_path_is_made_on_the_decoded_one(self, app):
        assert (await ask(app, "/private/", host=b"vault.example", raw_path=None)).status == 403

    async def test_cannot_be_forged_by_the_client(self, app, behind):
        state = {STATE: "forged", "database": "theirs"}
        forged = [(b"x-gatepost-action", b"allow"), (b"crawler_access", b"allow"), (b"x_gatepost_action", b"allow")]
        await ask(app, agent=BROWSER, fields=forged, state=state)
        assert behind.decision.reason is Reason.UNRECOGNISED
        assert behind.scopes[0]["state"]["database"] == "theirs"
        assert state[STATE] == "forged"  # the server's own dictionary is left as it was

    async def test_is_not_shared_between_requests(self, app, behind):
        state = {"of": "the server"}
        await ask(app, agent=BROWSER, state=state)
        await ask(app, host=b"kitchen.example", state=state)
        assert [scope["state"][STATE].action for scope in behind.scopes] == [Action.ALLOW, Action.TAG]
        assert state == {"of": "the server"}


class TestRefusal:
    @pytest.mark.parametrize(
        ("accept", "content_type"),
        [
            ([], b"text/plain; charset=utf-8"),
            ([(b"accept", b"*/*")], b"text/plain; charset=utf-8"),
            ([HTML], b"text/html; charset=utf-8"),
            ([JSON], b"application/json"),
            ([(b"accept", b"\xff\x00")], b"text/plain; charset=utf-8"),
        ],
    )
    @pytest.mark.parametrize(("host", "status"), [(b"garden.example", 403), (b"market.example", 402)])
    async def test_comes_in_the_form_that_is_accepted(self, app, host, status, accept, content_type):
        reply = await ask(app, host=host, fields=accept)
        assert (reply.status, reply[b"content-type"]) == (status, content_type)
        assert reply[b"content-length"] == b"%d" % len(reply.body)
        for said in (host, b"GPTBot", b"OpenAI", b"/_gatepost/policy"):
            assert said in reply.body

    async def test_is_not_stored_and_not_indexed(self, app):
        reply = await ask(app)
        assert reply[b"cache-control"] == b"no-store"
        assert b"noindex" in reply.values(b"x-robots-tag")
        assert reply[b"x-content-type-options"] == b"nosniff"
        assert b"noindex" not in (await ask(app, agent=BROWSER))[b"x-robots-tag"]

    async def test_has_no_body_for_head_but_its_length(self, app):
        reply = await ask(app, method="HEAD")
        assert reply.body == b""
        assert int(reply[b"content-length"]) > 100

    async def test_says_the_reference_that_is_logged(self, app, caplog):
        caplog.set_level("INFO", "gatepost.access")
        reply = await ask(app, fields=[JSON])
        (record,) = caplog.records
        assert json.loads(reply.body)["reference"] == record.reference
        assert (record.site, record.decision.crawler) == ("garden.example", "GPTBot")

    async def test_by_licence_says_where_the_terms_are(self, app):
        reply = await ask(app, host=b"market.example")
        assert reply[b"www-authenticate"].startswith(b"License ")
        assert b'rel="license"' in reply[b"link"]

    async def test_reads_nothing_of_the_body(self, app):
        async def receive():
            raise AssertionError("the body was read")

        async def send(message):
            sent.append(message)

        sent: list[dict[str, object]] = []
        headers = [(b"host", b"garden.example"), (b"user-agent", GPTBOT)]
        await app({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive, send)
        assert sent[0]["status"] == 403

    async def test_escapes_what_it_repeats(self, app):
        hostile = b'GPTBot <script>alert("x")</script>'
        for accept in (HTML, JSON):
            body = (await ask(app, "/<script>", agent=hostile, fields=[accept])).body.decode()
            assert "<script" not in html.unescape(body)

    @pytest.mark.parametrize(("host", "status"), [(b"Nobody.Example:8080", 403), (b"<b>.example", 400)])
    async def test_repeats_an_unknown_host_in_canonical_form_only(self, app, host, status):
        reply = await ask(app, host=host, fields=[HTML])
        assert reply.status == status
        assert host not in reply.body
        assert (b"https://nobody.example/_gatepost/policy" in reply.body) is (status == 403)


class TestResponseFields:
    @pytest.mark.parametrize("status", [200, 206, 304, 404, 500])
    async def test_are_on_every_answer_of_the_app(self, gate, status):
        reply = await ask(CrawlerAccessMiddleware(App(status), gate=gate), agent=BROWSER)
        assert reply.status == status
        assert reply.body == b"page"
        assert b"noai" in reply[b"x-robots-tag"]
        assert reply[b"content-usage"] == b"train-ai=n"
        assert reply[b"tdm-reservation"] == b"1"

    async def test_are_absent_where_nothing_is_said(self, app):
        assert (await ask(app, agent=BROWSER, host=b"silent.example")).messages[0]["headers"] == []

    @pytest.mark.parametrize(
        ("host", "path", "usage"),
        [
            (b"press.example", "/", b"train-ai=n"),
            (b"press.example", "/press/", b"train-ai=y"),
            (b"vault.example", "/", b"train-ai=y"),
            (b"vault.example", "/private/x", b"train-ai=n"),
            (b"vault.example", "/./private/x", b"train-ai=n"),
        ],
    )
    async def test_differ_by_path(self, app, host, path, usage):
        assert (await ask(app, path, host=host, agent=BROWSER))[b"content-usage"] == usage

    async def test_of_the_app_are_kept_after_ours(self, gate):
        theirs = [(b"x-robots-tag", b"noindex"), (b"X-Robots-Tag", b"nosnippet"), (b"set-cookie", b"a=1")]
        reply = await ask(CrawlerAccessMiddleware(App(fields=theirs), gate=gate), agent=BROWSER)
        lines = reply.values(b"x-robots-tag")
        assert lines[0].startswith(b"noai")
        assert lines[-1] == b"noindex"
        assert set(theirs) <= set(reply.messages[0]["headers"])

    @pytest.mark.parametrize(
        ("host", "theirs", "merged"),
        [
            (b"garden.example", b"train-ai=y, search=n", {"train-ai=n", "search=n"}),
            (b"open.example", b"train-ai=n", {"train-ai=n"}),
            (b"open.example", b"search=y", {"train-ai=y", "search=y"}),
            (b"garden.example", b"\xff garbage", {"train-ai=n"}),
        ],
    )
    async def test_that_stand_once_are_merged_to_the_stricter(self, gate, host, theirs, merged):
        fields = [(b"Content-Usage", theirs)]
        reply = await ask(CrawlerAccessMiddleware(App(fields=fields), gate=gate), host=host, agent=BROWSER)
        (usage,) = (value for name, value in reply.messages[0]["headers"] if name.lower() == b"content-usage")
        assert set(usage.decode().split(", ")) == merged

    async def test_never_pile_up_on_a_message_that_the_app_sends_again(self, app):
        first, *_, last = [await ask(app, agent=BROWSER) for _ in range(3)]
        assert first.messages == last.messages
        assert (await ask(app, agent=BROWSER, host=b"silent.example"))[b"content-usage"] is None


class TestOtherScopes:
    @pytest.mark.parametrize("kind", ["lifespan.v2", "webtransport", ""])
    async def test_of_an_unknown_type_pass_untouched(self, gate, kind):
        async def behind(*given):
            seen.append(given)

        seen: list[tuple[object, ...]] = []
        scope: Any = {"type": kind}
        receive: Any = object()
        send: Any = object()
        await CrawlerAccessMiddleware(behind, gate=gate)(scope, receive, send)
        assert seen == [(scope, receive, send)]
        assert scope == {"type": kind}

    @pytest.mark.parametrize("agent", [GPTBOT, b"x GPTBot"])
    async def test_a_handshake_is_refused_before_it_is_accepted(self, app, behind, agent):
        reply = await ask(app, type="websocket", agent=agent)
        assert [message["type"] for message in reply.messages] == ["websocket.close"]
        assert not behind.scopes

    @pytest.mark.parametrize(("host", "status"), [(b"garden.example", 403), (b"market.example", 402), (b"a/b", 400)])
    async def test_a_handshake_is_refused_in_words_where_the_server_can(self, app, host, status):
        reply = await ask(app, type="websocket", host=host, extensions={"websocket.http.response": {}})
        assert reply.status == status
        assert reply.body
        assert reply.messages[0]["type"] == "websocket.http.response.start"
        names = [name for name, _ in reply.messages[0]["headers"]]
        assert len(names) == len(set(names))  # granian ends its worker over a field that is repeated here

    async def test_a_handshake_of_a_person_reaches_the_app(self, app, behind):
        await ask(app, type="websocket", agent=BROWSER)
        assert behind.decision.reason is Reason.UNRECOGNISED

    async def test_the_gate_opens_before_the_app_and_closes_after_it(self, signatures, store):
        async def behind(scope, receive, send):
            for stage in ("startup", "shutdown"):
                seen.append(((await receive())["type"], "changes" in store.asked, "close" in store.asked))
                await send({"type": f"lifespan.{stage}.complete"})

        async def receive():
            return incoming.pop(0)

        async def send(message):
            seen.append((message["type"], "changes" in store.asked, "close" in store.asked))

        seen: list[tuple[str, bool, bool]] = []
        incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        await CrawlerAccessMiddleware(behind, gate=gate_on(signatures, store))({"type": "lifespan"}, receive, send)
        assert seen == [
            ("lifespan.startup", True, False),
            ("lifespan.startup.complete", True, False),
            ("lifespan.shutdown", True, False),
            ("lifespan.shutdown.complete", True, True),
        ]

    async def test_an_app_without_lifespan_is_left_to_say_so(self, signatures, store):
        async def behind(scope, receive, send):
            raise ValueError("only http")

        app = CrawlerAccessMiddleware(behind, gate=gate_on(signatures, store))
        with pytest.raises(ValueError, match="only http"):
            await ask(app, type="lifespan")
        assert not store.asked

    async def test_a_store_that_is_down_does_not_keep_the_app_from_starting(self, signatures):
        async def behind(scope, receive, send):
            seen.append((await receive())["type"])

        async def receive(*message):
            return {"type": "lifespan.startup"}

        seen: list[str] = []
        store = Store()
        store.down = True
        gate = gate_on(signatures, store)
        await CrawlerAccessMiddleware(behind, gate=gate)({"type": "lifespan"}, receive, receive)
        await gate.close()
        assert seen == ["lifespan.startup"]


class TestTheAppBehind:
    @pytest.mark.parametrize(
        "error", [RuntimeError("theirs"), KeyError("host"), UnicodeDecodeError("x", b"", 0, 1, "y")]
    )
    async def test_may_raise_what_it_likes(self, gate, error):
        async def behind(scope, receive, send):
            raise error

        with pytest.raises(type(error)) as raised:
            await ask(CrawlerAccessMiddleware(behind, gate=gate), agent=BROWSER)
        assert raised.value is error

    async def test_has_the_body_and_the_stream_to_itself(self, gate):
        async def behind(scope, receive, send):
            await send({"type": "http.response.start", "status": 200})
            for piece in (b"a", (await receive())["body"], b"c"):
                await send({"type": "http.response.body", "body": piece, "more_body": piece != b"c"})

        app = CrawlerAccessMiddleware(behind, gate=gate)
        reply = await ask(app, agent=BROWSER, method="POST", body=b"\xff" * 9)
        assert [message.get("body") for message in reply.messages] == [None, b"a", b"\xff" * 9, b"c"]


octets = st.binary(max_size=40) | st.sampled_from([GPTBOT, BROWSER, b"garden.example", b"/robots.txt", b"GPT\x01Bot"])
names = st.sampled_from([b"host", b"Host", b"user-agent", b"User-Agent", b"accept", b"cookie"]) | st.binary(max_size=12)
HOSTS = [b"garden.example", b"vault.example", b"market.example", b"press.example", b"nobody.example"]
paths = st.binary(max_size=60) | st.text("/.%25EefF2\\;?#private", max_size=24).map(str.encode)


@settings(max_examples=2_000, deadline=None)
@given(
    headers=st.lists(st.tuples(names, octets), max_size=5),
    host=st.none() | st.sampled_from(HOSTS) | octets,
    raw_path=st.none() | paths,
    query=octets,
    method=st.text(max_size=8) | st.sampled_from(["GET", "HEAD"]),
    kind=st.sampled_from(["http", "http", "websocket"]),
    version=st.sampled_from(["0.9", "1.0", "1.1", "2", "3"]),
    agent=st.none() | octets,
)
async def test_nothing_that_a_stranger_sends_breaks_it(
    gate, headers, host, raw_path, query, method, kind, version, agent
):
    """No exception, no 5xx, the app is called once at most, and never for a crawler that the owner refuses."""
    behind = App()
    app = CrawlerAccessMiddleware(behind, gate=gate)
    path = (raw_path or b"/").decode("utf-8", "replace")
    scope = {"method": method, "type": kind, "http_version": version, "path": path, "raw_path": raw_path}
    reply = await ask(app, host=host, agent=agent, fields=headers, query_string=query, **scope)
    assert len(behind.scopes) <= 1
    assert reply.messages[0].get("status", 403) < 500
    if host == b"garden.example" and agent == GPTBOT and behind.scopes:
        assert behind.decision.reason is Reason.ALWAYS_OPEN
