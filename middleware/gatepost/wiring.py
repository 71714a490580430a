"""The only place that names concrete adapters: settings -> :class:`Gate`.

Rules: making a gate touches neither the store nor the network; the first request, a server's start-up or a use case
does.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from pkgutil import resolve_name
from typing import Any

from gatepost.core.access import Grant
from gatepost.core.crawlers import SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.policy import Decision, Reason, decide
from gatepost.core.publications import Edition
from gatepost.core.recognition import Recognition
from gatepost.core.request import CrawlRequest
from gatepost.core.signed_requests import Evidence, no_signature
from gatepost.core.snapshot import SiteSnapshot
from gatepost.core.unknown_crawlers import UnknownCrawler, together
from gatepost.core.workers import WorkerReport
from gatepost.errors import GatepostError, StoreError
from gatepost.partners import KeyVerifier, MessageSigner, WebhookSender
from gatepost.ports import Clock, LastKnown, Outward, Store
from gatepost.service.access import Access
from gatepost.service.address_lists import AddressLists
from gatepost.service.changelog import Changelog
from gatepost.service.clocks import WatchedClock
from gatepost.service.copying import Copying
from gatepost.service.counting import Counting
from gatepost.service.deliveries import Deliveries
from gatepost.service.exports import Exports
from gatepost.service.exposures import Exposures
from gatepost.service.licensing import Licensing
from gatepost.service.overviews import Overviews
from gatepost.service.owners import Owners
from gatepost.service.partners import Partners
from gatepost.service.publisher import Publisher
from gatepost.service.reach import Reaching
from gatepost.service.releases import Releases
from gatepost.service.renderings import Renderings
from gatepost.service.reports import Reports
from gatepost.service.served import ServedFiles
from gatepost.service.signatures import Signatures
from gatepost.service.snapshots import Snapshots
from gatepost.service.unknown_crawlers import UnknownCrawlers
from gatepost.settings import Settings, read_settings
from gatepost.sources import HttpOutward, OwnSignatures, PrivateKey, Seals, admitted, load_signatures, own_version

__all__ = ["Authenticate", "Gate", "SystemClock", "open_gate"]

_log = logging.getLogger("gatepost")

App = Callable[[Any, Any, Any], Awaitable[None]]
Authenticate = Callable[[MutableMapping[str, Any]], Awaitable[Grant | None]]
"""The platform's own authentication: the grant of who sends a request (an ASGI scope), or ``None``."""


_START_SECONDS = 2.0
"""For which a start waits for the store; what takes longer is the watch's."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


class Gate:
    """Everything that doors need: the signatures, the sites, and the use cases that change them."""

    def __init__(
        self,
        settings: Settings,
        signatures: SignatureSet,
        store: Store,
        last_known: LastKnown | None = None,
        outward: Outward | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.edition = Edition(signatures.sha256, own_version(), settings.public_url, settings.prefix)
        self.addresses = self.edition.addresses
        clock = SystemClock()
        own, seals = OwnSignatures(settings.signatures, settings.signatures_overlay), Seals(settings.signature_keys)
        own_file = own.read() if settings.signatures_overlay else signatures.source
        self.recognition = Signatures(store, own, clock, seals.check, self._go_over, signatures, own_file, last_known)
        self.reports = Reports(store, self._report)
        self.releases = Releases(store, clock, _admit, self.recognition, self.reports.present)
        self.changelog = Changelog(self.releases)
        self.unknown = UnknownCrawlers(clock)
        self.publisher = Publisher(store, clock, self.edition, self.recognition.now)
        self.copying = Copying(store, last_known, clock) if last_known else None
        renderings = Renderings(self.addresses, self.publisher.rendered)
        self.snapshots = Snapshots(store, self.recognition.now, renderings, WatchedClock(clock), self.copying)
        self.licensing = Licensing(store, self.snapshots.clock, KeyVerifier())
        self.owners = Owners(store, clock, lambda: self.signatures)
        outward = outward or _outward(settings)
        self.partners = Partners(store, clock, lambda: self.signatures, outward)
        self.access = Access(store, clock, settings.secrets)
        self.overviews = Overviews(store, self.owners, self.snapshots)
        self.exports = Exports(store, self.snapshots.clock)
        keep, grace = timedelta(days=settings.ledger_days), timedelta(hours=settings.ledger_grace_hours)
        self.counting = Counting(store, self.overviews, clock, keep, grace)
        self.exposures = Exposures(store, self.overviews, clock, keep)
        self.reach = Reaching(outward, store, self.snapshots, clock, self.edition.origin)
        self.address_lists = AddressLists(outward, store, clock, lambda: self.matcher.signatures)
        self.deliveries = Deliveries(store, _sender(outward, clock, settings), clock, settings.notices)
        self._watch: asyncio.Task[None] | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._name = ""

    @property
    def served(self) -> ServedFiles:
        """What sites were served, by the record."""
        return ServedFiles(self.overviews, self.edition)

    @property
    def signatures(self) -> SignatureSet:
        """The signature set that is in force for every site, but for those where another one is tried."""
        return self.recognition.now.whole.signatures

    @property
    def matcher(self) -> Matcher:
        """The same, compiled."""
        return self.recognition.now.whole

    def _go_over(self, recognition: Recognition) -> None:
        """From now on recognise by other signatures; what is held is made anew aside."""
        self.publisher.recognise_by(recognition)
        self.snapshots.recognise_by(recognition)
        if self._renewal is not None:
            self._renewal.cancel()
        self._renewal = asyncio.create_task(self._renew(), name="gatepost-renewal")

    async def _renew(self) -> None:
        await self.snapshots.renew()
        self.reports.hurry()

    def _report(self) -> WorkerReport:
        """What this worker runs."""
        now, refused = self.recognition.now, self.recognition.refused
        whole, part = now.whole.signatures, now.part.signatures if now.part else None
        return WorkerReport(
            worker=self._name,
            at=SystemClock().now(),
            gatepost=own_version(),
            release=now.number,
            version=whole.version,
            sha256=whole.sha256,
            part=part.version if part else "",
            percent=now.percent,
            since=self.recognition.taken_up,
            behind=self.snapshots.behind,
            refused=f"{refused.place}: {refused.error}" if refused else "",
            met=tuple(self.recognition.met),
            unknown=self.unknown.told(self.matcher),
            own=self.recognition.own_sha256,
        )

    async def start(self) -> None:
        """Read the store early, so that its faults show in the log at start-up, and watch it.

        A fault stops nothing, and a store that keeps silent is not waited for.
        """
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self.recognition.look_at_store()
                await self.snapshots.refresh()
                await self.licensing.refresh()
        except (StoreError, TimeoutError) as error:
            _log.error("the store does not answer at the start: %s", _told(error))
            await self._recall()
        except Exception:  # a fault of ours must not keep the app behind from starting
            _log.exception("what the store says cannot be taken up at the start")
            await self._recall()
        self.watch()

    async def _recall(self) -> None:
        """Go by the copy until the store can be used."""
        try:
            await self.recognition.recall()
            if self.copying:
                _log.warning("until the store answers, %s", await self.copying.extent())
        except Exception:
            _log.exception("the copy cannot be used at the start")

    def watch(self) -> None:
        """Take up changes that other processes make, and write down what is served, from now on, in the running loop;
        once is enough."""
        task = self._watch
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            self.publisher.begin()
            self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
            self._watch = asyncio.create_task(self._follow(), name="gatepost-watch")

    async def _follow(self) -> None:
        watches = [self.snapshots.watch(), self.recognition.watch(), self.reports.watch(), self.publisher.keep()]
        watches.append(self.counting.watch())
        watches.append(self.licensing.watch())
        watches.append(self.deliveries.watch())
        if self.copying:
            watches.append(self.copying.watch(self.snapshots.position, self.snapshots.held_sites))
        if self.settings.address_lists:
            watches.append(self.address_lists.keep())
        await asyncio.gather(*watches)

    async def judge(self, request: CrawlRequest, evidence: Evidence = no_signature) -> tuple[SiteSnapshot, Decision]:
        """The site that a request is for, and the decision about it; ``evidence`` reads what it signs.

        Raises :class:`~gatepost.errors.StoreError` for a host that nothing is known of while the store does not answer.
        """
        snapshot = await self.snapshots.visit(request.site or "")
        decision = self.decide(snapshot, request.user_agents, request.paths, request.peer, evidence)
        if decision.reason is Reason.ON_TRIAL:
            self.recognition.meet(decision.crawler or "", request.user_agents)
        elif decision.reason is Reason.UNRECOGNISED:
            self.unknown.note(request.user_agents)
        return snapshot, decision

    def decide(
        self,
        snapshot: SiteSnapshot,
        user_agents: Sequence[bytes],
        paths: Sequence[str],
        peer: str | None = None,
        evidence: Evidence = no_signature,
    ) -> Decision:
        """The decision about a request to a site that is at hand; ``peer`` is the address that it comes from, and
        ``evidence`` reads what it signs."""
        policy = snapshot.rendering.policy
        matches = [match for agent in user_agents for match in snapshot.matcher.recognise(agent)]
        decision = decide(policy, matches, paths)
        return self.licensing.judged(decision, policy, matches, paths, lambda: peer, evidence)

    async def unknown_crawlers(self) -> Sequence[UnknownCrawler]:
        """Who calls itself a crawler and is not known by now, as all workers met them since they started, the most
        frequent first."""
        found = together(report.unknown for report in await self.reports.present())
        return [one for one in found if not self.matcher.recognise(one.user_agent.encode())]

    async def owner_link(self, host: str, actor: str, path: str = "") -> str:
        """The address by which an owner comes in: good once, for a quarter of an hour, for one site and one name.

        ``path`` is where below the owner's pages it leads to, if not to the site's own. Raises
        :class:`~gatepost.errors.SiteUnknown`, and :class:`~gatepost.errors.SettingsError` without a secret.
        """
        site = await self.owners.show(host)
        base = self.settings.public_url.replace("{host}", site.host) + self.settings.prefix
        return f"{base}/enter?link={self.access.owner_link(site.id, actor, path)}"

    def owner_app(self, authenticate: Authenticate | None = None) -> App:
        """What owners and operators use, as an ASGI app to be mounted below the setting ``prefix``.

        ``authenticate`` is the platform's own: from the request's scope to the grant of who sends it, or ``None``; it
        takes the place of tokens and links.

        >>> app.mount("/crawlers", open_gate(prefix="/crawlers").owner_app())
        """
        # A door is named, not imported: it is above this floor.
        app: App = resolve_name("gatepost.asgi.owner_app:owner_app")(self, authenticate)
        return app

    async def close(self) -> None:
        """Stop watching, write down what was served, and let go of the store."""
        task, self._watch = self._watch, None
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            ending = [task, self._renewal] if self._renewal else [task]
            for one in ending:
                one.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            await self.publisher.close()
            await self.counting.close()
            if self.copying:
                await self.copying.finish(self.snapshots.position, self.snapshots.held_sites)
        if self.copying:
            await self.copying.copy.close()
        await self.store.close()


def _admit(source: bytes, held: SignatureSet | None) -> SignatureSet:
    """The set of a signature file as it is for the whole fleet, without what a machine lays over it."""
    return admitted(source, None, held)


def _outward(settings: Settings) -> Outward:
    """The world outside; the port that sites have by the settings may be asked beside the web's own."""
    port = settings.public_url.rpartition(":")[2]
    return HttpOutward(settings.private_addresses, [int(port)] if port.isdecimal() else [])


def _sender(outward: Outward, clock: Clock, settings: Settings) -> WebhookSender:
    """Who pushes notices, and looks for the key of the settings only then."""
    return WebhookSender(outward, clock, lambda: _signer(settings))


def _signer(settings: Settings) -> MessageSigner | None:
    """Who signs pushes beside the partners' secrets. Raises :class:`~gatepost.errors.GatepostError` for no key."""
    if settings.notice_key is None:
        return None
    key = PrivateKey.read(settings.notice_key)
    return MessageSigner(key.public, key.sign)


def _told(error: Exception) -> str:
    """What went wrong, with its remedy if it has one."""
    if isinstance(error, GatepostError):
        return f"{error} ({error.id}) {error.remedy}"
    return f"nothing within {_START_SECONDS:g} s"


def open_gate(database: str | None = None, **settings: object) -> Gate:
    """A gate on a database; what is not given comes from the environment and ``gatepost.toml``.

    ``settings`` are those of :class:`~gatepost.settings.Settings` by name.

    >>> gate = open_gate("sqlite://")

    Raises :class:`~gatepost.errors.SettingsError` and :class:`~gatepost.errors.SignatureFileError`.
    """
    # Here, as it takes a third of a second for SQLAlchemy, which commands without a store are spared.
    from gatepost.storage import open_last_known, open_store

    checked = read_settings({"database": database, **settings})
    last_known = open_last_known(checked.database, checked.snapshot)
    store = open_store(checked.database, last_known.remembers if last_known else bool)
    return Gate(checked, load_signatures(checked.signatures, checked.signatures_overlay), store, last_known)
