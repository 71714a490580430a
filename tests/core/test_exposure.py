"""What is counted, and what is held against a crawler: nothing that it could not know."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gatepost.core import sketches
from gatepost.core.crawlers import Crawler, Evidence, HonoursRobots, Standing
from gatepost.core.exposure import (
    GRACE,
    Exposure,
    ExposureKey,
    Outcome,
    Phase,
    Reading,
    combined,
    later_reading,
    phase_of,
)
from gatepost.core.visits import Knowledge, Known, visits_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = NOON.date()
HOUR = timedelta(hours=1)
KEY = ExposureKey("garden", "GPTBot", Standing.CLAIMED, Outcome.SERVED, DAY, Phase.OPEN)


@pytest.fixture(scope="module")
def library():
    pytest.importorskip("datasketches", reason="missing: pip install 'gatepost[ledger]'")


@pytest.mark.parametrize(
    ("since", "readings", "phase"),
    [
        (0 * HOUR, [], Phase.TOLD),
        (24 * HOUR, [], Phase.TOLD),
        (25 * HOUR, [], Phase.OVERDUE),
        (2 * HOUR, [3 * HOUR], Phase.TOLD),
        (2 * HOUR, [1 * HOUR], Phase.READ),
        (2 * HOUR, [3 * HOUR, 1 * HOUR], Phase.READ),
        (25 * HOUR, [26 * HOUR], Phase.OVERDUE),
        (2 * HOUR, [2 * HOUR], Phase.TOLD),
        (2 * HOUR, [2 * HOUR - timedelta(seconds=9)], Phase.TOLD),
        (2 * HOUR, [2 * HOUR - timedelta(seconds=10)], Phase.READ),
        (2 * HOUR, [-1 * HOUR], Phase.TOLD),
    ],
)
def test_what_a_crawler_knew(since, readings, phase):
    """All told as how long before the request it was."""
    assert phase_of(NOON - since, NOON, [NOON - back for back in readings]) is phase


def test_a_no_of_which_nobody_knows_since_when_is_held_against_nobody():
    assert phase_of(None, NOON, [NOON - HOUR]) is Phase.TOLD


times = some.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=some.just(UTC))


@given(times, times, some.lists(times), some.timedeltas(timedelta(), timedelta(days=3)))
def test_nobody_is_held_to_what_it_could_not_know(since, at, readings, grace):
    phase = phase_of(since, at, readings, grace)
    assert phase.denied
    assert phase.known == (at - since > grace or any(since + timedelta(seconds=10) <= read <= at for read in readings))


@given(times, times, some.lists(times), times)
def test_one_more_reading_never_unsays_another(since, at, readings, one):
    if phase_of(since, at, readings) is Phase.READ:
        assert phase_of(since, at, [*readings, one]) is Phase.READ
    assert timedelta(hours=24) == GRACE


@given(some.lists(some.tuples(some.integers(1, 9), some.integers(0, 9), times), min_size=2, max_size=4))
def test_counts_add_up_in_any_order(counted):
    exposures = [Exposure(KEY, requests, octets, at, at) for requests, octets, at in counted]
    sums = {reduce(combined, order) for order in permutations(exposures)}
    assert len(sums) == 1
    (one,) = sums
    assert (one.requests, one.octets) == (sum(row[0] for row in counted), sum(row[1] for row in counted))
    assert (one.first_seen, one.last_seen) == (min(row[2] for row in counted), max(row[2] for row in counted))


@given(
    some.lists(some.tuples(times, some.sampled_from([b"1", b"2"])), min_size=2, max_size=4, unique_by=lambda r: r[0])
)
def test_the_last_reading_is_the_last_in_any_order(read):
    readings = [Reading("garden", "GPTBot", at, at, octets) for at, octets in read]
    found = {reduce(later_reading, order).at for order in permutations(readings)}
    assert found == {max(at for at, _ in read)}


def test_the_same_octets_read_again_keep_their_first_time():
    first = Reading("garden", "GPTBot", NOON, NOON, b"1")
    again = replace(first, at=NOON + HOUR, since=NOON + HOUR)
    assert later_reading(first, again) == later_reading(again, first) == replace(again, since=NOON)
    other = replace(again, sha256=b"2")
    assert later_reading(first, other) == other


@pytest.mark.parametrize("number", [0, 1, 10, 1_000, 50_000])
def test_a_sketch_knows_about_how_many_and_stays_small(library, number):
    sketch = sketches.sketch_of(f"/post/{one}" for one in range(number))
    assert sketches.counted([sketch]) == pytest.approx(number, rel=0.1)
    assert sketch
    assert len(sketch) < 800


def test_two_sketches_make_one(library):
    one, other = (sketches.sketch_of(f"/{n}" for n in range(start, start + 100)) for start in (0, 50))
    assert sketches.counted([one, other]) == pytest.approx(150, abs=8)
    assert sketches.together(one, other) == sketches.together(other, one)
    assert sketches.together(one, one) == one


def test_a_sketch_goes_on_where_it_was(library):
    sketch = sketches.sketch_of(["/c"], sketches.sketch_of(["/a", "/b"]))
    assert sketches.counted([sketch]) == 3


def test_nothing_is_guessed_without_the_library(monkeypatch):
    monkeypatch.setattr(sketches, "is_known", lambda: False)
    assert sketches.sketch_of(["/"]) is None
    assert sketches.counted([b"x"]) is None
    assert sketches.together(b"x", b"y") is None


def test_what_is_not_known_of_one_is_not_known_of_both(library):
    assert sketches.counted([sketches.sketch_of(["/"]), None]) is None


# ------------------------------------------------------------------------------------------- what an owner is told


def crawler(honours=HonoursRobots.YES):
    return Crawler("GPTBot", "OpenAI", "https://x.example", Evidence(honours, "https://x.example", date(2026, 1, 1)))


def visits(
    exposures, readings=(), *, honours=HonoursRobots.YES, denied=True, since: datetime | None = NOON, days=(DAY,)
):
    known = {"GPTBot": Known(crawler(honours), denied, since)}
    (one,) = visits_of("garden", days, NOON + HOUR, exposures, readings, known).crawlers
    return one


def seen(outcome, phase, requests=1, standing=Standing.CLAIMED):
    key = replace(KEY, outcome=outcome, phase=phase, standing=standing)
    return Exposure(key, requests, 10 * requests, NOON, NOON)


def test_before_and_after_are_told_apart():
    one = visits([seen(Outcome.SERVED, Phase.OPEN, 1_204), seen(Outcome.SERVED, Phase.TOLD, 2),
                  seen(Outcome.SERVED, Phase.READ, 1), seen(Outcome.REFUSED, Phase.TOLD, 5),
                  seen(Outcome.FAILED, Phase.OPEN, 7), seen(Outcome.READ, Phase.OPEN, 3)])  # fmt: skip
    assert (one.served_before, one.served_after, one.refused, one.failed, one.reads) == (1_204, 3, 5, 7, 3)
    assert (one.against, one.octets) == (1, 10 * (1_204 + 3 + 5 + 7))


@pytest.mark.parametrize(("honours", "against"), [(one, None if one == "no" else 4) for one in HonoursRobots])
def test_of_who_does_not_claim_to_honour_robots_txt_nothing_but_the_count_is_told(honours, against):
    exposures = [seen(Outcome.REFUSED, Phase.READ, 3), seen(Outcome.SERVED, Phase.OVERDUE)]
    assert visits(exposures, honours=honours).against == against


def test_a_forged_name_is_not_held_against_its_owner():
    assert visits([seen(Outcome.REFUSED, Phase.READ, 3, Standing.FORGED)]).against == 0


@pytest.mark.parametrize(
    ("denied", "since", "read", "knowledge"),
    [
        (True, NOON, None, Knowledge.NEVER_READ),
        (True, NOON, NOON - HOUR, Knowledge.READ_BEFORE),
        (True, NOON, NOON + HOUR, Knowledge.READ_SINCE),
        (True, None, NOON, Knowledge.READ_BEFORE),
        (False, None, NOON, Knowledge.READ),
        (False, None, None, Knowledge.NEVER_READ),
    ],
)
def test_what_a_crawler_knows_of_the_file_in_force(denied, since, read, knowledge):
    readings = [Reading("garden", "GPTBot", read, read, b"1")] if read else []
    assert visits([seen(Outcome.SERVED, Phase.OPEN)], readings, denied=denied, since=since).knowledge is knowledge


def test_every_day_is_told_those_without_a_visit_too():
    days = [DAY - timedelta(days=back) for back in (2, 1, 0)]
    one = visits([seen(Outcome.SERVED, Phase.OPEN, 2), seen(Outcome.SERVED, Phase.TOLD, 1)], days=days)
    assert [(day.day, day.served, day.after) for day in one.days] == [(days[0], 0, 0), (days[1], 0, 0), (DAY, 3, 1)]
