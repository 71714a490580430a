"""Readers of robots.txt that we did not write fetch it from the running platform and come to the owners' answers."""

from collections.abc import Callable
from urllib.request import urlopen
from urllib.robotparser import RobotFileParser

import gpyrobotstxt.robots_cc
import pytest
from protego import Protego
from robotexclusionrulesparser import RobotExclusionRulesParser

from journeys.conftest import Platform
from journeys.little_platform import PATHS, SITES

pytestmark = [pytest.mark.network_clients, pytest.mark.usefixtures("localhost_names")]

Reader = Callable[[str, str], bool]
"""May this token fetch this path?"""

TRAINING = ("GPTBot", "ClaudeBot", "CCBot", "Bytespider", "meta-externalagent", "Google-Extended", "Applebot-Extended")
ANSWERS = ("OAI-SearchBot", "PerplexityBot", "Claude-SearchBot")
ASSISTANTS = ("ChatGPT-User", "Claude-User", "Perplexity-User")
SEARCH = ("Googlebot", "Googlebot-Image", "bingbot", "Applebot", "DuckDuckBot", "Baiduspider", "YandexBot", "PetalBot")
OTHERS = ("facebookexternalhit", "Twitterbot", "Slackbot", "Feedly", "Mastodon", "UptimeRobot", "AhrefsBot", "Nobody")
ALL = TRAINING + ANSWERS + ASSISTANTS + SEARCH + OTHERS

EVERYWHERE = frozenset(PATHS)
PRESS = frozenset(path for path in PATHS if path.startswith("/press/"))
POLICY_FILES = ("/ai.txt", "/.well-known/tdmrep.json")

DENIED = {
    "garden.localhost": dict.fromkeys(TRAINING + ANSWERS + ASSISTANTS, EVERYWHERE),
    "press.localhost": dict.fromkeys(ALL, frozenset({"/admin/"})) | dict.fromkeys(TRAINING, EVERYWHERE - PRESS),
    "asks.localhost": dict.fromkeys(TRAINING, EVERYWHERE),
    "licensed.localhost": dict.fromkeys(TRAINING, EVERYWHERE),
    "open.localhost": {},
}
"""What is denied to whom, in the owners' words and not in ours."""


def text_at(url: str) -> str:
    with urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def urllib_reader(url: str) -> Reader:
    parser = RobotFileParser(url)
    parser.read()
    return parser.can_fetch


def old_reader(url: str) -> Reader:
    parser = RobotExclusionRulesParser()
    parser.fetch(url, timeout=10)
    return lambda token, path: bool(parser.is_allowed(token, path))


def protego_reader(url: str) -> Reader:
    parser = Protego.parse(text_at(url))
    return lambda token, path: bool(parser.can_fetch(path, token))


def google_reader(url: str) -> Reader:
    body = text_at(url).encode()

    def allowed(token: str, path: str) -> bool:
        matcher = gpyrobotstxt.robots_cc.RobotsMatcher()
        return bool(matcher.one_agent_allowed_by_robots(body, token, path))

    return allowed


READERS = {
    "urllib": urllib_reader,
    "robotexclusionrulesparser": old_reader,
    "protego": protego_reader,
    "gpyrobotstxt": google_reader,
}


@pytest.mark.parametrize("host", SITES)
@pytest.mark.parametrize("name", READERS)
def test_a_reader_comes_to_the_owners_answers(platform: Platform, name: str, host: str) -> None:
    allowed = READERS[name](platform.url(host, "/robots.txt"))
    denied = {token: {path for path in PATHS if not allowed(token, platform.url(host, path))} for token in ALL}
    assert {token: paths for token, paths in denied.items() if paths} == DENIED[host]


@pytest.mark.parametrize("host", SITES)
@pytest.mark.parametrize("name", READERS)
def test_the_policy_files_may_be_read_by_all(platform: Platform, name: str, host: str) -> None:
    allowed = READERS[name](platform.url(host, "/robots.txt"))
    denied = [(token, path) for token in ALL for path in POLICY_FILES if not allowed(token, platform.url(host, path))]
    assert denied == []


@pytest.mark.parametrize("host", SITES)
def test_a_full_user_agent_finds_the_same_group_as_its_token(platform: Platform, host: str) -> None:
    """Many crawlers hand their reader the whole user agent; Protego looks for the tokens in it."""
    allowed = protego_reader(platform.url(host, "/robots.txt"))
    wholes = {
        "GPTBot": "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.4; +https://openai.com/gptbot",
        "CCBot": "CCBot/2.0 (https://commoncrawl.org/faq/)",
        "Googlebot": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Nobody": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    }
    for token, whole in wholes.items():
        for path in PATHS:
            url = platform.url(host, path)
            assert allowed(whole, url) is allowed(token, url), (token, path)
