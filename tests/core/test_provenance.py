"""Every line of every directive tells which stance of which level it comes from."""

import pytest
from hypothesis import HealthCheck, given, settings

from gatepost.core.crawlers import Purpose
from gatepost.core.directives.aitxt import aitxt_lines
from gatepost.core.directives.plain_words import plain_lines
from gatepost.core.directives.response_fields import field_lines
from gatepost.core.directives.rsl import rsl_lines
from gatepost.core.directives.tdmrep import tdmrep_lines
from gatepost.core.directives.written import text_of
from gatepost.core.preferences import Level
from gatepost.core.provenance import trace_lines
from gatepost.core.snapshot import render
from policies import ADDRESSES, policies, policy, real_signatures

SIGNATURES = real_signatures()
DENIED = {"search", "ai-answers", "ai-training"}


def lines_of(wanted):
    """By the path or name of each directive."""
    return {
        "/ai.txt": aitxt_lines(wanted),
        "fields": field_lines(wanted.everywhere.preferences, SIGNATURES.crawlers, ADDRESSES),
        "/.well-known/tdmrep.json": tdmrep_lines(wanted, ADDRESSES),
        "/_gatepost/license.xml": rsl_lines(wanted, ADDRESSES),
        "/_gatepost/policy": plain_lines(wanted),
    }


def traced(wanted, name):
    return {line.text.strip(): line for line in reversed(trace_lines(wanted, lines_of(wanted)[name]))}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(SIGNATURES))
def test_the_lines_are_what_is_served(wanted):
    rendering = render(wanted, "", SIGNATURES, ADDRESSES, "blog.example")
    served = {path: document.body.decode() for path, document in rendering.documents.items()}
    served["fields"] = b"".join(b"%b: %b\n" % field for field in rendering.fields_everywhere).decode()
    assert {name: text_of(lines) for name, lines in lines_of(wanted).items()} == {
        name: served.get(name, "") for name in lines_of(wanted)
    }


@pytest.mark.parametrize(
    ("name", "text", "purposes"),
    [
        ("/ai.txt", "Disallow: /", {"ai-training"}),
        ("/ai.txt", "Allow: /p/", {"ai-training"}),
        ("fields", "x-robots-tag: noindex, noai, noimageai, noarchive", DENIED),
        ("fields", "content-usage: train-ai=n, ai-use=n, search=n", DENIED),
        ("fields", "tdm-reservation: 1", {"ai-training"}),
        ("fields", f'link: <{ADDRESSES.license}>; rel="license"; type="application/rsl+xml"', {"ai-training"}),
        ("/.well-known/tdmrep.json", '"tdm-reservation": 1,', {"ai-training"}),
        ("/_gatepost/license.xml", '<permits type="usage">ai-train</permits>', {"ai-training"}),
        ("/_gatepost/license.xml", '<prohibits type="usage">search ai-input ai-train</prohibits>', DENIED),
        ("/_gatepost/policy", "Search engines: asked not to", {"search"}),
        ("/_gatepost/policy", "Archives and research: nothing is said", {"archives"}),
    ],
)  # fmt: skip
def test_a_line_names_the_purposes_whose_stances_it_tells(name, text, purposes):
    wanted = policy(SIGNATURES, "search=ask", "ai-answers=block", "ai-training=license", "/p/:ai-training=allow")
    found = traced(wanted, name)
    assert {one.purpose for one in found[text].because} == {Purpose(name) for name in purposes}


def test_a_line_below_a_path_and_a_line_about_a_crawler_come_from_these_exceptions():
    wanted = policy(SIGNATURES, "ai-training=block", "/p/:ai-training=allow", "CCBot=ask")
    below = trace_lines(wanted, plain_lines(wanted))
    told = {(line.text, one.origin.level, one.origin.detail) for line in below for one in line.because if one.origin}
    assert ("  AI training: allowed", Level.PATH, "/p/") in told
    assert ("AI training: refused", Level.SITE, "") in told
    assert ("  CCBot: asked not to", Level.CRAWLER, "CCBot") in told


def test_a_note_has_no_cause():
    wanted = policy(SIGNATURES, "ai-training=block")
    assert [line.text for line in trace_lines(wanted, aitxt_lines(wanted)) if line.text and not line.because] == [
        "# Spawning AI",
        "# Prevent datasets from using the following file types",
        "User-Agent: *",
    ]


def test_a_directive_that_several_crawlers_offer_tells_every_purpose_whatever_their_order():
    """One offers noarchive for training alone, another for answers too."""
    stances = policy(SIGNATURES, "ai-training=block", "ai-answers=block").everywhere.preferences
    for crawlers in (SIGNATURES.crawlers, SIGNATURES.crawlers[::-1]):
        first, *_ = field_lines(stances, crawlers, ADDRESSES)
        assert "noarchive" in first.text
        assert first.purposes == (Purpose.AI_ANSWERS, Purpose.AI_TRAINING)
