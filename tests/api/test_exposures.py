"""What crawlers took, through the API: to who may see the site."""

from datetime import UTC, datetime

from asgi.door import GOOGLEBOT, App, ask
from gatepost import CrawlerAccessMiddleware
from gatepost.core import sketches
from gatepost.core.crawlers import Standing
from gatepost.core.exposure import Exposure, ExposureKey, Outcome, Phase


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


async def test_an_owner_forgets_who_came_after_being_told_what_is_lost(platform, owner, gate):
    await crawl(gate)
    asked = await owner.send("DELETE", "/sites/a.example/exposures", None, 409)
    assert asked["id"] == "exposures.erasure.unconfirmed"
    assert asked["effects"] == ["5 requests of 2 crawlers are forgotten, and when each read robots.txt last"]
    assert "complaint pack" in asked["remedy"]
    theirs = await platform.send("DELETE", "/sites/b.example/exposures", None, 409)
    for token in ("x", theirs["token"]):
        await owner.send("DELETE", f"/sites/a.example/exposures?confirmation={token}", None, 409)
    assert len((await owner.get("/sites/a.example/exposures"))["crawlers"]) == 2
    done = await owner.send("DELETE", f"/sites/a.example/exposures?confirmation={asked['token']}")
    assert done == {"forgotten": 3}
    assert (await owner.get("/sites/a.example/exposures"))["crawlers"] == []
    assert await gate.store.readings(["site-a"]) == []


async def test_what_can_be_proved_no_more_is_told_by_number(platform, gate):
    day = datetime.now(UTC)
    key = ExposureKey("site-a", "GPTBot", Standing.CLAIMED, Outcome.SERVED, day.date(), Phase.READ)
    await gate.store.count([Exposure(key, 3, 9, day, day, None)], [])
    asked = await platform.send("DELETE", "/sites/a.example/exposures", None, 409)
    assert asked["effects"][1:] == ["3 of them went against robots.txt, which can be proved to nobody any more"]


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
