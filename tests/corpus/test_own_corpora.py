"""Our own lists of what is no AI crawler: an AI opt-out touches none of it, and the file knows what it should."""

import pytest

from corpus.corpora import OWN, own
from gatepost.core.matching import sample_misfits

AT_LEAST = {
    "assistive_tools": 25,
    "browsers": 1_200,
    "feed_readers": 60,
    "fediverse": 40,
    "in_app_browsers": 40,
    "link_previews": 40,
    "monitors": 30,
    "search_crawlers": 60,
    "command_line_tools": 40,
}
"""Lines; a list that shrinks proves less."""

RECOGNISED = {"feed_readers": 50, "fediverse": 40, "link_previews": 60, "monitors": 40}
"""Lines that the file knows by name, at the least; the others pass because nobody knows them."""


@pytest.mark.parametrize("name", OWN)
def test_an_ai_opt_out_refuses_none_of_these(name, decided):
    refused = [(sample.user_agent, decided(sample.user_agent)) for sample in own(name)]
    assert [(agent, decision.crawler) for agent, decision in refused if decision.refused] == []


@pytest.mark.parametrize("name", OWN)
def test_a_list_is_as_long_as_it_was_and_says_nothing_twice(name):
    agents = [sample.user_agent for sample in own(name)]
    assert len(agents) >= AT_LEAST[name]
    assert sorted(agents) == sorted(set(agents))


def test_no_browser_is_taken_for_anything(matcher):
    taken = {sample.user_agent: matcher.recognise(sample.user_agent.encode()) for sample in own("browsers")}
    assert {agent: found for agent, found in taken.items() if found} == {}


def test_every_search_crawler_is_known_as_one(matcher):
    """So that an owner who wants to be found can see who finds them, and nobody is refused because nobody knew."""
    agents = [sample.user_agent for sample in own("search_crawlers")]
    known = [agent for agent in agents if any(one.crawler.feeds_search for one in matcher.recognise(agent.encode()))]
    assert set(agents) - set(known) == set()


@pytest.mark.parametrize(("name", "at_least"), RECOGNISED.items())
def test_services_are_known_by_name(name, at_least, matcher):
    known = [sample for sample in own(name) if matcher.recognise(sample.user_agent.encode())]
    assert len(known) >= at_least


def test_every_sample_of_the_signature_file_is_treated_as_the_file_says(matcher):
    assert sample_misfits(matcher) == ()
