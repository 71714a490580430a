"""What changed from release to release: text, Atom and JSON Feed, judged by a reader that we did not write."""

import json
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gatepost.core.crawlers import Purpose
from gatepost.core.signature_changelog import (
    MOST_RELEASES,
    MOST_TOLD,
    changelog_atom,
    changelog_json_feed,
    changelog_text,
    releases_of,
)
from gatepost.core.signatures import read_signatures

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says of itself what will change
    feedparser = pytest.importorskip("feedparser", reason="missing: feedparser")

ADDRESS = "https://blog.example/_gatepost/signatures/changelog.atom"
FIRST = datetime(2026, 11, 1, 12, tzinfo=UTC)
BASE = read_signatures((Path(__file__).parent / "signature_files" / "good" / "every-key.yaml").read_bytes())


def changed(signatures, version, *crawlers):
    """The set with other entries, as if it had been read from another file."""
    return replace(signatures, version=version, sha256=version.encode().hex().ljust(64, "0"), crawlers=crawlers)


@pytest.fixture
def releases():
    """Three: the first, one that took an entry out and brought another, and one that changed a purpose."""
    example, other, *rest = BASE.crawlers
    newcomer = replace(other, name="<New> & Co", user_agent_tokens=("NewCrawler",), robots_tokens=("NewCrawler",))
    second = changed(BASE, "1.1.0", example, newcomer, *rest)
    third = changed(BASE, "2.0.0", replace(example, purposes=frozenset({Purpose.SEARCH})), newcomer, *rest)
    return releases_of((FIRST + timedelta(days=day), one) for day, one in enumerate([BASE, second, third]))


def test_the_newest_comes_first(releases):
    assert [release.version for release in releases] == ["2.0.0", "1.1.0", "1.0.0"]


def test_a_release_says_what_it_changed(releases):
    assert releases[0].sentences == ("breaking: ExampleBot: purposes no longer ai-answers",)
    assert releases[1].sentences == (
        "came: <New> & Co (Other Ltd; search)",
        "went: OtherCrawler (Other Ltd; search)",
    )
    assert releases[2].sentences == ("the first release that is known: 4 entries",)


def test_text_for_people(releases):
    sections = changelog_text(releases).split("\n\n")
    assert sections[1].splitlines()[0] == f"1.1.0  2026-11-02T12:00:00Z  sha256 {releases[1].sha256}"
    assert sections[1].splitlines()[1] == "  came: <New> & Co (Other Ltd; search)"


def test_a_feed_reader_reads_the_atom_feed(releases):
    feed = feedparser.parse(changelog_atom(releases, ADDRESS))
    assert (feed.bozo, feed.version, feed.feed.id) == (False, "atom10", ADDRESS)
    assert [entry.title for entry in feed.entries] == [
        "Crawler signatures 2.0.0: 1 changed, 1 breaking",
        "Crawler signatures 1.1.0: 1 came, 1 went",
        "Crawler signatures 1.0.0: the first release that is known",
    ]
    assert feed.entries[0].updated_parsed[:4] == (2026, 11, 3, 12)
    assert "<li>came: &lt;New&gt; &amp; Co (Other Ltd; search)</li>" in feed.entries[1].content[0].value


@pytest.mark.parametrize("address", ["", ADDRESS])
def test_the_atom_feed_has_what_rfc_4287_asks_for(releases, address):
    """§4.1.1, §4.1.2: an id, a title and a time in the feed and in each entry, no id twice, an author."""
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(changelog_atom(releases, address))
    entries = feed.findall(f"{atom}entry")
    assert len(entries) == 3
    for part in (feed, *entries):
        assert [len(part.findall(f"{atom}{tag}")) for tag in ("id", "title", "updated")] == [1, 1, 1]
    assert len({part.findtext(f"{atom}id") for part in entries}) == 3
    assert feed.findtext(f"{atom}author/{atom}name")
    assert [link.get("href") for link in feed.findall(f"{atom}link")] == [address] * bool(address)


def test_the_json_feed_has_what_version_1_1_asks_for(releases):
    feed = json.loads(changelog_json_feed(releases, ADDRESS))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["title"], feed["feed_url"]) == ("Crawler signatures", ADDRESS)
    assert [set(item) for item in feed["items"]] == [{"id", "title", "content_text", "date_published"}] * 3
    assert feed["items"][1]["content_text"].startswith("came: <New> & Co")
    assert "feed_url" not in json.loads(changelog_json_feed(releases))


def test_a_roll_back_is_a_release_of_its_own():
    second = changed(BASE, "1.1.0", *BASE.crawlers[1:])
    days = [FIRST + timedelta(days=day) for day in range(3)]
    back, _, first = releases_of(zip(days, [BASE, second, BASE], strict=True))
    assert back.sha256 == first.sha256
    assert back.id != first.id
    assert back.sentences[0].startswith("came: ExampleBot")


def test_a_changelog_is_bounded():
    many = tuple(replace(BASE.crawlers[0], name=f"Crawler{n}") for n in range(MOST_TOLD + 5))
    (newest, *_) = releases_of([(FIRST, BASE), (FIRST, changed(BASE, "1.1.0", *BASE.crawlers, *many))])
    assert len(newest.sentences) == MOST_TOLD + 1
    assert newest.sentences[-1] == "and 5 more"
    versions = ((FIRST, changed(BASE, f"1.{n}.0", *BASE.crawlers)) for n in range(MOST_RELEASES + 5))
    told = releases_of(versions)
    assert (len(told), told[0].version) == (MOST_RELEASES, f"1.{MOST_RELEASES + 4}.0")


def test_an_update_of_what_nobody_decides_by_is_told_as_such():
    newest, _ = releases_of([(FIRST, BASE), (FIRST, changed(BASE, "1.0.1", *BASE.crawlers))])
    assert (newest.summary, newest.sentences) == ("no entry changed", ("no entry changed",))
