"""Partners whose licence has begun: they are kept, and all sites have been looked at."""

from datetime import datetime

from gatepost.core.partners import Partner
from gatepost.ports import Store


async def hold(store: Store, partner: Partner, at: datetime) -> None:
    """Let a store have a partner, in the place of the one of that id, and its licence begin."""
    before = next((one for one in await store.partners() if one.id == partner.id), None)
    await store.keep_partner(partner, at, before)
    while await store.sweep(at):
        pass
