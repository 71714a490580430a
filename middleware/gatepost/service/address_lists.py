"""The address lists of operators: had once a day, off every request path, kept for the whole fleet, and looked up in.

Rules: only a good answer takes the place of a good one; what the fleet has got today nobody asks for again; a list that
is not at hand says nothing of anybody; the lists of one day are asked for one after the other.
"""

import asyncio
import logging
import random
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from gatepost.core.address_lists import (
    MAX_OCTETS,
    AddressList,
    ListFault,
    ListStanding,
    check_change,
    read_address_list,
)
from gatepost.core.address_records import list_named, read_standing, standing_kept
from gatepost.core.crawlers import Crawler, SignatureSet
from gatepost.core.publications import Kind
from gatepost.errors import AddressListError, OutwardError, StoreError
from gatepost.ports import Clock, Outward, Record

__all__ = ["AddressLists"]

_ASKED_SECONDS = 15.0
"""For one list."""
_FIRST_SECONDS = 60.0
"""After a start, until which workers ask, each at a time of its own: the first one does it for all."""
_LOOK_SECONDS = 3_600.0
"""Between two looks whether a list is due, or another worker has got it."""
_LONGEST_ETAG = 200

_dice = random.SystemRandom()
_log = logging.getLogger("gatepost.address_lists")


@dataclass(frozen=True, slots=True)
class _Held:
    """A standing, and its good list, if it has one, ready to be looked up in."""

    standing: ListStanding
    found: AddressList | None


class AddressLists:
    """The use cases; ``signatures`` gives the signature set that is in force, which names the lists."""

    def __init__(self, outward: Outward, record: Record, clock: Clock, signatures: Callable[[], SignatureSet]) -> None:
        self._outward, self._record, self._clock, self._signatures = outward, record, clock, signatures
        self._held: dict[str, _Held] = {}

    def covers(self, crawler: Crawler, address: str) -> bool | None:
        """Whether an address is one that the operator publishes for a crawler.

        ``None`` where that cannot be told: it publishes no list, this is no address, or it is in none that is at hand
        while another one is not.
        """
        lists = [self.at_hand(url) for url in crawler.verification.address_lists]
        packed = _packed(address)
        if packed and any(found.covers(packed) for found in lists if found):
            return True
        return False if packed and lists and None not in lists else None

    def urls(self) -> Sequence[str]:
        """The lists that the signature set names, in its order, each once."""
        crawlers = self._signatures().crawlers
        return list(dict.fromkeys(url for crawler in crawlers for url in crawler.verification.address_lists))

    def standings(self) -> Sequence[ListStanding]:
        """What is known of each list, as far as it was taken up."""
        return [self._held[url].standing if url in self._held else ListStanding(url) for url in self.urls()]

    def at_hand(self, url: str) -> AddressList | None:
        """The good list of a URL, if it was taken up."""
        held = self._held.get(url)
        return held.found if held else None

    def ages(self) -> Mapping[str, int | None]:
        """For each list the days since it was found good; ``None`` where it never was."""
        today = self._today()
        return {standing.url: standing.age(today) for standing in self.standings()}

    async def take_up(self) -> None:
        """Take up what the store has of every list. Raises :class:`~gatepost.errors.StoreError`."""
        for url in self.urls():
            await self._take_up(url)

    async def _take_up(self, url: str) -> ListStanding:
        """What the store has of a list."""
        held = self._held.get(url)
        entry = await self._record.last_published(Kind.ADDRESS_LIST, url)
        if entry is None:
            return held.standing if held else ListStanding(url)
        octets, fault = [await self._record.octets(name) or b"" if name else b"" for name in list_named(entry)]
        standing = read_standing(url, entry, octets, fault)
        if held is None or held.standing != standing:
            await self._hold(standing)
        return standing

    async def _hold(self, standing: ListStanding) -> None:
        held = self._held.get(standing.url)
        if held is not None and held.standing.octets == standing.octets:
            self._held[standing.url] = replace(held, standing=standing)
            return
        found: AddressList | None = None
        if standing.octets:
            with suppress(AddressListError):  # a stricter version of ours may refuse what an older one took
                found = await asyncio.to_thread(read_address_list, standing.octets)
        self._held[standing.url] = _Held(standing, found)

    async def fetch(self, url: str, *, accept: bool = False) -> ListStanding:
        """Ask for a list now, and keep what comes of it; ``accept`` takes one that leaps as well.

        Raises :class:`~gatepost.errors.StoreError`.
        """
        before = await self._take_up(url)
        try:
            after = await self._fetched(before, accept=accept)
        except (OutwardError, AddressListError) as error:
            fresh = await self._take_up(url)
            if fresh != before and fresh.good == self._today():  # another worker had better luck meanwhile
                return fresh
            after = replace(before, asked=self._today(), fault=ListFault(error.id, str(error), error.remedy))
            _log.warning("the address list %s is left as it was: %s (%s) %s", url, error, error.id, error.remedy)
        await self._record.publish([standing_kept(after)])
        await self._hold(after)
        return after

    async def _fetched(self, before: ListStanding, *, accept: bool) -> ListStanding:
        etag = _sent_back(before.etag)
        known = [("if-none-match", etag)] if etag and before.octets else []
        got = await self._outward.fetch(before.url, most_octets=MAX_OCTETS, seconds=_ASKED_SECONDS, fields=known)
        today = self._today()
        if got.status == 304 and known:
            return replace(before, asked=today, good=today, fault=None)
        if got.status != 200:
            remedy = "Open the address: if the operator has moved its list, correct the signature file."
            raise AddressListError(f"it is answered with {got.status}", id="addresses.status", remedy=remedy)
        new = await asyncio.to_thread(read_address_list, got.body)
        held = self._held.get(before.url)
        if held is not None and held.found is not None and not accept:
            check_change(held.found, new)
        return ListStanding(before.url, today, today, _sent_back(got.value("etag")), got.body)

    def _today(self) -> date:
        return self._clock.now().date()

    async def fetch_due(self) -> None:
        """Ask for every list that nobody of the fleet has asked for today. Raises :class:`StoreError`."""
        urls = self.urls()
        for url in set(self._held).difference(urls):
            del self._held[url]
        for url in _dice.sample(urls, len(urls)):
            try:
                await self._fetch_if_due(url)
            except StoreError:
                raise
            except Exception:  # a fault of ours with one list must not cost those behind it their day
                _log.exception("the address list %s cannot be brought up to date", url)

    async def _fetch_if_due(self, url: str) -> None:
        standing = await self._take_up(url)  # another worker may have been quicker
        if standing.asked is None or standing.asked < self._today():
            standing = await self.fetch(url)
        if standing.alarming(self._today()):
            _log.error("the address list %s was found good last: %s", url, standing.good or "never")

    async def keep(self) -> None:
        """Have every list once a day, for ever."""
        await self._try(self.take_up)
        await asyncio.sleep(_dice.uniform(0, _FIRST_SECONDS))
        while True:
            await self._try(self.fetch_due)
            await asyncio.sleep(_LOOK_SECONDS * _dice.uniform(0.7, 1.3))

    async def _try(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except StoreError as error:
            _log.warning("the address lists wait for the store: %s (%s)", error, error.id)
        except Exception:  # a fault of ours must not end the watch in silence
            _log.exception("the address lists cannot be brought up to date")


def _sent_back(etag: str) -> str:
    """An ETag that can be kept whole and sent back; empty for any other."""
    return etag if etag.isascii() and len(etag) <= _LONGEST_ETAG else ""


_MAPPED = b"\0" * 10 + b"\xff\xff"


def _packed(address: str) -> bytes:
    """An address as its octets, of IPv4 where it stands for one (RFC 4291 §2.5.5.2); empty for what is none."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.inet_pton(family, address).removeprefix(_MAPPED)
    except (OSError, ValueError):
        return b""
