"""HTTP Message Signatures (RFC 9421) on pushes: for partners who would rather keep a public key than a secret.

Rules: the method, the whole URL, the body's digest and the id are signed, with the time; the key is known by its
thumbprint (RFC 7638), so that a partner can keep several while one is exchanged.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gatepost.core.crawler_keys import key_id

__all__ = ["MessageSigner"]

COVERED = ("@method", "@target-uri", "content-digest", "webhook-id")

Fields = Sequence[tuple[str, str]]


@dataclass
class _Message:
    """What is signed, as the library reads it, and where it writes."""

    url: str
    headers: dict[str, str]
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class MessageSigner:
    """Signs with one Ed25519 key."""

    public: str
    """The public key: 32 octets in base64."""
    sign: Callable[[bytes], bytes] = field(repr=False)

    @property
    def key_id(self) -> str:
        """The thumbprint of the key as a JSON Web Key."""
        return key_id(base64.b64decode(self.public))

    def signed(self, url: str, fields: Fields, body: bytes, at: datetime) -> Fields:
        """The fields of a push with those that sign it. Raises :class:`ValueError` for what cannot be signed."""
        from http_message_signatures import HTTPMessageSignaturesException, HTTPMessageSigner, algorithms

        message = _Message(url, dict(fields))
        signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519)
        try:
            prepared = signer.prepare(
                message, key_id=self.key_id, created=at, label="gatepost", covered_component_ids=COVERED, body=body
            )
            signer.apply(message, prepared, self.sign(prepared.signature_base))
        except HTTPMessageSignaturesException as error:
            raise ValueError("a push that cannot be signed") from error
        return [(name.lower(), value) for name, value in message.headers.items()]
