"""Lists of crawlers that others keep, read into what they say of each: ai.robots.txt, crawler-user-agents,
ai-crawler-index.

Rules: which list a file is, is seen by its shape; every value remembers the field it comes from, and a doubt where it
is not quite ours; what a list does not say is ``None`` and never made up. Whether it may be taken over is
``core/proposals``'s to say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from gatepost.core.crawlers import AI_PURPOSES, Evidence, Purpose, Service
from gatepost.core.list_words import (
    FUNCTIONS,
    INDEX_CATEGORIES,
    INDEX_ROBOTS,
    PROGRAM_TAGS,
    RESPECT,
    TAGS,
    Meaning,
    joined,
)
from gatepost.core.pattern_tokens import tokens_of
from gatepost.core.yaml_events import quoted
from gatepost.errors import GatepostError

__all__ = ["MAX_OCTETS", "MISFILED", "ListName", "Listed", "OtherList", "Refusal", "Told", "read_list"]

MAX_OCTETS = 8 << 20

MISFILED = "signatures.import.service"
"""The refusal of what people see and a list files under AI."""

_AI_ROBOTS_TXT = "https://github.com/ai-robots-txt/ai.robots.txt"
"""Where people read it."""
_LINK = re.compile(r"\[([^\[\]()]{1,200})\]\((https?://[^\s()]{1,400})\)")
"""A link as Markdown writes it."""
_ADDED = re.compile(r"([0-9]{4})/([0-9]{2})/[0-9]{2}", re.ASCII)
_NO_USER_AGENT = "(control token only"
"""So begins ``ua`` in ai-crawler-index where there is none."""

_Value = TypeVar("_Value")


class ListName(StrEnum):
    """The lists that are understood."""

    AI_ROBOTS_TXT = "ai.robots.txt"
    CRAWLER_USER_AGENTS = "crawler-user-agents"
    AI_CRAWLER_INDEX = "ai-crawler-index"


@dataclass(frozen=True, slots=True)
class Told(Generic[_Value]):
    """A value, the field of the list that it comes from, and why somebody has to look at it, if so."""

    value: _Value
    field: str
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not taken over; ``id`` is stable."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One crawler as another list tells it."""

    key: str
    """What the list finds it by."""
    name: Told[str]
    operator: Told[str] | None = None
    robots_tokens: Told[tuple[str, ...]] | None = None
    user_agent_tokens: Told[tuple[str, ...]] | None = None
    """Empty where the list says that there is no user agent."""
    purposes: Told[frozenset[Purpose]] | None = None
    service: Told[Service] | None = None
    person_triggered: Told[bool] | None = None
    own_token_only: Told[bool] | None = None
    honours_robots: Told[Evidence] | None = None
    documentation: Told[str] | None = None
    first_seen: Told[str] | None = None
    samples: Told[tuple[str, ...]] | None = None
    remarks: tuple[str, ...] = ()
    """What the list says besides, in sentences."""
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class OtherList:
    """A list, as it was on a day."""

    name: ListName
    edition: str
    """Its version, or the day it was read."""
    read_on: date
    entries: tuple[Listed, ...]

    @property
    def title(self) -> str:
        """How comments name it."""
        return f"{self.name} {self.edition}"


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Respecting(_Shape):
    """An entry of ai.robots.txt's robots.json, whose key is the crawler's name."""

    operator: str
    respect: str
    function: str


class _Patterned(_Shape):
    """An entry of crawler-user-agents.json."""

    pattern: str
    instances: tuple[str, ...]
    url: str = ""
    addition_date: str = ""
    tags: tuple[str, ...] = ()


class _Indexed(_Shape):
    """An entry of ai-crawler-index."""

    slug: str
    name: str
    operator: str
    category: str
    ua: str
    robots_token: str
    verification_method: str = ""
    respects_robots_txt: str = ""
    docs: str = ""
    url: str = ""


class _Index(_Shape):
    version: str
    crawlers: tuple[_Indexed, ...]


_ROBOTS_JSON = TypeAdapter(dict[str, _Respecting])
_PATTERNS = TypeAdapter(tuple[_Patterned, ...])


def read_list(octets: bytes, read_on: date, version: str = "") -> OtherList:
    """A list of any of the shapes.

    ``version`` is that of the package that it came in, if any. Raises :class:`GatepostError` for what is none of them.
    """
    if len(octets) > MAX_OCTETS:
        raise _not_a_list(f"it has more than {MAX_OCTETS:,} octets")
    edition = version or f"read {read_on.isoformat()}"
    try:
        if octets.lstrip()[:1] == b"[":
            patterned = _PATTERNS.validate_json(octets)
            entries = tuple(_of_pattern(one) for one in patterned)
            return OtherList(ListName.CRAWLER_USER_AGENTS, edition, read_on, entries)
        if _is_index(octets):
            index = _Index.model_validate_json(octets)
            entries = tuple(_of_index(one, read_on) for one in index.crawlers)
            return OtherList(ListName.AI_CRAWLER_INDEX, index.version, read_on, entries)
        named = _ROBOTS_JSON.validate_json(octets)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = quoted(".".join(map(str, first["loc"])) or "the file")
        raise _not_a_list(f"{where}: {first['msg']}") from error
    entries = tuple(_of_robots(key, one, read_on) for key, one in named.items())
    return OtherList(ListName.AI_ROBOTS_TXT, edition, read_on, entries)


def _is_index(octets: bytes) -> bool:
    """Whether it is ai-crawler-index's shape; a crawler, or a word about one, may also be called so."""
    return re.search(rb'"crawlers"\s*:\s*\[', octets) is not None


def _not_a_list(reason: str) -> GatepostError:
    return GatepostError(
        f"this is no list of crawlers that is understood: {reason}",
        id="signatures.import.shape",
        remedy=f"Give the JSON file of {', '.join(list(ListName)[:-1])} or {list(ListName)[-1]} as it is published.",
    )


def _of_robots(key: str, entry: _Respecting, read_on: date) -> Listed:
    operator, link = _linked(entry.operator)
    meaning = FUNCTIONS.get(entry.function.strip())
    listed = Listed(
        key,
        Told(key, "the key"),
        operator=None if _unclear(operator) else Told(operator, "operator"),
        robots_tokens=Told((key,), "the key"),
        user_agent_tokens=Told((key,), "the key"),
        honours_robots=_respect(entry.respect, read_on),
        documentation=Told(link, "operator", "the operator's page, not the crawler's") if link else None,
        remarks=() if meaning else (f"the list's function is {quoted(entry.function)}: choose the purposes",),
    )
    return _with_meaning(listed, meaning or Meaning(), "function")


def _linked(text: str) -> tuple[str, str]:
    """What a field says, and the address it links to."""
    text = text.strip()
    found = _LINK.fullmatch(text)
    if found:
        return found[1], found[2]
    return ("", text) if re.fullmatch(r"https?://\S+", text) else (text, "")


def _unclear(text: str) -> bool:
    return not text or text.lower().startswith("unclear")


def _respect(text: str, read_on: date) -> Told[Evidence] | None:
    word, link = _linked(text)
    value = RESPECT.get(word.lower())
    if value is None:
        return None
    doubt = f"the list cites {quoted(link)}: read it, and name it as the source" if link else "the list cites no page"
    return Told(Evidence(value, _AI_ROBOTS_TXT, read_on), "respect", doubt)


def _of_pattern(entry: _Patterned) -> Listed:
    tokens = tokens_of(entry.pattern)
    added = _ADDED.fullmatch(entry.addition_date)
    listed = Listed(
        entry.pattern,
        Told(tokens[0] if tokens else entry.pattern, "pattern"),
        user_agent_tokens=Told(tokens, "pattern") if tokens else None,
        documentation=Told(entry.url, "url", "the page that the list names") if entry.url else None,
        first_seen=Told(f"{added[1]}-{added[2]}", "addition_date", "when it came on the list") if added else None,
        samples=Told(entry.instances, "instances") if entry.instances else None,
    )
    if tokens is None:
        reason = f"the pattern {quoted(entry.pattern)} says more than tokens can"
        return replace(listed, refused=Refusal("signatures.import.pattern", reason))
    tags = [tag for tag in entry.tags if tag in TAGS]
    if not tags and PROGRAM_TAGS.intersection(entry.tags):
        reason = "it is a program that anybody runs, and nobody's crawler"
        return replace(listed, refused=Refusal("signatures.import.program", reason))
    return _with_meaning(listed, joined(TAGS[tag] for tag in tags), "tags")


def _of_index(entry: _Indexed, read_on: date) -> Listed:
    on_the_wire = () if entry.ua.startswith(_NO_USER_AGENT) else (entry.ua,)
    listed = Listed(
        entry.slug,
        Told(entry.name, "name"),
        operator=Told(entry.operator, "operator") if entry.operator else None,
        robots_tokens=Told((entry.robots_token,), "robots_token") if entry.robots_token else None,
        user_agent_tokens=Told(on_the_wire, "ua"),
        own_token_only=Told(True, "respects_robots_txt") if entry.respects_robots_txt == "own-token-only" else None,
        honours_robots=_index_evidence(entry, read_on),
        documentation=Told(entry.docs, "docs") if entry.docs else None,
        remarks=_verification_remark(entry.verification_method),
    )
    return _with_meaning(listed, INDEX_CATEGORIES.get(entry.category, Meaning()), "category")


def _index_evidence(entry: _Indexed, read_on: date) -> Told[Evidence] | None:
    value, doubt = INDEX_ROBOTS.get(entry.respects_robots_txt, (None, ""))
    if value is None or not entry.url:
        return None
    said = doubt or "the list's own page is the source: read the operator's, and name it instead"
    return Told(Evidence(value, entry.url, read_on), "respects_robots_txt", said)


def _verification_remark(method: str) -> tuple[str, ...]:
    if method in ("", "none"):
        return ()
    return (f"the list says that it can be verified by {quoted(method)}: find the operator's own address for it",)


def _with_meaning(listed: Listed, meaning: Meaning, field: str) -> Listed:
    """What the list's categories say; previews that are filed under AI are refused (peers C3)."""
    services = sorted(meaning.services)
    if Service.LINK_PREVIEW in services and meaning.purposes & AI_PURPOSES:
        reason = "the list files it as a link preview and under AI; an AI opt-out must not break previews"
        return replace(listed, refused=Refusal(MISFILED, reason))
    besides: tuple[str, ...] = ()
    if len(services) > 1 or (services and meaning.purposes):
        besides = (f"the list says of its service: {', '.join(services)}; an entry has one service, or purposes",)
    one_service = len(services) == 1 and not meaning.purposes
    return replace(
        listed,
        purposes=_purposes_told(meaning, field, services),
        service=Told(services[0], field, meaning.doubt) if one_service else None,
        person_triggered=Told(True, field) if meaning.person_triggered else None,
        remarks=(*listed.remarks, *besides),
    )


def _purposes_told(meaning: Meaning, field: str, services: Sequence[Service]) -> Told[frozenset[Purpose]] | None:
    if meaning.purposes:
        return Told(meaning.purposes, field, meaning.doubt)
    return Told(frozenset(), field) if len(services) == 1 else None
