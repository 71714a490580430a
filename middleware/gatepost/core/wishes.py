"""What an owner asks for, as a value: a stance for a purpose, a path or a crawler, or the switch for partners.

Rules: what people write is read strictly, and a wish that cannot be meant is refused with the words that could be.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from gatepost.core.crawlers import Purpose, SignatureSet
from gatepost.core.patterns import PathPattern
from gatepost.core.periods import Period, read_period
from gatepost.core.preferences import Sharing, Stance
from gatepost.errors import StatementError

__all__ = ["CrawlerWish", "PurposeWish", "SharingWish", "Wish", "check_ahead", "read_wish", "spell_wish"]

MAX_PATTERN_OCTETS = 1_024
"""The smallest limit of readers in the field (Yandex: characters a rule)."""


@dataclass(frozen=True, slots=True)
class PurposeWish:
    """A stance for a purpose, everywhere or below some paths; ``None`` takes back what was said.

    With a ``period``, here and below, for that time only, or what was said for just that time.
    """

    purpose: Purpose
    stance: Stance | None
    path: PathPattern | None = None
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class CrawlerWish:
    """A stance for one crawler by name; ``None`` takes back what was said."""

    crawler: str
    stance: Stance | None
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class SharingWish:
    """The switch for data partners; ``None`` takes back what was said."""

    sharing: Sharing | None
    period: Period | None = None


Wish = PurposeWish | CrawlerWish | SharingWish

Choice = TypeVar("Choice", bound=StrEnum)

INHERIT = "inherit"
"""The word that takes back what a level said."""


def read_wish(text: str, signatures: SignatureSet) -> Wish:
    """A wish as people write it.

    ``ai-training=block``, ``/press/:ai-training=allow``, ``GPTBot=allow``, ``partner-sharing=refuse``; the value
    ``inherit`` takes back what was said. Behind an ``@`` stands for which time, ``ai-training=block@2026-12-01..``, as
    :func:`~gatepost.core.periods.read_period` reads it. Raises :class:`StatementError`.
    """
    subject, equals, said = text.rpartition("=")
    value, at, period = said.partition("@")
    if not equals or not subject:
        raise StatementError(
            f"{text!r} is not NAME=VALUE",
            id="statement.wish.form",
            remedy="Write for example ai-training=block, /press/:ai-training=allow, GPTBot=allow or "
            "partner-sharing=refuse.",
        )
    wish = _read(subject, value, signatures)
    return replace(wish, period=read_period(period)) if at else wish


def check_ahead(wishes: Iterable[Wish], now: datetime) -> None:
    """Raises :class:`StatementError` for a wish whose time is over."""
    for wish in wishes:
        if wish.period is not None and wish.period.over_by(now):
            raise StatementError(
                f"the time {wish.period} is over",
                id="statement.period.past",
                remedy="Give an end that is still to come; nothing can be said for the past.",
            )


def _read(subject: str, value: str, signatures: SignatureSet) -> Wish:
    path, colon, name = subject.rpartition(":")
    if colon:
        return PurposeWish(_purpose(name), _stance(value), _pattern(path))
    if subject == "partner-sharing":
        return SharingWish(_one_of(Sharing, value, "partner-sharing"))
    if subject in set(Purpose):
        return PurposeWish(Purpose(subject), _stance(value))
    crawler = signatures.by_name.get(subject.lower())
    if crawler is None:
        raise StatementError(
            f"{subject!r} is neither a purpose nor a crawler",
            id="statement.subject.unknown",
            remedy=f"Use one of {', '.join(Purpose)}, partner-sharing, or the name of a crawler in the signature file.",
        )
    return CrawlerWish(crawler.name, _stance(value))


def spell_wish(wish: Wish) -> str:
    """A wish as :func:`read_wish` reads it."""
    subject, value = _parts(wish)
    return f"{subject}={value or INHERIT}" + (f"@{wish.period}" if wish.period else "")


def _parts(wish: Wish) -> tuple[str, Stance | Sharing | None]:
    match wish:
        case SharingWish(sharing):
            return "partner-sharing", sharing
        case CrawlerWish(crawler, stance):
            return crawler, stance
        case PurposeWish(purpose, stance, path):
            return f"{path.text + ':' if path else ''}{purpose}", stance


def _purpose(name: str) -> Purpose:
    if name not in set(Purpose):
        raise StatementError(
            f"{name!r} is not a purpose", id="statement.purpose.unknown", remedy=f"Use one of {', '.join(Purpose)}."
        )
    return Purpose(name)


def _stance(value: str) -> Stance | None:
    return _one_of(Stance, value, "a stance")


def _one_of(choices: type[Choice], value: str, what: str) -> Choice | None:
    if value == INHERIT:
        return None
    if value not in set(choices):
        raise StatementError(
            f"{value!r} is not a value for {what}",
            id="statement.value.unknown",
            remedy=f"Use one of {', '.join(choices)}, or {INHERIT} to take back what was said.",
        )
    return choices(value)


def _pattern(path: str) -> PathPattern:
    """A path pattern from an owner: printable, absolute and of a length that every reader takes."""
    if not path.startswith("/") or not path.isprintable():
        raise StatementError(
            f"{path!r} is not a path pattern",
            id="statement.path.form",
            remedy="Begin with / and use no control characters; * stands for any characters, a final $ for the end.",
        )
    pattern = PathPattern(path.replace("#", "%23"))
    if pattern.octets > MAX_PATTERN_OCTETS:
        raise StatementError(
            f"a path pattern of {pattern.octets} octets is too long",
            id="statement.path.length",
            remedy=f"Use at most {MAX_PATTERN_OCTETS} octets, percent-encoding included.",
        )
    return pattern
