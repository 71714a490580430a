"""What the gate answers itself: policy files, and refusals.

Rules: a policy file is 200 for everyone, 304 when it is already known, the same bytes for the same intent. A refusal
says who refuses, why, its reference and where the policy is, is never cached, and is never 200, 404 or 5xx;
``noindex`` is on the refusal alone. An answer is itself an ASGI app.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape

from gatepost.asgi.types import Message, Receive, Scope, Send
from gatepost.core.directives.response_fields import Fields
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.policy import Action, Decision, Reason
from gatepost.core.snapshot import Document

__all__ = ["Answer", "Refusals", "ambiguous", "answer_document", "refusal", "unavailable"]

_STATUS = {Action.BLOCK: 403, Action.LICENSE: 402, Action.THROTTLE: 429}
_RETRY_SECONDS = 120
_REFERENCE = "0" * 16
"""Stands where the reference comes."""
_REFUSALS_HELD = 4_096


@dataclass(frozen=True)
class Answer:
    """A whole response; called as an app it sends itself, over HTTP or as the denial of a WebSocket."""

    status: int
    headers: Fields
    body: bytes = b""
    reference: str = field(default="")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; nothing of the request's body is read."""
        if scope["type"] == "websocket":
            await self._deny(scope, receive, send)
            return
        start, end = self._messages("http.response", b"" if scope["method"] == "HEAD" else self.body)
        await send(start)
        await send(end)

    async def _deny(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Before the handshake is accepted: with the response where the server can send one, else by closing (403)."""
        await receive()
        if "websocket.http.response" in scope.get("extensions", {}):
            # Every field once: granian 2.8 ends its worker over a repeated one, and nobody indexes a handshake.
            once = replace(self, headers=tuple(dict(reversed(self.headers)).items()))
            for message in once._messages("websocket.http.response", self.body):
                await send(message)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": self.reference})

    def _messages(self, kind: str, body: bytes) -> tuple[Message, Message]:
        return (
            {"type": kind + ".start", "status": self.status, "headers": [*self.headers]},
            {"type": kind + ".body", "body": body},
        )


def answer_document(document: Document, scope: Scope) -> Answer:
    """A policy file as the request asks for it (RFC 9110 §13.1.2, §15.4.5)."""
    if scope["method"] not in ("GET", "HEAD"):
        return Answer(405, ((b"allow", b"GET, HEAD"), (b"content-length", b"0")))
    validators = (
        (b"etag", document.etag.encode("ascii")),
        (b"cache-control", b"public, max-age=3600"),
    )
    known = [value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"]
    if known and _holds(",".join(known), document.etag):
        return Answer(304, validators)
    described = (
        (b"content-type", document.content_type.encode("ascii")),
        (b"content-length", b"%d" % len(document.body)),
        (b"x-content-type-options", b"nosniff"),
    )
    return Answer(200, (*described, *validators), document.body)


def _holds(known: str, etag: str) -> bool:
    """Weak comparison (RFC 9110 §8.8.3.2): a proxy that compresses may have weakened the tag."""
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    return "*" in tags or etag in tags


def ambiguous(id: str, message: str, remedy: str) -> Answer:
    """400 for a request that could be read in two ways."""
    body = f"{message} {remedy} ({id})\n".encode("utf-8", "replace")
    return Answer(400, (*_text(body), (b"cache-control", b"no-store")), body)


def unavailable() -> Answer:
    """503 for a policy file of which nothing is known, because a 4xx would open the site (RFC 9309 §2.3.1)."""
    body = b"The policy of this site cannot be read right now.\n"
    return Answer(503, (*_text(body), (b"retry-after", b"30"), (b"cache-control", b"no-store")), body)


def _text(body: bytes) -> Fields:
    return ((b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)))


_WHY = {
    Reason.NOT_PUBLIC: "This site is not public.",
    Reason.LICENCE_REQUIRED: "The owner of this site gives its content to this crawler under a licence only.",
}
_WHY_OTHERWISE = "The owner of this site does not allow this crawler."


def refusal(decision: Decision, host: str, policy_url: str, fields: Fields, accept: bytes) -> Answer:
    """The answer to a refused request. ``fields`` are the site's response fields, which a refusal carries too."""
    return prepare_refusal(decision, host, policy_url, fields, _form(accept)).answer()


def _form(accept: bytes) -> str:
    """The form that the client would rather have; plain text unless it asks otherwise."""
    wanted = accept.lower()
    if b"json" in wanted:
        return "json"
    return "html" if b"text/html" in wanted else "plain"


@dataclass(frozen=True, slots=True)
class ReadyRefusal:
    """A refusal but for its reference, which is its own each time."""

    decision: Decision
    fields: Fields
    status: int
    headers: Fields
    before: bytes
    after: bytes

    def answer(self) -> Answer:
        """One refusal."""
        reference = os.urandom(8).hex()
        return Answer(self.status, self.headers, self.before + reference.encode() + self.after, reference)


class Refusals:
    """Refusals made ready once, for sites and crawlers that meet often."""

    def __init__(self, addresses: Callable[[str], Addresses]) -> None:
        self._addresses = addresses
        self._ready: dict[tuple[int, str, str], ReadyRefusal] = {}

    def answer(self, decision: Decision, host: str, fields: Fields, accept: bytes) -> Answer:
        """What :func:`refusal` gives; made anew for a decision or fields that are not the very same objects."""
        key = (id(decision), host, _form(accept))  # an id is nobody else's while the decision is kept here
        ready = self._ready.get(key)
        if ready is None or ready.fields is not fields:
            if len(self._ready) >= _REFUSALS_HELD:
                self._ready.clear()
            terms = self._addresses(host).terms
            ready = self._ready[key] = prepare_refusal(decision, host, terms, fields, key[2])
        return ready.answer()


def prepare_refusal(decision: Decision, host: str, policy_url: str, fields: Fields, form: str) -> ReadyRefusal:
    """All of a refusal but its reference."""
    said = _Refusal(_WHY.get(decision.reason, _WHY_OTHERWISE), host, decision, _REFERENCE, policy_url)
    content_type, body = said.in_the_form(form)
    headers = (
        *fields,
        (b"x-robots-tag", b"noindex"),
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *_by_action(decision.action),
    )
    before, _, after = body.rpartition(_REFERENCE.encode())  # it comes last in every form
    return ReadyRefusal(decision, fields, _STATUS[decision.action], headers, before, after)


def _by_action(action: Action) -> Fields:
    if action is Action.LICENSE:  # RSL CAP §6: a 402 carries the challenge; Link is among the site's fields
        challenge = b'License error="invalid_request", error_description="licence required"'
        return ((b"www-authenticate", challenge),)
    if action is Action.THROTTLE:
        return ((b"retry-after", b"%d" % _RETRY_SECONDS),)
    return ()


@dataclass(frozen=True)
class _Refusal:
    """What a refusal says, and the three forms it says it in."""

    why: str
    host: str
    decision: Decision
    reference: str
    policy_url: str

    def in_the_form(self, form: str) -> tuple[bytes, bytes]:
        """The content type, and the body."""
        if form == "json":
            return b"application/json", self._json()
        if form == "html":
            return b"text/html; charset=utf-8", self._html()
        return b"text/plain; charset=utf-8", self._plain()

    def _plain(self) -> bytes:
        lines = (
            f"{self.host}: {self.why}",
            f"Crawler: {self.decision.crawler} ({self.decision.operator})",
            f"Reason: {self.decision.reason}",
            f"Policy: {self.policy_url}",
            f"Reference: {self.reference}",
        )
        return ("\n".join(lines) + "\n").encode()

    def _json(self) -> bytes:
        return json.dumps(
            {
                "site": self.host,
                "message": self.why,
                "crawler": self.decision.crawler,
                "operator": self.decision.operator,
                "action": self.decision.action,
                "reason": self.decision.reason,
                "policy": self.policy_url,
                "reference": self.reference,
            }
        ).encode()

    def _html(self) -> bytes:
        rows = "".join(f"<p>{escape(line)}</p>\n" for line in self._plain().decode().splitlines()[1:])
        return (
            f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{escape(self.host)}</title>\n"
            f"<h1>{escape(self.why)}</h1>\n{rows}</html>\n"
        ).encode()
