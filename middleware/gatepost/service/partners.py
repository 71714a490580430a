"""The registry of data partners, what each was told, and what it confirmed.

Rules: a secret is made here and shown once; a partner is never forgotten, its licence ends; what a change of a partner
means for sites is found by looking at all of them again (``look_at_sites``), never guessed.
"""

import base64
import secrets as chance
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from gatepost.core.crawlers import Purpose, SignatureSet
from gatepost.core.duties import Duty, Receipt, ReceiptKind
from gatepost.core.notices import Item, Notice
from gatepost.core.partners import MOST_SECRETS, Partner, check_partner, is_secret
from gatepost.errors import OutwardError, PartnerError, RevisionConflict
from gatepost.ports import Clock, Outward, PartnerStore
from gatepost.service.site_changes import RETRIES

__all__ = ["DutyFilter", "PartnerChange", "Partners", "new_secret"]

_PAGE = 1_000

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class PartnerChange:
    """What of a partner becomes another; ``None`` leaves it as it is."""

    name: str | None = None
    purposes: Collection[Purpose] | None = None
    since: datetime | None = None
    until: datetime | None = None
    contact: str | None = None
    endpoint: str | None = None
    """Empty for a partner that fetches its notices from now on."""
    crawlers: Collection[str] | None = None
    networks: Collection[str] | None = None
    keys: Collection[str] | None = None
    stop_within: timedelta | None = None
    remove_within: timedelta | None = None
    reopened: bool = False
    """Whether the licence has no end any more."""

    def of(self, partner: Partner) -> Partner:
        """The partner after it."""
        changed = replace(
            partner,
            name=_or(self.name, partner.name),
            purposes=frozenset(_or(self.purposes, partner.purposes)),
            since=_or(self.since, partner.since),
            until=None if self.reopened else _or(self.until, partner.until),
            contact=_or(self.contact, partner.contact),
            endpoint=_or(self.endpoint, partner.endpoint),
            crawlers=tuple(sorted(_or(self.crawlers, partner.crawlers))),
            networks=tuple(sorted(_or(self.networks, partner.networks))),
            keys=tuple(sorted(_or(self.keys, partner.keys))),
            stop_within=_or(self.stop_within, partner.stop_within),
            remove_within=_or(self.remove_within, partner.remove_within),
        )
        return changed if self.endpoint is None else replace(changed, gone=False)


async def _paged(read: Callable[[int], Awaitable[Sequence[Duty]]]) -> AsyncIterator[Duty]:
    """All that ``read`` gives from the number after the one that it is given on."""
    after = 0
    while page := await read(after):
        for duty in page:
            yield duty
        after = page[-1].notice.number


def _or(wanted: Value | None, present: Value) -> Value:
    return present if wanted is None else wanted


def _rotated(partner: Partner, secret: str) -> Partner:
    """The partner with one more secret; one that cannot sign goes."""
    signing = [one for one in partner.secrets if is_secret(one)]
    if len(signing) >= MOST_SECRETS:
        raise PartnerError(
            f"{partner.id} has {len(signing)} secrets in use already",
            id="partner.secrets",
            remedy=f"Let the old ones go first: gatepost partners rotate {partner.id} --finish.",
        )
    return replace(partner, secrets=(secret, *signing))


def new_secret() -> str:
    """What pushes are signed with, as Standard Webhooks spells it."""
    return "whsec_" + base64.b64encode(chance.token_bytes(32)).decode("ascii")


@dataclass(frozen=True, slots=True)
class DutyFilter:
    """Which duties are looked for."""

    partner: str = ""
    """The partner's id; empty is all."""
    site: str = ""
    """The site's id; empty is all."""
    open: bool = False
    overdue: bool = False


@dataclass(frozen=True)
class Partners:
    """The use cases around data partners."""

    store: PartnerStore
    clock: Clock
    signatures: Callable[[], SignatureSet]
    """Gives the signature set that is in force."""
    outward: Outward

    async def all(self) -> Sequence[Partner]:
        """All partners, those whose licence is over included, in the order of their ids."""
        return await self.store.partners()

    async def names(self) -> Mapping[str, str]:
        """What owners are told a partner is called, by its id."""
        return {partner.id: partner.name for partner in await self.store.partners()}

    async def show(self, id: str) -> Partner:
        """A partner by its id. Raises :class:`~gatepost.errors.PartnerError`."""
        found = next((partner for partner in await self.store.partners() if partner.id == id), None)
        if found is None:
            raise PartnerError(
                f"there is no partner {id[:64]!r}", id="partner.unknown", remedy="gatepost partners list shows the ids."
            )
        return found

    async def add(self, partner: Partner) -> str:
        """Add a partner; the secret that its pushes are signed with, which is shown this once.

        Raises :class:`~gatepost.errors.PartnerError`.
        """
        secret = new_secret()
        added = self._checked(replace(partner, secrets=(secret,)))
        try:
            await self.store.keep_partner(added, self.clock.now())
        except RevisionConflict as error:
            raise PartnerError(
                f"there is a partner {partner.id!r} already",
                id="partner.taken",
                remedy="Choose another id, or change that one: gatepost partners change.",
            ) from error
        return secret

    async def change(self, id: str, change: PartnerChange) -> Partner:
        """Change a partner. One that is to be reached elsewhere has all that is open pushed there.

        Raises :class:`~gatepost.errors.PartnerError`.
        """
        before, after = await self._change(id, lambda before: self._checked(change.of(before), before))
        if after.pushed and (after.endpoint, after.gone) != (before.endpoint, before.gone):
            await self.store.resend(id, (), self.clock.now())
        return after

    async def end(self, id: str) -> Partner:
        """End a partner's licence now, whatever else may be wrong with it; what it still owes stays open.

        Raises :class:`PartnerError` for one that is not known.
        """
        now = self.clock.now()
        _, after = await self._change(id, lambda before: before if before.ended(now) else replace(before, until=now))
        return after

    async def rotate_secret(self, id: str) -> str:
        """A new secret, which is shown this once; those before sign as well until :meth:`finish_rotation`.

        Raises :class:`PartnerError` where too many are in use.
        """
        secret = new_secret()
        await self._change(id, lambda before: self._checked(_rotated(before, secret), before))
        return secret

    async def finish_rotation(self, id: str) -> int:
        """Let the newest secret alone sign; how many are gone. Raises :class:`PartnerError`."""
        before, after = await self._change(
            id, lambda before: self._checked(replace(before, secrets=before.secrets[:1]), before)
        )
        return len(before.secrets) - len(after.secrets)

    async def _change(self, id: str, decide: Callable[[Partner], Partner]) -> tuple[Partner, Partner]:
        """Write what ``decide`` makes of a partner, again on fresh state when somebody else was quicker; what it was
        and what it is."""
        for retries in range(RETRIES, -1, -1):
            before = await self.show(id)
            after = decide(before)
            if after == before:
                return before, after
            try:
                await self.store.keep_partner(after, self.clock.now(), before)
            except RevisionConflict:
                if not retries:
                    raise
            else:
                return before, after
        raise AssertionError("unreachable: the last run returns or raises")

    def _checked(self, partner: Partner, before: Partner | None = None) -> Partner:
        """The partner, which may take the place of the one before; only what becomes another is held against what is
        outside of it. Raises :class:`PartnerError`."""
        if partner == before:
            return partner
        check_partner(partner)
        if partner.endpoint != (before.endpoint if before else ""):
            self._check_endpoint(partner.endpoint)
        new = set(partner.crawlers) - set(before.crawlers if before else ())
        unknown = new - {crawler.name for crawler in self.signatures().crawlers}
        if unknown:
            raise PartnerError(
                f"no crawler of the signature file is called {sorted(unknown)[0]!r}",
                id="partner.crawlers",
                remedy="Write its name as gatepost classify gives it.",
            )
        return partner

    def _check_endpoint(self, url: str) -> None:
        """What could never be pushed to is refused while somebody is there to correct it."""
        try:
            if url:
                self.outward.check_post(url)
        except OutwardError as error:
            message = f"notices cannot be pushed to {url}: {error}"
            raise PartnerError(message, id="partner.endpoint", remedy=error.remedy) from error

    async def look_at_sites(self, *, again: bool = False) -> AsyncIterator[None]:
        """Write what is due for the sites that have to be looked at, or for all; yields after each piece of work."""
        if again:
            await self.store.look_again(self.clock.now())
        while await self.store.sweep(self.clock.now()):
            yield

    async def remove_item(self, site: str, item: Item) -> Sequence[Notice]:
        """Have an item of a site, by the site's id, removed by all who ever knew it; what they are told.

        Raises :class:`PartnerError` for an item that no partner could find, or that may be another site's.
        """
        return await self.store.remove_item(site, item, self.clock.now())

    async def receive(self, id: str, notice: str, kind: ReceiptKind, *, version: str = "", reason: str = "") -> Duty:
        """Write down what a partner says of a notice; said again it changes nothing, said otherwise it is refused.

        Raises :class:`~gatepost.errors.ReceiptRefused` and :class:`PartnerError`.
        """
        await self.show(id)
        return await self.store.confirm(id, Receipt(notice, kind, self.clock.now(), version, reason))

    async def feed(self, id: str, after: int, limit: int) -> Sequence[Duty]:
        """What a partner was told, in order, from the number after ``after`` on; from 0 it is always all of it."""
        return await self.store.duties_after(id, after, limit)

    async def digest(self, id: str, day: date, after: int = 0, limit: int = _PAGE) -> Sequence[Duty]:
        """Who newly opted out on a day (UTC): of each site and purpose the last notice of that day, unless the content
        may be used again by it."""
        if day == date.max:
            return ()
        start = datetime.combine(day, time(), UTC)
        return await self.store.opted_out(id, start, start + timedelta(days=1), after, limit)

    async def duties(self, wanted: DutyFilter) -> AsyncIterator[Duty]:
        """The duties that are looked for, by partner, in order."""
        now = self.clock.now()
        async for duty in self._some(wanted, now):
            fits = wanted.partner in ("", duty.notice.partner) and wanted.site in ("", duty.notice.site)
            if fits and (duty.open or not wanted.open) and (duty.overdue(now) or not wanted.overdue):
                yield duty

    async def _some(self, wanted: DutyFilter, now: datetime) -> AsyncIterator[Duty]:
        """Those that are looked for, and maybe more."""
        if wanted.site:
            found = await self.store.duties_of_site(wanted.site)
            for duty in sorted(found, key=lambda duty: (duty.notice.partner, duty.notice.number)):
                yield duty
        elif wanted.overdue:
            async for duty in _paged(lambda after: self.store.overdue(now, after, _PAGE)):
                yield duty
        else:
            for partner in [wanted.partner] if wanted.partner else await self.names():
                async for duty in self._of(partner, open=wanted.open):
                    yield duty

    def _of(self, partner: str, *, open: bool) -> AsyncIterator[Duty]:
        return _paged(lambda after: self.store.duties_after(partner, after, _PAGE, open=open))

    async def resend(self, id: str, notices: Collection[str]) -> int:
        """Have what a partner still owes pushed once more: these notices by their ids, or all. How many there are.

        Raises :class:`PartnerError` for a partner that nothing is pushed to, and for a notice that is not open.
        """
        partner = await self.show(id)
        if not partner.endpoint:
            raise PartnerError(
                f"{id} has no endpoint: it fetches its notices",
                id="partner.endpoint",
                remedy="Name one: gatepost partners change ID --endpoint URL.",
            )
        open = {duty.notice.id: duty.notice.number async for duty in self._of(id, open=True)} if notices else {}
        unknown = [notice for notice in notices if notice not in open]
        if unknown:
            raise PartnerError(
                f"{id} has no open notice {unknown[0][:64]!r}",
                id="partner.notice",
                remedy=f"gatepost notices list --partner {id} --open shows them.",
            )
        return await self.store.resend(id, [open[notice] for notice in notices], self.clock.now())
