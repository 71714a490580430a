"""RSL 1.0: the licence document, and the pointers to it.

Rules: there is a document only where some purpose has the stance ``license``, because a client that cannot read an
advertised document must take the content as unlicensed (RSL §4); usages are RSL's own spellings; what is neither
permitted nor for licence is prohibited by the closed list of ``permits`` (§3).
"""

from collections.abc import Iterable
from html import escape

from gatepost.core.crawlers import Purpose
from gatepost.core.directives.vocabulary import RSL_USAGE, Addresses, denies
from gatepost.core.directives.written import DirectiveLine, text_of
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Stance, Stances
from gatepost.core.zones import Zone

__all__ = ["LINK_TYPE", "license_required", "licensed_purposes", "render_rsl", "rsl_lines"]

LINK_TYPE = "application/rsl+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_PAYMENT = {Purpose.SEARCH: "crawl", Purpose.AI_ANSWERS: "use", Purpose.AI_TRAINING: "training"}


def license_required(stances: Stances) -> bool:
    """Whether some purpose may be had under a licence only."""
    return bool(licensed_purposes(stances))


def licensed_purposes(stances: Stances) -> tuple[Purpose, ...]:
    """The purposes that may be had under a licence only."""
    return tuple(purpose for purpose, stance in stances.said() if stance is Stance.LICENSE)


def render_rsl(policy: SitePolicy, addresses: Addresses) -> str | None:
    """The document, one ``<content>`` for each zone; ``None`` where no licence is offered."""
    return text_of(rsl_lines(policy, addresses)) or None


def rsl_lines(policy: SitePolicy, addresses: Addresses) -> Iterable[DirectiveLine]:
    """The same line by line; nothing where no licence is offered."""
    zones = (*policy.zones, policy.everywhere)
    if not any(license_required(zone.preferences) for zone in zones):
        return
    yield DirectiveLine(_DECLARATION)
    yield DirectiveLine('<rsl xmlns="https://rslstandard.org/rsl" max-age="1">')
    for zone in zones:
        for text, purposes in _content(zone, addresses):
            yield DirectiveLine(text, purposes, zone.pattern)
    yield DirectiveLine("</rsl>")


_Part = tuple[str, tuple[Purpose, ...]]
"""A line, and the purposes whose stances it tells."""


def _content(zone: Zone, addresses: Addresses) -> Iterable[_Part]:
    yield f'  <content url="{escape(zone.pattern.text if zone.pattern else "/")}">', ()
    yield from _free_licence(zone.preferences)
    for purpose, stance in zone.preferences.said():
        if stance is Stance.LICENSE and purpose in RSL_USAGE:
            yield from _paid_licence(purpose, addresses)
    yield "  </content>", ()


def _free_licence(stances: Stances) -> Iterable[_Part]:
    """What needs no licence: search unless it is denied, and whatever is allowed by name."""
    free = tuple(
        purpose
        for purpose in RSL_USAGE
        if stances.of(purpose) is Stance.ALLOW or (purpose is Purpose.SEARCH and not denies(stances.search))
    )
    denied = tuple(purpose for purpose in RSL_USAGE if denies(stances.of(purpose)))
    yield "    <license>", ()
    for element, purposes in (("permits", free), ("prohibits", denied)):
        if purposes:
            usages = " ".join(RSL_USAGE[purpose] for purpose in purposes)
            yield f'      <{element} type="usage">{usages}</{element}>', purposes
    yield '      <payment type="free"/>', ()
    yield "    </license>", ()


def _paid_licence(purpose: Purpose, addresses: Addresses) -> Iterable[_Part]:
    yield "    <license>", ()
    yield f'      <permits type="usage">{RSL_USAGE[purpose]}</permits>', (purpose,)
    payment = f'<payment type="{_PAYMENT[purpose]}"><custom>{escape(addresses.terms)}</custom></payment>'
    yield f"      {payment}", (purpose,)
    yield "    </license>", ()
