"""Promise 1: one intent, every door. What robots.txt says is what the server does, for any policy, path and crawler.

The file is read by parsers that we did not write; the server is :func:`decide` on the user agents that crawlers
really send.
"""

import os
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protego import Protego

from gatepost.core.crawlers import Crawler, Match, SignatureSet, Standing
from gatepost.core.directives.robotstxt import read_robots
from gatepost.core.directives.robotstxt.matching import evaluate
from gatepost.core.matching import Matcher
from gatepost.core.policy import Action, SitePolicy, decide
from gatepost.core.request import path_readings
from gatepost.core.snapshot import verify_robots
from policies import ADDRESSES, policies, policy

EXAMPLES = int(os.environ.get("GATEPOST_TEST_EXAMPLES", "15"))
"""A policy costs its rendering and three readers; `make guarantees` asks for more."""

PATHS = (
    b"/", b"/press/", b"/press/old/x", b"/press", b"/aab", b"/a/x.pdf", b"/blog/x", b"/p", b"/pq", b"/%C3%A9/x",
    b"/.well-known/tdmrep.json", b"/ai.txt", b"/2026/11/a-post",
)  # fmt: skip


def decided(policy: SitePolicy, crawler: Crawler, path: bytes) -> Action:
    match = Match(crawler, "", Standing.CLAIMED)
    return decide(policy, [match], path_readings(path)).action


def published(policy: SitePolicy, signatures: SignatureSet) -> str:
    return verify_robots(policy, read_robots(""), signatures, ADDRESSES)[0]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(choose=st.data())
def test_robots_txt_says_what_the_server_does(choose: st.DataObject, signatures: SignatureSet) -> None:
    wanted = choose.draw(policies(signatures))
    text = published(wanted, signatures)
    ours, protego = read_robots(text), Protego.parse(text)
    named = [crawler for crawler in signatures.crawlers if crawler.robots_tokens]
    for crawler in choose.draw(st.lists(st.sampled_from(named), min_size=20, max_size=20)):
        for path in PATHS:
            token, url = crawler.robots_tokens[0], path.decode()
            allowed = decided(wanted, crawler, path) is Action.ALLOW
            assert evaluate(ours, token, url).allowed is allowed, (crawler.name, url)
            assert protego.can_fetch(f"https://blog.example{url}", token) is allowed, (crawler.name, url)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(choose=st.data())
def test_google_reads_it_the_same(choose: st.DataObject, signatures: SignatureSet) -> None:
    """But for tokens with characters that RFC 9309 §2.2.1 does not know, which Google cuts short."""
    googlebot = pytest.importorskip(
        "jwm.robotstxt.googlebot", reason="missing: Google's matcher, which has no wheel here"
    )
    wanted = choose.draw(policies(signatures))
    text = published(wanted, signatures)
    named = [
        crawler
        for crawler in signatures.crawlers
        if crawler.robots_tokens and crawler.robots_tokens[0].replace("-", "").replace("_", "").isalpha()
    ]
    for crawler in choose.draw(st.lists(st.sampled_from(named), min_size=20, max_size=20)):
        for path in PATHS:
            allowed = decided(wanted, crawler, path) is Action.ALLOW
            url = f"https://blog.example{path.decode()}"
            answer = googlebot.RobotsMatcher().OneAgentAllowedByRobots(text, crawler.robots_tokens[0], url)
            assert answer is allowed, (crawler.name, url)


AI_OPT_OUT = ("ai-training=block", "ai-answers=block", "assistants=block", "partner-sharing=refuse")


def test_an_ai_opt_out_refuses_no_search_preview_feed_fediverse_or_monitor(signatures: SignatureSet) -> None:
    """Promise 3, for every crawler of the file that is not AI, on the user agents that it really sends."""
    wanted = policy(signatures, *AI_OPT_OUT)
    matcher = Matcher(signatures)
    refused = [
        (crawler.name, sample)
        for crawler in signatures.crawlers
        if not crawler.ai
        for sample in crawler.samples_match
        if decide(wanted, matcher.recognise(sample.encode()), ["/"]).action is not Action.ALLOW
    ]
    assert refused == []


def test_an_ai_opt_out_refuses_every_ai_crawler_on_its_real_user_agents(signatures: SignatureSet) -> None:
    wanted, matcher = policy(signatures, *AI_OPT_OUT), Matcher(signatures)
    let_in = [
        crawler.name
        for crawler in signatures.crawlers
        if crawler.ai
        for sample in crawler.samples_match
        if not decide(wanted, matcher.recognise(sample.encode()), ["/"]).refused
    ]
    assert let_in == []


@pytest.mark.parametrize("canary", ["Googlebot", "bingbot", "DuckDuckBot"])
@pytest.mark.parametrize("wishes", [AI_OPT_OUT, ("ai-training=license",), ("ai-training=ask", "archives=block")])
def test_canaries_may_crawl_whatever_is_said_about_ai(
    canary: str, wishes: tuple[str, ...], signatures: SignatureSet
) -> None:
    text = published(policy(signatures, *wishes), signatures)
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    assert parser.can_fetch(canary, "https://blog.example/2026/post")
    assert Protego.parse(text).can_fetch("https://blog.example/2026/post", canary)
