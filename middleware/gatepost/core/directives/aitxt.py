"""ai.txt as Spawning announced it in 2023: robots.txt lines over file types, for those who collect media for training.

Rules: one file a site, from the stance on ``ai-training`` alone; nothing said gives a file that says so and no rule. No
grammar was ever published and hardly any crawler is known to read it: the file is offered, nothing is promised of it.
"""

from collections.abc import Iterable

from gatepost.core.crawlers import Purpose
from gatepost.core.directives.vocabulary import denies
from gatepost.core.directives.written import DirectiveLine, text_of
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Stance
from gatepost.core.zones import Zone

__all__ = ["aitxt_lines", "render_aitxt"]

_FILE_TYPES = {
    "text": "txt pdf doc docx odt rtf tex wks wpd wps html",
    "images": "bmp gif ico jpeg jpg png svg tif tiff webp",
    "audio": "aac aiff amr flac m4a mp3 oga opus wav wma",
    "video": "mp4 webm ogg avi mov wmv flv mkv",
    "code": "py js java c cpp cs h css php swift go rb pl sh sql",
}
"""In the order in which Spawning's own generator writes them."""

_HEAD = DirectiveLine("# Spawning AI")
_ASKED = (Purpose.AI_TRAINING,)


def render_aitxt(policy: SitePolicy) -> str:
    """The whole file."""
    return text_of(aitxt_lines(policy))


def aitxt_lines(policy: SitePolicy) -> Iterable[DirectiveLine]:
    """The same line by line."""
    yield _HEAD
    if policy.zones:
        yield from (_BLANK, *_rules(_by_path(policy)))
    else:
        yield from _for_everything(policy.everywhere.preferences.ai_training)


def _for_everything(stance: Stance | None) -> Iterable[DirectiveLine]:
    if stance is None:
        yield DirectiveLine("# The owner of this site has not said whether it may be used for AI training.", _ASKED)
    elif not stance.denies:
        yield from (_BLANK, *_rules([DirectiveLine("Allow: /", _ASKED)]))
    else:
        types = (f"Disallow: *.{ending}" for endings in _FILE_TYPES.values() for ending in endings.split())
        yield DirectiveLine("# Prevent datasets from using the following file types")
        yield from (_BLANK, *_rules(DirectiveLine(text, _ASKED) for text in (*types, "Disallow: /", "Disallow: *")))


def _rules(lines: Iterable[DirectiveLine]) -> Iterable[DirectiveLine]:
    return (DirectiveLine("User-Agent: *"), *lines)


def _by_path(policy: SitePolicy) -> Iterable[DirectiveLine]:
    """With exceptions by path, paths alone: a file type would outweigh a shorter path in the longest match."""
    for zone in (*policy.zones, policy.everywhere):
        path = zone.pattern.text if zone.pattern else "/"
        yield DirectiveLine(f"{_verb(zone)}: {path}", _ASKED, zone.pattern)


def _verb(zone: Zone) -> str:
    return "Disallow" if denies(zone.of(Purpose.AI_TRAINING).value) else "Allow"


_BLANK = DirectiveLine()
