"""One gate with a few sites for all tests that only look, and the means to make another."""

import pytest

from asgi.door import OWNER, Store, browser_of, gate_on, wish
from gatepost import Visibility, owner_grant
from gatepost.sources import load_signatures

SITES = {
    "garden.example": ["ai-training=block"],
    "kitchen.example": ["ai-training=ask"],
    "market.example": ["ai-training=license"],
    "open.example": ["ai-training=allow"],
    "silent.example": [],
    "press.example": ["ai-training=block", "/press/:ai-training=allow"],
    "vault.example": ["ai-training=allow", "/private/:ai-training=block"],
    "closed.example": ["ai-training=allow"],
}


@pytest.fixture(scope="session")
def signatures():
    return load_signatures()


@pytest.fixture(scope="session")
async def gate(signatures):
    """Every site of SITES; nobody changes anything on it."""
    gate = gate_on(signatures, Store())
    for host, wishes in SITES.items():
        await wish(gate, host, *wishes)
    await gate.owners.change_visibility("closed.example", Visibility.PRIVATE, OWNER)
    yield gate
    await gate.close()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
async def own_gate(signatures, store):
    """A gate of the test's own on ``store``, with garden.example opted out."""
    gate = gate_on(signatures, store)
    await wish(gate, "garden.example", "ai-training=block")
    yield gate
    await gate.close()


@pytest.fixture
async def garden(signatures):
    """A gate of the test's own, with garden.example, of which nothing is said."""
    gate = gate_on(signatures, Store())
    await gate.owners.add_site(["garden.example"], OWNER)
    yield gate
    await gate.close()


@pytest.fixture
async def ada(garden):
    """The browser of garden.example's owner."""
    async with browser_of(garden, owner_grant("garden.example", "ada")) as client:
        yield client
