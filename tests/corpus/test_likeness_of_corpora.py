"""What looks like a crawler, on corpora: no browser does, and most of what others list do; shares are printed."""

import pytest

from corpus.corpora import LABELLED, device_detector_people, own
from gatepost.core.likeness import Kind, likeness_of

WRITTEN_AS_CRAWLERS = {
    "Spider/1.0 Chrome/120.0.0.0 Safari/537.36",
    "Firefox/145.0 GPTBot-Blocker/2.0",
    "Chrome/138.0.0.0 Safari/537.36 NotGPTBot/1",
    "Safari/537.36 (see https://openai.com/gptbot)",
}
"""Our own lines of browsers that hold a crawler's word, written to lead a matcher astray: how each ends."""
NOT_OF_PEOPLE = {"feed_reader", "podcasting", "mediaplayer"}


def looks_like(sample):
    return likeness_of(sample.user_agent.encode()).kind


@pytest.mark.parametrize("name", ["browsers", "in_app_browsers"])
def test_no_browser_looks_like_a_crawler(name):
    taken = [sample.user_agent for sample in own(name) if looks_like(sample) is Kind.CRAWLER]
    assert [agent for agent in taken if not agent.endswith(tuple(WRITTEN_AS_CRAWLERS))] == []


def test_every_browser_that_real_pages_see_looks_like_one(npm_user_agents):
    assert [agent for agent in npm_user_agents if likeness_of(agent.encode()).kind is not Kind.BROWSER] == []


def test_nearly_no_person_looks_like_a_crawler():
    """Browsers, apps and devices that device-detector is tested on; odd telephones and bare apps are the rest."""
    people = [sample for sample in device_detector_people() if not sample.kinds & NOT_OF_PEOPLE]
    taken = [sample for sample in people if looks_like(sample) is Kind.CRAWLER]
    print(f"device-detector: {len(taken)} of {len(people)} user agents of people look like a crawler")
    assert len(taken) < 0.005 * len(people)


@pytest.mark.parametrize("corpus", LABELLED)
def test_most_listed_crawlers_look_like_one(corpus):
    samples = LABELLED[corpus]()
    missed = [sample for sample in samples if looks_like(sample) is not Kind.CRAWLER]
    share = 1 - len(missed) / len(samples)
    print(f"{corpus}: {share:.1%} of {len(samples)} look like a crawler")
    for sample in missed:
        print(f"  missed: {sample.user_agent}")
    assert share > 0.9


LEAST = {"search_crawlers": 0.95, "monitors": 0.85, "command_line_tools": 0.85}


@pytest.mark.parametrize(("name", "at_least"), LEAST.items())
def test_most_of_our_own_lists_of_programs_do(name, at_least):
    samples = own(name)
    assert sum(looks_like(sample) is Kind.CRAWLER for sample in samples) >= at_least * len(samples)
