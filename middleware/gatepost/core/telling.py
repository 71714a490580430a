"""Which partners are told of a change of a site, and what each is told.

Rules: whoever writes notices and whoever foretells them go by the same functions; a partner is told only of what it
knows, and gets to know a site once this is open to it.
"""

from collections.abc import Collection
from datetime import datetime

from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from gatepost.core.terms import Action, Asked, Terms, asked_by

__all__ = ["asked_of", "gets_to_know"]


def gets_to_know(partner: Partner, purpose: Purpose, terms: Terms, at: datetime) -> bool:
    """Whether a partner is told of a site, from now on, that it did not know before."""
    return terms.shared and purpose in partner.purposes and not partner.ended(at)


def asked_of(partner: Partner, was: Terms, now: Terms, owed: Collection[Asked], at: datetime) -> Asked | None:
    """What is asked of a partner that knows a site when other terms hold for it than were; ``None``: nothing.

    Nothing is given back to one whose licence is over.
    """
    asked = asked_by(was, now, owed)
    return None if asked and asked.action is Action.RESTORE and partner.ended(at) else asked
