"""From a request to an operation, and back: the API as an ASGI app.

Rules: a request is refused at the first thing that is wrong with it, in one order: path, method, origin, credential,
scope, form, site; nothing is kept of a request that is refused; every answer has its request's id, and the log has it
with who asked, and no credential.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from gatepost.asgi.answers import Answer
from gatepost.asgi.api.document import openapi_text
from gatepost.asgi.api.operations import Call, Operation
from gatepost.asgi.api.problems import fault, problem_of, status_of
from gatepost.asgi.api.reading import (
    check_accept,
    checked,
    expected_revision,
    idempotency_key,
    read_body,
    read_json,
    read_query,
)
from gatepost.asgi.api.repeats import Repeats, digest_of
from gatepost.asgi.api.table import DOCUMENT, find
from gatepost.asgi.credentials import Credentials, log_name
from gatepost.asgi.doors_security import api_fields, check_same_origin, values_of
from gatepost.asgi.types import Receive, Scope, Send
from gatepost.core.access import check
from gatepost.errors import GatepostError, RequestRefused, StoreError
from gatepost.ports import AnswerKey
from gatepost.wiring import Gate, SystemClock

__all__ = ["BASE", "ControlApi"]

BASE = "/api/v1"

_JSON = (b"content-type", b"application/json")

_log = logging.getLogger("gatepost.api")


@dataclass
class _Asked:
    """What the log tells of a request."""

    id: str
    who: str = "-"


class ControlApi:
    """The control API below :data:`BASE` of where it is mounted (``root_path``)."""

    def __init__(self, gate: Gate, credentials: Credentials) -> None:
        self._gate = gate
        self._credentials = credentials
        self._fields = api_fields()
        self._repeats = Repeats(gate.store, SystemClock())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request over HTTP."""
        asked = _Asked(os.urandom(8).hex())
        answer = await self._told(scope, receive, asked)
        told = (asked.id, asked.who, scope["method"][:20], _path(scope)[:500], answer.status)
        _log.info("%s %s %s %r %d", *told)
        length = (b"content-length", b"%d" % len(answer.body))
        common = (*self._fields, length, (b"x-request-id", asked.id.encode("ascii")))
        await replace(answer, headers=(*answer.headers, *common))(scope, receive, send)

    async def _told(self, scope: Scope, receive: Receive, asked: _Asked) -> Answer:
        """The answer, whatever comes of the request."""
        try:
            return await self._answer(scope, receive, asked)
        except GatepostError as error:
            if status_of(error) >= 500:
                _log.error("%s %s (%s)", asked.id, error, error.id)
            allow = (b"allow", _allowed(_path(scope)).encode("ascii"))
            return problem_of(error, asked.id, (allow,) if status_of(error) == 405 else ())
        except Exception:  # a fault of ours is told as one, and not by whatever is around us
            _log.exception("%s a fault of ours", asked.id)
            return fault(asked.id)

    async def _answer(self, scope: Scope, receive: Receive, asked: _Asked) -> Answer:
        found = _operation(scope["method"], _path(scope))
        if found is None:
            check_accept(scope)
            return Answer(200, (_JSON,), openapi_text(_base(scope)).encode())
        operation, named = found
        check_same_origin(scope)
        grant = await self._credentials.grant(scope)
        asked.who = log_name(grant)
        check(grant, operation.scope, every_site=operation.every_site)
        check_accept(scope, operation.content_type)
        query = read_query(operation.query, scope.get("query_string", b""))
        octets = await read_body(scope, receive) if operation.body else b""
        body = checked(operation.body, read_json(octets), "api.body.invalid", "the body") if operation.body else None
        revision = expected_revision(scope) if operation.changes_revision else None
        call = Call(self._gate, grant, operation.scope, named, query, body, revision)
        key = idempotency_key(scope) if operation.repeatable else None
        if key is None:
            return await self._act(operation, call, scope)
        digest = digest_of(_target(scope), b",".join(values_of(scope, b"if-match")), octets)
        return await self._repeats.once(AnswerKey(grant.key, key), digest, lambda: self._act(operation, call, scope))

    async def _act(self, operation: Operation, call: Call[Any, Any], scope: Scope) -> Answer:
        done = await operation.act(call)
        if operation.writes and operation.changes_sites:
            await self._take_up()
        fields = [(b"content-type", operation.content_type.encode("ascii"))]
        if done.revision is not None:
            fields.append((b"etag", b'"%d"' % done.revision))
        if done.location:
            fields.append((b"location", (_base(scope) + done.location).encode("ascii")))
        if done.after is not None:
            fields.append((b"x-next-after", b"%d" % done.after))
        return Answer(operation.status, tuple(fields), done.spelled())

    async def _take_up(self) -> None:
        """So that who changed something sees it at this worker's doors at once; others hear of it by themselves."""
        try:
            await self._gate.snapshots.refresh()
        except StoreError as error:
            _log.warning("the change was made, and is taken up later: %s (%s)", error, error.id)


def _path(scope: Scope) -> str:
    """The path below where the API is mounted, percent-encoded, so that a slash in an id is none between parts."""
    path, root = _encoded(scope), quote(scope.get("root_path", ""))
    return path[len(root) :] if path.startswith(root + "/") else path


def _encoded(scope: Scope) -> str:
    """The path as it was sent; encoded anew where the server does not tell, or a framework has changed it."""
    sent = scope.get("raw_path") or b""
    path = sent.partition(b"?")[0].decode("latin-1")
    return path if unquote(path) == scope["path"] else quote(scope["path"], errors="surrogateescape")


def _base(scope: Scope) -> str:
    return str(scope.get("root_path", "")) + BASE


def _target(scope: Scope) -> bytes:
    """What a request is about, for its digest."""
    said = f"{scope['method']} {scope.get('root_path', '')} {_path(scope)}"
    return said.encode("utf-8", "surrogateescape") + b"?" + bytes(scope.get("query_string", b""))


def _operation(method: str, path: str) -> tuple[Operation, Mapping[str, str]] | None:
    """The operation that a request asks for, and the parameters of its path; ``None`` is the OpenAPI document.

    Raises :class:`RequestRefused` for a path or a method that is not there.
    """
    asked = "GET" if method == "HEAD" else method
    allowed = _methods(path)
    if not allowed:
        raise RequestRefused(
            "there is nothing at this path", id="api.path", remedy="GET openapi.json to see what there is."
        )
    if asked not in allowed:
        raise RequestRefused(
            "this method is not for this path", id="api.method", remedy="Use one that Allow names, in upper case."
        )
    found = find(path.removeprefix(BASE))
    return (found[0][asked], found[1]) if found else None


def _methods(path: str) -> Sequence[str]:
    below = path.removeprefix(BASE)
    if below == path:
        return ()
    if below == DOCUMENT:
        return ("GET",)
    found = find(below)
    return tuple(found[0]) if found else ()


def _allowed(path: str) -> str:
    methods = _methods(path)
    return ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])
