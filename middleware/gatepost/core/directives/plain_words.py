"""A site's policy in plain words, for the person behind a refused crawler and for anyone who asks.

Rules: what is said is a list of sentences as values, so that each language has words of its own for them; the English
ones are what is served. robots.txt *asks*, HTTP *refuses*; nothing here protects. Paths that exceptions name are
public in robots.txt already.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from gatepost.core.crawlers import Purpose
from gatepost.core.directives.written import DirectiveLine, text_of
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Stance
from gatepost.core.zones import Zone

__all__ = ["OPENINGS", "Saying", "Sentence", "Wording", "in_english", "plain_lines", "render_plain_words"]


class Sentence(StrEnum):
    """What a line says."""

    NOTHING = "nothing"
    """A blank line."""
    NOT_PUBLIC = "not-public"
    EVERYWHERE = "everywhere"
    """The heading of what holds for the whole site."""
    BELOW = "below"
    """The heading of what holds below a path."""
    PURPOSE = "purpose"
    BY_NAME = "by-name"
    """The heading of what is said of crawlers by name."""
    CRAWLER = "crawler"
    SEARCH = "search"
    """That search is never refused for the sake of AI."""
    DISGUISE = "disguise"
    """That who comes disguised is not recognised."""
    FILES = "files"
    """Where the same can be read by machines."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A line as a value; what does not belong to its sentence is empty."""

    sentence: Sentence
    purpose: Purpose | None = None
    stance: Stance | None = None
    below: PathPattern | None = None
    crawler: str = ""


Wording = Callable[[Saying], str]
"""The words of a language."""


def render_plain_words(policy: SitePolicy, wording: Wording | None = None) -> str:
    """The whole text, in English unless other words are given."""
    return text_of(plain_lines(policy, wording))


def plain_lines(policy: SitePolicy, wording: Wording | None = None) -> Iterable[DirectiveLine]:
    """The same line by line."""
    spell = wording or in_english
    for saying in _sayings(policy):
        indent = "  " if saying.crawler or (saying.purpose and saying.below) else ""
        text = indent + spell(saying) if saying.sentence is not Sentence.NOTHING else ""
        purposes = (saying.purpose,) if saying.purpose else ()
        yield DirectiveLine(text, purposes, saying.below, saying.crawler)


def _sayings(policy: SitePolicy) -> Iterable[Saying]:
    if not policy.public:
        yield Saying(Sentence.NOT_PUBLIC)
        return
    yield from (Saying(Sentence.EVERYWHERE), _BLANK, *_of_zone(policy.everywhere))
    for zone in reversed(policy.zones):
        if zone.pattern is not None:
            yield from (_BLANK, Saying(Sentence.BELOW, below=zone.pattern), *_of_zone(zone))
    if policy.preferences.crawlers:
        yield from (_BLANK, Saying(Sentence.BY_NAME))
    for exception in policy.preferences.crawlers:
        yield Saying(Sentence.CRAWLER, stance=exception.value.stance, crawler=exception.value.crawler)
    yield from (_BLANK, Saying(Sentence.SEARCH), Saying(Sentence.DISGUISE), Saying(Sentence.FILES))


def _of_zone(zone: Zone) -> Iterable[Saying]:
    return (Saying(Sentence.PURPOSE, purpose, zone.of(purpose).value, zone.pattern) for purpose in Purpose)


_BLANK = Saying(Sentence.NOTHING)


def in_english(saying: Saying) -> str:
    """The words that are served."""
    return _ENGLISH[saying.sentence].format(
        purpose=_PURPOSES[saying.purpose] if saying.purpose else "",
        stance=_STANCES[saying.stance],
        path=saying.below.text if saying.below else "",
        crawler=saying.crawler,
    )


_ENGLISH = {
    Sentence.NOT_PUBLIC: "This site is not public. Crawlers are refused, whatever they come for.",
    Sentence.EVERYWHERE: "What the owner of this site says to crawlers:",
    Sentence.BELOW: "Below {path}",
    Sentence.PURPOSE: "{purpose}: {stance}",
    Sentence.BY_NAME: "By name:",
    Sentence.CRAWLER: "{crawler}: {stance}",
    Sentence.SEARCH: "Crawlers that also feed a search engine are never refused for the sake of AI; they are asked in "
    "robots.txt and in response fields.",
    Sentence.DISGUISE: "A crawler that disguises itself as a browser is not recognised by its name.",
    Sentence.FILES: "The same in machine-readable form: /robots.txt, /ai.txt, /.well-known/tdmrep.json.",
}
_PURPOSES = {
    Purpose.SEARCH: "Search engines",
    Purpose.AI_ANSWERS: "AI search and answers",
    Purpose.ASSISTANTS: "Assistants that a person sends",
    Purpose.AI_TRAINING: "AI training",
    Purpose.ARCHIVES: "Archives and research",
}
_STANCES = {
    None: "nothing is said",
    Stance.ALLOW: "allowed",
    Stance.ASK: "asked not to",
    Stance.LICENSE: "refused without a licence",
    Stance.BLOCK: "refused",
}

OPENINGS = tuple(in_english(Saying(sentence)) for sentence in (Sentence.NOT_PUBLIC, Sentence.EVERYWHERE))
"""How the text that is served begins: for a site that is not public, and for one that is."""
