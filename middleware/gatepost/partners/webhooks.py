"""Notices pushed as Standard Webhooks: a POST of JSON that is signed by each of the partner's secrets.

Rules: a notice has the same id however often it is pushed, and each reminder of it an id of its own; the status is the
whole answer, and what is kept of a failure holds no secret, no URL and nothing that the endpoint wrote.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from importlib.util import find_spec

from gatepost.core.duties import Attempt, Delivery, Duty
from gatepost.core.notices import body_of
from gatepost.core.partners import Partner
from gatepost.errors import GatepostError, OutwardError
from gatepost.partners.message_signatures import MessageSigner
from gatepost.ports import Clock, Fetched, Outward

__all__ = ["WebhookSender", "message_id", "patience_of"]

SECONDS = 20.0
"""For a push, from the look-up of the name to the answer."""
MOST_OCTETS = 65_536
"""Of an answer's body, which is read for politeness."""

_PATIENT = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

_DIGITS = 12
"""Of a number of seconds; what has more is too long for any use anyway."""

_PROBLEMS = {
    "outward.url": "its URL is none that is asked",
    "outward.slow": "it did not answer in time",
    "outward.unreachable": "it cannot be connected to, or broke off without an answer",
}
"""In place of messages that repeat what was asked, or what was answered."""

Fields = Sequence[tuple[str, str]]


class WebhookSender:
    """Keeps :class:`~gatepost.ports.NoticeSender`; where there is a signer, pushes are signed by its key as well.

    ``signer`` is asked for when something is to be pushed, until it has given an answer once: a key that cannot be read
    keeps pushes back, and nothing else.
    """

    def __init__(
        self, outward: Outward, clock: Clock, signer: Callable[[], MessageSigner | None] = lambda: None
    ) -> None:
        self._outward, self._clock, self._signer = outward, clock, cache(signer)

    def check(self) -> None:
        """Raises :class:`~gatepost.errors.GatepostError` where a part that pushing needs is not installed, or the key
        cannot be read."""
        for part in ("httpx", "standardwebhooks", *(["http_message_signatures"] if self._signer() else [])):
            if find_spec(part) is None:
                raise GatepostError(
                    f"pushing notices needs {part}, which is not installed",
                    id="notices.missing",
                    remedy="pip install 'gatepost[server,partners]'",
                )

    async def send(self, partner: Partner, duty: Duty) -> Attempt:
        """Push a notice once, as the port says."""
        reminder = duty.delivery is Delivery.DELIVERED
        body = body_of(duty.notice, duty.stop_by, duty.remove_by, reminder=reminder)
        at = self._clock.now().astimezone(UTC)
        try:
            fields = signed_fields(partner.secrets, message_id(duty), at, body)
            if signer := self._signer():
                fields = signer.signed(partner.endpoint, fields, body, at)
        except ValueError:
            return Attempt(problem="one of its secrets, or its URL, is none that can be signed with")
        try:
            found = await self._outward.post(
                partner.endpoint, body, most_octets=MOST_OCTETS, seconds=SECONDS, fields=fields
            )
        except OutwardError as error:
            return Attempt(problem=_PROBLEMS.get(error.id, str(error)[:200]))
        return attempt_of(found, at)


def message_id(duty: Duty) -> str:
    """The id of a push: the notice's own; of a reminder the same, with the time at which it was due."""
    if duty.delivery is not Delivery.DELIVERED or duty.due is None:
        return duty.notice.id
    return f"{duty.notice.id}_r{duty.due.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def signed_fields(secrets: Sequence[str], id: str, at: datetime, body: bytes) -> Fields:
    """The header fields of a push; ``at`` is in UTC, as the library takes any time for that.

    Raises :class:`ValueError` for a secret that is none.
    """
    from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

    try:
        signatures = [Webhook(secret).sign(id, at, body.decode()) for secret in secrets]
    except EmptyWebhookSecretError as error:
        raise ValueError("an empty secret") from error
    return [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", str(math.floor(at.timestamp()))),
        ("webhook-signature", " ".join(signatures)),
    ]


def attempt_of(found: Fetched, at: datetime) -> Attempt:
    """What an answer says of a push that was answered at a moment."""
    status = found.status
    if 200 <= status < 300:
        return Attempt(accepted=True)
    if status == HTTPStatus.GONE:
        return Attempt(gone=True, problem="it says that it is gone (410)")
    if 300 <= status < 400:
        return Attempt(problem=f"it answers {status}; a redirect is not followed")
    patience = patience_of(found.value("retry-after"), at) if status in _PATIENT else None
    return Attempt(problem=f"it answers {status}", patience=patience)


def patience_of(text: str, at: datetime) -> timedelta | None:
    """How long ``Retry-After`` asks for, as seconds or as a date; ``None`` for what says neither.

    What it asks for is not bounded here, but for what a time can be.
    """
    text = text.strip()
    if text.removeprefix("-").isdecimal() and text.isascii():
        return timedelta(seconds=int(text[:_DIGITS]))
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - at
