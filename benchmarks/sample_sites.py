"""Sites to measure on, and a store that holds them in a dictionary."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import cast

from gatepost import Gate, PreferenceStatement, Purpose, Settings, SignatureSet, Site, Stance, read_wish
from gatepost.core.publications import Publication, Published
from gatepost.core.sites import Event, amend
from gatepost.ports import Changes, Store

__all__ = ["OPTED_OUT", "SILENT", "Shelf", "distinct_statements", "gate_on", "sample_gate", "statement"]

SILENT, OPTED_OUT = "silent.example", "garden.example"
"""A site without a statement, and one with ``ai-training=block``."""


@dataclass
class Shelf:
    """A :class:`~gatepost.ports.Store` to read from."""

    by_host: Mapping[str, Site]
    _none: Collection[str] = field(default=(), init=False)

    async def site(self, id: str) -> Site | None:
        return None

    async def site_by_host(self, host: str) -> Site | None:
        return self.by_host.get(host)

    async def sites(self, *, after: str = "", limit: int = 1000, named: str = "") -> Sequence[Site]:
        return ()

    async def defaults(self) -> Sequence[Site]:
        return ()

    async def history(self, id: str) -> Sequence[Event]:
        return ()

    async def append(self, *events: Event) -> Sequence[Site]:
        raise NotImplementedError

    async def position(self) -> int:
        return 0

    async def changes(self, since: int) -> Changes:
        return Changes(since, self._none)

    async def sites_with(self, *, ids: Collection[str] = (), hosts: Collection[str] = ()) -> Sequence[Site]:
        return [self.by_host[host] for host in hosts if host in self.by_host]

    async def wait_for_changes(self, timeout: float) -> None:
        await asyncio.sleep(timeout)

    async def publish(self, publications: Sequence[Publication]) -> None:
        pass

    async def published(self, kind: str, key: str = "") -> Sequence[Published]:
        return ()

    async def octets(self, name: bytes) -> bytes | None:
        return None

    async def former_sites(self, host: str) -> Sequence[str]:
        return ()

    async def close(self) -> None:
        pass


def statement(signatures: SignatureSet, *wishes: str) -> PreferenceStatement:
    """A statement from wishes as people write them."""
    return amend(PreferenceStatement(), [read_wish(wish, signatures) for wish in wishes], signatures)


def distinct_statements(signatures: SignatureSet, count: int) -> list[PreferenceStatement]:
    """Up to 1,020 statements that differ in AI purposes, archives and a crawler.

    None asks for a licence: its directives hold addresses of the site's own, so that no two sites share them.
    """
    purposes = [purpose for purpose in Purpose if purpose is not Purpose.SEARCH]
    stances = (None, Stance.ALLOW, Stance.ASK, Stance.BLOCK)
    exceptions = ((), ("GPTBot=allow",), ("CCBot=block",), ("GPTBot=ask",))
    made = []
    for chosen, exception in product(product(stances, repeat=len(purposes)), exceptions):
        wishes = [f"{purpose}={stance}" for purpose, stance in zip(purposes, chosen, strict=True) if stance]
        if wishes:
            made.append((*wishes, *exception))
    step = max(1, len(made) // count)
    return [statement(signatures, *wishes) for wishes in made[::step][:count]]


def gate_on(signatures: SignatureSet, sites: Mapping[str, Site]) -> Gate:
    """A gate on sites by host."""
    return Gate(Settings(), signatures, cast(Store, Shelf(sites)))  # nobody shows a credential here


async def sample_gate(signatures: SignatureSet) -> Gate:
    """A gate that has :data:`SILENT` and :data:`OPTED_OUT` ready."""
    sites = [
        Site(SILENT, (SILENT,)),
        Site(OPTED_OUT, (OPTED_OUT,), statement(signatures, "ai-training=block")),
    ]
    gate = gate_on(signatures, {site.host: site for site in sites})
    for site in sites:
        await gate.snapshots.visit(site.host)
    return gate
