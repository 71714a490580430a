"""What crawlers took, through the API: to who may see the site."""

from asgi.door import GOOGLEBOT, App, ask
from gatepost import CrawlerAccessMiddleware
from gatepost.core import sketches


async def crawl(gate):
    app = CrawlerAccessMiddleware(App(), gate=gate)
    await ask(app, "/robots.txt", host=b"a.example")
    for path in ("/", "/x"):
        await ask(app, path, host=b"a.example")
        await ask(app, path, host=b"www.a.example", agent=GOOGLEBOT)
    await gate.counting.flush()


async def test_a_site_is_told_who_came(platform, owner, gate):
    await crawl(gate)
    for who in (platform, owner):
        told = await who.get("/sites/www.a.example/exposures", params={"days": 7})
        assert (told["site"], len(told["days"])) == ("site-a", 7)
        search, training = told["crawlers"]
        assert (search["crawler"], search["served_before"], search["octets"], search["denied"]) == (
            "Googlebot", 2, 8, False,
        )  # fmt: skip
        assert (training["crawler"], training["refused"], training["reads"]) == ("GPTBot", 2, 1)
        assert (training["denied"], training["against"], training["standings"]) == (True, 0, ["claimed"])
        assert len(training["reading"]["sha256"]) == 64
        assert told["days"][-1] == {"day": told["last_day"], "served": 2, "refused": 2, "after": 0}
        if sketches.is_known():
            assert search["paths"] == 2


async def test_another_site_has_none_of_it(platform, gate):
    await crawl(gate)
    assert (await platform.get("/sites/b.example/exposures"))["crawlers"] == []


async def test_only_some_days_can_be_asked_for(platform):
    for days in ("0", "367", "x"):
        await platform.get("/sites/a.example/exposures", 400, params={"days": days})


async def test_metrics_tell_what_is_written_and_what_waits(client, gate):
    await crawl(gate)
    await ask(CrawlerAccessMiddleware(App(), gate=gate), host=b"a.example")
    token = await client("metrics:read")
    answer = await token.http.get("/_gatepost/metrics", headers={"authorization": f"Bearer {token.credential}"})
    assert "gatepost_ledger_written_requests_total 5.0\n" in answer.text
    assert "gatepost_ledger_left_out_requests_total 0.0\n" in answer.text
    assert "gatepost_ledger_waiting_counts 1.0\n" in answer.text
