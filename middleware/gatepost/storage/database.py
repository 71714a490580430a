"""One adapter for :class:`gatepost.ports.Store`, over a database of ``engines``.

Rules: each call is one piece of work on one connection, which the other modules of this room spell once for all
databases; the first call opens the database, and a failed one leaves the next to try again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from gatepost.core.crawlers import Purpose
from gatepost.core.duties import Attempt, Duty, DutyCounts, Receipt, SiteDuties
from gatepost.core.exposure import Exposure, Reading
from gatepost.core.notices import Item, Notice
from gatepost.core.partners import Partner
from gatepost.core.publications import Publication, Published
from gatepost.core.sites import Event, Site
from gatepost.core.tokens import Token
from gatepost.core.workers import WorkerReport
from gatepost.ports import AnswerKey, Changes, Claim
from gatepost.storage import access, digests, duties, partners, reading, site_duties, telling, workers, writing
from gatepost.storage import exposures as counting
from gatepost.storage import publications as publishing
from gatepost.storage.blobs import blob
from gatepost.storage.engines import Database, database_of
from gatepost.storage.rows import event_row

__all__ = ["DatabaseStore", "open_store"]


def open_store(url: str, remembered: Callable[[], bool] = bool) -> "DatabaseStore":
    """The store in the database that ``url`` names; nothing is opened before the first call.

    ``sqlite:///relative.db``, ``sqlite:////absolute/file.db``, ``sqlite://`` (in memory) or ``postgresql://...``;
    raises :class:`~gatepost.errors.SettingsError` for anything else. A missing file is made, unless it is
    ``remembered`` that there was one (``store.gone``).
    """
    return DatabaseStore(database_of(url, remembered))


class DatabaseStore:
    """Keeps events, sites as they leave them, and who may come in, in one database; made by :func:`open_store`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def site(self, id: str) -> Site | None:
        """A site by its id, :data:`~gatepost.core.sites.PLATFORM` included; ``None`` when there is none."""
        return await self._database.run(partial(reading.site, id=id))

    async def site_by_host(self, host: str) -> Site | None:
        """A site by any of its site keys; ``None`` when no site has it."""
        return await self._database.run(partial(reading.site_by_host, host=host))

    async def sites(self, *, after: str = "", limit: int = 1000, named: str = "") -> Sequence[Site]:
        """Up to ``limit`` sites in the order of their ids, those after ``after``; the platform is not among them.

        ``named`` is what their id or one of their site keys begins with.
        """
        page = partial(reading.page_of_sites, after=after, limit=limit, named=named)
        return await self._database.run(page, long=True)

    async def defaults(self) -> Sequence[Site]:
        """What the platform, regions and plans ever said, each as a site without hosts, in the order of their ids."""
        return await self._database.run(reading.defaults, long=True)

    async def sites_with(self, *, ids: Collection[str] = (), hosts: Collection[str] = ()) -> Sequence[Site]:
        """The sites that have any of these ids or of these site keys, in no order."""
        return await self._database.run(partial(reading.sites_with, ids=ids, hosts=hosts), long=True)

    async def history(self, id: str) -> Sequence[Event]:
        """Every event of a site, the first one first."""
        return await self._database.run(partial(reading.history, id=id), long=True)

    async def hosts_ever(self, ids: Collection[str], *, limit: int) -> Collection[str]:
        """The site keys that these sites have or ever had, in no order; where there are more, any ``limit`` of them."""
        return await self._database.run(partial(reading.hosts_ever, ids=ids, limit=limit), long=True)

    async def append(self, *events: Event) -> Sequence[Site]:
        """Write events, all or none, durably, and return the sites as they leave them, one for each event.

        Raises :class:`~gatepost.errors.RevisionConflict`, :class:`~gatepost.errors.HostTaken` or
        :class:`~gatepost.errors.StoreUnavailable`, and :class:`~gatepost.errors.StatementError` for text that no
        database can hold. A call that is cancelled is written whole or not at all.
        """
        if not events:
            return []
        rows = [event_row(event) for event in events]
        return await self._database.run(partial(writing.append, events=events, rows=rows), writes=True)

    async def position(self) -> int:
        """The position after everything that happened; 0 when nothing did."""
        return await self._database.run(reading.position)

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Write those that say something new, all or none; only these take the writers' turn."""
        due = await self._database.run(partial(publishing.due, wanted=publications), long=True)
        if due:
            await self._database.run(partial(publishing.publish, wanted=due), writes=True)

    async def publish_next(self, publication: Publication, after: int) -> None:
        """Write one, if the last of its kind and key has the number ``after``.

        Raises :class:`~gatepost.errors.RevisionConflict` otherwise.
        """
        await self._database.run(partial(publishing.publish_next, publication=publication, after=after), writes=True)

    async def last_published(self, kind: str, key: str = "") -> Published | None:
        """The last entry of a kind and key; ``None`` when there is none."""
        return await self._database.run(partial(publishing.last_published, kind=kind, key=key))

    async def published(self, kind: str, key: str = "") -> Sequence[Published]:
        """Every entry of a kind and key, in the order in which they were written."""
        return await self._database.run(partial(publishing.published, kind=kind, key=key), long=True)

    async def octets(self, name: bytes) -> bytes | None:
        """What is kept under a SHA-256; ``None`` when it is not there, or is not what its name says."""
        return await self._database.run(partial(blob, name=name), long=True)

    async def former_sites(self, host: str) -> Sequence[str]:
        """The ids of the sites that had a host once and gave it up."""
        return await self._database.run(partial(publishing.former_sites, host=host))

    async def changes(self, since: int) -> Changes:
        """What changed after position ``since``; 0 is before everything."""
        return await self._database.run(partial(reading.changes, since=since), long=True)

    async def wait_for_changes(self, timeout: float) -> None:
        """Return when something may have changed since the last time, at the latest after ``timeout`` seconds."""
        await self._database.wait_for_changes(timeout)

    async def token(self, id: str) -> Token | None:
        """A token by its id; ``None`` when there is none, or none any more."""
        return await self._database.run(partial(access.token, id=id))

    async def tokens(self) -> Sequence[Token]:
        """All tokens, the oldest first."""
        return await self._database.run(access.tokens, long=True)

    async def keep_token(self, token: Token) -> None:
        """Write a token, in place of the one that has its id."""
        await self._database.run(partial(access.keep_token, token=token), writes=True)

    async def drop_token(self, id: str) -> bool:
        """Forget a token; whether it was there."""
        return await self._database.run(partial(access.drop_token, id=id), writes=True)

    async def spend(self, nonce: str, until: datetime, now: datetime) -> bool:
        """Mark a nonce as spent until a time; ``False`` when it was already."""
        return await self._database.run(partial(access.spend, nonce=nonce, until=until, now=now), writes=True)

    async def claim(self, key: AnswerKey, digest: bytes, until: datetime, now: datetime) -> Claim:
        """Take a key for a request with this digest, unless somebody has it, at the longest until a time."""
        claim = partial(access.claim, key=key, digest=digest, until=until, now=now)
        return await self._database.run(claim, writes=True)

    async def keep_answer(self, key: AnswerKey, answer: bytes, until: datetime) -> None:
        """Keep the answer to what a key was taken for, until a time."""
        await self._database.run(partial(access.keep_answer, key=key, answer=answer, until=until), writes=True)

    async def release(self, key: AnswerKey) -> None:
        """Let go of a key that no answer is kept for."""
        await self._database.run(partial(access.release, key=key), writes=True)

    async def keep_report(self, report: WorkerReport, life: timedelta) -> None:
        """Write a report in place of the worker's last one, and forget those that are older than ``life``."""
        keep = partial(workers.keep_report, report=report, life=life)
        await self._database.run(keep, writes=True, turn=False)

    async def reports(self, life: timedelta) -> Sequence[WorkerReport]:
        """The reports that are not older than ``life``, by the database's clock."""
        return await self._database.run(partial(workers.reports, life=life), long=True)

    async def partners(self) -> Sequence[Partner]:
        """All partners, those whose licence is over included, in the order of their ids."""
        return await self._database.run(partners.partners_kept)

    async def keep_partner(self, partner: Partner, at: datetime, before: Partner | None = None) -> None:
        """Write a partner in place of ``before``, which has its id; of none, where there is none yet.

        Raises :class:`~gatepost.errors.RevisionConflict` where another one is kept than ``before``.
        """
        keep = partial(partners.keep_partner, partner=partner, at=at, before=before)
        await self._database.run(keep, writes=True)

    async def look_again(self, at: datetime) -> None:
        """Have every site looked at again, as after a change of a default."""
        await self._database.run(partial(partners.begin_sweep, at=at), writes=True)

    async def sweep(self, at: datetime, most: int = 500) -> bool:
        """Write what is due for some of the sites that have to be looked at again; whether there may be more."""
        if not await self._database.run(partial(telling.sweep_due, at=at)):
            return False
        return await self._database.run(partial(telling.sweep, at=at, most=most), writes=True)

    async def remove_item(self, site: str, item: Item, at: datetime) -> Sequence[Notice]:
        """Have an item of a site removed by every partner that ever knew the site; what they are told."""
        return await self._database.run(partial(telling.tell_item, site=site, item=item, at=at), writes=True)

    async def due_partners(self, now: datetime) -> Sequence[str]:
        """The ids of the partners to whom something is to be pushed."""
        return await self._database.run(partial(duties.due_partners, now=now), long=True)

    async def claim_duties(self, partner: str, now: datetime, until: datetime, most: int) -> Sequence[Duty]:
        """Take what is to be pushed to a partner; nobody else is given it until a time."""
        claim = partial(duties.claim, partner=partner, now=now, until=until, most=most)
        return await self._database.run(claim, writes=True)

    async def note_attempt(self, number: int, attempt: Attempt, at: datetime, luck: float) -> Duty | None:
        """Write down what came of a push; the duty after it."""
        note = partial(duties.note_attempt, number=number, attempt=attempt, at=at, luck=luck)
        return await self._database.run(note, writes=True)

    async def confirm(self, partner: str, receipt: Receipt) -> Duty:
        """Write down what a partner says of a notice; said again it changes nothing, said otherwise it is refused.

        Raises :class:`~gatepost.errors.ReceiptRefused`.
        """
        return await self._database.run(partial(duties.confirm, partner=partner, receipt=receipt), writes=True)

    async def knowing(self, site: str) -> Collection[tuple[str, Purpose]]:
        """Which partners know a site, and for which purposes."""
        return await self._database.run(partial(telling.knowing, site=site))

    async def duties_of_site(self, site: str) -> Sequence[Duty]:
        """Everything that any partner was ever told of a site, in order."""
        return await self._database.run(partial(site_duties.duties_of_site, site=site), long=True)

    async def last_duties_of_site(self, site: str, before: int | None, most: int) -> Sequence[Duty]:
        """What partners were told of a site last, before the number ``before`` if it is given; the last one first."""
        page = partial(site_duties.last_duties_of_site, site=site, before=before, most=most)
        return await self._database.run(page, long=True)

    async def site_wide_duties(self, site: str) -> Sequence[Duty]:
        """What any partner was ever told of a site, but for single items, in order."""
        return await self._database.run(partial(site_duties.site_wide_duties, site=site), long=True)

    async def duties_by_partner(self, site: str, most: int) -> Mapping[str, SiteDuties]:
        """What each partner that was told anything of a site was told of it, at most so much in whole, by its id."""
        shown = partial(site_duties.duties_by_partner, site=site, most=most)
        return await self._database.run(shown, long=True)

    async def duties_after(
        self, partner: str, after: int = 0, most: int = 1000, *, open: bool = False
    ) -> Sequence[Duty]:
        """What a partner was told, from the number after ``after`` on; with ``open`` what of it is still owed."""
        page = partial(duties.duties_after, partner=partner, after=after, most=most, open=open)
        return await self._database.run(page, long=True)

    async def opted_out(
        self, partner: str, start: datetime, end: datetime, after: int = 0, most: int = 1000
    ) -> Sequence[Duty]:
        """Of each site and purpose the last notice of a time, where it asks to stop or to remove, from the number after
        ``after`` on."""
        page = partial(digests.opted_out, partner=partner, start=start, end=end, after=after, most=most)
        return await self._database.run(page, long=True)

    async def duty_counts(self, now: datetime) -> Mapping[str, DutyCounts]:
        """How many duties each partner has that has open ones, by its id."""
        return await self._database.run(partial(digests.duty_counts, now=now), long=True)

    async def overdue(self, now: datetime, after: int = 0, most: int = 1000) -> Sequence[Duty]:
        """What should have been confirmed by now, from the number after ``after`` on."""
        return await self._database.run(partial(duties.overdue, now=now, after=after, most=most), long=True)

    async def resend(self, partner: str, numbers: Collection[int], at: datetime) -> int:
        """Have open duties of a partner pushed once more; all of them, if none is named. How many there are."""
        again = partial(duties.resend, partner=partner, numbers=numbers, at=at)
        return await self._database.run(again, writes=True)

    async def count(self, exposures: Sequence[Exposure], readings: Sequence[Reading]) -> None:
        """Add to what is counted, all or none; each key once."""
        count = partial(counting.count, exposures=exposures, readings=readings)
        await self._database.run(count, writes=True, turn=False)

    async def exposures(self, site: str, since: date) -> Sequence[Exposure]:
        """What is counted of a site, by its id, from a day on; in the order of the keys."""
        return await self._database.run(partial(counting.exposures, site=site, since=since), long=True)

    async def readings(self, sites: Collection[str]) -> Sequence[Reading]:
        """Who read the robots.txt of these sites last."""
        return await self._database.run(partial(counting.readings, sites=sites), long=True)

    async def forget_exposures(self, *, before: date | None = None, site: str | None = None) -> int:
        """Forget what is from before a day, or all that there is of a site; returns how many counts that were."""
        forget = partial(counting.forget, before=before, site=site)
        return await self._database.run(forget, writes=True, turn=False)

    async def close(self) -> None:
        """Let go of all connections; a database in memory is gone with its own."""
        await self._database.close()
