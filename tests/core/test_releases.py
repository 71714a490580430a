"""Releases: what each says comes back whole, a part of the sites is the same everywhere, and a way back is found."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.crawlers import Purpose
from gatepost.core.matching import Matcher
from gatepost.core.policy import Action, Reason, SitePolicy, decide
from gatepost.core.preferences import (
    CrawlerException,
    Level,
    LevelStatement,
    PreferenceStatement,
    Stance,
    Stances,
    resolve,
)
from gatepost.core.publications import Published
from gatepost.core.releases import Release, ReleaseKind, release_of, released, rollout_before, signed_content
from gatepost.core.rollouts import IssuedSet, Rollout, Trial, trials, untried
from gatepost.core.shares import in_part
from policies import real_signatures

SIGNATURES = real_signatures()
AT = datetime(2026, 11, 28, 9, 30, 0, 123456, tzinfo=UTC)
PUBLISHED, ROLLED_BACK = ReleaseKind.PUBLISHED, ReleaseKind.ROLLED_BACK

keys = st.text(max_size=40)
on_trial = st.builds(Trial, st.text(), st.text(), st.frozensets(st.sampled_from(Purpose)))
sets = st.builds(
    IssuedSet, st.binary(min_size=32, max_size=32).map(bytes.hex), st.text(max_size=8), st.frozensets(on_trial)
)
rollouts = st.builds(Rollout, st.none() | sets, st.none() | sets, st.integers(0, 100))


@given(keys, st.integers(0, 100), st.integers(0, 100))
def test_a_larger_part_holds_the_smaller_one(key, one, other):
    small, large = sorted((one, other))
    assert not in_part(key, small) or in_part(key, large)
    assert in_part(key, 100)
    assert not in_part(key, 0)


def test_a_part_is_as_large_as_it_says():
    shares = [sum(in_part(f"site-{number}", percent) for number in range(100_000)) for percent in (1, 10, 50)]
    assert [share / 100_000 for share in shares] == pytest.approx([0.01, 0.1, 0.5], abs=0.01)


@given(rollouts, st.sampled_from(ReleaseKind), st.text(), st.text(), st.integers(0), st.binary(max_size=64))
def test_what_a_release_says_comes_back(rollout, kind, actor, reason, after, signature):
    release = Release(kind, AT, actor, reason, rollout, after, signature=signature)
    entry = released(release, [b"one", b"two"])
    assert release_of(Published(7, AT, entry.content)) == replace(release, number=7)


@given(rollouts, rollouts)
def test_a_signature_is_of_all_that_a_release_says(one, other):
    contents = {signed_content(Release(PUBLISHED, AT, "a", "", rollout, 3)) for rollout in (one, other)}
    assert len(contents) == (1 if one == other else 2)
    assert signed_content(Release(PUBLISHED, AT, "a", "", one, 3)) != signed_content(
        Release(PUBLISHED, AT, "a", "", one, 4)
    )


def steps(text):
    """``a b <`` is two releases and a roll-back, each with what was in force after it."""
    releases: list[Release] = []
    for number, word in enumerate(text.split(), 1):
        back = word == "<"
        rollout = (rollout_before(releases) or Rollout()) if back else Rollout(IssuedSet(word, word))
        releases.append(Release(ROLLED_BACK if back else PUBLISHED, AT, "", "", rollout, number - 1, number))
    return releases


@pytest.mark.parametrize(
    ("history", "leads_to"),
    [
        ("", "nothing"),
        ("a", None),
        ("a b", "a"),
        ("a b <", None),
        ("a b < c", "a"),
        ("a b c < <", None),
        ("a b c <", "a"),
        ("a <", "nothing"),
        ("a < b", None),
    ],
)
def test_a_way_back_leads_before_what_was_not_rolled_back_yet(history, leads_to):
    found = rollout_before(steps(history))
    assert (found.whole.version if found and found.whole else found and None) == (
        None if leads_to in (None, "nothing") else leads_to
    )
    assert (found is None) == (leads_to == "nothing")


def crawler(name):
    return SIGNATURES.by_name[name.lower()]


def with_entry(changed):
    rest = tuple(one for one in SIGNATURES.crawlers if one.name != changed.name)
    return replace(SIGNATURES, crawlers=(*rest, changed), sha256="f" * 64)


TRAINING, SEARCH = frozenset({Purpose.AI_TRAINING}), frozenset({Purpose.SEARCH})
BLOCKING = {purpose: Stances().with_stance(purpose, Stance.BLOCK) for purpose in Purpose}


def policy_of(statement):
    return SitePolicy(resolve([LevelStatement(Level.SITE, statement)]))


def blocking(purpose):
    return policy_of(PreferenceStatement(stances=BLOCKING[purpose]))


def tokens(found):
    return tuple((one.token, one.refused_for) for one in found)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ()),
        ({"operator": "somebody else", "documentation": "https://x.example/"}, ()),
        ({"samples_match": ("GPTBot/9",)}, ()),
        ({"name": "OtherBot"}, ()),
        ({"purposes": frozenset()}, ()),
        ({"user_agent_tokens": ("gptbot",)}, ()),
        ({"user_agent_tokens": ("GPTBot", "GPTBot-Next")}, (("GPTBot-Next", frozenset()),)),
        ({"purposes": SEARCH}, (("GPTBot", TRAINING),)),
        ({"purposes": TRAINING | SEARCH}, (("GPTBot", TRAINING),)),
        ({"mixed_use": True}, (("GPTBot", TRAINING),)),
        ({"user_agent_tokens": (), "robots_tokens": ("New-Extended",)}, (("New-Extended", frozenset()),)),
    ],
)
def test_what_would_refuse_more_than_before_is_untried(change, found):
    wanted = with_entry(replace(crawler("GPTBot"), **change))
    assert tokens(untried(wanted, [SIGNATURES])) == found
    assert untried(wanted, [SIGNATURES, wanted]) == ()


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(
    "change",
    [
        {"user_agent_tokens": ("GPTBot", "GPTBot-Next")},
        {"purposes": TRAINING | SEARCH},
        {"purposes": SEARCH},
        {"mixed_use": True},
        {"name": "OtherBot", "user_agent_tokens": ("GPTBOT", "OtherBot")},
    ],
)
def test_a_trial_takes_no_refusal_back_and_refuses_nobody_anew(change, purpose):
    wanted = with_entry(replace(crawler("GPTBot"), **change))
    before, whole = Matcher(SIGNATURES), Matcher(wanted)
    trial = Matcher(wanted, trials(wanted, Rollout(), untried(wanted, [SIGNATURES])))
    for agent in (b"GPTBot/1.4", b"GPTBot-Next/1", b"OtherBot/1", b"CCBot/2.0", b"Mozilla/5.0"):
        refused = {
            which: decide(blocking(purpose), one.recognise(agent), ["/"]).refused
            for which, one in {"before": before, "whole": whole, "trial": trial}.items()
        }
        assert refused["trial"] == (refused["before"] and refused["whole"]), agent


def test_what_is_named_stays_refused_by_the_token_that_was_known():
    wanted = with_entry(replace(crawler("GPTBot"), user_agent_tokens=("GPTBot", "GPTBot-Next")))
    policy = policy_of(PreferenceStatement(crawlers=(CrawlerException("GPTBot", Stance.BLOCK),)))
    trial = Matcher(wanted, trials(wanted, Rollout(), untried(wanted, [SIGNATURES])))
    known, new = (decide(policy, trial.recognise(agent), ["/"]) for agent in (b"GPTBot/1.4", b"GPTBot-Next/1"))
    assert known.refused
    assert (new.action, new.reason) == (Action.TAG, Reason.ON_TRIAL)
    assert not trial.on_trial(wanted.by_name["gptbot"])


def test_a_trial_goes_on_in_the_next_file_however_that_spells_it():
    first = with_entry(replace(crawler("GPTBot"), user_agent_tokens=("GPTBot", "NewBot")))
    running = Rollout(IssuedSet(first.sha256, "1", trials(first, Rollout(), untried(first, [SIGNATURES]))))
    other = with_entry(replace(crawler("GPTBot"), name="gptBOT", user_agent_tokens=("NEWBOT",)))
    assert untried(other, [first]) == ()
    assert trials(other, running, ()) == {Trial("gptBOT", "NEWBOT")}
    assert trials(SIGNATURES, running, ()) == frozenset()


ON_TRIAL = [Trial("GPTBot", "GPTBot")]


@pytest.mark.parametrize("stance", Stance)
def test_a_signature_on_trial_is_tagged_where_it_would_be_refused_and_else_treated_as_ever(stance):
    policy = policy_of(PreferenceStatement(stances=Stances(ai_training=stance)))
    whole, trial = Matcher(SIGNATURES), Matcher(SIGNATURES, ON_TRIAL)
    [usual, tried] = [decide(policy, one.recognise(b"GPTBot/1.4"), ["/"]) for one in (whole, trial)]
    if usual.refused:
        assert (tried.action, tried.reason) == (Action.TAG, Reason.ON_TRIAL)
        assert (tried.crawler, tried.stance, tried.origin) == (usual.crawler, usual.stance, usual.origin)
    else:
        assert tried == usual
    [other] = {decide(policy, one.recognise(b"CCBot/2.0"), ["/"]) for one in (whole, trial)}
    assert other.refused == usual.refused
    assert (trial.on_trial(crawler("GPTBot")), trial.on_trial(crawler("CCBot"))) == (True, False)


def test_a_crawler_on_trial_opens_nothing_to_another_that_is_named_beside_it():
    trial = Matcher(SIGNATURES, ON_TRIAL)
    policy = blocking(Purpose.AI_TRAINING)
    assert decide(policy, trial.recognise(b"GPTBot/1.4 CCBot/2.0"), ["/"]).crawler == "CCBot"
    assert decide(policy, trial.recognise(b"GPTBot/1.4 CCBot/2.0"), ["/"]).refused
