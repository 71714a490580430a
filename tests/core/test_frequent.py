"""Counting in bounded memory: what is promised of the counts holds for any notes."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.frequent import Counted, Distinct, Frequent


def test_few_items_are_counted_exactly():
    frequent = Frequent(3)
    assert [frequent.note(item) for item in "abacab"] == [None] * 6
    assert frequent.told() == (Counted("a", 3), Counted("b", 2), Counted("c", 1))
    assert frequent.told(1) == (Counted("a", 3),)


def test_a_new_item_takes_the_place_of_the_least():
    frequent = Frequent(2)
    assert [frequent.note(item) for item in "aabc"] == [None, None, None, "b"]
    assert frequent.told() == (Counted("a", 2), Counted("c", 2, 1))


@given(st.lists(st.integers(0, 30).map(str), max_size=400), st.integers(1, 12))
def test_no_count_is_too_small_and_none_too_large_by_more_than_its_share(items, places):
    frequent, held = Frequent(places), set[str]()
    for item in items:
        held = (held | {item}) - {frequent.note(item)}
    true = Counter(items)
    told = {counted.item: counted for counted in frequent.told()}
    assert told.keys() == held
    assert len(told) <= places
    assert {item for item, count in true.items() if count > len(items) / places} <= told.keys()
    for item, counted in told.items():
        assert counted.count - counted.error <= true[item] <= counted.count
        assert counted.error <= len(items) / places


def test_a_flood_leaves_the_frequent_ones():
    frequent = Frequent(100)
    for number in range(50_000):
        frequent.note(f"made up {number}")
        if number % 20 == 0:
            frequent.note("real")
    assert frequent.told(1)[0].item == "real"
    assert len(frequent.told()) == 100


@pytest.mark.parametrize(("number", "about"), [(0, 0), (1, 0), (20, 0), (1000, 0.05), (8000, 0.1)])
def test_how_many_differ_is_about_right(number, about):
    seen = Distinct()
    for _ in range(2):
        for one in range(number):
            seen = seen.seen(f"site{one}.example")
    assert abs(seen.count - number) <= about * number


def test_more_than_can_be_told_is_a_lot():
    assert Distinct(2**2048 - 1).count == 15_615
