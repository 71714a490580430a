"""A replay: what changes between two signature sets on the same lines, and which threshold that crosses."""

from dataclasses import replace

import pytest

from gatepost.core.crawlers import Purpose
from gatepost.core.logs import Combined
from gatepost.core.replay import OTHERS, Change, Replay
from gatepost.core.replay_limits import Thresholds, breaches
from policies import real_signatures

SIGNATURES = real_signatures()
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
GPTBOT = "GPTBot/1.4"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def line(agent, path="/", address="192.0.2.7", host="blog.example"):
    return f'{host} {address} - - [28/Nov/2026:10:00:07 +0100] "GET {path} HTTP/1.1" 200 5 "-" "{agent}"'.encode()


def without(name, signatures=SIGNATURES):
    return replace(signatures, crawlers=tuple(one for one in signatures.crawlers if one.name != name))


def changed(of, **values):
    crawlers = (replace(one, **values) if one.name == of else one for one in SIGNATURES.crawlers)
    return replace(SIGNATURES, crawlers=tuple(crawlers))


def replayed(old, new, *lines, verify=lambda crawler, address: None):
    replay = Replay(old, new, verify)
    replay.take(lines, Combined())
    return replay.told()


def rows(told):
    return [(row.change, row.before, row.after, row.requests) for row in told.changes]


def test_the_same_set_changes_nothing():
    told = replayed(SIGNATURES, SIGNATURES, *[line(agent) for agent in (FIREFOX, GPTBOT, GOOGLEBOT)], b"garbage")
    assert (told.requests, told.unreadable, told.recognised_before, told.recognised_after) == (3, 1, 2, 2)
    assert (told.changes, told.search_refused, breaches(told, Thresholds())) == ((), (), ())


def test_a_new_entry_is_newly_recognised_and_refused():
    told = replayed(without("GPTBot"), SIGNATURES, line(GPTBOT), line(GPTBOT, "/robots.txt"), line(FIREFOX))
    assert rows(told) == [(Change.RECOGNISED, "", "GPTBot", 2)]
    assert (told.changed, told.newly_refused, told.browsers_refused, told.no_longer_refused) == (2, 1, 0, 0)
    assert [one.id for one in breaches(told, Thresholds())] == ["replay.requests.refused"]
    assert breaches(told, Thresholds(refused_percent=50)) == ()


def test_an_entry_that_is_gone_is_no_longer_recognised():
    told = replayed(SIGNATURES, without("GPTBot"), line(GPTBOT), line(FIREFOX))
    assert rows(told) == [(Change.LOST, "GPTBot", "", 1)]
    assert (told.newly_refused, told.no_longer_refused) == (0, 1)
    assert [one.id for one in breaches(told, Thresholds())] == ["replay.requests.lost"]
    assert breaches(told, Thresholds(lost_percent=50)) == ()


def test_another_name_is_another_crawler():
    told = replayed(SIGNATURES, changed("GPTBot", name="GPTBot2"), line(GPTBOT))
    assert rows(told) == [(Change.RENAMED, "GPTBot", "GPTBot2", 1)]
    assert (told.newly_refused, told.no_longer_refused) == (0, 0)


def test_a_search_crawler_that_is_no_longer_one_breaches_in_requests_and_without_any():
    search_only = {"purposes": frozenset({Purpose.AI_TRAINING}), "mixed_use": False}
    new = changed("Googlebot", **search_only)
    told = replayed(SIGNATURES, new, line(GOOGLEBOT))
    assert rows(told) == [(Change.TREATED, "Googlebot", "Googlebot", 1)]
    assert (told.search_refused, told.newly_refused) == (("Googlebot",), 1)
    assert [one.id for one in breaches(told, Thresholds(refused_percent=100))] == ["replay.search.refused"]
    assert replayed(SIGNATURES, new).search_refused == ("Googlebot",)
    assert breaches(told, Thresholds(1, 100)) == ()


def test_a_token_that_stands_in_browsers_breaches():
    new = changed("GPTBot", user_agent_tokens=("GPTBot", "Firefox"))
    told = replayed(SIGNATURES, new, line(FIREFOX), *[line("curl/8")] * 9999)
    assert rows(told) == [(Change.RECOGNISED, "", "GPTBot", 1)]
    assert (told.changes[0].browser_like, told.browsers_refused) == (1, 1)
    crossed = breaches(told, Thresholds(search_crawlers=9))
    assert [one.id for one in crossed] == ["replay.browsers.recognised", "replay.browsers.refused"]
    assert all(one.remedy for one in crossed)
    assert breaches(told, Thresholds(search_crawlers=9, browser_requests=1)) == ()


def test_a_token_that_stands_in_browsers_breaches_also_where_no_ai_stance_refuses_them():
    """Such as an archive's, which refuses people on a site that says no to archives."""
    new = changed("archive.org_bot", user_agent_tokens=("archive.org_bot", "Firefox"))
    told = replayed(SIGNATURES, new, line(FIREFOX))
    assert (told.browsers_recognised, told.browsers_refused) == (1, 0)
    assert [one.id for one in breaches(told, Thresholds())] == ["replay.browsers.recognised"]


def test_a_token_inside_a_search_crawlers_user_agent_breaches():
    new = changed("GPTBot", user_agent_tokens=("GPTBot", "compatible"))
    assert replayed(SIGNATURES, new, line(GOOGLEBOT)).search_refused != ()


def test_addresses_are_checked_where_that_is_possible():
    known = {"192.0.2.1": True, "192.0.2.2": False}
    told = replayed(
        without("GPTBot"), SIGNATURES, *[line(GPTBOT, address=f"192.0.2.{last}") for last in (1, 1, 2, 3)],
        verify=lambda crawler, address: known.get(address) if crawler.name == "GPTBot" else None,
    )  # fmt: skip
    assert (told.changes[0].requests, told.changes[0].verified, told.changes[0].disproved) == (4, 2, 1)


def test_a_row_has_bounded_samples_hosts_and_sites():
    lines = [line(f"GPTBot/{number}", host=f"blog{number % 300}.example:443") for number in range(3000)]
    (row,) = replayed(without("GPTBot"), SIGNATURES, *lines, line(GPTBOT, host="*bad*")).changes
    assert (row.requests, len(row.samples), len(row.hosts)) == (3001, 5, 5)
    assert abs(row.sites.count - 300) < 20
    assert row.samples[0].user_agent == "GPTBot/0"


def test_a_long_user_agent_with_controls_is_judged_and_cut():
    agent = "x" * 5000 + r"\x1b GPTBot/1"
    (row,) = replayed(without("GPTBot"), SIGNATURES, line(agent)).changes
    assert (row.after, len(row.samples[0].user_agent)) == ("GPTBot", 512)


def test_there_are_only_so_many_rows(monkeypatch):
    monkeypatch.setattr("gatepost.core.replay._MOST_ROWS", 1)
    old = without("GPTBot", without("CCBot"))
    told = replayed(old, SIGNATURES, line(GPTBOT), line("CCBot/2.0"), line("CCBot/2.0"))
    assert rows(told) == [(Change.RECOGNISED, OTHERS, OTHERS, 2), (Change.RECOGNISED, "", "GPTBot", 1)]
    assert told.newly_refused == 3


@pytest.mark.parametrize("first", [line(GPTBOT), line(FIREFOX)], ids=["known", "nobody"])
def test_what_is_remembered_is_forgotten_before_it_is_too_much(monkeypatch, first):
    monkeypatch.setattr("gatepost.core.replay._REMEMBERED", 2)
    replay = Replay(without("GPTBot"), SIGNATURES, lambda crawler, address: None)
    replay.take(
        [first, *[line(f"{number}/1") for number in range(7)], first, line("8/1"), line("9/1"), first], Combined()
    )
    assert replay.told().changed == 3 * (first == line(GPTBOT))
    assert len(replay._verdicts) <= 2
    assert len(replay._older_verdicts) == 2
