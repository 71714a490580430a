"""What the use cases need of the world for data partners: a store, and a way to tell them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gatepost.core.crawlers import Purpose
from gatepost.core.duties import Attempt, Duty, DutyCounts, Receipt, SiteDuties
from gatepost.core.notices import Item, Notice
from gatepost.core.partners import Partner
from gatepost.core.signed_requests import Proof, SignedRequest

__all__ = ["NoticeSender", "PartnerStore", "SignatureVerifier"]


class NoticeSender(Protocol):
    """Pushes notices to the endpoints of partners."""

    def check(self) -> None:
        """Raises :class:`~gatepost.errors.GatepostError` where nothing can be pushed from here."""
        ...

    async def send(self, partner: Partner, duty: Duty) -> Attempt:
        """Push a notice once, as a reminder if it was delivered before; what came of it, whatever that is."""
        ...


class SignatureVerifier(Protocol):
    """Tells whose key a request is signed with."""

    def check(self) -> None:
        """Raises :class:`~gatepost.errors.GatepostError` where nothing can be verified from here."""
        ...

    def verified(self, request: SignedRequest, keys: Mapping[str, bytes]) -> Proof:
        """What the signature of a request proves by one of the keys, which are given by their ids, at any time.

        Nothing is waited for. Raises :class:`~gatepost.errors.IdentityRefused`.
        """
        ...


class PartnerStore(Protocol):
    """Keeps data partners, what they are told, and what they confirm.

    What they are told is written by :meth:`SiteStore.append` itself, in its own transaction. What concerns any number
    of sites is worked off by :meth:`sweep`.
    """

    async def partners(self) -> Sequence[Partner]:
        """All partners, those whose licence is over included, in the order of their ids."""
        ...

    async def keep_partner(self, partner: Partner, at: datetime, before: Partner | None = None) -> None:
        """Write a partner in place of ``before``, which has its id; of none, where there is none yet.

        Raises :class:`~gatepost.errors.RevisionConflict` where another one is kept than ``before``.
        """
        ...

    async def look_again(self, at: datetime) -> None:
        """Have every site looked at again, as after a change of a default."""
        ...

    async def sweep(self, at: datetime, most: int = 500) -> bool:
        """Write what is due for some of the sites that have to be looked at again; whether there may be more."""
        ...

    async def remove_item(self, site: str, item: Item, at: datetime) -> Sequence[Notice]:
        """Have an item of a site removed by every partner that ever knew the site; what they are told.

        Raises :class:`~gatepost.errors.PartnerError` for an item that may be another site's.
        """
        ...

    async def due_partners(self, now: datetime) -> Sequence[str]:
        """The ids of the partners to whom something is to be pushed."""
        ...

    async def claim_duties(self, partner: str, now: datetime, until: datetime, most: int) -> Sequence[Duty]:
        """Take what is to be pushed to a partner; nobody else is given it until a time."""
        ...

    async def note_attempt(self, number: int, attempt: Attempt, at: datetime, luck: float) -> Duty | None:
        """Write down what came of a push; the duty after it."""
        ...

    async def confirm(self, partner: str, receipt: Receipt) -> Duty:
        """Write down what a partner says of a notice; said again it changes nothing, said otherwise it is refused.

        Raises :class:`~gatepost.errors.ReceiptRefused`.
        """
        ...

    async def knowing(self, site: str) -> Collection[tuple[str, Purpose]]:
        """Which partners know a site, by their ids, and for which purposes: those that it was ever open to."""
        ...

    async def duties_of_site(self, site: str) -> Sequence[Duty]:
        """Everything that any partner was ever told of a site, in order."""
        ...

    async def last_duties_of_site(self, site: str, before: int | None, most: int) -> Sequence[Duty]:
        """What partners were told of a site last, before the number ``before`` if it is given; the last one first."""
        ...

    async def site_wide_duties(self, site: str) -> Sequence[Duty]:
        """What any partner was ever told of a site, but for single items, in order."""
        ...

    async def duties_by_partner(self, site: str, most: int) -> Mapping[str, SiteDuties]:
        """What each partner that was told anything of a site was told of it, at most so much in whole, by its id."""
        ...

    async def duties_after(
        self, partner: str, after: int = 0, most: int = 1000, *, open: bool = False
    ) -> Sequence[Duty]:
        """What a partner was told, from the number after ``after`` on; with ``open`` what of it is still owed."""
        ...

    async def opted_out(
        self, partner: str, start: datetime, end: datetime, after: int = 0, most: int = 1000
    ) -> Sequence[Duty]:
        """Of each site and purpose the last notice of a time, where it asks to stop or to remove, from the number after
        ``after`` on."""
        ...

    async def duty_counts(self, now: datetime) -> Mapping[str, DutyCounts]:
        """How many duties each partner has that has open ones, by its id."""
        ...

    async def overdue(self, now: datetime, after: int = 0, most: int = 1000) -> Sequence[Duty]:
        """What should have been confirmed by now, from the number after ``after`` on."""
        ...

    async def resend(self, partner: str, numbers: Collection[int], at: datetime) -> int:
        """Have open duties of a partner pushed once more; all of them, if none is named. How many there are."""
        ...
