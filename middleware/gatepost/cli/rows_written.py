"""How sites and defaults are spelled as rows, and what was kept at moves in them.

Rules: a row carries everything that an empty database needs to have the same site again; what is kept is spelled in the
wishes of ``gatepost sites set``, by the level that said it: ``{"platform": [], "region eu": ["ai-training=block"]}``.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from gatepost.core.preferences import Level, LevelStatement, PreferenceStatement
from gatepost.core.sites import Site
from gatepost.core.state import wishes_of
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["Floor", "every_row", "read_floor", "row_of"]

_LEVELS = {level.value: level for level in (Level.PLATFORM, Level.REGION, Level.PLAN)}

Floor = tuple[LevelStatement, ...]
"""What the levels above a site said when it left them."""


def row_of(site: Site) -> dict[str, object]:
    """A site as a row of ``gatepost sites export``."""
    return {
        "id": site.id,
        "hosts": list(site.hosts),
        "visibility": site.visibility.value,
        "wishes": wishes_of(site.statement),
        "robots_txt": site.robots_txt,
        "region": site.region,
        "plan": site.plan,
        "kept": [_written(floor) for floor in site.kept],
    }


async def every_row(gate: "Gate") -> AsyncIterator[dict[str, object]]:
    """The defaults that were ever said, then all sites, each in the order of their ids."""
    for default in await gate.store.defaults():
        yield {"id": default.id, "wishes": wishes_of(default.statement)}
    async for site in gate.overviews.every_site():
        yield row_of(site)


def _written(floor: Floor) -> Mapping[str, Sequence[str]]:
    return {f"{one.level} {one.name}" if one.name else one.level.value: wishes_of(one.statement) for one in floor}


def read_floor(
    row: Mapping[str, tuple[str, ...]], statement_of: Callable[[tuple[str, ...]], PreferenceStatement]
) -> Floor:
    """What a row spells as kept, the widest level first. Raises :class:`GatepostError`."""
    floor = [LevelStatement(level, statement_of(row[key]), name) for key in row for level, name in [_level_of(key)]]
    return tuple(sorted(floor, key=lambda one: list(Level).index(one.level)))


def _level_of(key: str) -> tuple[Level, str]:
    word, _, name = key.partition(" ")
    level = _LEVELS.get(word)
    if level is None or (level is Level.PLATFORM) == bool(name):
        raise GatepostError(
            f"kept: {key!r} is no level",
            id="sites.import.kept",
            remedy='Name who said it: "platform", "region NAME" or "plan NAME".',
        )
    return level, name
