"""What ``gatepost sites import`` does with rows.

Rules: an import adds to what is there; a stance that a row does not name stays as it is, so that no import takes an
opt-out back; a row that cannot be taken is named and left out, the others are taken; new sites are written many at a
time, and rows that change nothing are not written at all, so that running an import again takes up where it broke off.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from gatepost.cli.inputs import host_of
from gatepost.cli.output import progress, tell
from gatepost.cli.rows_written import Floor, read_floor
from gatepost.core.consent import Act
from gatepost.core.own_robots import check_own_robots, check_own_search
from gatepost.core.preferences import PreferenceStatement
from gatepost.core.sites import Actor, ActorKind, Site, Visibility, amend
from gatepost.core.wishes import Wish, read_wish
from gatepost.errors import ConfirmationNeeded, GatepostError, StoreUnavailable
from gatepost.service.new_sites import NewSite
from gatepost.service.owners import BY_ID, confirmed

if TYPE_CHECKING:
    from gatepost.cli.site_rows import Line, SiteRow
    from gatepost.wiring import Gate

__all__ = ["Counts", "SitesImport"]


@dataclass
class Counts:
    """What became of the rows."""

    taken: int = 0
    unchanged: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Checked:
    """A row whose hosts and wishes are right in themselves."""

    line: "Line"
    row: "SiteRow"
    hosts: tuple[str, ...]
    wishes: Sequence[Wish]
    kept: tuple[Floor, ...]

    @property
    def key(self) -> str:
        return self.row.id or self.hosts[0]

    def adds_to(self, site: Site, statement: PreferenceStatement) -> bool:
        """Whether the row says anything that the site does not; ``statement`` is the site's with the row's wishes."""
        row = self.row
        pairs = (
            (row.visibility, site.visibility),
            (row.robots_txt, site.robots_txt),
            (row.region, site.region),
            (row.plan, site.plan),
        )
        return (
            statement != site.statement
            or any(said not in (None, is_so) for said, is_so in pairs)
            or not set(self.hosts) <= set(site.hosts)
            or not set(self.kept) <= set(site.kept)
        )


@dataclass
class SitesImport:
    """One run; ``left_out`` is given every row that was."""

    gate: "Gate"
    actor: Actor
    search_confirmed: bool
    defaults_confirmed: bool
    """Whether rows of defaults may allow more than before."""
    left_out: Callable[[bytes], object]
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        # Millions of rows say the same few things.
        self._wishes = lru_cache(4096)(self._read_wishes)
        self._first_statement = lru_cache(4096)(lambda texts: self._amended(PreferenceStatement(), self._wishes(texts)))

    def _read_wishes(self, texts: tuple[str, ...]) -> Sequence[Wish]:
        """What a row asks for; a wish for a time that is over by now asks for nothing."""
        now = self.gate.owners.clock.now()
        wishes = [read_wish(text, self.gate.signatures) for text in texts]
        return [wish for wish in wishes if wish.period is None or not wish.period.over_by(now)]

    def _amended(self, statement: PreferenceStatement, wishes: Sequence[Wish]) -> PreferenceStatement:
        return amend(statement, wishes, self.gate.signatures, search_confirmed=self.search_confirmed)

    async def take(self, batches: Iterable[Sequence["Line"]]) -> Counts:
        """Take the rows, and name on stderr those that are left out."""
        with progress("sites") as count:
            for batch in batches:
                checked = list(self._checked(batch))
                for default in (one for one in checked if one.row.default):
                    await self._take_one(default, self._change_default)
                await self._take_batch([one for one in checked if not one.row.default])
                for _ in batch:
                    count()
        return self.counts

    def _checked(self, batch: Iterable["Line"]) -> Iterator[_Checked]:
        for line in batch:
            try:
                row = line.read()
                kept = tuple(read_floor(floor, self._first_statement) for floor in row.kept)
                yield _Checked(line, row, tuple(map(host_of, row.hosts)), self._wishes(row.wishes), kept)
            except GatepostError as error:
                self._leave_out(line, error)

    def _leave_out(self, line: "Line", error: GatepostError) -> None:
        if not self.counts.left_out:
            self.left_out(line.header)
        self.counts.left_out += 1
        tell(f"line {line.number}: {error} ({error.id}) {error.remedy}")
        self.left_out(line.octets)

    async def _take_batch(self, batch: Sequence[_Checked]) -> None:
        """New sites together; then, one by one, what adds to a site or repeats a name of this batch."""
        known = await self._known(batch)
        seen: set[str] = set()
        new: list[tuple[_Checked, NewSite]] = []
        others: list[_Checked] = []
        for checked in batch:
            site = known.get(checked.key)
            names = {checked.key, *checked.hosts}
            try:
                if site is not None or names & seen:
                    self._sort(checked, site, others)
                else:
                    new.append((checked, self._new_site(checked)))
                    seen |= names
            except GatepostError as error:
                self._leave_out(checked.line, error)
        await self._add(new)
        for checked in others:
            await self._take_one(checked, self._change)

    async def _known(self, batch: Sequence[_Checked]) -> Mapping[str, Site]:
        """The sites that rows speak of, by id and by host; a row speaks of its id, or else of its first host."""
        ids = {checked.row.id for checked in batch if checked.row.id}
        hosts = {checked.hosts[0] for checked in batch if not checked.row.id}
        sites = await self.gate.store.sites_with(ids=ids, hosts=hosts)
        by_host = {host: site for site in sites for host in site.hosts if host in hosts}
        return by_host | {site.id: site for site in sites if site.id in ids}

    def _sort(self, checked: _Checked, site: Site | None, others: list[_Checked]) -> None:
        if site is not None and not checked.adds_to(site, self._amended(site.statement, checked.wishes)):
            self.counts.unchanged += 1
        else:
            others.append(checked)

    def _new_site(self, checked: _Checked) -> NewSite:
        row = checked.row
        return NewSite(
            checked.hosts,
            row.id or "",
            self._first_statement(row.wishes),
            row.visibility or Visibility.PUBLIC,
            row.robots_txt or "",
            row.region or "",
            row.plan or "",
            checked.kept,
        )

    async def _add(self, new: Sequence[tuple[_Checked, NewSite]]) -> None:
        rejected = await self.gate.owners.add_sites(
            [site for _, site in new], self.actor, "import", search_confirmed=self.search_confirmed
        )
        self.counts.taken += len(new) - len(rejected)
        for number, error in sorted(rejected.items()):
            self._leave_out(new[number][0].line, error)

    async def _take_one(self, checked: _Checked, change: Callable[[_Checked], Awaitable[bool]]) -> None:
        try:
            changed = await change(checked)
        except StoreUnavailable:
            raise
        except GatepostError as error:
            self._leave_out(checked.line, error)
        else:
            self.counts.taken += changed
            self.counts.unchanged += not changed

    async def _change(self, checked: _Checked) -> bool:
        """A row on a site as it stands now, checked before anything of it is written."""
        store, owners, row = self.gate.store, self.gate.owners, checked.row
        known = await (store.site(row.id) if row.id else store.site_by_host(checked.hosts[0]))
        self._amended(known.statement if known else PreferenceStatement(), checked.wishes)
        self._check_own_file(known.robots_txt if known else "", row.robots_txt)
        region, plan = row.region or "", row.plan or ""
        site = known or await owners.add_site(checked.hosts, self.actor, row.id, region=region, plan=plan)
        name = BY_ID + site.id
        if checked.wishes:
            await owners.change_preferences(
                name, checked.wishes, self.actor, search_confirmed=self.search_confirmed, reason="import"
            )
        await owners.change_placement(name, self.actor, region=row.region, plan=row.plan, reason="import")
        for floor in checked.kept:
            await owners.keep(name, floor, self.actor, "import")
        await self._change_the_rest(checked, site)
        return True

    def _check_own_file(self, before: str, after: str | None) -> None:
        if after is not None and after != before:
            check_own_robots(after)
            check_own_search(before, after, self.gate.signatures, self.search_confirmed)

    async def _change_the_rest(self, checked: _Checked, site: Site) -> None:
        """What is no statement."""
        owners, row, name = self.gate.owners, checked.row, BY_ID + site.id
        if row.visibility is not None:
            await owners.change_visibility(name, row.visibility, self.actor, "import")
        for host in checked.hosts:
            if host not in site.hosts:
                await owners.add_host(name, host, self.actor)
        if row.robots_txt is not None:
            await owners.change_robots_txt(name, row.robots_txt, self.actor, search_confirmed=self.search_confirmed)

    async def _change_default(self, checked: _Checked) -> bool:
        """A row of the platform's, a region's or a plan's, which is the platform's act: it speaks for many sites."""
        owners, id = self.gate.owners, checked.row.default
        act = Act(Actor(ActorKind.PLATFORM, self.actor.name), "import", self.search_confirmed)

        async def say(confirmation: str = "") -> Site:
            return await owners.change_default_preferences(id, checked.wishes, replace(act, confirmation=confirmation))

        before = await owners.show_default(id)
        try:
            after = await (confirmed(say) if self.defaults_confirmed else say())
        except ConfirmationNeeded as asked:
            if not asked.token:
                raise
            remedy = "Import the row with --confirm-defaults if that is meant."
            raise ConfirmationNeeded(str(asked), id=asked.id, remedy=remedy) from None
        return after.revision > before.revision
