"""A sender of notices in a process of its own, for whom a day is nine seconds.

``python -m guarantees.sender URL``
"""

import asyncio
import sys
from datetime import timedelta

from gatepost import open_gate
from gatepost.core import duties
from gatepost.partners import webhooks
from gatepost.service import circuits, deliveries

FASTER = 10_000


def hurry():
    """Waits are shorter; a lease is still longer than a push."""
    duties.WAITS = tuple(wait / FASTER for wait in duties.WAITS)
    duties.MOST_PATIENCE /= FASTER
    duties.LEAST_PATIENCE /= FASTER
    circuits.LONGEST_REST = 0.2
    webhooks.SECONDS = 2.0
    deliveries.LEASE = timedelta(seconds=4)
    deliveries.LOOK_SECONDS = 0.1


async def send(url):
    gate = open_gate(url, private_addresses=True)
    await gate.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    hurry()
    asyncio.run(send(sys.argv[1]))
