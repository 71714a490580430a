"""The directives: the standard's own examples, byte for byte where bytes matter."""

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protego import Protego

from gatepost.core.crawlers import SignatureSet
from gatepost.core.directives.aitxt import render_aitxt
from gatepost.core.directives.response_fields import merge_fields, render_fields
from gatepost.core.directives.robotstxt import RobotsTxt, evaluate, read_robots
from gatepost.core.directives.robotstxt.rendering import compose_robots, write_robots
from gatepost.core.directives.rsl import render_rsl
from gatepost.core.directives.tdmrep import render_tdm_policy, render_tdmrep
from gatepost.core.policy import SitePolicy
from gatepost.core.sites import Visibility
from gatepost.core.snapshot import verify_robots
from policies import ADDRESSES, policy, real_signatures

EVERYTHING = ("search=block", "ai-training=block", "ai-answers=block", "assistants=block", "archives=block")


def robots(signatures: SignatureSet, policy: SitePolicy, own: str = "") -> RobotsTxt:
    return read_robots(verify_robots(policy, read_robots(own), signatures, ADDRESSES)[0])


def fields(signatures: SignatureSet, *wishes: str) -> dict[str, list[str]]:
    rendered = render_fields(policy(signatures, *wishes).everywhere.preferences, signatures.crawlers, ADDRESSES)
    by_name: dict[str, list[str]] = {}
    for name, value in rendered:
        by_name.setdefault(name.decode(), []).append(value.decode())
    return by_name


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        pytest.param((), {}, id="nothing said, nothing sent"),
        pytest.param(
            ("ai-training=block",),
            {
                "x-robots-tag": ["noai, noimageai, noarchive"],
                "content-usage": ["train-ai=n"],
                "content-signal": ["search=yes, ai-train=no"],
                "tdm-reservation": ["1"],
            },
            id="a: training only",
        ),
        pytest.param(
            ("ai-training=ask", "ai-answers=ask", "assistants=ask"),
            {
                "x-robots-tag": ["noai, noimageai, noarchive"],
                "content-usage": ["train-ai=n, ai-use=n, search=y"],
                "content-signal": ["search=yes, ai-input=no, ai-train=no"],
                "tdm-reservation": ["1"],
            },
            id="b: training and answers",
        ),
        pytest.param(
            EVERYTHING,
            {
                "x-robots-tag": ["noindex, noai, noimageai, noarchive"],
                "content-usage": ["train-ai=n, ai-use=n, search=n"],
                "content-signal": ["search=no, ai-input=no, ai-train=no"],
                "tdm-reservation": ["1"],
            },
            id="c: everything",
        ),
        pytest.param(
            ("ai-training=license",),
            {
                "x-robots-tag": ["noai, noimageai, noarchive"],
                "content-usage": ["train-ai=n"],
                "content-signal": ["search=yes, ai-train=no"],
                "tdm-reservation": ["1"],
                "tdm-policy": [ADDRESSES.tdm_policy],
                "link": [f'<{ADDRESSES.license}>; rel="license"; type="application/rsl+xml"'],
            },
            id="d: licence",
        ),
        pytest.param(
            ("ai-training=block", "ai-answers=allow"),
            {
                "x-robots-tag": ["noai, noimageai", "amazonbot: noarchive", "bingbot: nocache"],
                "content-usage": ["train-ai=n, ai-use=y"],
                "content-signal": ["search=yes, ai-input=yes, ai-train=no"],
                "tdm-reservation": ["1"],
            },
            id="no to training, yes to answers: scoped lines, later",
        ),
        pytest.param(
            ("ai-training=allow",),
            {"content-usage": ["train-ai=y"], "content-signal": ["ai-train=yes"], "tdm-reservation": ["0"]},
            id="an explicit yes",
        ),
    ],
)
def test_response_fields(signatures: SignatureSet, wishes: tuple[str, ...], expected: dict[str, list[str]]) -> None:
    sent = fields(signatures, *wishes)
    assert {name: sorted(values[1:], key=str) for name, values in sent.items()} == {
        name: sorted(values[1:]) for name, values in expected.items()
    }
    assert {name: values[0] for name, values in sent.items()} == {name: values[0] for name, values in expected.items()}


@pytest.mark.parametrize(
    ("app", "ours", "merged"),
    [
        (
            [(b"x-robots-tag", b"noindex")],
            ((b"x-robots-tag", b"noai"),),
            [(b"x-robots-tag", b"noai"), (b"x-robots-tag", b"noindex")],
        ),
        (
            [(b"Content-Usage", b"train-ai=n, bots=y")],
            ((b"content-usage", b"train-ai=y, search=y"),),
            [(b"content-usage", b"train-ai=n, bots=y, search=y")],
        ),
        ([(b"tdm-reservation", b"1")], ((b"tdm-reservation", b"0"),), [(b"tdm-reservation", b"1")]),
        ([(b"tdm-reservation", b"0")], ((b"tdm-reservation", b"1"),), [(b"tdm-reservation", b"1")]),
    ],
)
def test_fields_of_the_app_are_kept_and_the_stricter_wins(
    app: list[tuple[bytes, bytes]], ours: tuple[tuple[bytes, bytes], ...], merged: list[tuple[bytes, bytes]]
) -> None:
    assert merge_fields(app, ours) == merged


def test_an_opt_out_of_training_as_robots_txt(signatures: SignatureSet) -> None:
    text = write_robots(
        compose_robots(policy(signatures, "ai-training=block"), signatures.crawlers, RobotsTxt(), ADDRESSES)
    )
    first, *_, last = text.split("\n\n")
    assert "Article 4" in first
    assert last == ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nContent-Usage: train-ai=n\nAllow: /\n")
    assert "User-agent: Google-Extended\n" in text
    assert "User-agent: Googlebot\n" not in text


def test_every_group_has_a_rule_and_the_same_content_lines(signatures: SignatureSet) -> None:
    read = robots(signatures, policy(signatures, "ai-training=block", "/p/:ai-training=allow"))
    assert all(group.rules for group in read.groups)
    assert len({tuple((record.key, record.value) for record in group.records) for group in read.groups}) == 1
    assert [group.tokens for group in read.groups if "*" in group.tokens] == [("*",)]


OWN = """\
# Our house rules
User-agent: *
Disallow: /admin/
Allow: /admin/help
Disallow: /*.pdf$
Crawl-delay: 5

User-agent: GPTBot
Allow: /

User-agent: FooBot
Disallow: /foo

Sitemap: https://blog.example/sitemap.xml
"""


@pytest.mark.parametrize(
    ("agent", "path", "allowed"),
    [
        ("GPTBot", "/", False),
        ("ClaudeBot", "/admin/help", False),
        ("CCBot", "/", True),
        ("CCBot", "/admin/x", False),
        ("CCBot", "/admin/help", True),
        ("CCBot", "/a.pdf", False),
        ("Googlebot", "/", True),
        ("Googlebot", "/admin/x", False),
        ("FooBot", "/foo", False),
        ("FooBot", "/admin/", True),
        ("Unheard", "/a.pdf", False),
        ("GPTBot", "/ai.txt", True),
        ("GPTBot", "/press/1", True),
        ("GPTBot", "/press/a.pdf", True),
        ("ClaudeBot", "/press/a.pdf", False),
    ],
)
def test_the_owners_file_is_merged_and_cannot_undo_an_opt_out(
    signatures: SignatureSet, agent: str, path: str, allowed: bool
) -> None:
    wanted = policy(signatures, "ai-training=block", "CCBot=allow", "/press/:ai-training=allow")
    assert evaluate(robots(signatures, wanted, OWN), agent, path).allowed is allowed


def test_what_else_the_owners_file_says_is_kept(signatures: SignatureSet) -> None:
    read = robots(signatures, policy(signatures, "ai-training=block"), OWN)
    assert read.sitemaps == ("https://blog.example/sitemap.xml",)
    assert read.comments[0] == "Our house rules"
    assert [record.value for record in read.combined["*"].groups[0].records if record.key == "Crawl-delay"] == ["5"]


def test_a_site_that_is_not_public_asks_everyone_to_stay_away(signatures: SignatureSet) -> None:
    read = robots(signatures, policy(signatures, visibility=Visibility.COMING_SOON))
    for agent in ("Googlebot", "GPTBot", "AdsBot-Google", "Unheard", "facebookexternalhit"):
        assert not evaluate(read, agent, "/").allowed, agent


def test_an_opt_out_of_everything_leaves_previews_and_monitors_in(signatures: SignatureSet) -> None:
    read = robots(signatures, policy(signatures, *EVERYTHING))
    assert not evaluate(read, "Googlebot", "/").allowed
    assert not evaluate(read, "Unheard", "/").allowed
    assert evaluate(read, "facebookexternalhit", "/").allowed


_nasty = st.text(st.sampled_from("\r\n\x00\x0b\x0c\x85\u2028\u2029:#* /aUser-agent:Disallow"), max_size=80)


@settings(max_examples=200, deadline=None)
@given(_nasty)
def test_nothing_in_the_owners_file_can_forge_a_group(own: str) -> None:
    signatures = real_signatures()
    wanted = policy(signatures, "ai-training=block")
    text = write_robots(compose_robots(wanted, signatures.crawlers, read_robots(own), ADDRESSES))
    assert not evaluate(read_robots(text), "GPTBot", "/").allowed
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize(
    ("wishes", "lines"),
    [
        ((), []),
        (("ai-training=allow",), ["User-Agent: *", "Allow: /"]),
        (
            ("ai-training=block", "/p/:ai-training=allow"),
            ["User-Agent: *", "Allow: /p/", "Disallow: /"],
        ),
    ],
)
def test_ai_txt(signatures: SignatureSet, wishes: tuple[str, ...], lines: list[str]) -> None:
    text = render_aitxt(policy(signatures, *wishes))
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == lines


def test_ai_txt_of_a_full_opt_out_is_spawnings_own(signatures: SignatureSet) -> None:
    lines = render_aitxt(policy(signatures, "ai-training=block")).splitlines()
    assert lines[0] == "# Spawning AI"
    assert lines[3:6] == ["User-Agent: *", "Disallow: *.txt", "Disallow: *.pdf"]
    assert lines[-2:] == ["Disallow: /", "Disallow: *"]


@pytest.mark.parametrize(
    ("wishes", "entries"),
    [
        ((), []),
        (("ai-training=ask",), [{"location": "/", "tdm-reservation": 1}]),
        (("ai-training=allow",), [{"location": "/", "tdm-reservation": 0}]),
        (
            ("ai-training=license", "/p/:ai-training=allow"),
            [
                {"location": "/p/", "tdm-reservation": 0},
                {"location": "/", "tdm-reservation": 1, "tdm-policy": ADDRESSES.tdm_policy},
            ],
        ),
    ],
)
def test_tdmrep(signatures: SignatureSet, wishes: tuple[str, ...], entries: list[dict[str, object]]) -> None:
    assert json.loads(render_tdmrep(policy(signatures, *wishes), ADDRESSES)) == entries


def test_the_tdm_policy_is_an_offer_that_needs_consent() -> None:
    offer = json.loads(render_tdm_policy("blog.example", ADDRESSES))
    assert offer["permission"] == [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}]
    assert offer["assigner"]["uid"] == "https://blog.example"


RSL = "{https://rslstandard.org/rsl}"


def test_rsl_offers_a_licence_for_what_needs_one_and_denies_the_rest(signatures: SignatureSet) -> None:
    text = render_rsl(policy(signatures, "ai-training=license", "ai-answers=block"), ADDRESSES)
    assert text is not None
    [content] = ElementTree.fromstring(text).findall(f"{RSL}content")
    free, paid = content.findall(f"{RSL}license")
    assert free.findtext(f"{RSL}permits") == "search"
    assert free.findtext(f"{RSL}prohibits") == "ai-input ai-train"
    assert paid.findtext(f"{RSL}permits") == "ai-train"
    assert paid.find(f"{RSL}payment").attrib == {"type": "training"}  # type: ignore[union-attr]


def test_no_licence_no_rsl(signatures: SignatureSet) -> None:
    assert render_rsl(policy(signatures, "ai-training=block"), ADDRESSES) is None


def test_a_licence_is_announced_before_any_group(signatures: SignatureSet) -> None:
    text = verify_robots(policy(signatures, "ai-training=license"), RobotsTxt(), signatures, ADDRESSES)[0]
    assert text.startswith(f"License: {ADDRESSES.license}\n")


@pytest.mark.parametrize("path", ["/photo.jpg", "/post", "/p/photo.jpg", "/p/"])
@pytest.mark.parametrize(
    "wishes", [(), ("ai-training=allow",), ("ai-training=ask",), ("ai-training=block", "/p/:ai-training=allow")]
)
def test_ai_txt_reads_as_it_is_meant(signatures: SignatureSet, wishes: tuple[str, ...], path: str) -> None:
    """Nobody published a parser for it; it is made of robots.txt lines, so readers of these have to agree."""
    wanted = policy(signatures, *wishes)
    stances = [zone.preferences.ai_training for zone in wanted.zones_at(path)]
    text = render_aitxt(wanted)
    allowed = not any(stance is not None and stance.denies for stance in stances)
    assert evaluate(read_robots(text), "AnyDataset", path).allowed is allowed
    assert Protego.parse(text).can_fetch(f"https://blog.example{path}", "AnyDataset") is allowed
