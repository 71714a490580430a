"""Scrapy, which keeps to robots.txt when it is told to, over the whole platform under several names."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from journeys.little_platform import PATHS, SITES
from needs import missing

if find_spec("scrapy") is None:
    missing("Scrapy: pip install scrapy")

pytestmark = [pytest.mark.network_clients, pytest.mark.slow]

PROGRAM = Path(__file__).with_name("crawl_with_scrapy.py")
PROTEGO = "scrapy.robotstxt.ProtegoRobotParser"
RERP = "scrapy.robotstxt.RerpRobotParser"

GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.4; +https://openai.com/gptbot"
CCBOT = "CCBot/2.0 (https://commoncrawl.org/faq/)"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

Fetched = dict[str, dict[str, int]]
"""By host and path, the status of what came."""

NOTHING: frozenset[str] = frozenset()
EVERYTHING = frozenset(PATHS)
PRESS = frozenset(path for path in PATHS if path.startswith("/press/"))
NOT_ADMIN = EVERYTHING - {"/admin/"}

FOR_TRAINING = {
    "garden.localhost": NOTHING,
    "press.localhost": PRESS,
    "asks.localhost": NOTHING,
    "licensed.localhost": NOTHING,
    "open.localhost": EVERYTHING,
}
FOR_ALL_OTHERS = dict.fromkeys(SITES, EVERYTHING) | {"press.localhost": NOT_ADMIN}


@pytest.fixture
def crawl(platform):
    """Crawl the platform; give what every host was asked for, robots.txt aside, with the status of each answer."""

    def run(agent: str, **settings) -> Fetched:
        before = len(platform.visits())
        program = [sys.executable, str(PROGRAM), json.dumps({"USER_AGENT": agent, **settings})]
        answers = map(json.loads, platform.run(*program, *platform.front_pages).stdout.splitlines())
        seen: Fetched = {host: {} for host in SITES}
        for answer in answers:
            seen[urlsplit(answer["url"]).hostname][urlsplit(answer["url"]).path] = answer["status"]
        logged: Fetched = {host: {} for host in SITES}
        for visit in platform.visits(after=before):
            logged[visit.host][visit.path] = visit.status
        asked_for_robots = {host: pages.pop("/robots.txt", None) for host, pages in logged.items()}
        assert logged == seen
        assert set(asked_for_robots.values()) == ({200} if settings["ROBOTSTXT_OBEY"] else {None})
        return seen

    return run


@pytest.mark.parametrize("parser", [PROTEGO, RERP])
@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        pytest.param(GPTBOT, FOR_TRAINING, id="GPTBot"),
        pytest.param(CCBOT, FOR_TRAINING, id="CCBot"),
        pytest.param(GOOGLEBOT, FOR_ALL_OTHERS, id="Googlebot"),
        pytest.param(BROWSER, FOR_ALL_OTHERS, id="a-browser"),
    ],
)
def test_an_honest_crawler_takes_what_it_may_and_nothing_else(crawl, agent, expected, parser):
    fetched = crawl(agent, ROBOTSTXT_OBEY=True, ROBOTSTXT_PARSER=parser)
    assert {host: set(pages) for host, pages in fetched.items()} == expected
    assert {status for pages in fetched.values() for status in pages.values()} == {200}


def test_a_crawler_that_ignores_robots_txt_is_refused_what_the_owners_refuse(crawl, platform):
    """And nothing more: where an owner only asks, nobody is refused."""
    fetched = crawl(GPTBOT, ROBOTSTXT_OBEY=False)
    assert fetched["garden.localhost"] == dict.fromkeys(PATHS, 403)
    assert fetched["press.localhost"] == {path: 200 if path in PRESS else 403 for path in PATHS}
    assert fetched["licensed.localhost"] == dict.fromkeys(PATHS, 402)
    for host, told in {"asks.localhost": "tag", "open.localhost": "allow"}.items():
        assert fetched[host] == dict.fromkeys(PATHS, 200)
        assert {visit.told for visit in platform.visits()[-len(PATHS) * len(SITES) :] if visit.host == host} == {told}
