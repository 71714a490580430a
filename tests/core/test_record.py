"""The chain: whatever is altered is found and named, and everything that stands in it can be shown to."""

from dataclasses import replace
from itertools import pairwise
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.record import (
    START,
    Altered,
    Entry,
    Head,
    Tail,
    Verification,
    check_proof,
    jump,
    leaf_of,
    proof_of,
    spelled,
    tail_numbers,
    walk,
)


def chained(*contents):
    tail = Tail()
    return [Entry(number, content, tail.add(content)) for number, content in enumerate(contents, start=1)]


CHAIN = chained(*(b"entry %d" % number for number in range(1, 41)))
HEAD = Head(CHAIN[-1].number, CHAIN[-1].digest)


def faults(entries):
    verification = Verification()
    return [fault for entry in entries for fault in verification.check(entry)]


def proof(chain, number):
    leaves = {entry.number: leaf_of(entry.number, entry.content) for entry in chain}
    digests = {entry.number: entry.digest for entry in chain}
    return proof_of(number, Head(chain[-1].number, chain[-1].digest), leaves, digests)


def flipped(octets, bit):
    return bytes(octet ^ (1 << bit % 8 if place == bit // 8 else 0) for place, octet in enumerate(octets))


def test_a_chain_as_it_was_written_has_no_fault():
    assert faults(CHAIN) == []


@given(number=st.integers(0, 39), bit=st.integers(0, 8 * 6 - 1))
def test_every_flipped_bit_of_a_content_is_found_and_its_entry_alone_is_named(number, bit):
    altered = replace(CHAIN[number], content=flipped(CHAIN[number].content, bit))
    assert faults([*CHAIN[:number], altered, *CHAIN[number + 1 :]]) == [Altered(number + 1)]


@given(number=st.integers(0, 39), bit=st.integers(0, 255))
def test_every_flipped_bit_of_a_digest_is_found_and_its_entry_alone_is_named(number, bit):
    altered = replace(CHAIN[number], digest=flipped(CHAIN[number].digest, bit))
    assert faults([*CHAIN[:number], altered, *CHAIN[number + 1 :]]) == [Altered(number + 1)]


@given(st.dictionaries(st.integers(0, 38), st.sampled_from(["content", "digest"]), max_size=5))
def test_all_of_many_altered_entries_are_named_and_no_other(altered):
    chain = list(CHAIN)
    for number, name in altered.items():
        chain[number] = replace(chain[number], **{name: flipped(getattr(chain[number], name), 3)})
    assert faults(chain) == [Altered(number + 1) for number in sorted(altered)]


@given(one=st.integers(0, 39), other=st.integers(0, 39))
def test_contents_that_changed_places_are_found(one, other):
    chain = list(CHAIN)
    chain[one] = replace(CHAIN[one], content=CHAIN[other].content)
    chain[other] = replace(CHAIN[other], content=CHAIN[one].content)
    named = [] if one == other else sorted([Altered(one + 1), Altered(other + 1)], key=lambda fault: fault.number)
    assert faults(chain) == named


@given(first=st.integers(0, 38), length=st.integers(1, 10))
def test_missing_entries_are_named_and_the_rest_is_not(first, length):
    last = min(first + length, 39)
    assert faults([*CHAIN[:first], *CHAIN[last:]]) == [Altered(first + 1, missing_until=last)]


def test_an_entry_that_was_altered_together_with_its_digest_is_seen_behind_it():
    forged = Tail(10, {entry.number: entry.digest for entry in CHAIN[:10]})
    entry = Entry(11, b"forged", forged.add(b"forged"))
    assert faults([*CHAIN[:10], entry, *CHAIN[11:]])[0] == Altered(12)


def test_what_lost_its_newest_entries_is_told_by_a_head_alone():
    verification = Verification()
    assert [verification.check(entry) for entry in CHAIN[:30]] == [[]] * 30
    assert verification.head != HEAD


@given(st.integers(0, 39))
def test_a_chain_goes_on_from_any_of_its_ends(number):
    tail = Tail(number, {entry.number: entry.digest for entry in CHAIN[:number]})
    assert [tail.add(entry.content) for entry in CHAIN[number:]] == [entry.digest for entry in CHAIN[number:]]


@given(number=st.integers(1, 40), length=st.integers(1, 40))
def test_every_entry_is_shown_under_every_later_head(number, length):
    chain = CHAIN[: max(number, length)]
    assert check_proof(proof(chain, number), CHAIN[number - 1].content)


@given(number=st.integers(1, 40), other=st.integers(1, 40), bit=st.integers(0, 8 * 32 * 3 - 1), step=st.integers(0, 20))
def test_nothing_else_is_shown(number, other, bit, step):
    shown, content = proof(CHAIN, number), CHAIN[number - 1].content
    assert not check_proof(shown, content + b" ")
    assert not check_proof(replace(shown, head=Head(40, START)), content)
    assert check_proof(replace(shown, number=other), CHAIN[other - 1].content) is (other == number)
    place, name = step % len(shown.steps), ("previous", "jumped", "leaf")[bit // 256]
    altered = replace(shown.steps[place], **{name: flipped(getattr(shown.steps[place], name), bit % 256)})
    assert not check_proof(replace(shown, steps=(*shown.steps[:place], altered, *shown.steps[place + 1 :])), content)


@pytest.mark.parametrize("head", [1, 2, 3, 1_000, 1_023, 1_024, 4_999, 1_000_000, 2**20 - 1, 2**20, 2**40])
def test_a_proof_takes_a_logarithm_of_steps(head):
    most = 3 * log2(head) + 2
    assert len(tail_numbers(head)) <= 2 * log2(head) + 2
    for number in {1, 2, head // 3 + 1, head // 2 + 1, head - head // 7, head}:
        way = walk(head, number)
        assert len(way) <= most
        assert all(after in (before - 1, jump(before)) for before, after in pairwise(way))


def test_a_content_is_spelled_in_one_way():
    assert spelled({"b": "é\n", "record": "x/1", "a": 1}) == b'{"a":1,"b":"\\u00e9\\n","record":"x/1"}'
    assert spelled({"a": b"\xff"}) != spelled({"a": repr(b"\xff")})
