"""A platform that does not exist, as rows of ``gatepost sites import``: the same for the same number of sites.

Of a hundred sites 70 say nothing, 20 block training, 8 say several things, and 2 have path exceptions and a robots.txt
of their own; three of ten have a second host; they stand in 5 regions and 4 plans.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

__all__ = ["OWN_ROBOTS_EVERY", "default_rows", "host_of", "rows"]

OWN_ROBOTS_EVERY = 50
"""Of so many sites one has a robots.txt of its own: those whose number this divides."""

_REGIONS = ("eu", "us", "latam", "apac", "africa")
_PLANS = ("free", "free", "free", "personal", "business", "enterprise")
_SEVERAL = (
    ["ai-training=block", "ai-answers=ask", "partner-sharing=refuse"],
    ["ai-training=block", "archives=block"],
    ["ai-training=ask", "GPTBot=block"],
    ["ai-training=allow", "partner-sharing=allow"],
    ["ai-training=block", "ai-answers=block", "assistants=ask", "archives=block", "partner-sharing=refuse"],
    ["ai-answers=ask", "CCBot=block", "ClaudeBot=block"],
)


def default_rows() -> Iterator[dict[str, Any]]:
    """What the platform, a region and a plan say."""
    yield {"id": "*", "wishes": ["partner-sharing=refuse"]}
    yield {"id": "*plan:enterprise", "wishes": ["ai-training=block"]}
    yield {"id": "*region:eu", "wishes": ["ai-training=ask"]}


def rows(sites: int) -> Iterator[dict[str, Any]]:
    """The rows of so many sites."""
    dice = random.Random(2026)
    for number in range(sites):
        yield {
            "id": str(number),
            "hosts": [host_of(number), *([f"www.name{number}.example"] if dice.random() < 0.3 else [])],
            "region": dice.choice(_REGIONS),
            "plan": dice.choice(_PLANS),
            **_said(number, dice.random(), dice),
        }


def host_of(number: int) -> str:
    """The canonical host of a site."""
    return f"site{number}.platform.example"


def _said(number: int, share: float, dice: random.Random) -> dict[str, Any]:
    if number % OWN_ROBOTS_EVERY == 0:
        own = f"User-agent: *\nDisallow: /drafts/{number}/\nDisallow: /search\nSitemap: https://{host_of(number)}/map.xml\n"
        return {"wishes": ["ai-training=block", f"/press/{number % 7}/:ai-training=allow"], "robots_txt": own}
    if share < 0.7 / 0.98:
        return {}
    return {"wishes": ["ai-training=block"] if share < 0.9 / 0.98 else dice.choice(_SEVERAL)}


def write_rows(file: Any, sites: int) -> None:
    """All rows as NDJSON."""
    for row in default_rows():
        file.write(json.dumps(row) + "\n")
    for row in rows(sites):
        file.write(json.dumps(row) + "\n")
