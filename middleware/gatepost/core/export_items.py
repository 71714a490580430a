"""What an item has to say of itself before it may be handed to a partner: its fields, and what of them withholds.

Rules: the table :data:`FIELDS` is the only place that knows a field; what reads files, what is documented, the canaries
and the tests are made from it. A value is known only if it is spelled exactly as the table spells it: what is missing,
null, of another type or new withholds, and so does a field that nobody knows. What an item consists of is called
``content`` (or ``content_...``, for columns), and is never judged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = [
    "FIELDS",
    "UNREADABLE",
    "ClosedField",
    "ExportReason",
    "Item",
    "ItemField",
    "OpenField",
    "has_strange",
    "is_content",
    "read_item",
]

_LONGEST_NAME = 512
_LONGEST_PATH = 4_096
_MOST_AUTHORS = 256


class ExportReason(StrEnum):
    """Why an item is withheld; stable words for manifests, logs and the API."""

    UNREADABLE = "unreadable"
    """The record cannot be read in one way and no other."""
    UNKNOWN_FIELD = "unknown-field"
    """It has a field that the gate does not know, which may be one that should withhold it."""
    UNKNOWN_ID = "unknown-id"
    UNKNOWN_SITE = "unknown-site"
    UNKNOWN_AUTHORS = "unknown-authors"
    UNKNOWN_PATH = "unknown-path"
    UNKNOWN_VISIBILITY = "unknown-visibility"
    UNKNOWN_STATE = "unknown-state"
    UNKNOWN_EXPLICIT = "unknown-explicit"
    UNKNOWN_PASSWORD = "unknown-password"
    UNKNOWN_UNANSWERED_QUESTION = "unknown-unanswered-question"
    UNKNOWN_PRIVATE_ANSWER = "unknown-private-answer"
    UNKNOWN_MESSAGE = "unknown-message"
    UNKNOWN_PAID = "unknown-paid"
    UNKNOWN_PARTNER_OWNED = "unknown-partner-owned"
    PRIVATE = "private"
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    DELETED = "deleted"
    SUSPENDED = "suspended"
    EXPLICIT = "explicit"
    PASSWORD = "password"
    UNANSWERED_QUESTION = "unanswered-question"
    PRIVATE_ANSWER = "private-answer"
    MESSAGE = "message"
    PAID = "paid"
    PARTNER_OWNED = "partner-owned"
    SITE_NOT_PUBLIC = "site-not-public"
    """The site is private, protected, coming soon, suspended or deleted."""
    SITE_REFUSES_SHARING = "site-refuses-sharing"
    """The site does not say that content may be handed to partners."""
    SITE_DENIES_PURPOSE = "site-denies-purpose"
    """The site says no to the purpose, where the item is."""
    AUTHOR_NOT_PUBLIC = "author-not-public"
    AUTHOR_REFUSES_SHARING = "author-refuses-sharing"
    AUTHOR_DENIES_PURPOSE = "author-denies-purpose"
    NOT_LICENSED = "not-licensed"
    """The partner has no licence for the purpose, or none any more."""


class ItemField(Protocol):
    """A field, and what its values come to."""

    @property
    def name(self) -> str:
        """As records spell it."""
        ...

    @property
    def meaning(self) -> str:
        """For people."""
        ...

    @property
    def unknown(self) -> ExportReason:
        """The reason when its value is not known."""
        ...

    def reason_for(self, value: object) -> ExportReason | None:
        """Why a value withholds; ``None`` when it does not."""
        ...


@dataclass(frozen=True, slots=True)
class OpenField:
    """A field with any value of a form; what it says is judged elsewhere."""

    name: str
    meaning: str
    unknown: ExportReason
    fits: Callable[[object], bool]

    def reason_for(self, value: object) -> ExportReason | None:
        """Why a value withholds; ``None`` when it has the form."""
        return None if self.fits(value) else self.unknown


@dataclass(frozen=True, slots=True)
class ClosedField:
    """A field with a closed set of values, of which one alone permits."""

    name: str
    meaning: str
    unknown: ExportReason
    permits: str | bool
    withholds: Mapping[object, ExportReason]
    """Every other value that is known."""

    def reason_for(self, value: object) -> ExportReason | None:
        """Why a value withholds; ``None`` for the one that permits. ``1`` is not ``true``."""
        if type(value) is not type(self.permits):
            return self.unknown
        return None if value == self.permits else self.withholds.get(value, self.unknown)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME


def _are_names(value: object) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_AUTHORS and all(map(_is_name, value))


def _is_path(value: object) -> bool:
    return isinstance(value, str) and (value == "*" or value.startswith("/")) and len(value) <= _LONGEST_PATH


def _flag(reason: ExportReason, unknown: ExportReason, meaning: str) -> ClosedField:
    return ClosedField(reason.value.replace("-", "_"), meaning, unknown, False, {True: reason})


_R = ExportReason

FIELDS: tuple[ItemField, ...] = (
    OpenField("id", "names the item; text", _R.UNKNOWN_ID, _is_name),
    OpenField(
        "site", "the site that it stands on: its id, or one of its hosts in lower case", _R.UNKNOWN_SITE, _is_name
    ),
    OpenField(
        "authors",
        "a list of the sites of all whose work is in it (reblogged, quoted, embedded); empty when it is all its own",
        _R.UNKNOWN_AUTHORS,
        _are_names,
    ),
    OpenField(
        "path", "where on the site it stands, from /; * when it has no place of its own", _R.UNKNOWN_PATH, _is_path
    ),
    ClosedField("visibility", "who may see it", _R.UNKNOWN_VISIBILITY, "public", {"private": _R.PRIVATE}),
    ClosedField(
        "state",
        "where it stands in its life",
        _R.UNKNOWN_STATE,
        "live",
        {"draft": _R.DRAFT, "scheduled": _R.SCHEDULED, "deleted": _R.DELETED, "suspended": _R.SUSPENDED},
    ),
    _flag(_R.EXPLICIT, _R.UNKNOWN_EXPLICIT, "whether it is explicit or for adults"),
    _flag(_R.PASSWORD, _R.UNKNOWN_PASSWORD, "whether it takes a password to see it"),
    _flag(_R.UNANSWERED_QUESTION, _R.UNKNOWN_UNANSWERED_QUESTION, "whether it is a question that nobody has answered"),
    _flag(_R.PRIVATE_ANSWER, _R.UNKNOWN_PRIVATE_ANSWER, "whether it is an answer that one person alone was given"),
    _flag(_R.MESSAGE, _R.UNKNOWN_MESSAGE, "whether it is a message from one person to another"),
    _flag(_R.PAID, _R.UNKNOWN_PAID, "whether one has to pay to see it"),
    _flag(_R.PARTNER_OWNED, _R.UNKNOWN_PARTNER_OWNED, "whether it belongs to a business partner, such as a brand"),
)
"""Every field that an item has to have; ``id``, ``site``, ``authors`` and ``path`` come first, in this order."""

_NAMES = tuple(field.name for field in FIELDS)
_ORDINARY = frozenset({*_NAMES, "content"})


def is_content(name: str) -> bool:
    """Whether a field or column is what the item consists of, which says nothing of whether it may be shared."""
    return name == "content" or name.startswith("content_")


@dataclass(frozen=True, slots=True)
class Item:
    """An item as its record has it."""

    values: tuple[object, ...] | None
    """As they were read, in the order of :data:`FIELDS`, ``None`` where there is none; ``None`` for a record that
    cannot be read at all."""
    strange: bool = False
    """Whether the record has a field that is not known."""

    @property
    def id(self) -> str:
        """Its id, as far as it has one."""
        return self.values[0] if self.values and isinstance(self.values[0], str) else ""

    @property
    def sites(self) -> Sequence[str]:
        """Every site that is named in it."""
        _, site, authors, *_ = self.values or (None, None, None)
        return [name for name in (site, *(authors if isinstance(authors, list) else ())) if isinstance(name, str)]


UNREADABLE = Item(None)
"""A record that cannot be read."""


def has_strange(names: Sequence[str]) -> bool:
    """Whether there is a field among these that the gate does not know."""
    return not all(name in _ORDINARY or is_content(name) for name in names)


def read_item(record: Mapping[str, object]) -> Item:
    """An item from a record: names of fields and their values as JSON has them."""
    strange = not record.keys() <= _ORDINARY and has_strange(list(record))
    return Item(tuple(map(record.get, _NAMES)), strange)
