"""The middleware: one request, read once, decided once, answered or passed on.

Rules: pure ASGI; a person's browser leaves after the cheapest checks and costs a few dictionary look-ups; no store,
file, DNS or network is touched on the way, but for the first visit of a host that this worker has never seen;
whatever fails on our side, the page behind is served by the last known policy.
"""

import logging
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from itertools import chain

from gatepost.asgi.answers import Refusals, ambiguous, answer_document, unavailable
from gatepost.asgi.app_robots import AppRobots
from gatepost.asgi.counted import Counted
from gatepost.asgi.types import ASGIApp, Foreign, Message, Receive, Scope, Send
from gatepost.core.crawlers import Match
from gatepost.core.decisions import Decisions
from gatepost.core.directives.response_fields import Fields, merge_fields
from gatepost.core.exposure import Outcome
from gatepost.core.matching import Matcher
from gatepost.core.policy import UNRECOGNISED, Action, Decision, Reason
from gatepost.core.request import (
    BEFORE_HOST,
    check_agents,
    find_hosts_and_agents,
    path_readings,
    peer_of,
    read_request,
    site_key,
)
from gatepost.core.signed_requests import SignedRequest, signed_request
from gatepost.core.snapshot import AI_TXT, ROBOTS_TXT, Document, SiteSnapshot
from gatepost.errors import AmbiguousRequest, StoreError
from gatepost.wiring import Gate

__all__ = ["CrawlerAccessMiddleware"]

STATE_KEY = "crawler_access"
"""Where in ``scope["state"]`` the app behind finds the :class:`~gatepost.core.policy.Decision`."""

_LAST_OF_LIFESPAN = frozenset({"lifespan.startup.failed", "lifespan.shutdown.complete", "lifespan.shutdown.failed"})

_log = logging.getLogger("gatepost.access")


class CrawlerAccessMiddleware:
    """Serves each site's directive files, refuses what its owner refuses, and tags the rest.

    >>> from gatepost import CrawlerAccessMiddleware, open_gate
    >>> async def app(scope, receive, send): ...
    >>> app = CrawlerAccessMiddleware(app, gate=open_gate("sqlite://"))

    Wrap the whole app, outermost but for what restores the client's address. The decision is in
    ``scope["state"]["crawler_access"]``. The store is first touched at start-up (lifespan) or by the first request.
    """

    def __init__(self, app: ASGIApp, *, gate: Gate) -> None:
        self.app = app
        self.gate = gate
        self._app_robots = AppRobots(app, gate.snapshots, gate.publisher.heard)
        self._decisions = Decisions()
        self._refusals = Refusals(gate.addresses)
        self._watched = gate.unknown.watched

    async def __call__(self, scope: Foreign, receive: Foreign, send: Foreign) -> None:
        """Judge HTTP requests and WebSocket handshakes; pass on whatever else there is.

        The one coroutine of ours on the way of most requests: what follows returns the awaitable of whoever answers. A
        plain function would spare it too, but hypercorn and uvicorn take one for another protocol on Python 3.11.
        """
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await (self._lifespan if kind == "lifespan" else self.app)(scope, receive, send)
            return
        try:
            host, agents = find_hosts_and_agents(scope["headers"])
            key, snapshot = self._find_site(host, scope)
        except AmbiguousRequest as error:
            await ambiguous(error.id, str(error), error.remedy)(scope, receive, send)
            return
        if snapshot is None:
            snapshot = await self._first_visit(key)
        if snapshot is None and scope["type"] == "http" and scope["path"] == ROBOTS_TXT:
            await unavailable()(scope, receive, send)
            return
        await self._pass(scope, receive, send, snapshot or await self.gate.snapshots.prepare(None, key), agents)

    def _recognise(self, matcher: Matcher, agents: Sequence[bytes]) -> tuple[Match, ...]:
        """The crawlers that the user agents of a request name together; what is not remembered is checked first."""
        if len(agents) == 1:
            remembered = matcher.recall(agents[0])
            if remembered is not None:
                return remembered
        check_agents(agents)
        matches = tuple(chain.from_iterable(map(matcher.recognise, agents)))
        if agents and not matches:
            self.gate.unknown.look_at(agents[0])
        return matches

    def _find_site(self, host: bytes | None, scope: Scope) -> tuple[str, SiteSnapshot | None]:
        """The key that a Host value stands for, and the snapshot that is held for it.

        Nearly all clients spell a host as its key is spelt, and what is held under a key needs no reading.
        """
        held = self.gate.snapshots.held
        if host:
            key = host.decode("latin-1")
            snapshot = held(key)
            if snapshot is not None:
                return key, snapshot
        key = _key_of(host, scope)
        return key, held(key)

    def _pass(
        self, scope: Scope, receive: Receive, send: Send, snapshot: SiteSnapshot, agents: Sequence[bytes]
    ) -> Awaitable[None]:
        """Answer from what is ready, whoever asks; refuse; or hand the request on."""
        rendering = snapshot.rendering
        document = rendering.documents.get(scope["path"])
        if document is not None and scope["type"] == "http":
            return self._document(scope, receive, send, snapshot, agents)
        try:
            matches = self._recognise(snapshot.matcher, agents)
        except AmbiguousRequest as error:
            return ambiguous(error.id, str(error), error.remedy)(scope, receive, send)
        if matches:
            return self._judge(scope, receive, send, snapshot, matches, agents)
        if agents and agents[0] in self._watched:
            self.gate.unknown.meet(agents[0])
        fields = rendering.fields_everywhere if rendering.uniform else self._fields(scope, snapshot)
        _tag(scope, UNRECOGNISED)
        return self.app(scope, receive, _adding(fields, send, scope) if fields else send)

    def _judge(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        snapshot: SiteSnapshot,
        matches: tuple[Match, ...],
        agents: Sequence[bytes],
    ) -> Awaitable[None]:
        """A recognised crawler: the decision, then what follows from it."""
        try:
            paths = _paths(scope)
        except AmbiguousRequest as error:
            return ambiguous(error.id, str(error), error.remedy)(scope, receive, send)
        decision = self._decisions.about(snapshot.rendering.policy, matches, paths)
        if decision.action is Action.LICENSE:
            decision = self._licensed(scope, decision, snapshot, matches, paths)
        fields = snapshot.rendering.fields_at(paths)
        if not decision.refused:
            if decision.reason is Reason.ON_TRIAL:
                self.gate.recognition.meet(decision.crawler or "", agents)
            if decision.licence:
                _log.info("licensed", extra={"site": snapshot.site, "decision": decision})
            _tag(scope, decision)
            return self._served(
                scope, receive, _adding(fields, send, scope) if fields else send, snapshot, decision, paths
            )
        self.gate.counting.note(snapshot, decision, paths[0], Outcome.REFUSED)
        answer = self._refusals.answer(decision, snapshot.host, fields, _accepted(scope))
        _log.info("refused", extra={"site": snapshot.site, "reference": answer.reference, "decision": decision})
        return answer(scope, receive, send)

    def _licensed(
        self,
        scope: Scope,
        decision: Decision,
        snapshot: SiteSnapshot,
        matches: tuple[Match, ...],
        paths: Sequence[str],
    ) -> Decision:
        """A demand for a licence, or the decision about who has one; only then it matters where a request is from, and
        what it signs."""

        def peer() -> str | None:
            client = scope.get("client")
            return peer_of(client[0] if client else None, scope["headers"], self.gate.settings.trusted_proxies)

        def evidence() -> SignedRequest | None:
            return _signed(scope)

        return self.gate.licensing.judged(decision, snapshot.rendering.policy, matches, paths, peer, evidence)

    def _fields(self, scope: Scope, snapshot: SiteSnapshot) -> Fields:
        """The response fields where they differ by path; those of the whole site for a path that cannot be read."""
        try:
            return snapshot.rendering.fields_at(_paths(scope))
        except AmbiguousRequest:
            return snapshot.rendering.fields_everywhere

    async def _served(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        snapshot: SiteSnapshot,
        decision: Decision,
        paths: Sequence[str],
    ) -> None:
        """Let the app behind answer a recognised crawler, and count what it was given."""
        counted = Counted(send)
        try:
            await self.app(scope, receive, counted)
        finally:
            self.gate.counting.note(snapshot, decision, paths[0], counted.outcome, counted.octets)

    def _note_reading(self, scope: Scope, snapshot: SiteSnapshot, agents: Sequence[bytes], document: Document) -> None:
        """A policy file is read, by whom nobody is turned away for."""
        if scope["method"] == "GET" and snapshot.site:
            with suppress(AmbiguousRequest):
                matches = self._recognise(snapshot.matcher, agents)
                self.gate.counting.note_reading(snapshot, matches, scope["path"], document)

    async def _document(
        self, scope: Scope, receive: Receive, send: Send, snapshot: SiteSnapshot, agents: Sequence[bytes]
    ) -> None:
        """A policy file; robots.txt with what the app behind says itself merged in."""
        path = scope["path"]
        document = snapshot.rendering.documents[path]
        if path == ROBOTS_TXT:
            document = await self._app_robots.merged(scope, snapshot)
        if path in (ROBOTS_TXT, AI_TXT):
            self._note_reading(scope, snapshot, agents, document)
        await answer_document(document, scope)(scope, receive, send)

    async def _first_visit(self, key: str) -> SiteSnapshot | None:
        """A host that this worker has not seen: ask the store, once for all who wait; ``None`` when it cannot say."""
        self.gate.watch()
        try:
            return await self.gate.snapshots.visit(key)
        except StoreError as error:
            _log.error("the store does not answer for a host that this worker has not seen: %s", error)
            return None

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open with the app and close with it; an app that knows no lifespan is left to say so."""

        async def receive_and_follow() -> Message:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.gate.start()
            return message

        async def send_and_follow(message: Message) -> None:
            if message["type"] in _LAST_OF_LIFESPAN:
                await self.gate.close()
            await send(message)

        await self.app(scope, receive_and_follow, send_and_follow)


def _accepted(scope: Scope) -> bytes:
    """The first Accept field, or nothing."""
    for name, value in scope["headers"]:
        if name == b"accept":
            return bytes(value)
    return b""


def _tag(scope: Scope, decision: Decision) -> None:
    """Tell the app behind, in a state of this request's own."""
    state = scope.get("state")
    scope["state"] = {**state, STATE_KEY: decision} if state else {STATE_KEY: decision}


def _adding(fields: Fields, send: Send, scope: Scope) -> Send:
    """``send`` with response fields on what the app answers over HTTP."""
    if scope["type"] != "http":
        return send

    def send_with_fields(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            # A copy, because an app may send the same message again.
            message = {**message, "headers": merge_fields([*message.get("headers", ())], fields)}
        return send(message)

    return send_with_fields


def _key_of(host: bytes | None, scope: Scope) -> str:
    """The key of a Host value; the empty key where HTTP/1.0 names no host."""
    if not host and scope.get("http_version", "1.1") in BEFORE_HOST:
        return ""  # an empty one too, which is what granian makes of none
    if host is None:
        raise AmbiguousRequest(
            "The request is ambiguous: no Host field.",
            id="request.host.missing",
            remedy="Send exactly one Host field.",
        )
    return site_key(host)


def _paths(scope: Scope) -> Sequence[str]:
    """Every reading of the path; a target in absolute form, which some servers leave as it is, has to name the same
    host.

    Raises :class:`~gatepost.errors.AmbiguousRequest`.
    """
    raw, query = _raw_path(scope), scope.get("query_string", b"")
    if raw.startswith(b"/"):
        return path_readings(raw, query)
    return read_request(scope["headers"], raw, query, None, http_version=scope.get("http_version", "1.1")).paths


def _raw_path(scope: Scope) -> bytes:
    """The path as sent; servers that do not tell give the decoded one, which then has one reading less."""
    raw: bytes | None = scope.get("raw_path")
    return scope["path"].encode("utf-8", "surrogateescape") if raw is None else raw.partition(b"?")[0]


def _signed(scope: Scope) -> SignedRequest | None:
    """What a request signs. Raises :class:`~gatepost.errors.IdentityRefused`."""
    host, _ = find_hosts_and_agents(scope["headers"])
    raw, query = scope.get("raw_path"), scope.get("query_string", b"")
    target = None if raw is None else raw.partition(b"?")[0] + (b"?" + query if query else b"")
    return signed_request(scope["headers"], host or b"", target, method=scope.get("method"), scheme=scope.get("scheme"))
