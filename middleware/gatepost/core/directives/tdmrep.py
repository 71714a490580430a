"""TDMRep: ``/.well-known/tdmrep.json`` and the policy it points to (W3C TDM Reservation Protocol, 2024-05-10).

Rules: a reservation follows the stance on ``ai-training``; nothing said is no entry, an explicit ``allow`` is 0; the
first entry that matches holds, so the most specific comes first; the reservation is a JSON integer.
"""

import json
from collections.abc import Iterable
from textwrap import indent

from gatepost.core.crawlers import Purpose
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.directives.written import DirectiveLine, text_of
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Stance
from gatepost.core.zones import Zone

__all__ = ["render_tdm_policy", "render_tdmrep", "reservation", "tdmrep_lines"]


def reservation(stance: Stance | None) -> int | None:
    """1 reserved, 0 not, ``None`` nothing said."""
    return None if stance is None else int(stance.denies)


def render_tdmrep(policy: SitePolicy, addresses: Addresses) -> str:
    """The file: an array, empty when nothing is said."""
    return text_of(tdmrep_lines(policy, addresses))


def tdmrep_lines(policy: SitePolicy, addresses: Addresses) -> Iterable[DirectiveLine]:
    """The same line by line: JSON with two spaces of indent."""
    zones = [(zone, _entry(zone, addresses)) for zone in (*policy.zones, policy.everywhere)]
    told = [(zone, entry) for zone, entry in zones if entry]
    if not told:
        yield DirectiveLine("[]")
        return
    yield DirectiveLine("[")
    for zone, entry in told:
        comma = "," if entry is not told[-1][1] else ""
        for text in (indent(json.dumps(entry, indent=2), "  ") + comma).split("\n"):
            yield DirectiveLine(text, (Purpose.AI_TRAINING,), zone.pattern)
    yield DirectiveLine("]")


def _entry(zone: Zone, addresses: Addresses) -> dict[str, object] | None:
    stance = zone.of(Purpose.AI_TRAINING).value
    location = zone.pattern.text if zone.pattern else "/"
    if stance is None:
        return None
    if not stance.denies:
        return {"location": location, "tdm-reservation": 0}
    terms = {"tdm-policy": addresses.tdm_policy} if stance is Stance.LICENSE else {}
    return {"location": location, "tdm-reservation": 1, **terms}


def render_tdm_policy(host: str, addresses: Addresses) -> str:
    """The terms in ODRL: mining only with the owner's consent."""
    policy = {
        "@context": ["http://www.w3.org/ns/odrl.jsonld", "http://www.w3.org/ns/tdmrep.jsonld"],
        "@type": "Offer",
        "profile": "http://www.w3.org/ns/tdmrep",
        "uid": addresses.tdm_policy,
        "assigner": {
            "uid": addresses.tdm_policy.partition("/_")[0],
            "vcard:fn": host,
            "vcard:hasURL": addresses.license,
        },
        "permission": [{"action": "tdm:mine", "duty": [{"action": "obtainConsent"}]}],
    }
    return json.dumps(policy, indent=2) + "\n"
