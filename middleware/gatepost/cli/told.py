"""Sites and what holds there as rows for machines, one shape for every command that shows them."""

from gatepost.core.crawlers import Purpose
from gatepost.core.preferences import Resolved, Sharing, Stance
from gatepost.core.sites import Site
from gatepost.core.state import wishes_of
from gatepost.core.zones import Zone

__all__ = ["row_of", "told_preferences"]


def row_of(site: Site) -> dict[str, object]:
    """A site as a row of ``gatepost sites export``."""
    return {
        "id": site.id,
        "hosts": list(site.hosts),
        "visibility": site.visibility.value,
        "wishes": wishes_of(site.statement),
        "robots_txt": site.robots_txt,
    }


def told_preferences(zone: Zone, partner_sharing: Resolved[Sharing]) -> dict[str, dict[str, str | None]]:
    """Every purpose as it is resolved in a zone, then the switch for data partners, each with its origin."""
    told = {purpose.value: _told(zone.of(purpose)) for purpose in Purpose}
    return {**told, "partner-sharing": _told(partner_sharing)}


def _told(resolved: Resolved[Stance | None] | Resolved[Sharing]) -> dict[str, str | None]:
    return {"stance": resolved.value, "origin": str(resolved.origin)}
