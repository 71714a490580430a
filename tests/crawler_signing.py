"""A crawler that signs its requests (RFC 9421, Web Bot Auth), with a base made by hand, not by the library that judges
it."""

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatepost.core.crawler_keys import key_id, unpadded

__all__ = ["Crawler", "signed_fields"]


def signed_fields(label: str, params: str, signature: bytes) -> list[tuple[bytes, bytes]]:
    """The two fields of a signature."""
    spelled = base64.b64encode(signature).decode()
    return [(b"signature-input", f"{label}={params}".encode()), (b"signature", f"{label}=:{spelled}:".encode())]


@dataclass
class Crawler:
    """Signs with a key of its own."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def octets(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def x(self) -> str:
        return unpadded(self.octets)

    @property
    def id(self) -> str:
        return key_id(self.octets)

    def params(self, covered: tuple[str, ...] = ('"@authority"',), **said: object) -> str:
        """What it says of a signature; ``None`` leaves a part out."""
        now = int(time.time())
        nonce = base64.b64encode(secrets.token_bytes(64)).decode()
        whole = {"created": now, "keyid": self.id, "alg": "ed25519", "expires": now + 60, "nonce": nonce}
        whole |= {"tag": "web-bot-auth"} | said
        parts = [
            f';{name}="{value}"' if isinstance(value, str) else f";{name}={value}"
            for name, value in whole.items()
            if value is not None
        ]
        return f"({' '.join(covered)}){''.join(parts)}"

    def fields(
        self,
        values: Mapping[str, str] | None = None,
        *,
        label: str = "sig1",
        base: str | None = None,
        **said: object,
    ) -> list[tuple[bytes, bytes]]:
        """What it sends; ``values`` are the components that it covers, as it writes them."""
        values = {'"@authority"': "garden.example"} if values is None else values
        params = self.params(tuple(values), **said)
        lines = [*(f"{name}: {value}" for name, value in values.items()), f'"@signature-params": {params}']
        return signed_fields(label, params, self.key.sign((base or "\n".join(lines)).encode()))
