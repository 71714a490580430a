"""What another list would change in ours: new, known, differing, refused; and the proposal that a person completes."""

import json
from datetime import date

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatepost.core.crawlers import Purpose
from gatepost.core.other_lists import MAX_OCTETS, ListName, read_list
from gatepost.core.proposal_writing import MOST_NEW, is_proposal, write_proposal
from gatepost.core.proposals import Verdict, propose
from gatepost.core.signatures import read_signatures
from gatepost.errors import GatepostError, SignatureFileError

TODAY = date(2026, 11, 28)

OURS = """
format: 1
version: "1.2.3"
crawlers:
  - name: HeldBot
    operator: Held Ltd
    robots_tokens: [HeldBot]
    user_agent_tokens: [HeldBot]
    purposes: [ai-training]
    honours_robots: {value: "yes", source: "https://held.example/", checked: 2026-11-22}
    documentation: https://held.example/crawler/
    first_seen: "2023"
    review_by: 2099-01-01
    samples: {match: ["HeldBot/1.0"], no_match: ["MyHeldBot/1.0"]}
  - name: Held-Extended
    operator: Held Ltd
    robots_tokens: [Held-Extended]
    user_agent_tokens: []
    purposes: [ai-training]
    honours_robots: {value: "yes", source: "https://held.example/", checked: 2026-11-22}
    documentation: https://held.example/crawler
    first_seen: "2023"
    review_by: 2099-01-01
    samples: {match: [], no_match: ["Held-Extended/1.0"]}
  - name: HeldPreview
    operator: Held Ltd
    robots_tokens: []
    user_agent_tokens: [HeldPreview]
    purposes: []
    service: link-preview
    honours_robots: {value: "no", source: "https://held.example/", checked: 2026-11-22}
    documentation: https://held.example/preview
    first_seen: "2023"
    review_by: 2099-01-01
    samples: {match: ["HeldPreview/1.0"], no_match: ["MyHeldPreview/1.0"]}
"""


def robots_json(**entries):
    """In the shape of ai.robots.txt's robots.json."""
    usual = {
        "operator": "Made Up",
        "respect": "Yes",
        "function": "AI Search Crawlers",
        "frequency": "",
        "description": "",
    }
    return json.dumps({name: usual | entry for name, entry in entries.items()}).encode()


def patterns(*entries):
    """In the shape of crawler-user-agents.json."""
    return json.dumps([{"instances": [], "description": "", "tags": []} | entry for entry in entries]).encode()


def index(*entries):
    """In the shape of ai-crawler-index's data.json."""
    usual = {
        "slug": "made-up", "name": "MadeUpBot", "operator": "Made Up", "category": "ai-training", "ua": "MadeUpBot",
        "robots_token": "MadeUpBot", "verification_method": "none", "respects_robots_txt": "documented",
        "docs": "https://made.example/crawler", "ip_ranges": None, "url": "https://index.example/made-up.html",
    }  # fmt: skip
    return json.dumps({"version": "9.9.9", "categories": {}, "crawlers": [usual | entry for entry in entries]}).encode()


@pytest.fixture
def ours():
    return read_signatures(OURS.encode())


@pytest.fixture
def judge(ours):
    """The entries of a list, judged."""
    return lambda octets, version="": propose(read_list(octets, TODAY, version), ours)


@pytest.fixture
def written(ours):
    """The proposal that a list comes to."""

    def write(octets, version=""):
        other = read_list(octets, TODAY, version)
        return write_proposal(other, propose(other, ours), ours)

    return write


def refused(judge, octets):
    (one,) = judge(octets)
    assert one.verdict is Verdict.REFUSED
    return one.refusal.id


def test_a_list_is_known_by_its_shape():
    shapes = {robots_json(A={}): ListName.AI_ROBOTS_TXT, patterns({"pattern": "A"}): ListName.CRAWLER_USER_AGENTS}
    shapes[index({})] = ListName.AI_CRAWLER_INDEX
    assert {octets: read_list(octets, TODAY).name for octets in shapes} == shapes


def test_a_list_says_its_edition():
    assert read_list(index({}), TODAY, "1.0").edition == "9.9.9"
    assert read_list(patterns(), TODAY, "1.67.0").edition == "1.67.0"
    assert read_list(robots_json(A={}), TODAY).edition == "read 2026-11-28"


BAD = [
    b"",
    b"{",
    b"[1]",
    b'{"a": 1}',
    b'{"crawlers": 1}',
    b'[{"pattern": 1}]',
    b"\xff",
    b"[" * 100_000,
    b" " * MAX_OCTETS + b"[]",
]


@pytest.mark.parametrize("octets", BAD, ids=range(len(BAD)))
def test_what_is_no_list_is_told(octets):
    with pytest.raises(GatepostError) as caught:
        read_list(octets, TODAY)
    assert caught.value.id == "signatures.import.shape"


def test_a_crawler_that_we_have_is_known(judge):
    (one,) = judge(
        index({"name": "heldbot", "ua": "HeldBot", "robots_token": "HeldBot", "docs": "http://held.example/crawler"})
    )
    assert (one.verdict, one.crawler.name) == (Verdict.KNOWN, "HeldBot")


def test_a_crawler_that_we_recognise_by_its_token_is_known(judge):
    (one,) = judge(robots_json(**{"HeldBot/2.0": {"function": "LLM training."}}))
    assert (one.verdict, one.crawler.name) == (Verdict.DIFFERING, "HeldBot")
    assert one.differences == ("robots_tokens: the list has 'HeldBot/2.0' as well",)


def test_what_a_list_says_otherwise_of_a_crawler_of_ours_is_told(judge):
    (one,) = judge(
        index({
            "name": "HeldBot", "ua": "HeldBotToo", "robots_token": "HeldBotToo", "category": "dataset",
            "respects_robots_txt": "by-design-no", "docs": "https://elsewhere.example/",
        })
    )  # fmt: skip
    assert one.verdict is Verdict.DIFFERING
    assert [difference.partition(":")[0] for difference in one.differences] == [
        "user_agent_tokens", "robots_tokens", "honours_robots", "documentation",
    ]  # fmt: skip


def test_other_purposes_are_told_with_their_doubt(judge):
    (one,) = judge(patterns({"pattern": "HeldBot", "tags": ["academic"]}))
    assert one.differences == (
        "purposes: the list says archives (uncertain: the tag says who crawls, and not for what), we say ai-training",
    )


REFUSED = {
    "a generic word": (robots_json(Spider={}), "signatures.token.generic"),
    "another generic word": (robots_json(Operator={}), "signatures.token.generic"),
    "a pattern of a generic word": (patterns({"pattern": "Code\\/"}), "signatures.token.generic"),
    "a short token": (robots_json(LCC={}), "signatures.token.length"),
    "a version": (robots_json(**{"Made Up 1.0": {}}), "signatures.token.version"),
    "a generic token for a crawler that we have": (
        index({"name": "HeldBot", "ua": "Mozilla", "robots_token": "HeldBot"}),
        "signatures.token.generic",
    ),
    "a robots-only token on the wire": (patterns({"pattern": "Held-Extended\\/"}), "signatures.import.robots_only"),
    "a preview filed under AI": (robots_json(HeldPreview={}), "signatures.import.service"),
    "a preview tagged as AI": (
        patterns({"pattern": "MadeUp", "tags": ["social-preview", "ai-crawler"]}),
        "signatures.import.service",
    ),
    "a pattern with an anchor": (patterns({"pattern": "^MadeUp"}), "signatures.import.pattern"),
    "a pattern with a wildcard": (patterns({"pattern": "Made.*Up"}), "signatures.import.pattern"),
    "a library": (patterns({"pattern": "madeuplib", "tags": ["http-library"]}), "signatures.import.program"),
    "a token inside a word": (
        patterns({"pattern": "MadeUp", "instances": ["MadeUpReader/1.0"]}),
        "signatures.sample.missed",
    ),
    "a token inside a URL": (
        patterns({"pattern": "made\\.example", "instances": ["X (+https://made.example/)"]}),
        "signatures.sample.missed",
    ),
}


@pytest.mark.parametrize(("octets", "id"), REFUSED.values(), ids=REFUSED)
def test_what_may_not_be_taken_over_is_refused(judge, octets, id):
    assert refused(judge, octets) == id


def test_a_token_is_proposed_once(judge):
    first, second = judge(robots_json(MadeUp={}, MADEUP={}))
    assert (first.verdict, second.refusal.id) == (Verdict.NEW, "signatures.name.duplicate")


NEW = index({"category": "dataset", "verification_method": "published-ranges"})


def test_a_value_says_its_list_its_edition_its_key_and_its_field(written):
    lines = written(NEW).splitlines()
    assert "  - name: MadeUpBot  # ai-crawler-index 9.9.9: 'made-up', name" in lines
    assert "    operator: Made Up  # ai-crawler-index 9.9.9: 'made-up', operator" in lines
    assert "    # purposes: uncertain; data sets are made for research and for sale too" in lines
    assert "    purposes: [ai-training]  # ai-crawler-index 9.9.9: 'made-up', category" in lines


def test_what_is_missing_is_named_in_its_place(written):
    lines = written(NEW).splitlines()
    assert "    # first_seen: missing; the list does not say it" in lines
    assert "    # samples: missing; the list has no whole user agent" in lines


def test_a_token_of_robots_txt_alone_has_no_user_agent(judge):
    (one,) = judge(index({"ua": "(control token only — no crawler)"}))
    assert [part.field.lines for part in one.parts if part.key == "user_agent_tokens"] == [("user_agent_tokens: []",)]


def test_a_mixed_use_is_for_a_person_to_say(judge):
    (one,) = judge(patterns({"pattern": "MadeUpBot", "tags": ["search-engine", "ai-crawler"]}))
    assert one.listed.purposes.value == {Purpose.SEARCH, Purpose.AI_TRAINING}
    assert [part.key for part in one.parts if part.field is None and part.key == "mixed_use"] == ["mixed_use"]


def test_free_text_gives_no_purpose(judge):
    (one,) = judge(robots_json(MadeUp={"function": "Scrapes data to train models."}))
    assert one.listed.purposes is None
    assert one.listed.remarks == ("the list's function is 'Scrapes data to train models.': choose the purposes",)


def test_a_value_that_lint_would_not_take_is_missing_with_the_reason(written):
    text = written(index({"docs": "see our site", "operator": "x" * 200}))
    assert "# documentation: missing; what the list says cannot be taken: " in text
    assert "# operator: missing; what the list says cannot be taken: MadeUpBot: operator may have at most 120" in text


def test_a_proposal_is_no_signature_file_until_a_person_completed_it(written):
    text = written(NEW)
    assert is_proposal(text.encode())
    with pytest.raises(SignatureFileError) as caught:
        read_signatures(text.encode())
    ids = [fault.id for fault in caught.value.faults]
    assert ids[0] == "signatures.file.proposal"
    assert set(ids[1:]) == {"signatures.field.missing"}


def test_a_proposal_that_a_person_completed_is_a_signature_file(written):
    text = written(
        patterns({"pattern": "MadeUpBot\\/", "instances": ["MadeUpBot/1.0 (+https://made.example/)"], "tags": ["seo"]})
    )
    completed = (
        text.replace("proposal:", "# proposal:")
        .replace("# operator: missing", "operator: Made Up  #")
        .replace("# robots_tokens: missing", "robots_tokens: []  #")
        .replace("# documentation: missing", "documentation: https://made.example/  #")
        .replace("# first_seen: missing", 'first_seen: "2024"  #')
        .replace("no_match: []", 'no_match: ["MyMadeUpBot/1.0"]')
        .replace(
            "# honours_robots: missing",
            'honours_robots: {value: "no", source: "https://a.example", checked: 2026-11-28}  #',
        )
    )
    (crawler,) = read_signatures(completed.encode()).crawlers
    assert (crawler.name, crawler.samples_match) == ("MadeUpBot", ("MadeUpBot/1.0 (+https://made.example/)",))


def test_what_differs_and_what_is_refused_stands_below(written):
    text = written(robots_json(Spider={}, HeldBot={}))
    assert text.index("#   HeldBot ('HeldBot'): purposes: ") < text.index("#   'Spider': ")
    assert yaml.safe_load(text)["crawlers"] == []


def test_a_proposal_is_no_longer_than_a_person_completes_and_begins_with_ai(written):
    many = [{"pattern": f"Made{n}Up", "tags": ["seo"]} for n in range(MOST_NEW)]
    text = written(patterns(*many, {"pattern": "MadeUpAI", "tags": ["ai-crawler"]}))
    names = [entry["name"] for entry in yaml.safe_load(text)["crawlers"]]
    assert (len(names), names[0]) == (MOST_NEW, "MadeUpAI")
    assert "# 1 more are left out." in text


@settings(max_examples=150, deadline=None)
@example({"crawlers": ("crawlers", "", "crawlers")})
@given(
    st.dictionaries(st.text(max_size=20), st.tuples(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40)))
)
def test_whatever_a_list_says_the_proposal_is_yaml_and_holds_nothing_else(entries):
    """No text of a stranger leaves its comment or its quotes."""
    ours = read_signatures(OURS.encode())
    listed = {name: {"operator": a, "respect": f"[{b}]({c})", "function": c} for name, (a, b, c) in entries.items()}
    other = read_list(json.dumps(listed).encode(), TODAY)
    proposed = propose(other, ours)
    read = yaml.safe_load(write_proposal(other, proposed, ours))
    assert list(read) == ["proposal", "format", "version", "crawlers"]
    new = [one for one in proposed if one.verdict is Verdict.NEW]
    assert [entry["user_agent_tokens"] for entry in read["crawlers"]] == [[one.listed.key] for one in new]
