"""The robots.txt that the app behind serves itself, merged into the site's own.

Rules: the app is asked as if the gate were not there, seldom and never twice at once for a host; what it says is
merged, never clobbered, and cannot undo an opt-out; an app that fails, dawdles or answers with a page has said
nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from gatepost.asgi.types import ASGIApp, Message, Scope
from gatepost.core.own_robots import joined
from gatepost.core.snapshot import MAX_ROBOTS_OCTETS, ROBOTS_TXT, Document, Rendering, SiteSnapshot
from gatepost.service.snapshots import Snapshots
from gatepost.service.waiting import SingleFlight

__all__ = ["AppRobots"]

_FRESH_SECONDS = 300.0
_PATIENCE_SECONDS = 2.0
_HELD = 4_096

_log = logging.getLogger("gatepost.app_robots")


@dataclass(frozen=True, slots=True)
class _Held:
    """What the app said, and what came of it."""

    asked: float
    text: str
    site: Rendering
    """The site's own rendering, which it was merged into."""
    merged: Document

    @property
    def fresh(self) -> bool:
        """Whether the app need not be asked again yet."""
        return monotonic() - self.asked < _FRESH_SECONDS


class AppRobots:
    """What the app behind says in its robots.txt, by host, for five minutes."""

    def __init__(self, app: ASGIApp, snapshots: Snapshots, heard: Callable[[str, str], None]) -> None:
        """``heard`` is told what the app says for which host, when that is new."""
        self._app = app
        self._snapshots = snapshots
        self._heard = heard
        self._held: dict[str, _Held] = {}
        self._merging: SingleFlight[str, None] = SingleFlight()

    async def merged(self, scope: Scope, snapshot: SiteSnapshot) -> Document:
        """The site's robots.txt with the app's own taken in; many waiters, one question and one merging."""
        host = snapshot.host
        while True:
            held = self._held.get(host)
            if held is not None and held.fresh and held.site is snapshot.rendering:
                return held.merged
            await self._merging.once(host, lambda: self._merge(dict(scope), snapshot, host))

    async def _merge(self, scope: Scope, snapshot: SiteSnapshot, host: str) -> None:
        """Ask the app, unless only the site has changed since; merge what it says; remember both."""
        held, asked, text = self._held.get(host), monotonic(), ""
        rendering = snapshot.rendering
        try:
            if held is not None and held.fresh:
                asked, text = held.asked, held.text
            else:
                text = await self._ask(scope)
                if held is None or held.text != text:
                    self._heard(host, text)
            if text:
                own = joined(snapshot.own_robots, text)
                rendering = await self._snapshots.renderings.of(rendering.policy, own, snapshot.host, snapshot.matcher)
        except Exception:
            _log.warning("the app's own %s is left out", ROBOTS_TXT, exc_info=True)
        if len(self._held) >= _HELD:
            self._held.clear()
        self._held[host] = _Held(asked, text, snapshot.rendering, rendering.documents[ROBOTS_TXT])

    async def _ask(self, scope: Scope) -> str:
        """Call the app for its robots.txt."""
        reply = _Reply()
        asked = {
            **scope,
            "method": "GET",
            "headers": [(name, value) for name, value in scope["headers"] if name == b"host"],
            "query_string": b"",
            "state": dict(scope.get("state", {})),
        }
        await asyncio.wait_for(self._app(asked, reply.receive, reply.send), _PATIENCE_SECONDS)
        return reply.text()


class _Reply:
    """The app's answer, as far as it is of use."""

    def __init__(self) -> None:
        self._plain = False
        self._asked = False
        self._whole = asyncio.Event()
        self._body = bytearray()

    async def receive(self) -> Message:
        """A request without a body, from a client that stays until it has the answer.

        Waiting matters: quart reads on for ever, and an answer that is always ready would never let anything else run.
        """
        if self._asked:
            await self._whole.wait()
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        """Take in the start and the body of a response."""
        if message["type"] == "http.response.start":
            types = [value for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
            self._plain = message["status"] == 200 and any(value.lower().startswith(b"text/plain") for value in types)
        elif message["type"] == "http.response.body":
            if self._plain and len(self._body) <= MAX_ROBOTS_OCTETS:
                self._body += message.get("body", b"")
            if not message.get("more_body", False):
                self._whole.set()

    def text(self) -> str:
        """The file; empty when there is none, or not one that fits."""
        if not self._plain or not self._whole.is_set() or len(self._body) > MAX_ROBOTS_OCTETS:
            return ""
        return self._body.decode("utf-8", "replace")
