"""Admission: no signature set reaches production that recognises people, refuses services, or forgets crawlers."""

from dataclasses import replace

import pytest

from gatepost.core.admission import REMEDIES, admit
from gatepost.core.corpora import Corpus, Expected, read_corpus
from gatepost.core.crawlers import SignatureSet
from gatepost.core.signatures import read_signatures
from gatepost.errors import CorpusError, Fault, SignatureFileError
from gatepost.sources import packaged_corpora, packaged_signatures

SOURCE = packaged_signatures()
CORPORA = packaged_corpora()


def faults_of(source: bytes, held: SignatureSet | None = None) -> tuple[Fault, ...]:
    with pytest.raises(SignatureFileError) as caught:
        admit(source, CORPORA, held)
    return caught.value.faults


def changed(before: str, after: str) -> bytes:
    assert before.encode() in SOURCE
    return SOURCE.replace(before.encode(), after.encode(), 1)


def with_token(token: str) -> bytes:
    return changed("user_agent_tokens: [GPTBot]", f'user_agent_tokens: [GPTBot, "{token}"]')


def without(source: bytes, name: str) -> bytes:
    """The file without an entry."""
    begin = source.index(f"  - name: {name}\n".encode())
    end = source.find(b"  - name: ", begin + 1)
    return source[:begin] + (source[end:] if end >= 0 else b"")


def test_the_packaged_file_is_admitted_as_it_reads():
    assert admit(SOURCE, CORPORA) == read_signatures(SOURCE)


GENERIC = ["", "Spider", "Code", "Mozilla", "Safari", "Mobile Safari", "like Gecko", "Version", "Bot", "Cursor", "0000"]
"""What the words themselves give away."""

PEOPLES = ["Win64", "iPhone OS", "Nexus", "Whale", "Electron", "OculusBrowser", "Instagram", "WOW64", "zh-cn", "Lynx"]
"""Words that look like names, and that only those show who carry them."""


@pytest.mark.parametrize("token", GENERIC)
def test_a_generic_token_is_told_by_its_word(token):
    (fault, *_) = faults_of(with_token(token))
    assert fault.id.startswith("signatures.token.")
    assert (fault.line, fault.column) == (25, 33)


@pytest.mark.parametrize("token", PEOPLES)
def test_a_token_that_people_carry_is_told_by_their_user_agents(token):
    told = [fault for fault in faults_of(with_token(token)) if fault.id.startswith("signatures.corpus.")]
    assert told
    for fault in told:
        assert (fault.line, fault.column) == (25, 33)
        assert repr(token) in fault.message


BAD = {
    "signatures.sample.missed": changed("compatible; GPTBot/1.4; +", "compatible; Other/1.4; +"),
    "signatures.sample.false": changed("MyGPTBotReader/1.0", "GPTBot/1.0"),
    "signatures.corpus.recognised": with_token("Win64"),
    "signatures.corpus.refused": with_token("Electron"),
    "signatures.corpus.disallowed": changed("robots_tokens: [GPTBot]", "robots_tokens: [GPTBot, HTTPie]"),
    "signatures.pinned.missed": without(SOURCE, "CCBot"),
}


@pytest.mark.parametrize("id", BAD)
def test_a_fault_has_its_id_its_place_and_its_remedy(id):
    fault = next(fault for fault in faults_of(BAD[id]) if fault.id == id)
    assert fault.line > 1
    assert fault.remedy == REMEDIES[id]


def test_every_fault_of_admission_is_tried_here():
    assert BAD.keys() | {"signatures.set.shrunk"} == REMEDIES.keys()


def test_a_sample_is_pointed_at():
    (fault,) = faults_of(BAD["signatures.sample.missed"])
    line = BAD["signatures.sample.missed"].splitlines()[fault.line - 1]
    assert line[fault.column - 1 :].startswith(
        b'"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; Other'
    )


def test_all_faults_come_at_once():
    source = without(with_token("Electron").replace(b"MyGPTBotReader/1.0", b"GPTBot/1.0", 1), "CCBot")
    assert {fault.id for fault in faults_of(source)} == {
        "signatures.sample.false",
        "signatures.corpus.recognised",
        "signatures.corpus.refused",
        "signatures.pinned.missed",
    }


def test_a_crawler_that_turns_into_another_is_missed_by_its_name():
    (fault, *_) = faults_of(changed("  - name: CCBot\n", "  - name: CommonCrawlBot\n"))
    assert fault.id == "signatures.pinned.missed"


def test_a_robots_token_that_others_go_by_is_pointed_at():
    """They are let in, and read in robots.txt that they shall not come."""
    (fault,) = faults_of(BAD["signatures.corpus.disallowed"])
    assert "the token 'HTTPie' says no in robots.txt to 1 of" in fault.message
    line = BAD["signatures.corpus.disallowed"].splitlines()[fault.line - 1]
    assert line[fault.column - 1 :] == b"HTTPie]"


def test_a_mixed_use_crawler_cannot_become_one_that_an_opt_out_refuses():
    source = changed(
        "    purposes: [search, ai-answers, ai-training]\n    mixed_use: true", "    purposes: [ai-training]"
    )
    assert "signatures.corpus.refused" in {fault.id for fault in faults_of(source)}


def holding(count: int) -> SignatureSet:
    """A set in force: the packaged one, and as many more entries as make ``count``."""
    real = read_signatures(SOURCE)
    more = (replace(real.crawlers[0], name=f"Other{number}") for number in range(count - len(real.crawlers)))
    return replace(real, crawlers=(*real.crawlers, *more))


def test_a_fifth_of_the_entries_may_go_and_no_more():
    count = len(read_signatures(SOURCE).crawlers)
    assert admit(SOURCE, CORPORA, holding(count * 5 // 4))
    (fault,) = faults_of(SOURCE, holding(count * 5 // 4 + 1))
    assert fault.id == "signatures.set.shrunk"
    assert fault.remedy == REMEDIES[fault.id]
    assert SOURCE.splitlines()[fault.line - 1] == b"crawlers:"


GOOD_CORPUS = """\
# Things.
#
# Expected: not refused
# Origin: us
# Licence: CC0-1.0
# Lines: 2

# Some
A/1
B/2
"""


def test_a_corpus_says_what_it_is():
    corpus = read_corpus("two_things", GOOD_CORPUS)
    assert (corpus.kind, corpus.expected, corpus.origin, corpus.licence) == (
        "two things",
        Expected.LET_IN,
        "us",
        "CC0-1.0",
    )
    assert [(one.line, one.user_agent) for one in corpus.specimens] == [(9, "A/1"), (10, "B/2")]


@pytest.mark.parametrize(
    "text",
    ["", GOOD_CORPUS[:-4], GOOD_CORPUS + "C/3\n", GOOD_CORPUS.replace("not ", ""), GOOD_CORPUS.replace("Origin", "By")],
    ids=["empty", "half", "more", "expectation", "head"],
)
def test_a_corpus_that_is_not_whole_is_not_used(text):
    with pytest.raises(CorpusError):
        read_corpus("things", text)


def test_a_thousand_browsers_come_with_gatepost_and_every_corpus_with_its_licence():
    lines = {corpus.name: len(corpus.specimens) for corpus in CORPORA}
    assert lines["browsers"] >= 1_000
    assert all(isinstance(corpus, Corpus) and corpus.origin and corpus.licence for corpus in CORPORA)
