"""What tells two signature sets apart, field by field, and which version says as much."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gatepost.core.crawlers import Crawler, HonoursRobots, Purpose, Service, SignatureSet
from gatepost.core.signature_diff import FieldChange, Step, compare
from policies import real_signatures

OLD = real_signatures()
FIRST = OLD.crawlers[0]


def with_version(version: str, *crawlers: Crawler) -> SignatureSet:
    return SignatureSet(version, f"of {version} {crawlers}", crawlers or OLD.crawlers)


def with_first(**fields: Any) -> SignatureSet:
    changed = replace(FIRST, **fields)
    return replace(OLD, crawlers=(changed, *OLD.crawlers[1:]), sha256="other")


def test_a_set_does_not_differ_from_itself():
    difference = compare(OLD, OLD)
    assert (difference.come, difference.gone, difference.changed) == ((), (), ())
    assert (difference.needed, difference.version_too_small) == (Step.NONE, False)


def test_who_came_and_who_went_is_told_by_name():
    shorter = replace(OLD, crawlers=OLD.crawlers[1:], sha256="other")
    assert compare(shorter, OLD).come == (FIRST,)
    assert compare(OLD, shorter).gone == (FIRST,)
    assert compare(OLD, shorter).needed is Step.MINOR


CHANGES: dict[str, tuple[dict[str, Any], FieldChange]] = {
    "operator": ({"operator": "Another"}, FieldChange("operator", ("OpenAI",), ("Another",))),
    "purposes": (
        {"purposes": frozenset({Purpose.AI_TRAINING, Purpose.SEARCH})},
        FieldChange("purposes", (), ("search",)),
    ),
    "service": ({"service": Service.SEO}, FieldChange("service", (), ("seo",))),
    "mixed use": ({"mixed_use": True}, FieldChange("mixed_use", ("false",), ("true",))),
    "tokens": (
        {"user_agent_tokens": ("GPTBot", "GPTBot-Next")},
        FieldChange("user_agent_tokens", (), ("GPTBot-Next",)),
    ),
    "evidence": (
        {"honours_robots": replace(FIRST.honours_robots, value=HonoursRobots.NO)},
        FieldChange("honours_robots.value", ("yes",), ("no",)),
    ),
    "verification": (
        {"verification": replace(FIRST.verification, reverse_dns=("gptbot.example",))},
        FieldChange("verification.reverse_dns", (), ("gptbot.example",)),
    ),
    "review": ({"review_by": date(2028, 1, 1)}, FieldChange("review_by", ("2027-04-01",), ("2028-01-01",))),
    "letter case": ({"name": "gptbot"}, FieldChange("name", ("GPTBot",), ("gptbot",))),
    "order": (
        {"samples_match": FIRST.samples_match[::-1]},
        FieldChange("samples.match", FIRST.samples_match, FIRST.samples_match[::-1]),
    ),
}


@pytest.mark.parametrize(("fields", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_told_field_by_field(fields, expected):
    (change,) = compare(OLD, with_first(**fields)).changed
    assert change.fields == (expected,)


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_crawler_takes_content_for_is_breaking_and_nothing_else_is(name):
    difference = compare(OLD, with_first(**CHANGES[name][0]))
    assert bool(difference.breaking) is (name in ("purposes", "mixed use"))
    assert difference.needed is (Step.MAJOR if difference.breaking else Step.PATCH)


def test_octets_that_say_the_same_need_a_patch_as_two_files_may_not_share_a_version():
    assert compare(OLD, replace(OLD, sha256="other")).needed is Step.PATCH


STEPS = [
    ("1.2.3", "1.2.3", Step.NONE),
    ("1.2.3", "1.2.2", Step.NONE),
    ("1.2.3", "0.9.9", Step.NONE),
    ("1.2.3", "1.2.4", Step.PATCH),
    ("1.2.9", "1.2.10", Step.PATCH),
    ("1.2.3", "1.3.0", Step.MINOR),
    ("1.9.0", "1.10.0", Step.MINOR),
    ("1.2.3", "2.0.0", Step.MAJOR),
    ("9.2.3", "10.0.0", Step.MAJOR),
]


@pytest.mark.parametrize(("before", "after", "step"), STEPS)
def test_the_step_between_two_versions(before, after, step):
    assert compare(with_version(before), with_version(after)).made is step


@pytest.mark.parametrize(("version", "too_small"), [("1.0.1", True), ("1.1.0", False), ("2.0.0", False)])
def test_a_version_says_at_least_as_much_as_the_change(version, too_small):
    shorter = with_version(version, *OLD.crawlers[1:])
    assert compare(with_version("1.0.0"), shorter).version_too_small is too_small
