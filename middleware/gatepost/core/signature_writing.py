"""Crawlers -> the text of a signature file, in the one form that the shipped file has.

Rules: what is written is read back as equal values, whatever the values are; equal values give equal octets, so what
has no order (purposes) is written in the order of its enumeration. A scalar stands without quotes only where its key
lets it and no YAML reader could take it for anything else; all else stands in double quotes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatepost.core.crawlers import Crawler, Evidence, PageDirective, Purpose, Verification
from gatepost.core.yaml_events import NULL_OR_TYPED

__all__ = [
    "Field",
    "comment",
    "documentation_field",
    "entry_fields",
    "entry_lines",
    "honours_field",
    "list_field",
    "name_field",
    "purposes_field",
    "samples_field",
    "text_field",
    "word_field",
    "write_signatures",
]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_.(),&'/+-]| (?=[A-Za-z0-9(&]))*", re.ASCII)
"""Nothing that YAML gives a meaning to at the start of a scalar, before a blank or at the end."""
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9./_?&=%#~+():-]*[A-Za-z0-9./_?&=%#~+()-]", re.ASCII)
_ESCAPED = {'"': '\\"', "\\": "\\\\"}


@dataclass(frozen=True, slots=True)
class Field:
    """A key of an entry with its value, as the lines that they take."""

    key: str
    lines: tuple[str, ...]


def write_signatures(version: str, crawlers: Iterable[Crawler], remarks: Mapping[str, str] | None = None) -> str:
    """A whole signature file. ``remarks`` are said in a comment each: at the top (``""``), or above an entry, by its
    name.
    """
    remarks = remarks or {}
    lines = [*comment(remarks.get("", "")), "format: 1", f"version: {_quoted(version)}", "crawlers:"]
    for crawler in crawlers:
        lines += comment(remarks.get(crawler.name, ""), "  ")
        lines += entry_lines(entry_fields(crawler))
    return "".join(f"{line}\n" for line in lines)


def comment(text: str, indent: str = "") -> list[str]:
    """Text as lines of a comment; what cannot be seen in a line is made visible."""
    return [f"{indent}# {_visible(line)}".rstrip() for line in text.split("\n")] if text else []


def entry_lines(fields: Iterable[Field]) -> list[str]:
    """An entry as an item of ``crawlers``; the first field carries the dash."""
    lines = [line for field in fields for line in field.lines]
    return [f"  - {lines[0]}", *(f"    {line}" for line in lines[1:])]


def entry_fields(crawler: Crawler) -> Iterator[Field]:
    """All that is to be said of a crawler, in the order of the format; what is the default is left out."""
    yield name_field(crawler.name)
    yield text_field("operator", crawler.operator)
    yield list_field("robots_tokens", crawler.robots_tokens)
    yield list_field("user_agent_tokens", crawler.user_agent_tokens)
    yield purposes_field(crawler.purposes)
    yield from _optional_fields(crawler)
    yield honours_field(crawler.honours_robots)
    yield from _verification(crawler.verification)
    yield documentation_field(crawler.documentation)
    yield Field("first_seen", (f"first_seen: {_quoted(crawler.first_seen)}",))
    yield word_field("review_by", crawler.review_by.isoformat())
    yield samples_field(crawler.samples_match, crawler.samples_no_match)


def _optional_fields(crawler: Crawler) -> Iterator[Field]:
    if crawler.service is not None:
        yield word_field("service", crawler.service.value)
    for key in ("mixed_use", "person_triggered", "own_token_only"):
        if getattr(crawler, key):
            yield word_field(key, "true")
    if _says_mixed_use(crawler):
        yield word_field("mixed_use", "false")
    if crawler.governs:
        yield list_field("governs", crawler.governs)
    if crawler.page_directives:
        lines = [f"  - {_directive(one)}" for one in crawler.page_directives]
        yield Field("page_directives", ("page_directives:", *lines))


def _says_mixed_use(crawler: Crawler) -> bool:
    """Whether an entry has to say that it is not mixed-use (rule ``signatures.mixed_use.missing``)."""
    return not crawler.mixed_use and Purpose.SEARCH in crawler.purposes and crawler.ai


def _directive(one: PageDirective) -> str:
    return f"{{directive: {_item(one.directive)}, withholds: [{', '.join(_in_order(one.withholds))}]}}"


def _verification(verification: Verification) -> Iterator[Field]:
    keys = ("address_lists", "reverse_dns", "key_directories")
    lines = [f"  {key}: {_list(getattr(verification, key))}" for key in keys if getattr(verification, key)]
    if lines:
        yield Field("verification", ("verification:", *lines))


def name_field(name: str) -> Field:
    """The key that names an entry."""
    return Field("name", (f"name: {_item(name)}",))


def text_field(key: str, text: str) -> Field:
    """A key whose value is words that people wrote."""
    plain = _PLAIN.fullmatch(text) and not NULL_OR_TYPED.fullmatch(text)
    return Field(key, (f"{key}: {text if plain else _quoted(text)}",))


def word_field(key: str, word: str) -> Field:
    """A key whose value is a word of the format: a choice, a day, ``true``."""
    return Field(key, (f"{key}: {word}",))


def list_field(key: str, items: Sequence[str]) -> Field:
    """A key whose value is a list."""
    return Field(key, (f"{key}: {_list(items)}",))


def purposes_field(purposes: Iterable[Purpose]) -> Field:
    """What an entry's crawler takes content for."""
    return Field("purposes", (f"purposes: [{', '.join(_in_order(purposes))}]",))


def honours_field(evidence: Evidence) -> Field:
    """How a crawler treats robots.txt; the word is quoted, as others read an unquoted yes as a boolean."""
    value, source = _quoted(evidence.value.value), _quoted(evidence.source)
    line = f"honours_robots: {{value: {value}, source: {source}, checked: {evidence.checked.isoformat()}}}"
    return Field("honours_robots", (line,))


def documentation_field(url: str) -> Field:
    """The operator's page."""
    return Field("documentation", (f"documentation: {url if _PLAIN_URL.fullmatch(url) else _quoted(url)}",))


def samples_field(match: Sequence[str], no_match: Sequence[str]) -> Field:
    """Whole user agents, a line each."""
    return Field("samples", ("samples:", *_sample_lines("match", match), *_sample_lines("no_match", no_match)))


def _sample_lines(key: str, samples: Sequence[str]) -> list[str]:
    return [f"  {key}:", *(f"    - {_quoted(sample)}" for sample in samples)] if samples else [f"  {key}: []"]


def _in_order(purposes: Iterable[Purpose]) -> list[str]:
    wanted = frozenset(purposes)
    return [purpose.value for purpose in Purpose if purpose in wanted]


def _list(items: Sequence[str]) -> str:
    return f"[{', '.join(map(_item, items))}]"


def _item(text: str) -> str:
    plain = _WORD.fullmatch(text) and not NULL_OR_TYPED.fullmatch(text)
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPED.get(char, char) if char.isprintable() else _escape(char) for char in text) + '"'


def _escape(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _visible(line: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in line)
