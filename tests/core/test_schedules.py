"""Schedules: what holds when, what that opens, and what holds while nobody can be sure of the time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.test_consent import opened
from gatepost.core.consent import statement_widens
from gatepost.core.levels import preferences_of, statements_for
from gatepost.core.periods import Period, Span, at, moment_text, read_moment, read_period
from gatepost.core.preferences import (
    DatedStatement,
    Level,
    LevelStatement,
    PreferenceStatement,
    Sharing,
    Stance,
    strictness,
)
from gatepost.core.schedules import MAX_PERIODS, boundaries, moments_from, said_at, without_past
from gatepost.core.sites import Site, amend
from gatepost.core.timelines import timeline_of
from gatepost.core.wishes import read_wish
from gatepost.errors import StatementError
from gatepost.service.clocks import WatchedClock
from policies import real_signatures, statement, statements

SIGNATURES = real_signatures()
START = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
days = st.integers(0, 8).map(lambda day: START + day * DAY)
moments = st.integers(-1, 18).map(lambda half: START + half * DAY / 2)
spans = st.tuples(moments, moments).map(lambda two: Span(*sorted(two)))


@st.composite
def some_periods(draw):
    first, last = sorted(draw(st.lists(days, min_size=2, max_size=2, unique=True)))
    return draw(st.sampled_from([Period(first, last), Period(first), Period(end=last)]))


periods = some_periods()
plain = statements(SIGNATURES)


@st.composite
def scheduled(draw):
    dated = draw(st.dictionaries(periods, plain.filter(lambda one: one != PreferenceStatement()), max_size=2))
    parts = sorted((DatedStatement(*item) for item in dated.items()), key=lambda one: one.period.order)
    one, sharing = draw(plain), draw(st.none() | st.sampled_from(Sharing))
    return PreferenceStatement(one.stances, one.paths, one.crawlers, sharing, tuple(parts))


def says(*wishes):
    return statement(SIGNATURES, *wishes)


def site_of(said):
    return Site("a", ("a",), said)


def above(*said):
    return [LevelStatement(level, one) for level, one in zip((Level.PLATFORM, Level.REGION), said, strict=False)]


# ------------------------------------------------------------------------------------- periods


@given(st.tuples(st.none() | st.datetimes(), st.none() | st.datetimes()))
def test_a_period_is_read_as_it_is_written(two):
    sides = [side and side.replace(tzinfo=UTC) for side in two]
    if any(sides) and (None in sides or sides[0] < sides[1]):
        assert read_period(str(Period(*sides))) == Period(*sides)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01T00:00Z", "2026-12-01"),
        ("2026-12-01T00:30:00+01:00", "2026-11-30T23:30:00Z"),
        ("2026-12-01T00:00:00.5-00:30", "2026-12-01T00:30:00.500000Z"),
    ],
)
def test_a_moment_is_turned_into_utc(text, means):
    assert moment_text(read_moment(text)) == means


@pytest.mark.parametrize(
    "text",
    ["", "2026", "20261201", "2026-W49-1", "2026-12-1", "2026-13-01", "2026-12-01 00:00Z", "2026-12-01T24:01Z",
     "0001-01-01T00:00+01:00", "２０２６-12-01", "2026-12-01T00:00", "2026-12-01T00:00+99:00"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(StatementError) as refused:
        read_moment(text)
    assert refused.value.id in ("statement.period.moment", "statement.period.zone")


# ------------------------------------------------------------------------------------- what holds when


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        (["ai-training=ask", "ai-training=block@2026-12-01..2026-12-02"], "ask block ask ask"),
        (["ai-training=block", "ai-training=allow@2026-12-02..2026-12-03"], "block block allow block"),
        (["ai-training=block@2026-12-01..2026-12-03", "ai-training=allow@2026-12-02.."], "None block block allow"),
        (["ai-training=allow@2026-12-02..", "ai-training=block@2026-12-01..2026-12-03"], "None block block allow"),
        (["ai-training=ask@..2026-12-01", "archives=block@2026-12-01.."], "ask None None None"),
        (["ai-training=ask@2026-12-01..", "ai-training=block@2026-12-01.."], "None block block block"),
        (["ai-training=ask@2026-12-01..", "ai-training=inherit@2026-12-01.."], "None None None None"),
    ],
)
def test_what_is_said_for_a_time_holds_for_that_time(wishes, expected):
    found = [said_at(says(*wishes), START + day * DAY).stances.ai_training for day in (-1, 0, 1, 2)]
    assert " ".join(map(str, found)) == expected


@given(scheduled(), moments)
def test_of_what_overlaps_the_strictest_holds_and_the_rest_stays(said, moment):
    now = said_at(said, moment)
    running = [one.statement for one in said.dated if one.period.holds(moment)]
    for purpose, stance in now.stances.said():
        dated = [one.stances.of(purpose) for one in running if one.stances.of(purpose)]
        assert stance is (max(dated, key=strictness) if dated else said.stances.of(purpose))
    assert now.dated == ()
    if not running:
        assert now == PreferenceStatement(said.stances, said.paths, said.crawlers, said.partner_sharing)


@given(scheduled(), moments, moments)
def test_nothing_changes_between_two_boundaries(said, one, other):
    if not any(min(one, other) < boundary <= max(one, other) for boundary in boundaries([said])):
        assert said_at(said, one) == said_at(said, other)


@given(scheduled(), moments, moments)
def test_what_is_past_makes_no_difference_from_then_on(said, now, later):
    if later >= now:
        assert said_at(without_past(said, now), later) == said_at(said, later)


def test_a_statement_takes_so_many_periods_and_no_more():
    wishes = [f"archives=block@..{2100 + number}-01-01" for number in range(MAX_PERIODS + 1)]
    said = says(*wishes[:-1])
    with pytest.raises(StatementError) as refused:
        amend(said, [read_wish(wishes[-1], SIGNATURES)], SIGNATURES)
    assert refused.value.id == "statement.periods.many"


def test_many_exceptions_take_few_periods():
    paths = [f"/{number}/:archives=block" for number in range(1_000)]
    dates = [f"ai-training=block@..{2100 + number}-01-01" for number in range(4)]
    said = says(*paths, *dates[:-1])
    with pytest.raises(StatementError) as refused:
        amend(said, [read_wish(dates[-1], SIGNATURES)], SIGNATURES)
    assert refused.value.id == "statement.periods.large"


def test_more_at_dates_to_come_than_can_be_compared_is_held_to_widen():
    paths = [f"/{number}/:archives=block" for number in range(180)]
    dates = [f"/{number}/:archives=ask@{2100 + number}-01-01.." for number in range(8)]
    found = statement_widens(site_of(says(*paths)), says(*paths, "search=ask", *dates), (), SIGNATURES, START)
    assert "path exceptions" in found


# ------------------------------------------------------------------------------------- timelines


@settings(max_examples=60, deadline=None)
@given(scheduled(), scheduled(), moments)
def test_a_timeline_says_at_every_moment_what_the_levels_say(platform, own, moment):
    timeline = timeline_of(site_of(own), above(platform))
    assert timeline.during(at(moment)) == preferences_of(site_of(own), above(platform), moment)


@settings(max_examples=60, deadline=None)
@given(scheduled(), scheduled(), spans, moments)
def test_in_doubt_nothing_is_open_that_is_denied_at_any_moment_of_the_doubt(platform, own, span, moment):
    if span.earliest <= moment <= span.latest:
        timeline = timeline_of(site_of(own), above(platform))
        assert opened(timeline.during(at(moment)), timeline.during(span)) == []


@settings(max_examples=60, deadline=None)
@given(scheduled(), scheduled(), moments)
def test_the_next_change_is_the_next_moment_at_which_something_else_holds(platform, own, moment):
    timeline = timeline_of(site_of(own), above(platform))
    following = timeline.next_change(moment)
    if following is None:
        assert timeline.during(at(moment)) == timeline.during(at(START + 99 * DAY))
    else:
        assert timeline.during(at(moment)) == timeline.during(at(following - timedelta(microseconds=1)))
        assert timeline.during(at(moment)) != timeline.during(at(following))


# ------------------------------------------------------------------------------------- consent


@settings(max_examples=60, deadline=None)
@given(scheduled(), scheduled(), scheduled(), moments)
def test_what_is_not_called_a_widening_opens_nothing_at_any_time(platform, before, after, now):
    if statement_widens(site_of(before), after, above(platform), SIGNATURES, now):
        return
    half_days = [START + half * DAY / 2 for half in range(-1, 20)]
    for moment in (moment for moment in half_days if moment >= now):
        then, later = (preferences_of(site_of(one), above(platform), moment) for one in (before, after))
        assert opened(then, later) == []


@pytest.mark.parametrize(
    ("before", "after", "opens"),
    [
        ([], ["ai-training=block@2026-12-01..2026-12-02"], []),
        (["ai-training=block"], ["ai-training=block", "ai-training=allow@2099-01-01.."], ["ai-training"]),
        (["ai-training=block", "ai-training=allow@2099-01-01.."], ["ai-training=block"], []),
        (["ai-training=block@2099-01-01.."], [], ["ai-training"]),
        (["ai-training=block@..2020-01-01"], [], []),
        (["archives=block"], ["archives=block@..2099-01-01"], ["archives"]),
        (["partner-sharing=refuse"], ["partner-sharing=refuse", "partner-sharing=allow@2099-01-01.."],
         ["partner-sharing"]),
        (["GPTBot=block@2099-01-01.."], ["GPTBot=ask@2099-01-01.."], ["GPTBot"]),
    ],
)  # fmt: skip
def test_what_opens_at_a_date_opens_when_it_is_said(before, after, opens):
    assert statement_widens(site_of(says(*before)), says(*after), (), SIGNATURES, START) == opens


def test_moments_are_those_to_come():
    site = site_of(says("archives=ask@2026-11-01..2026-12-05"))
    levels = above(says("archives=ask@..2026-12-03"))
    assert moments_from(START, statements_for(site, levels)) == [START, START + 2 * DAY, START + 4 * DAY]


# ------------------------------------------------------------------------------------- clocks


class HandClock:
    """A clock, and one that only counts up, that are set by hand."""

    def __init__(self):
        self.time, self.counted = START, 100.0

    def now(self):
        return self.time

    def up(self):
        return self.counted

    def pass_by(self, **time):
        passed = timedelta(**time)
        self.time += passed
        self.counted += passed.total_seconds()


@pytest.fixture
def hand():
    return HandClock()


@pytest.fixture
def clock(hand):
    return WatchedClock(hand, hand.up)


def test_a_clock_that_goes_on_is_believed(clock, hand):
    for _ in range(3):
        hand.pass_by(days=1)
        assert clock.span() == at(hand.time)


@pytest.mark.parametrize(
    ("moved", "earliest", "latest"),
    [
        (-timedelta(hours=1), -timedelta(hours=1), timedelta()),
        (-timedelta(seconds=1), -timedelta(seconds=1), timedelta()),
        (timedelta(minutes=4), timedelta(minutes=4), timedelta(minutes=4)),
        (DAY, timedelta(), DAY),
    ],
)
def test_a_clock_that_is_set_leaves_the_time_in_doubt(clock, hand, moved, earliest, latest):
    hand.pass_by(hours=2)
    right = hand.time
    hand.time += moved
    assert clock.span() == Span(right + earliest, right + latest)


def test_a_store_that_says_otherwise_leaves_the_time_in_doubt(clock, hand):
    clock.hear(hand.time + timedelta(minutes=6))
    hand.pass_by(minutes=1)
    assert clock.span() == Span(hand.time, hand.time + timedelta(minutes=6))
    clock.hear(hand.time - timedelta(hours=1))
    assert clock.span() == Span(hand.time - timedelta(hours=1), hand.time)


def test_a_store_that_says_the_same_ends_the_doubt(clock, hand):
    hand.time -= timedelta(hours=1)
    assert clock.span() != at(hand.time)
    clock.hear(hand.time + timedelta(minutes=2))
    assert clock.span() == at(hand.time)


def test_a_doubtful_clock_opts_out_early_and_opens_late(clock, hand):
    opens = says("ai-training=block", "ai-training=allow@2026-12-03..2026-12-05")
    timeline = timeline_of(site_of(opens), ())
    for day, back, stance in ((0, 0, "block"), (3, 0, "allow"), (0, 2, "block"), (1, 0, "block"), (0, 1, "block")):
        hand.pass_by(days=day)
        hand.time -= back * DAY
        assert timeline.during(clock.span()).stances[3].value == Stance(stance), (day, back)
        hand.time += back * DAY
