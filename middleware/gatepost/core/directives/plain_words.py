"""A site's policy in plain words, for the person behind a refused crawler and for anyone who asks.

Rules: robots.txt *asks*, HTTP *refuses*; nothing here protects. Paths that exceptions name are public in robots.txt
already.
"""

from collections.abc import Iterable

from gatepost.core.crawlers import Purpose
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Stance
from gatepost.core.zones import Zone

__all__ = ["OPENINGS", "render_plain_words"]

OPENINGS = (
    "This site is not public. Crawlers are refused, whatever they come for.",
    "What the owner of this site says to crawlers:",
)
"""How the text begins: for a site that is not public, and for one that is."""
_NOT_PUBLIC, _SAYS = OPENINGS


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


def render_plain_words(policy: SitePolicy) -> str:
    """The whole text."""
    if not policy.public:
        return f"{_NOT_PUBLIC}\n"
    lines = [_SAYS, "", *_zone_lines(policy.everywhere, "")]
    for zone in reversed(policy.zones):
        if zone.pattern is not None:
            lines += ["", f"Below {zone.pattern.text}", *_zone_lines(zone, "  ")]
    named = [
        f"  {exception.value.crawler}: {_STANCES[exception.value.stance]}" for exception in policy.preferences.crawlers
    ]
    if named:
        lines += ["", "By name:", *named]
    return "\n".join([*lines, "", *_NOTES, ""])


_NOTES = (
    "Crawlers that also feed a search engine are never refused for the sake of AI; they are asked in robots.txt and in",
    "response fields. A crawler that disguises itself as a browser is not recognised by its name.",
    "The same in machine-readable form: /robots.txt, /ai.txt, /.well-known/tdmrep.json.",
)


def _zone_lines(zone: Zone, indent: str) -> Iterable[str]:
    return (f"{indent}{_PURPOSES[purpose]}: {_STANCES[zone.of(purpose).value]}" for purpose in Purpose)
