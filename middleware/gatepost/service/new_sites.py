"""Sites by the thousand: the same events as one by one, in transactions of many.

Rules: a batch is written whole or not at all; a row that cannot be taken is named with its error, and costs no other
row its place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gatepost.core.defaults import is_default
from gatepost.core.own_robots import check_own_robots
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import (
    Actor,
    Change,
    Event,
    PlacementChanged,
    RobotsTxtChanged,
    SiteAdded,
    StatementChanged,
    Visibility,
    VisibilityChanged,
)
from gatepost.errors import GatepostError, HostTaken, RevisionConflict, StatementError
from gatepost.ports import SiteStore

__all__ = ["NewSite", "NewSites", "check_form", "id_taken"]

BATCH = 5_000
"""Rows in a transaction: a quarter of a second in which nobody else can write."""

RETRIES = 3
"""How often a batch is tried again without the rows that others were quicker with."""


@dataclass(frozen=True, slots=True)
class NewSite:
    """A site to be added as it stands elsewhere; the id is the first host unless one is given."""

    hosts: tuple[str, ...]
    """Site keys, the canonical one first."""
    id: str = ""
    statement: PreferenceStatement = PreferenceStatement()
    visibility: Visibility = Visibility.PUBLIC
    robots_txt: str = ""
    region: str = ""
    plan: str = ""
    kept: tuple[tuple[LevelStatement, ...], ...] = ()
    """What levels above said where the site was before, and still holds."""

    @property
    def key(self) -> str:
        """The id that the site gets."""
        return self.id or self.hosts[0]

    def changes(self) -> Sequence[Change]:
        """What happens to it, one event each."""
        changes: list[Change] = [SiteAdded(tuple(dict.fromkeys(self.hosts)), self.region, self.plan)]
        if self.statement != PreferenceStatement():
            changes.append(StatementChanged(self.statement))
        changes += [PlacementChanged(self.region, self.plan, floor) for floor in self.kept]
        if self.visibility is not Visibility.PUBLIC:
            changes.append(VisibilityChanged(self.visibility))
        if self.robots_txt:
            changes.append(RobotsTxtChanged(self.robots_txt))
        return changes


def check_form(hosts: Sequence[str], id: str | None, visibility: Visibility = Visibility.PUBLIC) -> None:
    """Raises :class:`StatementError` for a site that nobody could name; one that is deleted needs no host."""
    hostless = bool(id) and visibility is Visibility.DELETED
    if not (hosts or hostless) or is_default(id or hosts[0]):
        raise StatementError(
            "a site needs a host, and an id that is not the platform's",
            id="site.add.form",
            remedy="Name at least one host, and an id that is not the platform's, a region's or a plan's.",
        )


def id_taken(id: str) -> HostTaken:
    """Says that a site has the id already."""
    return HostTaken(
        f"there is a site {id!r} already",
        id="site.id.taken",
        remedy="Add the host to that site, or choose another id.",
    )


def _host_taken(host: str, site: str) -> HostTaken:
    return HostTaken(
        f"{host} already belongs to site {site!r}",
        id="store.host.taken",
        remedy="Ask the platform to settle whose host it is.",
    )


Numbered = dict[int, NewSite]
"""Rows by their number."""


@dataclass
class NewSites:
    """One run of additions; ``rejected`` tells the rows that were not taken, by their number."""

    store: SiteStore
    at: datetime
    actor: Actor
    reason: str
    check_search: Callable[[str], None]
    """Raises :class:`GatepostError` for an own robots.txt that closes a site to search, if that is not meant."""
    rejected: dict[int, GatepostError] = field(default_factory=dict)

    async def add(self, rows: Sequence[NewSite]) -> None:
        """Add what can be added. Raises :class:`~gatepost.errors.StoreUnavailable`; what is not told is then open."""
        for start in range(0, len(rows), BATCH):
            batch = dict(enumerate(rows[start : start + BATCH], start))
            await self._add(self._without_faults(batch))

    async def _add(self, batch: Numbered, retries: int = RETRIES) -> None:
        if not batch:
            return
        try:
            await self.store.append(*(event for row in batch.values() for event in self._events(row)))
        except (HostTaken, RevisionConflict):
            if not retries:
                raise
            await self._add(await self._without_taken(batch), retries - 1)
        except StatementError as error:
            await self._add_halves(batch, error)

    async def _add_halves(self, batch: Numbered, error: StatementError) -> None:
        """Some row holds text that cannot be stored: find it."""
        numbers = list(batch)
        if len(numbers) == 1:
            self.rejected[numbers[0]] = error
            return
        middle = len(numbers) // 2
        for half in (numbers[:middle], numbers[middle:]):
            await self._add({number: batch[number] for number in half})

    def _events(self, row: NewSite) -> Sequence[Event]:
        return [
            Event(row.key, revision, self.at, self.actor, change, self.reason)
            for revision, change in enumerate(row.changes(), start=1)
        ]

    def _without_faults(self, batch: Numbered) -> Numbered:
        """The rows that are right in themselves and among each other."""
        owners: dict[str, str] = {}
        ids: set[str] = set()
        good: Numbered = {}
        for number, row in batch.items():
            try:
                check_form(row.hosts, row.id, row.visibility)
                self._check_own_file(row.robots_txt)
                _check_free(row, owners, ids)
            except GatepostError as error:
                self.rejected[number] = error
                continue
            good[number] = row
            ids.add(row.key)
            owners.update(dict.fromkeys(row.hosts, row.key))
        return good

    def _check_own_file(self, text: str) -> None:
        check_own_robots(text)
        if text:
            self.check_search(text)

    async def _without_taken(self, batch: Numbered) -> Numbered:
        """The rows whose id and hosts no site has."""
        found = await self.store.sites_with(
            ids=[row.key for row in batch.values()], hosts=[host for row in batch.values() for host in row.hosts]
        )
        owners = {host: site.id for site in found for host in site.hosts}
        ids = {site.id for site in found}
        good: Numbered = {}
        for number, row in batch.items():
            try:
                _check_free(row, owners, ids)
            except HostTaken as error:
                self.rejected[number] = error
                continue
            good[number] = row
        return good


def _check_free(row: NewSite, owners: Mapping[str, str], ids: set[str]) -> None:
    if row.key in ids:
        raise id_taken(row.key)
    for host in row.hosts:
        if host in owners:
            raise _host_taken(host, owners[host])
