"""What an answer from outside means: where a host leads is told where it is proved, and else it is unknown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatepost.core.obstacles import ObstacleKind, obstacles_outside
from gatepost.core.reach import Answer, HostReach, Reach, SiteReach, Wanted, continued, leads_on, reach_of
from gatepost.core.snapshot import ROBOTS_TXT, render
from policies import ADDRESSES, policy, real_signatures

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def documents(*wishes):
    signatures = real_signatures()
    found = render(policy(signatures, *wishes), "", signatures, ADDRESSES, "blog.example").documents
    return found[ROBOTS_TXT].body, found["/_gatepost/policy"].body


ROBOTS, POLICY = documents("ai-training=block")
OLD_ROBOTS, OLD_POLICY = documents("archives=ask")
MERGED = ROBOTS + b"\nSitemap: https://blog.example/sitemap.xml\n"
WANTED = Wanted.of((ROBOTS, MERGED), POLICY)

OTHERS = Answer.of(200, b"User-agent: *\nDisallow:\n")
NONE = Answer.of(404, b"not found")
BUSY = Answer(503)


@pytest.mark.parametrize(
    ("robots", "policy", "reach"),
    [
        (Answer.of(200, ROBOTS), None, Reach.LIVE),
        (Answer.of(200, MERGED), None, Reach.LIVE),
        (Answer.of(200, OLD_ROBOTS), None, Reach.EARLIER),
        (Answer.of(200, ROBOTS + b"# and more\n"), None, Reach.EARLIER),
        (OTHERS, Answer.of(200, POLICY), Reach.SHADOWED),
        (NONE, Answer.of(200, POLICY), Reach.SHADOWED),
        (Answer.of(200, b""), Answer.of(200, POLICY), Reach.SHADOWED),
        (Answer(301), Answer.of(200, POLICY), Reach.SHADOWED),
        (Answer(fault="outward.large"), Answer.of(200, POLICY), Reach.SHADOWED),
        (OTHERS, NONE, Reach.ELSEWHERE),
        (OTHERS, OTHERS, Reach.ELSEWHERE),
        (NONE, NONE, Reach.ELSEWHERE),
        (Answer(302), Answer(302), Reach.ELSEWHERE),
        (Answer.of(404, ROBOTS), NONE, Reach.ELSEWHERE),
        (OTHERS, Answer.of(404, POLICY), Reach.ELSEWHERE),
        (OTHERS, Answer.of(200, OLD_POLICY), Reach.UNKNOWN),
        (OTHERS, BUSY, Reach.UNKNOWN),
        (OTHERS, Answer(fault="outward.slow"), Reach.UNKNOWN),
        (BUSY, None, Reach.UNKNOWN),
        (Answer(403), None, Reach.UNKNOWN),
        (Answer(401), None, Reach.UNKNOWN),
        (Answer(429), None, Reach.UNKNOWN),
        (Answer(fault="outward.name"), None, Reach.NO_NAME),
        (Answer(fault="outward.unreachable"), None, Reach.UNREACHABLE),
        (Answer(fault="outward.slow"), None, Reach.UNREACHABLE),
        (Answer(fault="outward.certificate"), None, Reach.CERTIFICATE),
        (Answer(fault="outward.address"), None, Reach.UNKNOWN),
        (Answer(fault="outward.encoding"), None, Reach.UNKNOWN),
        (Answer(fault="outward.missing"), None, Reach.UNKNOWN),
        (Answer(fault="outward.port"), None, Reach.UNKNOWN),
    ],
)
def test_an_answer_means(robots, policy, reach):
    assert reach_of(WANTED, robots, policy) is reach


@pytest.mark.parametrize("robots", [OTHERS, NONE, Answer(301), Answer(fault="outward.large")])
def test_the_policy_is_asked_for_where_robots_txt_alone_does_not_tell(robots):
    assert reach_of(WANTED, robots) is None


@pytest.mark.parametrize(
    ("location", "follows"),
    [
        ("https://blog.example/robots.txt", True),
        ("http://WWW.blog.example/robots.txt", True),
        ("https://blog.example:8443/robots.txt", True),
        ("https://blog.example/", False),
        ("https://blog.example/robots.txt?x", False),
        ("https://evil.example/robots.txt", False),
        ("https://blog.example@evil.example/robots.txt", False),
        ("https://blog.example.evil.example/robots.txt", False),
        ("//blog.example/robots.txt", False),
        ("/robots.txt", False),
        ("ftp://blog.example/robots.txt", False),
        ("", False),
    ],
)
def test_a_redirect_is_followed_to_the_same_file_of_the_same_site_alone(location, follows):
    assert leads_on(location, ROBOTS_TXT, ("blog.example", "www.blog.example")) is follows


def seen(at, **hosts):
    return SiteReach(at, tuple(HostReach(f"{host}.example", reach, at) for host, reach in hosts.items()))


def test_since_when_is_the_first_look_of_an_unbroken_row():
    first = seen(NOON, a=Reach.LIVE, b=Reach.ELSEWHERE)
    later = continued(first, seen(NOON + timedelta(hours=1), a=Reach.LIVE, b=Reach.LIVE))
    assert [one.since for one in later.hosts] == [NOON, NOON + timedelta(hours=1)]
    assert later.since == NOON + timedelta(hours=1), "all of them only since the last one"
    assert first.since is None
    assert continued(None, first) == first
    assert continued(first, replace(first, at=NOON + timedelta(days=1))).hosts == first.hosts


def test_hosts_that_do_not_lead_here_stand_in_the_way():
    reach = seen(NOON, **{one.name.lower(): one for one in Reach})
    told = {one.kind: one.hosts for one in obstacles_outside(reach)}
    assert told == {
        ObstacleKind(one.value): (f"{one.name.lower()}.example",)
        for one in Reach
        if one not in (Reach.LIVE, Reach.UNKNOWN)
    }
    assert list(obstacles_outside(seen(NOON, a=Reach.LIVE, b=Reach.UNKNOWN))) == []
