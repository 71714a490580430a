"""What changed in the signature file from release to release, newest first: as text, as Atom, as JSON Feed.

Rules: one set of sentences for all three; what owners said means something else by is marked as breaking and comes
first; the same releases give the same octets, at any address. A release is named by the hash of its file (RFC 6920)
and its time, as a roll-back publishes a file for the second time.
"""

import json
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

from gatepost.core.crawlers import Crawler, SignatureSet
from gatepost.core.signature_diff import CrawlerChange, Difference, FieldChange, compare

__all__ = [
    "MOST_RELEASES",
    "MOST_TOLD",
    "ToldRelease",
    "changelog_atom",
    "changelog_json_feed",
    "changelog_text",
    "release_of",
    "releases_of",
]

MOST_RELEASES = 100
"""Told of any sequence; a feed is read often, and goes back far enough with these."""
MOST_TOLD = 200
"""Sentences of one release."""

_TITLE = "Crawler signatures"
_FIRST = "the first release that is known"
_NOTHING = "no entry changed"
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class ToldRelease:
    """A signature set that came into force, and what it changed, in sentences."""

    version: str
    sha256: str
    at: datetime
    summary: str
    sentences: tuple[str, ...]

    @property
    def id(self) -> str:
        """What names it for ever."""
        digest = urlsafe_b64encode(bytes.fromhex(self.sha256)).decode().rstrip("=")
        return f"ni:///sha-256;{digest}?at={_moment(self.at)}"

    @property
    def title(self) -> str:
        """What a reader lists."""
        return f"{_TITLE} {self.version}: {self.summary}"


def releases_of(sets: Iterable[tuple[datetime, SignatureSet]]) -> tuple[ToldRelease, ...]:
    """Releases, newest first, of sets in the order in which they came into force; at most :data:`MOST_RELEASES`.

    Of more than these the oldest that is told is compared with the one before it; who leaves out older sets gives one
    more. No more than two sets are held at a time.
    """
    told: deque[ToldRelease] = deque(maxlen=MOST_RELEASES)
    old: SignatureSet | None = None
    for at, new in sets:
        told.appendleft(release_of(at, new, compare(old, new) if old else None))
        old = new
    return tuple(told)


def release_of(at: datetime, signatures: SignatureSet, difference: Difference | None) -> ToldRelease:
    """One release; ``difference`` is what it changed, ``None`` of the first one that is known."""
    if difference is None:
        return ToldRelease(signatures.version, signatures.sha256, at, _FIRST, (f"{_FIRST}: {_entries(signatures)}",))
    sentences = list(_said(difference))
    if len(sentences) > MOST_TOLD:
        sentences[MOST_TOLD:] = [f"and {len(sentences) - MOST_TOLD} more"]
    return ToldRelease(signatures.version, signatures.sha256, at, _counts(difference), tuple(sentences))


def _entries(signatures: SignatureSet) -> str:
    return f"{len(signatures.crawlers)} entries"


def changelog_text(releases: Sequence[ToldRelease]) -> str:
    """For people."""
    return "\n".join(_section(release) for release in releases)


def _section(release: ToldRelease) -> str:
    lines = [f"{release.version}  {_moment(release.at)}  sha256 {release.sha256}"]
    lines += [f"  {sentence}" for sentence in release.sentences]
    return "".join(f"{line}\n" for line in lines)


def changelog_atom(releases: Sequence[ToldRelease], address: str = "") -> bytes:
    """An Atom feed (RFC 4287). ``address`` is where it will be found, if it is known; there is one release at least."""
    feed = ElementTree.Element("feed", xmlns=_ATOM)
    _add(feed, "id", address or releases[-1].id)
    _add(feed, "title", _TITLE)
    _add(feed, "updated", _moment(releases[0].at))
    _add(_add(feed, "author"), "name", "Gatepost")
    if address:
        _add(feed, "link", rel="self", type="application/atom+xml", href=address)
    for release in releases:
        entry = _add(feed, "entry")
        _add(entry, "id", release.id)
        _add(entry, "title", release.title)
        _add(entry, "updated", _moment(release.at))
        _add(entry, "content", _html(release), type="html")
    ElementTree.indent(feed)
    text = ElementTree.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _html(release: ToldRelease) -> str:
    listed = ElementTree.Element("ul")
    for sentence in release.sentences:
        _add(listed, "li", sentence)
    return ElementTree.tostring(listed, encoding="unicode")


def changelog_json_feed(releases: Sequence[ToldRelease], address: str = "") -> bytes:
    """A JSON Feed 1.1."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _TITLE,
        **({"feed_url": address} if address else {}),
        "items": [
            {
                "id": release.id,
                "title": release.title,
                "content_text": "\n".join(release.sentences),
                "date_published": _moment(release.at),
            }
            for release in releases
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=2).encode() + b"\n"


def _moment(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _counts(difference: Difference) -> str:
    counted = (
        (len(difference.come), "came"),
        (len(difference.gone), "went"),
        (len(difference.changed), "changed"),
        (len(difference.breaking), "breaking"),
    )
    return ", ".join(f"{count} {word}" for count, word in counted if count) or _NOTHING


def _said(difference: Difference) -> Iterator[str]:
    yield from (f"breaking: {_changed(change)}" for change in difference.breaking)
    yield from (f"came: {_who(crawler)}" for crawler in difference.come)
    yield from (f"went: {_who(crawler)}" for crawler in difference.gone)
    yield from (f"changed: {_changed(change)}" for change in difference.changed if not change.breaking)
    if not (difference.come or difference.gone or difference.changed):
        yield _NOTHING


def _who(crawler: Crawler) -> str:
    what = ", ".join(sorted(crawler.purposes)) or str(crawler.service)
    return f"{crawler.name} ({crawler.operator}; {what})"


def _changed(change: CrawlerChange) -> str:
    return f"{change.name}: {'; '.join(_otherwise(field) for field in change.fields)}"


def _otherwise(field: FieldChange) -> str:
    words = (("no longer", field.before), ("now", field.after))
    return f"{field.field} " + ", ".join(f"{word} {', '.join(values)}" for word, values in words if values)
