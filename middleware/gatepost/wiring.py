"""The only place that names concrete adapters: settings -> :class:`Gate`.

Rules: making a gate touches neither the store nor the network; the first request, a server's start-up or a use case
does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from pkgutil import resolve_name
from typing import Any

from gatepost.core.access import Grant
from gatepost.core.crawlers import SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.policy import Decision, decide
from gatepost.core.publications import Edition
from gatepost.core.request import CrawlRequest
from gatepost.core.snapshot import SiteSnapshot
from gatepost.core.unknown_crawlers import UnknownCrawler
from gatepost.errors import GatepostError, StoreError
from gatepost.ports import LastKnown, Store
from gatepost.service.access import Access
from gatepost.service.clocks import WatchedClock
from gatepost.service.copying import Copying
from gatepost.service.overviews import Overviews
from gatepost.service.owners import Owners
from gatepost.service.publisher import Publisher
from gatepost.service.snapshots import Snapshots
from gatepost.settings import Settings, read_settings
from gatepost.sources import load_signatures, own_version

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
        self, settings: Settings, signatures: SignatureSet, store: Store, last_known: LastKnown | None = None
    ) -> None:
        self.settings = settings
        self.signatures = signatures
        self.store = store
        self.edition = Edition(signatures.sha256, own_version(), settings.public_url, settings.prefix)
        self.addresses = self.edition.addresses
        self.matcher = Matcher(signatures)
        clock = SystemClock()
        self.publisher = Publisher(store, clock, self.edition, signatures.source)
        self.copying = Copying(store, last_known, clock) if last_known else None
        self.snapshots = Snapshots(
            store, signatures, self.addresses, WatchedClock(clock), self.copying, self.publisher.rendered
        )
        self.owners = Owners(store, clock, lambda: signatures)
        self.access = Access(store, clock, settings.secrets)
        self.overviews = Overviews(store, self.owners, self.snapshots, lambda: self.matcher)
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read the store early, so that its faults show in the log at start-up, and watch it.

        A fault stops nothing, and a store that keeps silent is not waited for.
        """
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self.snapshots.refresh()
        except (StoreError, TimeoutError) as error:
            _log.error("the store does not answer at the start: %s", _told(error))
            if self.copying:
                _log.warning("until the store answers, %s", await self.copying.extent())
        self.watch()

    def watch(self) -> None:
        """Take up changes that other processes make, and write down what is served, from now on, in the running loop;
        once is enough."""
        task = self._watch
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            self.publisher.begin()
            self._watch = asyncio.create_task(self._follow(), name="gatepost-watch")

    async def _follow(self) -> None:
        watches = [self.snapshots.watch(), self.publisher.keep()]
        if self.copying:
            watches.append(self.copying.watch(self.snapshots.position, self.snapshots.held_sites))
        await asyncio.gather(*watches)

    async def judge(self, request: CrawlRequest) -> tuple[SiteSnapshot, Decision]:
        """The site that a request is for, and the decision about it.

        Raises :class:`~gatepost.errors.StoreError` for a host that nothing is known of while the store does not answer.
        """
        snapshot = await self.snapshots.visit(request.site or "")
        return snapshot, self.decide(snapshot, request.user_agents, request.paths)

    def decide(self, snapshot: SiteSnapshot, user_agents: Sequence[bytes], paths: Sequence[str]) -> Decision:
        """The decision about a request to a site that is at hand."""
        matches = [match for agent in user_agents for match in self.matcher.recognise(agent)]
        return decide(snapshot.rendering.policy, matches, paths)

    async def unknown_crawlers(self) -> Sequence[UnknownCrawler]:
        """Who calls itself a crawler and is not known, the most frequent first; nobody is counted so far."""
        return ()

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
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.publisher.close()
            if self.copying:
                await self.copying.finish(self.snapshots.position, self.snapshots.held_sites)
        if self.copying:
            await self.copying.copy.close()
        await self.store.close()


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
    return Gate(checked, load_signatures(checked.signatures), store, last_known)
