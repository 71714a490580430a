"""The defaults that hold where a site says nothing: the platform's, a region's, a plan's, and under which ids they are
kept.

Rules: a default is kept as a site without hosts; no site can have its id.
"""

from collections.abc import Sequence

from gatepost.core.preferences import Level
from gatepost.core.sites import PLATFORM

__all__ = ["PLAN", "REGION", "defaults_of", "id_of", "is_default", "level_of"]

REGION, PLAN = PLATFORM + "region:", PLATFORM + "plan:"
"""What the ids begin with under which the statements of regions and plans are kept."""


def is_default(id: str) -> bool:
    """Whether an id is the platform's, a region's or a plan's, and no site's."""
    return id.startswith(PLATFORM) and (id == PLATFORM or id.startswith((REGION, PLAN)))


def level_of(id: str) -> tuple[Level, str]:
    """The level that speaks under an id, and its name if it is a region or a plan."""
    for level, prefix in ((Level.REGION, REGION), (Level.PLAN, PLAN)):
        if id.startswith(prefix):
            return level, id.removeprefix(prefix)
    return (Level.PLATFORM if id == PLATFORM else Level.SITE), ""


def id_of(level: Level, name: str) -> str:
    """The id under which the platform, a region or a plan speaks."""
    return {Level.REGION: REGION + name, Level.PLAN: PLAN + name}.get(level, PLATFORM)


def defaults_of(region: str, plan: str) -> Sequence[tuple[str, Level, str]]:
    """The levels above a site, the widest first: the id of each statement, its level and its name."""
    found = [(PLATFORM, Level.PLATFORM, "")]
    found += [(REGION + region, Level.REGION, region)] if region else []
    found += [(PLAN + plan, Level.PLAN, plan)] if plan else []
    return found
