"""What a client looks like by its user agent alone: a crawler, a person's browser, an app, nothing at all.

Rules: for reports and never for a decision, which rests on signatures alone; only the first :data:`OCTETS_READ` octets
are read, in time that is linear in them; every verdict names its reasons. A word counts where a client speaks of
itself, not where a browser names the device that it runs on: there is a telephone called Spider 8.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from ahocorasick_rs import BytesAhoCorasick, Implementation

__all__ = ["OCTETS_READ", "Kind", "Likeness", "Sign", "likeness_of"]

OCTETS_READ = 512
_MOST_PARTS = 32
_MOST_WORDS_READ = 32
_MOST_SHOWN = 60
_MOST_WORDS = 4


class Kind(StrEnum):
    """What a client looks like."""

    CRAWLER = "crawler"
    """It shows at least one sign of a program that fetches by itself."""
    BROWSER = "browser"
    """It names a browser's engine, and shows no such sign: a person, or a crawler that is disguised as one."""
    APP = "app"
    """It names a device and no engine: most often an app in somebody's hand."""
    SILENT = "silent"
    """It says nothing, or nothing but what every browser says."""


class Sign(StrEnum):
    """Why a client looks like a crawler."""

    NAME = "name"
    """It calls itself a robot by a common word."""
    COMPATIBLE = "compatible"
    """It says that it is compatible with a browser, behind that browser's own words."""
    CONTACT = "contact"
    """It says where its operator is found, by a URL or an e-mail address."""
    LIBRARY = "library"
    """It is, or is made with, a library or a tool that fetches."""
    HEADLESS = "headless"
    """A browser without a window."""
    NO_ENGINE = "no-engine"
    """It names neither a browser's engine nor a device."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """The verdict on a user agent."""

    kind: Kind
    signs: tuple[Sign, ...] = ()
    """Of a crawler: at least one, in the order of :class:`Sign`; else none."""
    product: str = ""
    """Of a crawler: the name that it gives itself, without its version; at most 60 characters, printable ASCII."""


_BROWSER = Likeness(Kind.BROWSER)
_APP = Likeness(Kind.APP)
_SILENT = Likeness(Kind.SILENT)

_ANYWHERE = (b"crawl", b"spider", b"scrape", b"scraping", b"slurp", b"fetch", b"harvest", b"archiver", b"indexer")
"""They call a program a robot wherever they stand in its name."""
_AT_THE_END = (b"bot", b"bots", b"checker", b"monitor", b"monitoring", b"validator", b"scanner", b"preview")
"""They do at the end of it: Abbott and Botticelli are people."""
_HEADLESS = (b"headless", b"phantomjs", b"puppeteer", b"playwright", b"selenium", b"webdriver", b"lighthouse")
_LIBRARIES = frozenset(
    b"aiohttp akka-http apache-httpasyncclient apache-httpclient aria2 axel axios colly commons-httpclient cpp-httplib "
    b"curl deno faraday fasthttp go-http-client go-resty guzzle guzzlehttp hackney heritrix http.rb httparty "
    b"httpclient httpie httplib2 httrack jakarta java jersey jsoup ktor-client lftp libcurl libfetch libwww-perl lwp- "
    b"trivial mechanize mojolicious node-fetch node-superagent nutch okhttp pecl-http perl php postmanruntime "
    b"powershell pycurl python python-httpx python-requests python-urllib python-urllib3 reqwest rest-client restsharp "
    b"ruby scrapy typhoeus undici unirest ureq urllib wget wget2 windowspowershell winhttp www-mechanize".split()
)
_HINTS = BytesAhoCorasick(
    [*_ANYWHERE, *_AT_THE_END, *_HEADLESS, b"http", b"www.", b"@", b"+", b"compatible"],
    implementation=Implementation.DFA,
)
"""What the user agent of a browser seldom holds: where none of it stands there is nothing to look at closely."""

_ENGINE = re.compile(
    rb"applewebkit/|gecko/|trident/|msie |presto/|khtml|goanna/|opera|netfront|libweb|browser|lynx/|w3m/|"
    rb"elinks/|links \(|dillo/|netsurf|edbrowse/|amaya/|aweb|ibrowse/|hotjava|arcweb"
)
"""Engines, and browsers that have their own."""
_DEVICE = re.compile(
    rb"android|iphone|ipad|ipod|ios[/ ]|darwin/|windows|win9|win32|winnt|macintosh|mac os|mac_|macos|x11|linux|cros |"
    rb"symbian|series[4-9]0|blackberry|midp|j2me|maui|tizen|kaios|playstation|nintendo|xbox|roku|smart-?tv|web0s|webos|"
    rb"appletv|tvos|watchos|cfnetwork|dalvik|hbbtv|ce-html|fban/"
)
_PARENTHESES = re.compile(rb"([()])")
_WORD = re.compile(rb"[^\s;,()<>\"'\[\]{}|]+")
_ROBOT = re.compile(rb"%b|(?:%b)(?![a-z])" % (b"|".join(_ANYWHERE), b"|".join(_AT_THE_END)))
_WINDOWLESS = re.compile(b"|".join(_HEADLESS))
_COMMON_NOUNS = frozenset({*_ANYWHERE, *_AT_THE_END, b"crawler", b"scraper", b"fetcher", b"robot"})
_HOST = re.compile(rb"(?:[a-z0-9-]+\.)+[a-z]{2,}(?![a-z0-9.])")
_VERSION = re.compile(rb"(?:[\s_-]+v?\d\S*|[\s-]+)\Z")
_COMMON = frozenset(
    b"mozilla compatible applewebkit khtml like gecko chrome chromium safari version mobile firefox edg edge opr opera "
    b"trident msie presto u wv".split()
)
"""What every browser says, so that it names nobody."""


def likeness_of(user_agent: bytes) -> Likeness:
    """What the client looks like."""
    read = user_agent[:OCTETS_READ]
    lowered = read.lower()
    if (
        not _HINTS.find_matches_as_indexes(lowered)
        and lowered.startswith(b"mozilla/")
        and (b"applewebkit/" in lowered or _ENGINE.search(lowered))
    ):
        return _BROWSER
    return _look_closely(read, lowered)


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a user agent: what stands between two comments, or one item of a comment."""

    start: int
    text: bytes
    """In lower case."""
    item: int | None = None
    """Its place in the comment, from 0."""
    device: bool = False
    """The comment says what the client runs on."""
    presented: bool = False
    """It follows ``compatible``, where a browser's own words have come before."""


def _look_closely(read: bytes, lowered: bytes) -> Likeness:
    parts = tuple(islice(_parts(lowered), _MOST_PARTS))
    found: dict[Sign, tuple[int, int]] = {}
    for part in parts:
        for sign, start, end in _signs(part):
            found.setdefault(sign, (part.start + start, part.start + end))
    engine = _ENGINE.search(lowered)
    if engine:
        found.pop(Sign.LIBRARY, None)  # telephones of old named their Java
    if not found:
        if engine or _DEVICE.search(lowered):
            return _BROWSER if engine else _APP
        found[Sign.NO_ENGINE] = (0, 0)
    product = _product(read, parts, found)
    return Likeness(Kind.CRAWLER, tuple(sign for sign in Sign if sign in found), product) if product else _SILENT


def _parts(lowered: bytes) -> Iterator[_Part]:
    depth = start = comments = 0
    for piece in _PARENTHESES.split(lowered):
        if piece in {b"(", b")"}:
            depth = max(depth + (1 if piece == b"(" else -1), 0)
        elif depth:
            yield from _items(start, piece, first=not comments)
            comments += 1
        else:
            yield _Part(start, piece)
        start += len(piece)


def _items(start: int, comment: bytes, *, first: bool) -> Iterator[_Part]:
    begins = comment.lstrip().startswith(b"compatible")
    marked = _DEVICE.search(comment) is not None
    device = marked and (not begins or b"msie " in comment)
    before = b""
    for number, item in enumerate(comment.split(b";")):
        presented = before == b"compatible" and not marked and not (first and number == 1)
        yield _Part(start, item, number, device, presented)
        start, before = start + len(item) + 1, item.strip()


def _signs(part: _Part) -> Iterator[tuple[Sign, int, int]]:
    """Each sign in a part, with the place of the word that gives it."""
    for word in islice(_WORD.finditer(part.text), _MOST_WORDS_READ):
        text, (start, end) = word.group(), word.span()
        if _is_address(text):
            yield Sign.CONTACT, start, end
            continue
        name = text.partition(b"/")[0]
        if _ROBOT.search(name) and _is_of_itself(part, text):
            yield Sign.NAME, start, end
        if part.presented:
            yield Sign.COMPATIBLE, start, end
        if _WINDOWLESS.search(name):
            yield Sign.HEADLESS, start, end
        if part.item is None and name in _LIBRARIES:
            yield Sign.LIBRARY, start, end


def _is_of_itself(part: _Part, word: bytes) -> bool:
    """Whether the client means itself: in a comment by a product with its version, or at its beginning."""
    return part.item is None or b"/" in word or (part.item < 2 and not part.device)


def _is_address(word: bytes) -> bool:
    if b"://" in word or word.startswith(b"www."):
        return True
    _, at, domain = word.partition(b"@")
    return bool(at or word.startswith(b"+")) and _HOST.match(domain if at else word[1:]) is not None


def _product(read: bytes, parts: Sequence[_Part], found: Mapping[Sign, tuple[int, int]]) -> str:
    """What it calls itself, without a version; else what tells it best from others."""
    for sign in (Sign.NAME, Sign.HEADLESS, Sign.LIBRARY):
        if sign in found:
            return _shown(_name_at(read, *found[sign]))
    for part in parts:
        phrase = _phrase(read[part.start : part.start + len(part.text)])
        if phrase and not part.device:
            return _shown(phrase)
    return _shown(_site(read[slice(*found[Sign.CONTACT])])) if Sign.CONTACT in found else ""


def _name_at(read: bytes, start: int, end: int) -> bytes:
    """A word and, where it is a common noun alone, the word before it: ``Accessibility Checker``."""
    name = read[start:end].partition(b"/")[0]
    if name.lower() in _COMMON_NOUNS:
        before = [word.partition(b"/")[0] for word in _WORD.findall(read[:start].rpartition(b";")[2])[-1:]]
        return b" ".join([*(word for word in before if word.lower() not in _COMMON), name])
    return name


def _phrase(text: bytes) -> bytes:
    """The first words that name somebody, up to a version or an address."""
    words: list[bytes] = []
    for word in _WORD.findall(text):
        name, slash, _ = word.partition(b"/")
        if _is_address(word.lower()):
            break
        if name.lower() not in _COMMON and (words or not name[:1].isdigit()):
            words.append(name)
        if len(words) == _MOST_WORDS or (slash and words):
            break
    return b" ".join(words)


def _site(address: bytes) -> bytes:
    """The host of a URL or an e-mail address."""
    return re.split(rb"[/?#:]", address.rpartition(b"://")[2].rpartition(b"@")[2].lstrip(b"+"))[0]


def _shown(name: bytes) -> str:
    name = name.strip(b" \t-_+.:'\"")
    name = _VERSION.sub(b"", name) or name
    return "".join(chr(octet) if 32 <= octet < 127 else "?" for octet in name[:_MOST_SHOWN])
