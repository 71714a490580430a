"""Idempotency keys: a change that is sent twice is made once, and answered twice.

Rules: what was done is kept for a day, octet for octet, and what was refused is not, since it did nothing and may be
tried again; a key belongs to one credential and one request; while the first is being answered, a second waits for
nobody and is told so. A worker that dies with a request leaves its key taken for a minute.
"""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from gatepost.asgi.answers import Answer
from gatepost.errors import RequestRefused, StoreError
from gatepost.ports import AccessStore, AnswerKey, Clock

__all__ = ["Repeats", "digest_of"]

KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=1)

_log = logging.getLogger("gatepost.api")


def digest_of(*parts: bytes) -> bytes:
    """What tells a request from another."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(b"%d:" % len(part) + part)
    return whole.digest()


@dataclass(frozen=True)
class Repeats:
    """Answers each change once."""

    store: AccessStore
    clock: Clock

    async def once(self, key: AnswerKey, digest: bytes, do: Callable[[], Awaitable[Answer]]) -> Answer:
        """What ``do`` answers, or what was answered before.

        Raises :class:`RequestRefused` for a key of another request, and of one that is being answered.
        """
        now = self.clock.now()
        claim = await self.store.claim(key, digest, now + LEASE, now)
        if not claim.taken:
            return _replayed(claim.digest, digest, claim.answer)
        try:
            answer = await do()
        except BaseException:
            await self._release(key)
            raise
        await self._keep(key, answer)
        return answer

    async def _keep(self, key: AnswerKey, answer: Answer) -> None:
        """What was acknowledged stays so, even if it cannot be kept for who asks again."""
        try:
            await self.store.keep_answer(key, _packed(answer), self.clock.now() + KEPT)
        except StoreError as error:
            _log.error("an answer cannot be kept for who asks again: %s (%s)", error, error.id)

    async def _release(self, key: AnswerKey) -> None:
        try:
            await self.store.release(key)
        except StoreError as error:
            _log.warning("a key stays taken for a minute: %s (%s)", error, error.id)


def _replayed(kept: bytes, digest: bytes, answer: bytes | None) -> Answer:
    if kept != digest:
        raise RequestRefused(
            "this Idempotency-Key was used for another request",
            id="api.idempotency.reused",
            remedy="Use a new key for each change, and the same one only to send the very same again.",
        )
    if answer is None:
        raise RequestRefused(
            "the first request with this Idempotency-Key is still being answered",
            id="api.idempotency.busy",
            remedy="Send it again in a moment.",
        )
    return _unpacked(answer)


def _packed(answer: Answer) -> bytes:
    fields = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer.headers]
    return json.dumps([answer.status, fields]).encode() + b"\n" + answer.body


def _unpacked(octets: bytes) -> Answer:
    head, _, body = octets.partition(b"\n")
    status, fields = json.loads(head)
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in fields)
    return Answer(status, (*headers, (b"idempotency-replayed", b"true")), body)
