"""How other systems spell our purposes: one table for all directives.

Rules: spellings are not interchangeable (AIPREF ``train-ai``, Content Signals ``ai-train``); a purpose that a system
has no word for is left out; nothing said stays nothing said, apart from search, which is affirmed where an AI purpose
is denied.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gatepost.core.crawlers import Purpose
from gatepost.core.preferences import Stance, Stances

__all__ = [
    "CONTENT_SIGNAL",
    "CONTENT_USAGE",
    "RSL_USAGE",
    "Addresses",
    "content_signal",
    "content_usage",
    "denies",
    "spoken_of",
]

CONTENT_USAGE = {Purpose.AI_TRAINING: "train-ai", Purpose.AI_ANSWERS: "ai-use", Purpose.SEARCH: "search"}
"""draft-ietf-aipref-vocab-08 §§4, 5."""
CONTENT_SIGNAL = {Purpose.SEARCH: "search", Purpose.AI_ANSWERS: "ai-input", Purpose.AI_TRAINING: "ai-train"}
"""contentsignals.org, 2025-09-24."""
RSL_USAGE = {Purpose.SEARCH: "search", Purpose.AI_ANSWERS: "ai-input", Purpose.AI_TRAINING: "ai-train"}
"""RSL 1.0 §3, ``type="usage"``."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute URLs of a site's documents that other documents point to."""

    license: str
    """The RSL document."""
    tdm_policy: str
    """The ODRL policy of TDMRep."""
    terms: str
    """Where a person reads what is said and how to ask for a licence."""


def denies(stance: Stance | None) -> bool:
    """Whether a stance says no; nothing said does not."""
    return stance is not None and stance.denies


def content_usage(stances: Stances) -> str:
    """The value of a ``Content-Usage`` field or rule, an RFC 9651 Dictionary of Tokens; empty when nothing is said.

    An explicit ``search`` overrides ``ai-use`` for search proper (vocab-08), so it is affirmed where answers are
    denied.
    """
    said = _said(stances, CONTENT_USAGE)
    if denies(stances.ai_answers):
        said.setdefault("search", True)
    return ", ".join(f"{label}={'y' if said[label] else 'n'}" for label in CONTENT_USAGE.values() if label in said)


def content_signal(stances: Stances) -> str:
    """The value of a ``Content-Signal``; empty when nothing is said. Any no affirms search, unless search is denied."""
    said = _said(stances, CONTENT_SIGNAL)
    if not all(said.values()):
        said.setdefault("search", True)
    return ", ".join(f"{label}={'yes' if said[label] else 'no'}" for label in CONTENT_SIGNAL.values() if label in said)


def spoken_of(spelling: Mapping[Purpose, str], stances: Stances) -> tuple[Purpose, ...]:
    """The purposes that something was said for, of those that have a spelling."""
    return tuple(purpose for purpose, _ in stances.said() if purpose in spelling)


def _said(stances: Stances, spelling: Mapping[Purpose, str]) -> dict[str, bool]:
    """By label, whether the purpose is allowed; only what was said."""
    return {spelling[purpose]: not stance.denies for purpose, stance in stances.said() if purpose in spelling}
