"""What is written is read back as equal values, in the form of the shipped file."""

import string
from dataclasses import replace
from datetime import date

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.core.crawlers import (
    AI_PURPOSES,
    Crawler,
    Evidence,
    HonoursRobots,
    PageDirective,
    Purpose,
    Service,
    SignatureSet,
    Verification,
)
from gatepost.core.signature_writing import write_signatures
from gatepost.core.signatures import read_signatures
from gatepost.errors import SignatureFileError
from house.source_tree import CHECKOUT

VISIBLE = st.characters(exclude_categories=("C", "Z"), exclude_characters="\ufeff") | st.just(" ")
TEXTS = st.text(VISIBLE, min_size=1, max_size=30)
AWKWARD = st.sampled_from([
    "yes", "No", "null", "~", "1.5", "0x1f", "12:30", "#a", "a:", "[a]", "{a}", "'a'", '"', "\\", "&a", "*a", "!a",
    "%a", "@a", "`a", "|", ">", "---", "...", "<<", "=", ".", "1e3", "- a", "a: b", "a #b", "? a", "a, b", " a ",
    "Ü 🦊",
])  # fmt: skip
WORDS = st.text(string.ascii_letters + string.digits + "_-", min_size=4, max_size=12)
TOKENS = st.builds("X{}z{}".format, WORDS, st.sampled_from(["", "_a", " b", "!c", "'s d", '"e', ".f", ",g", ";h"]))
URLS = st.builds("https://a.example/{}".format, st.text("abz09/?#&=:;,.~%@!$'()*+[]_-", max_size=12))
DAYS = st.dates(date(2001, 1, 1), date(2090, 1, 1))
PURPOSES = st.frozensets(st.sampled_from(Purpose), min_size=1)
DIRECTIVES = st.builds(PageDirective, st.sampled_from(["noai", "max-snippet:0", "no"]), PURPOSES)


def unique(values, most=3, least=0):
    return st.lists(values, min_size=least, max_size=most, unique_by=str.lower).map(tuple)


@st.composite
def crawlers(draw, number=0):
    """An entry that the rules of the format allow, of any values."""
    token = draw(TOKENS) + f" n{number}"
    service = draw(st.sampled_from(Service) | st.none())
    purposes = frozenset() if service else draw(PURPOSES)
    checked = draw(DAYS)
    return Crawler(
        name=f"{draw(st.sampled_from('aZ9'))}{draw(WORDS)}-{number}",
        operator=draw(TEXTS | AWKWARD),
        documentation=draw(URLS),
        honours_robots=Evidence(draw(st.sampled_from(HonoursRobots)), draw(URLS), checked),
        robots_tokens=(f"Xr-{number}",),
        user_agent_tokens=(token,),
        purposes=purposes,
        service=service,
        mixed_use=Purpose.SEARCH in purposes and bool(purposes & AI_PURPOSES) and draw(st.booleans()),
        person_triggered=draw(st.booleans()),
        own_token_only=draw(st.booleans()),
        page_directives=draw(st.lists(DIRECTIVES, max_size=2).map(tuple)),
        verification=Verification(draw(unique(URLS)), draw(unique(st.just("a.example"))), draw(unique(URLS))),
        first_seen=draw(st.sampled_from(["2023", "2023-08"])),
        review_by=date(2099, 12, 31),
        samples_match=(f"{token}/1.0", draw(TEXTS | AWKWARD)),
        samples_no_match=draw(st.lists(TEXTS | AWKWARD, min_size=1, max_size=2).map(tuple)),
    )


FILES = st.integers(1, 3).flatmap(lambda count: st.tuples(*(crawlers(number) for number in range(count))))


def read_back(entries: tuple[Crawler, ...], **more) -> SignatureSet:
    return read_signatures(write_signatures("1.2.3", entries, **more).encode())


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_any_entries_are_read_back_as_equal_values(entries):
    signatures = read_back(entries)
    assert signatures.crawlers == entries
    assert signatures.version == "1.2.3"


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_any_entries_are_the_same_text_to_a_reader_that_we_did_not_write(entries):
    """A scalar that another reader takes for a number or a boolean would be one here."""
    read = yaml.safe_load(write_signatures("1.2.3", entries))["crawlers"]
    assert [one["name"] for one in read] == [entry.name for entry in entries]
    assert [one["operator"] for one in read] == [entry.operator for entry in entries]
    assert [tuple(one["samples"]["no_match"]) for one in read] == [entry.samples_no_match for entry in entries]
    assert [tuple(one["robots_tokens"]) for one in read] == [entry.robots_tokens for entry in entries]


def test_the_shipped_file_is_in_the_form_that_is_written(signatures):
    """But for the order of purposes, and for the comments at its top."""
    shipped = (CHECKOUT / "crawler_signatures.yaml").read_text("utf-8").splitlines()
    written = write_signatures(signatures.version, signatures.crawlers).splitlines()
    shipped = shipped[shipped.index("format: 1") :]
    assert len(written) == len(shipped)
    for ours, theirs in zip(written, shipped, strict=True):
        assert ours == theirs or sorted(ours) == sorted(theirs)


def test_the_shipped_file_is_read_back_as_equal_values(signatures):
    assert read_back(signatures.crawlers).crawlers == signatures.crawlers


@settings(max_examples=40, deadline=None)
@given(FILES, st.text(max_size=60))
def test_remarks_change_no_value(entries, text):
    assert read_back(entries, remarks={"": text, entries[0].name: text}).crawlers == entries


def test_a_remark_stands_above_its_entry(signatures):
    text = write_signatures("1.0.0", signatures.crawlers[:1], {signatures.crawlers[0].name: "Why.\nAnd who."})
    assert text.splitlines()[2:6] == [
        "crawlers:",
        "  # Why.",
        "  # And who.",
        f"  - name: {signatures.crawlers[0].name}",
    ]


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\x1b[31m", "a\u2028b", "a\U000e0001b"])
def test_what_cannot_be_seen_is_written_so_that_the_reader_tells_it(signatures, text):
    with pytest.raises(SignatureFileError) as caught:
        read_back((replace(signatures.crawlers[0], operator=text),))
    assert "signatures.value.control" in {fault.id for fault in caught.value.faults}
