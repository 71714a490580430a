"""Corpora that others keep: their AI crawlers are recognised, and all whom they hold for harmless are let in."""

import gc
import re
import time
from itertools import chain

import pytest

from corpus.corpora import LABELLED, OWN, Sample, crawlerdetect, device_detector_people, own
from gatepost.core.matching import Matcher

AI_KINDS = {
    # crawler-user-agents
    "ai-crawler",
    # ai-crawler-index
    "ai-training", "ai-search", "user-fetch", "dataset",
    # device-detector
    "AI Agent", "AI Assistant", "AI Data Scraper", "AI Search Crawler",
}  # fmt: skip

HARMLESS_KINDS = {
    "search-engine", "social-preview", "feed-reader", "monitoring", "http-library",
    "search", "preview",
    "Search bot", "Search tools", "Social Media Agent", "Feed Fetcher", "Feed Parser", "Feed Reader", "Site Monitor",
    "Network Monitor", "Read-it-later Service", "Validator",
}  # fmt: skip
"""What an AI opt-out must not touch, as the three corpora call it."""

DISPUTED = {
    "Amazonbot": "operator: may be used to train Amazon's models; no web search that people use depends on it",
    "AwarioRssBot": "no feed reader of a person: a data broker's collector",
    "AwarioSmartBot": "no search engine: a data broker's collector",
    "Bytespider": "collects for its operator's models; no web search that people use depends on it",
    "GoogleOther": "operator: research and development, not Google Search",
    "ImagesiftBot": "collects images for a company that sells models",
    "Linguee-Bot": "collects parallel texts for machine translation",
    "PanguBot": "named after the models that it feeds",
    "TikTokSpider": "the same operator, the same purpose",
    "Timpibot": "sells its index as training material beside its search",
    "YouBot": "operator's product is answers",
    "aiHitBot": "company profiles that a model extracts",
    "meta-externalfetcher": "operator: fetches for its assistant; the preview is facebookexternalhit",
    "meta-webindexer": "operator: search for its assistant; the preview is facebookexternalhit",
    "omgili": "a data broker's collector",
}
"""Where we part from a corpus that calls a crawler harmless: the crawler, and why."""

RECALL = 0.99
SLOWEST = 0.005
"""Seconds that one user agent may cost, the longest and strangest included."""

ADDRESS = re.compile(r"\S*://\S+|\S+@\S+")


@pytest.fixture(scope="session")
def ai_tokens(signatures) -> set[str]:
    """Every token of an AI crawler, as user agents may carry it."""
    ai = [crawler for crawler in signatures.crawlers if crawler.ai]
    return {token.lower() for crawler in ai for token in crawler.user_agent_tokens or crawler.robots_tokens}


@pytest.fixture
def known_as_ai(matcher):
    return lambda sample: any(match.crawler.ai for match in matcher.recognise(sample.user_agent.encode()))


def test_ai_crawlers_of_public_corpora_are_recognised(ai_tokens, known_as_ai):
    """Those whose name there is a token of ours, letter for letter. What is missed names itself in a URL alone."""
    found, missed = 0, list[Sample]()
    for corpus, samples in LABELLED.items():
        ours = [sample for sample in samples() if sample.name.lower() in ai_tokens]
        misses = [sample for sample in ours if not known_as_ai(sample)]
        print(f"{corpus}: {len(ours) - len(misses)} of {len(ours)} user agents of AI crawlers recognised")
        found, missed = found + len(ours) - len(misses), missed + misses
    recall = found / (found + len(missed))
    print(f"recall: {recall:.2%} of {found + len(missed)}; missed: {[sample.user_agent for sample in missed]}")
    assert found > 250
    assert recall >= RECALL, missed
    assert [one for one in missed if one.name.lower() in ADDRESS.sub("", one.user_agent).lower()] == []


def test_what_corpora_hold_for_ai_is_mostly_known(matcher, known_as_ai):
    """An opinion of theirs is no reason to refuse anybody; those that we do not know are worth a look, and printed."""
    samples = [sample for samples in LABELLED.values() for sample in samples() if AI_KINDS.intersection(sample.kinds)]
    strangers = [sample for sample in samples if not known_as_ai(sample)]
    for sample in strangers:
        named = [match.crawler.name for match in matcher.recognise(sample.user_agent.encode())]
        print(f"{sample.name} ({', '.join(sorted(sample.kinds))}): {named or 'unknown to us'}: {sample.user_agent}")
    print(f"{len(samples) - len(strangers)} of {len(samples)} that corpora hold for AI are AI to us")
    assert len(strangers) < 0.15 * len(samples)


@pytest.mark.parametrize("corpus", [name for name in LABELLED if name != "crawlerdetect"])
def test_search_previews_feeds_monitors_and_tools_are_let_in(corpus, decided):
    """As the corpus calls them, but for the crawlers about which we have another opinion, with its reason."""
    samples = [sample for sample in LABELLED[corpus]() if sample.kinds and sample.kinds <= HARMLESS_KINDS]
    assert samples
    refused = {(decided(sample.user_agent).crawler, sample) for sample in samples if decided(sample.user_agent).refused}
    print(f"{corpus}: {len(samples)} user agents of services, {len(refused)} of them disputed")
    assert {(name, sample) for name, sample in refused if name not in DISPUTED} == set()


def test_a_name_is_refused_only_where_it_is_a_token_of_an_ai_crawler(ai_tokens, decided):
    """Fourteen hundred names of robots of all kinds: none is refused because it resembles another."""
    names = [sample.user_agent for sample in crawlerdetect()]
    assert len(names) > 1000
    refused = {name.lower() for name in names if decided(name).refused}
    assert refused - ai_tokens - {token.replace("-", " ") for token in ai_tokens} == set()


def test_no_person_is_refused(decided):
    """Every browser, app and player that device-detector is tested on."""
    samples = device_detector_people()
    assert len(samples) > 30_000
    print(f"device-detector: {len(samples)} user agents of people")
    assert [sample for sample in samples if decided(sample.user_agent).refused] == []


def test_no_browser_that_real_pages_see_is_refused(npm_user_agents, decided, matcher):
    """Ten thousand entries of npm's user-agents, 952 of them different; not one is taken for anything at all."""
    assert len(npm_user_agents) == 952
    assert [agent for agent in npm_user_agents if decided(agent).refused] == []
    assert [agent for agent in npm_user_agents if matcher.recognise(agent.encode())] == []


def every_sample() -> set[Sample]:
    return set(chain(device_detector_people(), *(samples() for samples in LABELLED.values()), *map(own, OWN)))


def test_no_user_agent_costs_much(signatures):
    """Each is looked up for the first time; the second try forgives what the machine does meanwhile."""
    agents = sorted({sample.user_agent for sample in every_sample()})
    slow = slower_than(SLOWEST, agents, Matcher(signatures))
    assert slower_than(SLOWEST, [agent for agent, _ in slow], Matcher(signatures)) == []


def slower_than(limit: float, agents: list[str], matcher: Matcher) -> list[tuple[str, float]]:
    """What took this thread longer, with its seconds; and the figures, printed."""
    spent = []
    gc.disable()
    try:
        for agent in agents:
            octets = agent.encode()
            begin = time.thread_time()
            matcher.recognise(octets)
            spent.append((agent, time.thread_time() - begin))
    finally:
        gc.enable()
    if spent:
        seconds = sorted(time for _, time in spent)
        middle, most = seconds[len(seconds) // 2] * 1e6, seconds[-1] * 1e6
        print(f"{len(spent)} user agents: {middle:.1f} microseconds in the middle, {most:.0f} at most")
    return [one for one in spent if one[1] > limit]
