"""The shape of ``crawler_signatures.yaml``: one pydantic model, and its faults in plain English.

Rules: what can be said of one value is said here, once, so that editors (by ``core/json_schemas``) and the reader
agree; what takes several keys or entries is ``core/signature_rules``'s to say. Every scalar arrives as text; ``true``
and dates are read here, in one spelling each.
"""

import re
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from gatepost.core.crawlers import Crawler, Evidence, HonoursRobots, PageDirective, Purpose, Service, Verification
from gatepost.core.yaml_events import (
    MAX_FAULTS,
    NULL_OR_TYPED,
    Fields,
    Finding,
    Items,
    Node,
    Place,
    Text,
    quoted,
    texts_below,
)

__all__ = [
    "CrawlerEntry",
    "OverlayFile",
    "SignatureFile",
    "entry_label",
    "schema_findings",
    "spelling_findings",
]

_SHAPES = {
    r"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){2}$": "three numbers with dots and no leading zeros, such as 1.4.0",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": "a letter or digit, then letters, digits, '.', '_' and '-'",
    r'^[!"$-)+-.0-9;-~]+$': "printable ASCII without blanks, '#', ':', '/' and '*'",
    r"^[A-Za-z0-9_][ -~]*[A-Za-z0-9_]$": "printable ASCII that begins and ends with a letter, a digit or '_'",
    r"^[a-z][a-z0-9_-]*(:[a-z0-9-]+)?$": "a lower-case word as in X-Robots-Tag, such as noarchive or max-snippet:0",
    r"^https?://[a-z0-9.-]+(:[0-9]+)?([/?#][!#-;=?-\[\]_a-z~]*)?$": "a URL that begins with https:// or http://",
    r"^https://[a-z0-9.-]+(:[0-9]+)?([/?#][!#-;=?-\[\]_a-z~]*)?$": "a URL that begins with https://",
    r"^[a-z0-9-]+(\.[a-z0-9-]+)+$": "a domain name in lower case, such as googlebot.com",
    r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$": "a year or a year and month, such as 2023 or 2023-08",
}
"""Every pattern of the model, and how a message puts it."""

_VERSION, _NAME, _ROBOTS_TOKEN, _USER_AGENT_TOKEN, _DIRECTIVE, _ANY_URL, _SAFE_URL, _DOMAIN, _MONTH = _SHAPES

_FAULT_IDS = {
    "missing": ("signatures.field.missing", "{key} is missing"),
    "extra_forbidden": ("signatures.field.unknown", "{key} is not a key of the format"),
    "literal_error": ("signatures.format.unknown", "{key} must be {expected}, not {input}"),
    "enum": ("signatures.value.choice", "{key} must be {expected}, not {input}"),
    "boolean": ("signatures.value.boolean", "{key} must be true or false, not {input}"),
    "iso_date": ("signatures.value.date", "{key} must be a day of the calendar such as 2026-11-22, not {input}"),
    "string_pattern_mismatch": ("signatures.value.pattern", "{key} must be {shape}, not {input}"),
    "string_too_short": ("signatures.value.length", "{key} needs at least {min_length} characters"),
    "string_too_long": ("signatures.value.length", "{key} may have at most {max_length} characters"),
    "too_short": ("signatures.value.empty", "{key} needs at least {min_length} item"),
    "string_type": ("signatures.value.type", "{key} must be text, not {kind}"),
    "tuple_type": ("signatures.value.type", "{key} must be a list, not {kind}"),
    "frozen_set_type": ("signatures.value.type", "{key} must be a list, not {kind}"),
    "model_type": ("signatures.value.type", "{key} must be a mapping, not {kind}"),
}
"""pydantic's error types: the fault id of each, and its sentence."""

_NARROWER_IDS = {
    ("signatures.value.pattern", "robots_tokens"): "signatures.robots_token.characters",
    ("signatures.value.pattern", "user_agent_tokens"): "signatures.token.characters",
    ("signatures.value.length", "user_agent_tokens"): "signatures.token.length",
    ("signatures.value.empty", "samples.no_match"): "signatures.samples.missing",
}
"""Where the key allows a better remedy."""

_File = TypeVar("_File", bound=BaseModel)

_KINDS: dict[type, str] = {Text: "text", Items: "a list", Fields: "a mapping"}

_TYPED_KEYS = frozenset({"format", "mixed_use", "person_triggered", "own_token_only"})
"""The keys whose values are numbers or booleans for every reader; all other values are text."""


def _flag(value: object) -> object:
    flag = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
    if flag is None:
        raise PydanticCustomError("boolean", "not true or false")
    return flag


def _day(value: object) -> date:
    try:
        if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("iso_date", "not a day")


def _number(value: object) -> object:
    return 1 if value == "1" else value


_Flag = Annotated[bool, BeforeValidator(_flag)]
_Day = Annotated[date, BeforeValidator(_day)]
_Name = Annotated[str, Field(pattern=_NAME, max_length=64)]
_RobotsToken = Annotated[str, Field(pattern=_ROBOTS_TOKEN, max_length=100, json_schema_extra={"minLength": 4})]
_UserAgentToken = Annotated[str, Field(pattern=_USER_AGENT_TOKEN, min_length=4, max_length=100)]
_Url = Annotated[str, Field(pattern=_ANY_URL, max_length=500)]
_SafeUrl = Annotated[str, Field(pattern=_SAFE_URL, max_length=500)]
_Domain = Annotated[str, Field(pattern=_DOMAIN, max_length=253)]
_Sample = Annotated[str, Field(min_length=1, max_length=2000)]
_UNIQUE: dict[str, Any] = {"uniqueItems": True}


def _drop_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EvidenceEntry(_Part):
    """Whether the crawler follows robots.txt, where that is written, and when somebody last read it there."""

    value: HonoursRobots = Field(description="Quote it: an unquoted yes is a boolean for other readers.")
    source: _Url = Field(description="The page that says so, or the report that shows it.")
    checked: _Day = Field(description="The day on which the source was last read.")


class PageDirectiveEntry(_Part):
    """An X-Robots-Tag directive that the operator documents to honour."""

    directive: str = Field(pattern=_DIRECTIVE, max_length=64, description="As in X-Robots-Tag, such as noarchive.")
    withholds: frozenset[Purpose] = Field(min_length=1, description="The purposes it withholds content from.")


class VerificationEntry(_Part):
    """How others can verify that a request comes from this operator; leave out what the operator does not offer."""

    address_lists: tuple[_SafeUrl, ...] = Field(default=(), description="URLs of published address ranges.")
    reverse_dns: tuple[_Domain, ...] = Field(default=(), description="Domains of forward-confirmed reverse DNS.")
    key_directories: tuple[_SafeUrl, ...] = Field(default=(), description="Origins that sign by Web Bot Auth.")


class SamplesEntry(_Part):
    """Whole user agents that prove the tokens; `gatepost signatures test` runs them."""

    match: tuple[_Sample, ...] = Field(description="Must be recognised; [] only for an entry without user agents.")
    no_match: tuple[_Sample, ...] = Field(min_length=1, description="Look alike and must not be recognised.")


class CrawlerEntry(_Part):
    """One crawler: facts with evidence, apart from what anybody wants of it."""

    name: _Name = Field(description="How people and exceptions name it; unique, letter case aside.")
    operator: str = Field(min_length=1, max_length=120, description="Who runs it.")
    robots_tokens: tuple[_RobotsToken, ...] = Field(
        description="Product tokens to name in robots.txt (RFC 9309).", json_schema_extra=_UNIQUE
    )
    user_agent_tokens: tuple[_UserAgentToken, ...] = Field(
        description="Tokens seen in user agents, without versions; [] for a token that exists only in robots.txt.",
        json_schema_extra=_UNIQUE,
    )
    purposes: frozenset[Purpose] = Field(description="What it takes content for; [] only together with a service.")
    service: Service | SkipJsonSchema[None] = Field(
        default=None,
        description="What it serves; only and always when purposes is [].",
        json_schema_extra=_drop_default,
    )
    mixed_use: _Flag = Field(
        default=False, description="Refusing it would take a site out of a general web search as well."
    )
    person_triggered: _Flag = Field(default=False, description="A person asked for the page that it fetches.")
    own_token_only: _Flag = Field(default=False, description="Ignores the * group of robots.txt.")
    governs: tuple[_Name, ...] = Field(
        default=(), description="For a token that exists only in robots.txt: the crawlers it speaks about, by name."
    )
    page_directives: tuple[PageDirectiveEntry, ...] = Field(
        default=(), description="X-Robots-Tag directives it honours."
    )
    honours_robots: EvidenceEntry
    verification: VerificationEntry = Field(default_factory=VerificationEntry)
    documentation: _Url = Field(description="The operator's page on the crawler, else the best report on it.")
    first_seen: str = Field(pattern=_MONTH, description='First sighting or announcement: "2023" or "2023-08".')
    review_by: _Day = Field(description="The day by which somebody reads the sources again.")
    samples: SamplesEntry

    def crawler(self) -> Crawler:
        """The entry as the value that the rest of Gatepost knows."""
        return Crawler(
            name=self.name,
            operator=self.operator,
            documentation=self.documentation,
            honours_robots=Evidence(**dict(self.honours_robots)),
            robots_tokens=self.robots_tokens,
            user_agent_tokens=self.user_agent_tokens,
            purposes=self.purposes,
            service=self.service,
            mixed_use=self.mixed_use,
            person_triggered=self.person_triggered,
            own_token_only=self.own_token_only,
            governs=self.governs,
            page_directives=tuple(PageDirective(**dict(part)) for part in self.page_directives),
            verification=Verification(**dict(self.verification)),
            first_seen=self.first_seen,
            review_by=self.review_by,
            samples_match=self.samples.match,
            samples_no_match=self.samples.no_match,
        )


class SignatureFile(_Part):
    """Facts about crawlers, by which Gatepost recognises them and writes directives for them."""

    format: Annotated[Literal[1], BeforeValidator(_number)] = Field(description="The version of this format.")
    version: str = Field(
        pattern=_VERSION, max_length=32, description="Major: purposes changed; minor: crawlers came or went."
    )
    crawlers: tuple[CrawlerEntry, ...] = Field(min_length=1, description="One entry a crawler.")


class OverlayFile(_Part):
    """Entries of this machine, laid over a signature file: they replace those of the same name, or are added."""

    format: Annotated[Literal[1], BeforeValidator(_number)] = Field(description="The version of this format.")
    without: tuple[_Name, ...] = Field(default=(), description="Entries to be taken out, by name.")
    crawlers: tuple[CrawlerEntry, ...] = Field(default=(), description="One entry a crawler.")


def entry_label(root: Node, index: int) -> str:
    """How a message names an entry: by its name, else by its number."""
    entries = root.get("crawlers") if isinstance(root, Fields) else None
    entry = entries[index] if isinstance(entries, Items) else None
    name = entry.get("name") if isinstance(entry, Fields) else None
    return quoted(name)[1:-1] if isinstance(name, Text) and name else f"crawler {index + 1}"


def spelling_findings(root: Node) -> Iterator[Finding]:
    """Values that are missing, that other YAML readers would take for something else than text, or with controls."""
    for key, text in texts_below(root):
        typed = NULL_OR_TYPED.fullmatch(text) if text.plain else None
        if typed and typed["null"] is not None:
            yield Finding(text.place, "signatures.value.null", f"{key} has no value")
        elif typed and key not in _TYPED_KEYS:
            message = f"{key}: unquoted, {quoted(text)} is a number or a boolean for other readers"
            yield Finding(text.place, "signatures.value.unquoted", message)
        elif not text.isprintable():
            message = f"{key}: {quoted(text)} holds a line break or an invisible character"
            yield Finding(text.place, "signatures.value.control", message)


def schema_findings(root: Node, model: type[_File]) -> tuple[_File | None, list[Finding]]:
    """The file as the model, or the faults that the model finds in it."""
    try:
        return model.model_validate(root), []
    except ValidationError as error:
        problems = [problem for problem in error.errors(include_url=False) if not _echo(problem)]
        suggest = len(problems) <= 100
        return None, [_finding(root, problem, suggest=suggest) for problem in problems[: MAX_FAULTS + 1]]


def _echo(problem: ErrorDetails) -> bool:
    """Whether a list counts as too short only because its items have faults of their own."""
    return problem["type"] == "too_short" and bool(problem["input"])


def _finding(root: Node, problem: ErrorDetails, *, suggest: bool) -> Finding:
    loc, kind, value = problem["loc"], problem["type"], problem["input"]
    place = _place_of(root, loc, the_key=kind == "extra_forbidden")
    if not loc:
        return Finding(place, "signatures.file.mapping", "the file must be a mapping with format, version and crawlers")
    key = _key_of(loc)
    id, sentence = _FAULT_IDS.get(kind, ("signatures.value.type", "{key} has not the right shape"))
    context = problem.get("ctx", {})
    message = sentence.format_map(
        {
            "key": quoted(key)[1:-1],
            "input": quoted(value) if isinstance(value, str) else "something else",
            "kind": _KINDS.get(type(value), "something else"),
            "shape": _SHAPES.get(context.get("pattern", ""), ""),
            **context,
        }
    )
    if suggest and kind == "extra_forbidden":
        message += _suggestion(loc)
    if len(loc) > 1 and isinstance(loc[1], int):
        message = f"{entry_label(root, loc[1])}: {message}"
    return Finding(place, _NARROWER_IDS.get((id, key), id), message)


def _key_of(loc: tuple[int | str, ...]) -> str:
    """The key that a fault is about, with the keys above it inside an entry."""
    words = [part for part in loc if isinstance(part, str)]
    return "the entry" if len(loc) == 2 and loc[0] == "crawlers" else ".".join(words[1:] or words)


def _place_of(root: Node, loc: tuple[int | str, ...], *, the_key: bool) -> Place:
    """Where the value at ``loc`` stands, or its key; if it is missing, the mapping that lacks it."""
    node = root
    for part in loc:
        if isinstance(node, Fields) and part in node:
            if the_key and part is loc[-1]:
                return node.keys_at[str(part)]
            node = node[str(part)]
        elif isinstance(node, Items) and isinstance(part, int):
            node = node[part]
    return node.place


def _suggestion(loc: tuple[int | str, ...]) -> str:
    """The key that was probably meant."""
    *above, word = (str(part) for part in loc if isinstance(part, str))
    model = _MODELS.get(above[-1] if above else "")
    close = get_close_matches(word, model.model_fields, 1) if model and len(word) <= 40 else []
    return f"; did you mean {close[0]}?" if close else ""


_MODELS: dict[str, type[BaseModel]] = {
    "": SignatureFile,
    "crawlers": CrawlerEntry,
    "honours_robots": EvidenceEntry,
    "page_directives": PageDirectiveEntry,
    "verification": VerificationEntry,
    "samples": SamplesEntry,
}
"""The model of the mappings below each key."""
