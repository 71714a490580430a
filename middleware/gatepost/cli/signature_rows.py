"""A difference between two signature sets, and its effect, for machines."""

from typing import TYPE_CHECKING

from gatepost.core.crawlers import Crawler, Purpose
from gatepost.core.signature_diff import CrawlerChange, Difference

if TYPE_CHECKING:
    from gatepost.service.signature_effect import SignatureEffects

__all__ = ["diff_row"]


def diff_row(
    difference: Difference, effects: "SignatureEffects | None", release: int | None = None
) -> dict[str, object]:
    """All of it as one object; ``effect`` is null where none was counted, ``release`` where the old set is a file."""
    sides = {
        side: {"version": signatures.version, "sha256": signatures.sha256, "entries": len(signatures.crawlers)}
        for side, signatures in (("old", difference.old), ("new", difference.new))
    }
    return {
        **sides,
        "release": release,
        "step": {"made": difference.made.value, "needed": difference.needed.value},
        "version_too_small": difference.version_too_small,
        "breaking": [change.name for change in difference.breaking],
        "come": [_crawler(crawler) for crawler in difference.come],
        "gone": [_crawler(crawler) for crawler in difference.gone],
        "changed": [_change(change) for change in difference.changed],
        "effect": _effect(effects) if effects is not None else None,
    }


def _crawler(crawler: Crawler) -> dict[str, object]:
    return {
        "name": crawler.name,
        "operator": crawler.operator,
        "purposes": [purpose.value for purpose in Purpose if purpose in crawler.purposes],
        "service": crawler.service.value if crawler.service else None,
        "mixed_use": crawler.mixed_use,
    }


def _change(change: CrawlerChange) -> dict[str, object]:
    fields = [
        {"field": one.field, "before": one.before, "after": one.after, "breaking": one.breaking}
        for one in change.fields
    ]
    return {"name": change.name, "breaking": change.breaking, "fields": fields}


def _effect(effects: "SignatureEffects") -> dict[str, object]:
    decisions = [
        {"crawler": one.crawler, "before": one.before.value, "after": one.after.value, "sites": sites}
        for one, sites in effects.decisions.most_common()
    ]
    names = dict.fromkeys([*effects.void_defaults, *effects.void])
    void = [
        {
            "crawler": name,
            "sites": effects.void[name],
            "hosts": effects.void_hosts.get(name, []),
            "defaults": effects.void_defaults.get(name, []),
        }
        for name in names
    ]
    return {
        "sites": effects.sites,
        "robots_txt": {
            "sites": effects.robots_changed,
            "octets": effects.octets,
            "octets_most": effects.octets_most,
            "over_budget": effects.over_budget,
        },
        "decided_otherwise": effects.decided_otherwise,
        "decisions": decisions,
        "void_exceptions": void,
    }
