"""The entry that a crawler of another list would be in ours, key by key.

Rules: a key is either written, with the field of the list that it comes from and a doubt if there is one, or it is
missing, with the reason; what only a person can say (what must not be recognised, whether a mixed use is one) is
always missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from gatepost.core.crawlers import AI_PURPOSES, Evidence, Purpose, Service
from gatepost.core.other_lists import Listed, Told
from gatepost.core.signature_writing import (
    Field,
    documentation_field,
    honours_field,
    list_field,
    name_field,
    purposes_field,
    samples_field,
    text_field,
    word_field,
)

__all__ = ["Part", "entry_name", "parts_of"]

_REVIEW = timedelta(days=182)
_SAMPLES = 3
"""Of the many that a list may have, as many as a person reads."""

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Part:
    """A key of a proposed entry."""

    key: str
    field: Field | None
    """``None`` where it is missing."""
    told: str
    """The field of the list that it comes from, if it does; or why it is missing."""
    doubt: str = ""
    """What a person has to look at."""


def entry_name(listed: Listed) -> str:
    """A name that the format allows: what it does not is a hyphen."""
    name = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in listed.name.value)
    return name.strip("._-")[:64]


def parts_of(listed: Listed, today: date) -> Iterator[Part]:
    """The keys of an entry, in the order of the format; an optional one that the list does not tell is left out."""
    yield Part("name", name_field(entry_name(listed)), listed.name.field)
    yield _part("operator", listed.operator, lambda text: text_field("operator", text))
    yield _part("robots_tokens", listed.robots_tokens, _tokens("robots_tokens"))
    yield _part("user_agent_tokens", listed.user_agent_tokens, _tokens("user_agent_tokens"))
    yield from _purpose_parts(listed)
    for key in ("person_triggered", "own_token_only"):
        told: Told[bool] | None = getattr(listed, key)
        if told is not None:
            yield Part(key, word_field(key, "true"), told.field, told.doubt)
    yield _part("honours_robots", listed.honours_robots, _honours)
    yield _part("documentation", listed.documentation, documentation_field)
    yield _part("first_seen", listed.first_seen, lambda month: text_field("first_seen", month))
    review_by = (today + _REVIEW).isoformat()
    yield Part("review_by", word_field("review_by", review_by), "", "half a year after this import")
    yield _samples_part(listed)


def _part(key: str, told: Told[_Value] | None, write: Callable[[_Value], Field]) -> Part:
    if told is None:
        return Part(key, None, "the list does not say it")
    return Part(key, write(told.value), told.field, told.doubt)


def _tokens(key: str) -> Callable[[tuple[str, ...]], Field]:
    return lambda tokens: list_field(key, tokens)


def _honours(evidence: Evidence) -> Field:
    return honours_field(evidence)


def _purpose_parts(listed: Listed) -> Iterator[Part]:
    purposes = listed.purposes
    yield _part("purposes", purposes, purposes_field)
    if listed.service is not None:
        yield _part("service", listed.service, _service)
    if purposes and Purpose.SEARCH in purposes.value and purposes.value & AI_PURPOSES:
        yield Part("mixed_use", None, "whether refusing it takes a site out of a web search, a person has to say")


def _service(service: Service) -> Field:
    return word_field("service", service.value)


def _samples_part(listed: Listed) -> Part:
    nothing = "name user agents that look alike under no_match"
    if listed.samples is None:
        if listed.user_agent_tokens is not None and not listed.user_agent_tokens.value:
            return Part("samples", samples_field((), ()), listed.user_agent_tokens.field, nothing)
        return Part("samples", None, "the list has no whole user agent")
    return Part("samples", samples_field(listed.samples.value[:_SAMPLES], ()), listed.samples.field, nothing)
