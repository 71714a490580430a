"""The policy files: for everyone, cached well, the same bytes for the same intent, the app's robots.txt merged in."""

import asyncio
import json
import logging

import pytest

from asgi.door import BROWSER, GOOGLEBOT, GPTBOT, App, Store, ask, gate_on, wish
from gatepost import CrawlerAccessMiddleware
from gatepost.core.snapshot import render

DOCUMENTS = ("/robots.txt", "/ai.txt", "/.well-known/tdmrep.json", "/_gatepost/policy")
OWN = b"User-agent: GPTBot\nAllow: /\n\nUser-agent: *\nDisallow: /drafts/\n\nSitemap: https://garden.example/map.xml\n"


@pytest.fixture
def behind():
    return App()


@pytest.fixture
def app(gate, behind):
    return CrawlerAccessMiddleware(behind, gate=gate)


class TestAnswers:
    @pytest.mark.parametrize("path", DOCUMENTS)
    @pytest.mark.parametrize("agent", [BROWSER, GPTBOT, GOOGLEBOT, None])
    @pytest.mark.parametrize("host", [b"garden.example", b"closed.example", b"nobody.example"])
    async def test_are_for_everyone(self, app, behind, path, agent, host):
        reply = await ask(app, path, agent=agent, host=host)
        assert reply.status == 200
        assert not behind.scopes
        assert reply[b"content-length"] == b"%d" % len(reply.body)
        assert reply[b"cache-control"].startswith(b"public, max-age=")

    async def test_name_the_crawler(self, app):
        assert b"User-agent: GPTBot" in (await ask(app, "/robots.txt")).body
        assert json.loads((await ask(app, "/.well-known/tdmrep.json")).body)[0]["tdm-reservation"] == 1

    @pytest.mark.parametrize("target", ["/robots.txt?x=1", "/%72obots%2Etxt", "/robots.txt?"])
    async def test_know_their_path_in_every_harmless_spelling(self, app, target):
        assert b"GPTBot" in (await ask(app, target)).body

    @pytest.mark.parametrize("path", DOCUMENTS)
    async def test_have_no_body_for_head(self, app, path):
        head, get = await ask(app, path, method="HEAD"), await ask(app, path)
        assert head.body == b""
        assert head.messages[0] == get.messages[0]

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "PROPFIND"])
    async def test_are_read_only(self, app, behind, method):
        reply = await ask(app, "/robots.txt", method=method)
        assert (reply.status, reply[b"allow"]) == (405, b"GET, HEAD")
        assert not behind.scopes

    async def test_do_not_answer_a_handshake(self, app, behind):
        await ask(app, "/robots.txt", type="websocket", agent=BROWSER)
        assert behind.robots_scopes[0]["type"] == "websocket"

    @pytest.mark.parametrize("path", DOCUMENTS)
    async def test_are_the_same_bytes_from_every_gate(self, app, signatures, path):
        other = gate_on(signatures, Store())
        await wish(other, "garden.example", "ai-training=block")
        again = await ask(CrawlerAccessMiddleware(App(), gate=other), path)
        await other.close()
        assert (await ask(app, path)).messages == again.messages


class TestConditions:
    @pytest.mark.parametrize(
        ("known", "status"),
        [
            ("{etag}", 304),
            ("W/{etag}", 304),
            ('"other", {etag}', 304),
            ('W/"a",W/{etag} , "b"', 304),
            ("*", 304),
            ('"other"', 200),
            ("", 200),
            ("\xff", 200),
        ],
    )
    async def test_of_if_none_match(self, app, known, status):
        etag = (await ask(app, "/ai.txt"))[b"etag"]
        condition = (b"if-none-match", known.format(etag=etag.decode()).encode("latin-1"))
        reply = await ask(app, "/ai.txt", fields=[condition])
        assert (reply.status, reply[b"etag"]) == (status, etag)
        assert bool(reply.body) is (status == 200)

    async def test_of_several_fields_count_together(self, app):
        etag = (await ask(app, "/ai.txt"))[b"etag"]
        fields = [(b"if-none-match", b'"other"'), (b"if-none-match", etag)]
        assert (await ask(app, "/ai.txt", fields=fields)).status == 304


class TestLookAlikes:
    @pytest.mark.parametrize(
        "target",
        [
            *("/robots.txt/", "/robots.txt/..", "/ROBOTS.TXT", "/Robots.txt", "/x/robots.txt", "/robots.txt.html"),
            *(
                "/robots.txt%20",
                "/robots.txt%00",
                "/robots.txt%0a",
                "/robots.txt%2F",
                "/robots%252etxt",
                "/robots.txt%3Fx",
            ),
            *("//robots.txt", "/./robots.txt", "/x/../robots.txt", "/%2e/robots.txt", "\\robots.txt", "/robots.txt;x"),
            *("/robots.txt/../secret", "/.well-known", "/.well-known/../secret", "/.well-known/%2e%2e/secret"),
            *("/.well-known/x%2F..%2F..%2Fsecret", "/.well-known\\..\\secret", "/x/.well-known/", "/?/robots.txt"),
            *(
                "/secret#/robots.txt",
                "/secret;/robots.txt",
                "/robots.txt#",
                "/ai.txt/",
                "/_gatepost",
                "/_gatepost/policy/",
            ),
        ],
    )
    async def test_do_not_open_the_page(self, app, behind, target):
        assert (await ask(app, target)).status in (400, 403)
        assert not behind.scopes

    @pytest.mark.parametrize("target", ["/.well-known/security.txt", "/.well-known/acme-challenge/x"])
    async def test_are_not_what_is_open_to_all(self, app, behind, target):
        assert (await ask(app, target)).status == 200


class TestRobotsOfTheApp:
    """What the app says in a robots.txt of its own."""

    @pytest.fixture
    def behind(self):
        return App(robots=OWN)

    async def test_is_merged_and_cannot_undo_an_opt_out(self, app, behind):
        body = (await ask(app, "/robots.txt", fields=[(b"cookie", b"secret")])).body
        groups = body.split(b"\n\n")
        (gptbot,) = (group for group in groups if b"User-agent: GPTBot\n" in group)
        assert b"Disallow: /\n" in gptbot + b"\n"
        assert b"Allow: /\n" not in gptbot + b"\n"
        assert b"Disallow: /drafts/" in body
        assert b"Sitemap: https://garden.example/map.xml" in body
        assert behind.robots_scopes[0]["headers"] == [(b"host", b"garden.example")]
        assert (await ask(app)).status == 403

    async def test_is_asked_for_once(self, app, behind):
        behind.wait = 0.05
        replies = await asyncio.gather(*(ask(app, "/robots.txt") for _ in range(50)))
        assert {reply.body for reply in replies} == {(await ask(app, "/robots.txt")).body}
        assert len(behind.robots_scopes) == 1

    async def test_is_merged_once(self, own_gate, behind, monkeypatch):
        def counted(*given):
            merged.append(given)
            return render(*given)

        merged: list[object] = []
        app = CrawlerAccessMiddleware(behind, gate=own_gate)
        await ask(app, "/ai.txt")
        monkeypatch.setattr("gatepost.service.renderings.render", counted)
        await asyncio.gather(*(ask(app, "/robots.txt") for _ in range(20)))
        for _ in range(5):
            await ask(app, "/robots.txt")
        assert len(merged) == 1

    @pytest.mark.parametrize("content_type", [b"text/html", b"application/json", b""])
    async def test_is_nothing_when_it_is_a_page(self, app, behind, content_type):
        plain = await ask(CrawlerAccessMiddleware(App(), gate=app.gate), "/robots.txt")
        behind.robots_type = content_type
        assert (await ask(app, "/robots.txt")).messages == plain.messages

    @pytest.mark.parametrize("robots", [b"", b"# " + b"x" * 600_000, b"\x00\xff" * 200, b"\xef\xbb\xbf"])
    async def test_is_nothing_when_it_cannot_be_used(self, app, behind, robots):
        plain = await ask(CrawlerAccessMiddleware(App(), gate=app.gate), "/robots.txt")
        behind.robots = robots
        assert (await ask(app, "/robots.txt")).body == plain.body

    async def test_is_nothing_when_the_app_fails(self, gate, caplog):
        async def behind(scope, receive, send):
            raise RuntimeError("theirs")

        reply = await ask(CrawlerAccessMiddleware(behind, gate=gate), "/robots.txt")
        assert reply.status == 200
        assert b"GPTBot" in reply.body
        assert [record.levelno for record in caplog.records] == [logging.WARNING]

    async def test_is_nothing_when_the_app_never_answers(self, app, behind, monkeypatch):
        monkeypatch.setattr("gatepost.asgi.app_robots._PATIENCE_SECONDS", 0.05)
        behind.wait = 60
        assert b"GPTBot" in (await ask(app, "/robots.txt")).body


async def test_a_robots_txt_that_grew_too_large_is_served_and_told(own_gate, monkeypatch, caplog):
    """Readers agree on it, so that there is nothing else to tell; it must not be an error of ours."""
    monkeypatch.setattr("gatepost.core.snapshot.MAX_ROBOTS_OCTETS", 100)
    reply = await ask(CrawlerAccessMiddleware(App(), gate=own_gate), "/robots.txt")
    assert (reply.status, b"GPTBot" in reply.body) == (200, True)
    assert "it grew too large" in caplog.text
