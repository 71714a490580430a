"""RSL 1.0: the licence document, and the pointers to it.

Rules: there is a document only where some purpose has the stance ``license``, because a client that cannot read an
advertised document must take the content as unlicensed (RSL §4); usages are RSL's own spellings; what is neither
permitted nor for licence is prohibited by the closed list of ``permits`` (§3).
"""

from html import escape

from gatepost.core.crawlers import Purpose
from gatepost.core.directives.vocabulary import RSL_USAGE, Addresses, denies
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Stance, Stances
from gatepost.core.zones import Zone

__all__ = ["LINK_TYPE", "license_required", "render_rsl"]

LINK_TYPE = "application/rsl+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_PAYMENT = {Purpose.SEARCH: "crawl", Purpose.AI_ANSWERS: "use", Purpose.AI_TRAINING: "training"}


def license_required(stances: Stances) -> bool:
    """Whether some purpose may be had under a licence only."""
    return any(stance is Stance.LICENSE for _, stance in stances.said())


def render_rsl(policy: SitePolicy, addresses: Addresses) -> str | None:
    """The document, one ``<content>`` for each zone; ``None`` where no licence is offered."""
    zones = (*policy.zones, policy.everywhere)
    if not any(license_required(zone.preferences) for zone in zones):
        return None
    contents = "".join(_content(zone, addresses) for zone in zones)
    return f'{_DECLARATION}\n<rsl xmlns="https://rslstandard.org/rsl" max-age="1">\n{contents}</rsl>\n'


def _content(zone: Zone, addresses: Addresses) -> str:
    url = escape(zone.pattern.text if zone.pattern else "/")
    licences = _free_licence(zone.preferences) + "".join(
        _paid_licence(purpose, addresses)
        for purpose, stance in zone.preferences.said()
        if stance is Stance.LICENSE and purpose in RSL_USAGE
    )
    return f'  <content url="{url}">\n{licences}  </content>\n'


def _free_licence(stances: Stances) -> str:
    """What needs no licence: search unless it is denied, and whatever is allowed by name."""
    free = [
        usage
        for purpose, usage in RSL_USAGE.items()
        if stances.of(purpose) is Stance.ALLOW or (purpose is Purpose.SEARCH and not denies(stances.search))
    ]
    denied = [usage for purpose, usage in RSL_USAGE.items() if denies(stances.of(purpose))]
    permits = f'      <permits type="usage">{" ".join(free)}</permits>\n' if free else ""
    prohibits = f'      <prohibits type="usage">{" ".join(denied)}</prohibits>\n' if denied else ""
    return f'    <license>\n{permits}{prohibits}      <payment type="free"/>\n    </license>\n'


def _paid_licence(purpose: Purpose, addresses: Addresses) -> str:
    return (
        "    <license>\n"
        f'      <permits type="usage">{RSL_USAGE[purpose]}</permits>\n'
        f'      <payment type="{_PAYMENT[purpose]}"><custom>{escape(addresses.terms)}</custom></payment>\n'
        "    </license>\n"
    )
