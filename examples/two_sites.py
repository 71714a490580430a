"""A gate with two sites whose owners want different things, so that curl shows something at once.

garden.localhost keeps its content from training, but for /press/; kitchen.localhost only asks crawlers not to train.
"""

import asyncio
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from gatepost import Actor, ActorKind, Gate, StoreError, confirmed, open_gate, read_wish

PORT = int(os.environ.get("PORT", "8000"))
WISHES = {
    "garden.localhost": ["ai-training=block", "/press/:ai-training=allow"],
    "kitchen.localhost": ["ai-training=ask"],
}


def open_gate_with_two_sites() -> Gate:
    """On the database that GATEPOST_DATABASE names, or on one in a temporary folder."""
    database = os.environ.get("GATEPOST_DATABASE") or f"sqlite:///{tempfile.mkdtemp(prefix='gatepost-')}/gatepost.db"
    gate = open_gate(database, public_url=f"http://{{host}}:{PORT}")
    with ThreadPoolExecutor(1) as thread:  # an event loop of its own, because a server's may be running already
        thread.submit(asyncio.run, _add_sites(gate)).result()
    return gate


async def _add_sites(gate: Gate) -> None:
    owner = Actor(ActorKind.OWNER, "you")
    for host, wishes in WISHES.items():
        with suppress(StoreError):  # it is there already
            await gate.owners.add_site([host], owner)
            read = [read_wish(wish, gate.signatures) for wish in wishes]  # the owner has confirmed what they allow
            await confirmed(partial(gate.owners.change_preferences, host, read, owner))
    await gate.close()
