"""ai.txt as Spawning announced it in 2023: robots.txt lines over file types, for those who collect media for training.

Rules: one file a site, from the stance on ``ai-training`` alone; nothing said gives a file that says so and no rule. No
grammar was ever published and hardly any crawler is known to read it: the file is offered, nothing is promised of it.
"""

from gatepost.core.crawlers import Purpose
from gatepost.core.directives.vocabulary import denies
from gatepost.core.policy import SitePolicy
from gatepost.core.zones import Zone

__all__ = ["render_aitxt"]

_FILE_TYPES = {
    "text": "txt pdf doc docx odt rtf tex wks wpd wps html",
    "images": "bmp gif ico jpeg jpg png svg tif tiff webp",
    "audio": "aac aiff amr flac m4a mp3 oga opus wav wma",
    "video": "mp4 webm ogg avi mov wmv flv mkv",
    "code": "py js java c cpp cs h css php swift go rb pl sh sql",
}
"""In the order in which Spawning's own generator writes them."""

_HEAD = "# Spawning AI\n"
_EVERYTHING = "Disallow: /\nDisallow: *\n"


def render_aitxt(policy: SitePolicy) -> str:
    """The whole file."""
    stance = policy.everywhere.preferences.ai_training
    if policy.zones:
        return f"{_HEAD}\nUser-Agent: *\n{_by_path(policy)}"
    if stance is None:
        return f"{_HEAD}# The owner of this site has not said whether it may be used for AI training.\n"
    if not stance.denies:
        return f"{_HEAD}\nUser-Agent: *\nAllow: /\n"
    types = "".join(f"Disallow: *.{ending}\n" for endings in _FILE_TYPES.values() for ending in endings.split())
    return f"{_HEAD}# Prevent datasets from using the following file types\n\nUser-Agent: *\n{types}{_EVERYTHING}"


def _by_path(policy: SitePolicy) -> str:
    """With exceptions by path, paths alone: a file type would outweigh a shorter path in the longest match."""
    lines = [f"{_verb(zone)}: {zone.pattern.text}\n" for zone in policy.zones if zone.pattern is not None]
    lines.append(f"{_verb(policy.everywhere)}: /\n")
    return "".join(lines)


def _verb(zone: Zone) -> str:
    return "Disallow" if denies(zone.of(Purpose.AI_TRAINING).value) else "Allow"
