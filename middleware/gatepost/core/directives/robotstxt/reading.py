"""robots.txt from text to a model (RFC 9309 §2.2); what is odd becomes a note, nothing becomes an error.

Rules: reading takes time linear in the text, on any input, and never raises. "Departure:" marks every place where this
reader parts from RFC 9309 or from Google's reader, which is the one most files are written for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from gatepost.core.directives.robotstxt.model import Group, Record, RobotsTxt, Rule, fold_token
from gatepost.core.directives.robotstxt.oddities import oddity
from gatepost.core.patterns import PathPattern
from gatepost.errors import Fault

__all__ = ["read_robots"]

_FILE_OCTETS = 500 * 1024
"""RFC 9309 §2.5: a reader must take at least 500 KiB. Google takes just that, and so do we."""
_LINE_OCTETS = 2083 * 8 - 1
"""Departure: RFC 9309 has no limit for a line; Google keeps this much of one."""
_MOST_NOTES = 1000
"""A file that has more is not worth more of anybody's time, and may have been written to take it."""
_BOM = b"\xef\xbb\xbf"
_BLANKS = " \t\v\f"
"""Departure: RFC 9309 §2.2 has blanks and tabs; like Google we trim all that ASCII calls white space."""

_TYPOS = {
    "useragent": "user-agent",
    "user agent": "user-agent",
    "dissallow": "disallow",
    "dissalow": "disallow",
    "disalow": "disallow",
    "diasllow": "disallow",
    "disallaw": "disallow",
    "site-map": "sitemap",
}
"""Departure: RFC 9309 §2.2 knows one spelling of a key; these are read as meant, as Google does."""

_MISREAD = ("allow", "disallow", "user-agent", *(typo for typo, key in _TYPOS.items() if key != "sitemap"))
"""Departure: Google takes any key that begins like one of these for it; we compare whole keys (RFC 9309 §2.2)."""

_SITE_WIDE = frozenset({"clean-param", "host"})
"""Other records (RFC 9309 §2.2.4) that speak of the site, wherever they stand."""

_IN_GROUPS = frozenset({
    "content-signal", "content-usage", "crawl-delay", "license", "noarchive", "nofollow", "noindex", "request-rate",
    "revisit-after", "visit-time",
})  # fmt: skip
"""Other records that are in use, and that belong to the group they stand in."""

_REPEATED = {"*": "robots.group.wildcard-repeated"}
_GENERIC = frozenset({"agent", "ai", "bot", "bots", "crawl", "crawler", "robot", "robots", "scraper", "spider"})
_BROWSERS = frozenset({"applewebkit", "chrome", "firefox", "gecko", "mozilla", "opera", "safari"})

_TOKEN = re.compile(r"\*(?![^ \t\v\f])|[A-Za-z0-9_.-]+")
_LEGAL_TOKEN = re.compile(r"\*|[A-Za-z_-]+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_GAP = re.compile(r"[ \t]+")
_FULL_URL = re.compile(r"https?://[^/]", re.IGNORECASE)


def read_robots(text: str | bytes) -> RobotsTxt:
    """Read a robots.txt, whatever it holds.

    Departure: octets that are not UTF-8 (RFC 9309 §2.3) are read as U+FFFD; Google keeps them as they are.
    """
    octets = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
    return _Reader().read(octets)


@dataclass(slots=True)
class _OpenGroup:
    line: int
    tokens: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    ruled: bool = False
    """A rule was met, be it one without a path: the next user-agent line starts another group."""
    interrupted: bool = False
    """Something else followed the last user-agent line."""


class _Reader:
    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._sitemaps: list[str] = []
        self._records: list[Record] = []
        self._notes: list[Fault] = []
        self._comments: list[str] = []
        self._named: set[str] = set()
        self._group: _OpenGroup | None = None
        self._number = 0
        self._line = ""
        self._key_end = 0
        self._after_blank = False
        self._any_record = False

    def read(self, octets: bytes) -> RobotsTxt:
        text, self._notes = _text(octets)
        controlled = _CONTROL.search(text) is not None
        for self._number, self._line in enumerate(text.split("\n"), start=1):
            if controlled:
                self._look_for_controls()
            self._read_line()
        self._end_group()
        if self._group and self._group.tokens and not self._group.ruled:
            self._notes.append(oddity("robots.group.empty", self._group.line, 1))
        return RobotsTxt(
            tuple(self._groups),
            tuple(self._sitemaps),
            tuple(self._records),
            tuple(sorted(self._notes)),
            tuple(self._comments),
        )

    def _note(self, id: str, what: str, start: int = 0) -> None:
        if len(self._notes) < _MOST_NOTES:
            self._notes.append(oddity(id, self._number, max(self._line.find(what, start), 0) + 1, what))
        elif len(self._notes) == _MOST_NOTES:
            self._notes.append(oddity("robots.file.more-notes", self._number, 1))

    def _note_value(self, id: str, what: str) -> None:
        self._note(id, what, self._key_end)

    def _look_for_controls(self) -> None:
        # Departure: Google ends a line at NUL; here as in RFC 9309 only CR and LF end one.
        if found := _CONTROL.search(self._line):
            self._note("robots.line.control-characters", found[0])

    # From lines to records

    def _read_line(self) -> None:
        if len(self._line) * 4 > _LINE_OCTETS:
            self._cut_line()
        content, mark, comment = self._line.partition("#")
        content = content.strip(_BLANKS)
        if content:
            self._read_record(content)
        elif not mark:
            self._after_blank = True
        elif not self._any_record:
            self._comments.append(_CONTROL.sub("", comment).lstrip("#").strip())

    def _cut_line(self) -> None:
        octets = self._line.encode("utf-8")
        if len(octets) > _LINE_OCTETS:
            self._note("robots.line.too-long", "")
            self._line = octets[:_LINE_OCTETS].decode("utf-8", "ignore")

    def _read_record(self, content: str) -> None:
        self._any_record = True
        key, colon, value = content.partition(":")
        if not colon:
            key, value = self._without_colon(content)
        key, value = key.rstrip(_BLANKS), value.lstrip(_BLANKS)
        if not key:
            self._note("robots.line.unreadable", content)
            return
        self._key_end = self._line.find(key) + len(key)
        folded = key.lower()
        if folded in _TYPOS:
            self._note("robots.key.typo", key)
            folded = _TYPOS[folded]
        _RECORDS.get(folded, _Reader._other)(self, key, value)
        self._after_blank = False

    def _without_colon(self, content: str) -> tuple[str, str]:
        # Departure: RFC 9309 §2.2 wants the colon; like Google we do without where there are just two words, and
        # unlike Google only where the first is a known key.
        words = _GAP.split(content, maxsplit=2)
        if len(words) != 2 or words[0].lower() not in _KNOWN:
            return "", ""
        self._note("robots.line.missing-colon", words[0])
        return words[0], words[1]

    # From records to groups

    def _user_agent(self, key: str, value: str) -> None:
        group = self._group
        if group is None or group.ruled:
            self._end_group()
            group = self._group = _OpenGroup(self._number)
        elif group.interrupted:
            # RFC 9309 §2.2.4: other records end no group.
            self._note("robots.group.fused", key)
        elif self._after_blank:
            self._note("robots.group.blank-line", key)
        group.interrupted = False
        if token := self._token(value):
            group.tokens.append(token)

    def _token(self, value: str) -> str:
        # RFC 9309 §2.2.1. Departure: a token may have digits and dots here (AI2Bot, img2dataset), at which RFC 9309
        # forbids it and Google cuts it. What follows the token is passed over, as Google does; so "* x" is "*".
        found = _TOKEN.match(value)
        if found is None:
            self._note_value("robots.token.missing", value)
            return ""
        token = found[0]
        if token != value:
            self._note_value("robots.token.version" if value[len(token)] == "/" else "robots.token.cut", value)
        if not _LEGAL_TOKEN.fullmatch(token):
            self._note_value("robots.token.illegal", token)
        elif fold_token(token) in _GENERIC:
            self._note_value("robots.token.generic", token)
        elif fold_token(token) in _BROWSERS:
            self._note_value("robots.token.browser", token)
        self._note_repeated(token)
        return token

    def _note_repeated(self, token: str) -> None:
        if fold_token(token) in self._named:
            self._note_value(_REPEATED.get(token, "robots.group.repeated"), token)

    def _end_group(self) -> None:
        group = self._group
        if group and group.tokens:
            self._named.update(map(fold_token, group.tokens))
            self._groups.append(Group(tuple(group.tokens), tuple(group.rules), tuple(group.records), group.line))

    def _allow(self, key: str, value: str) -> None:
        self._rule(True, key, value)

    def _disallow(self, key: str, value: str) -> None:
        self._rule(False, key, value)

    def _rule(self, allow: bool, key: str, value: str) -> None:
        group = self._group
        if group is None:
            self._note("robots.rule.outside", key)
            return
        if self._after_blank:
            self._note("robots.group.blank-line", key)
        group.ruled = True
        if not value:
            # RFC 9309 §2.2 has a rule without a path and gives it no meaning; by custom it matches nothing.
            self._note("robots.pattern.empty", key)
            return
        if value[0] not in "/*":
            self._note_value("robots.pattern.start", value)
        group.rules.append(Rule(allow, PathPattern(value), self._number))

    def _sitemap(self, key: str, value: str) -> None:
        if self._group:
            self._group.interrupted = True
        if not value:
            self._note("robots.sitemap.empty", key)
            return
        if not _FULL_URL.match(value):
            self._note_value("robots.sitemap.relative", value)
        self._sitemaps.append(value)

    def _crawl_delay(self, key: str, value: str) -> None:
        self._note("robots.record.crawl-delay", key)
        self._other(key, value)

    def _other(self, key: str, value: str) -> None:
        folded = key.lower()
        if folded not in _IN_GROUPS and folded not in _SITE_WIDE:
            self._note("robots.key.misread" if folded.startswith(_MISREAD) else "robots.key.unknown", key)
        group = self._group
        if group:
            group.interrupted = True
        records = self._records if group is None or folded in _SITE_WIDE else group.records
        records.append(Record(key, value, self._number))


_RECORDS: dict[str, Callable[[_Reader, str, str], None]] = {
    "user-agent": _Reader._user_agent,
    "allow": _Reader._allow,
    "disallow": _Reader._disallow,
    "sitemap": _Reader._sitemap,
    "crawl-delay": _Reader._crawl_delay,
}
_KNOWN = frozenset(_RECORDS) | frozenset(_TYPOS) | _IN_GROUPS | _SITE_WIDE


def _text(octets: bytes) -> tuple[str, list[Fault]]:
    """The text that is read, its lines ended by LF, and what was odd about it."""
    notes = []
    if octets.startswith(_BOM):
        # Departure: RFC 9309 has no byte order mark; it is passed over, as Google does.
        octets = octets[len(_BOM) :]
        notes.append(oddity("robots.file.bom", 1, 1))
    text = _within_limit(octets).decode("utf-8", "replace").replace("\r\n", "\n")
    carriage_return = text.find("\r")
    text = text.replace("\r", "\n")
    if carriage_return >= 0:
        notes.append(_oddity_at("robots.line.carriage-return", text, carriage_return))
    if (unreadable := text.find("\ufffd")) >= 0:
        notes.append(_oddity_at("robots.file.encoding", text, unreadable))
    if len(octets) > _FILE_OCTETS:
        notes.append(_oddity_at("robots.file.too-long", text, len(text)))
    return text, notes


def _oddity_at(id: str, text: str, position: int) -> Fault:
    return oddity(id, text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))


def _within_limit(octets: bytes) -> bytes:
    # Departure: RFC 9309 §2.5 does not say what becomes of a line that the limit cuts; it is left out, since half a
    # path would speak of more than its author meant.
    head = octets[:_FILE_OCTETS]
    if len(octets) <= _FILE_OCTETS or octets[_FILE_OCTETS] in b"\r\n":
        return head
    return head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
