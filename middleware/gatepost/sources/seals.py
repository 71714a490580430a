"""Signatures of releases (Ed25519, RFC 8032): who may say what is in force for the fleet.

Rules: where keys are set, nothing is taken up without a good signature by one of them; a private key is read, used and
not kept.
"""

import base64
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.errors import GatepostError, ReleaseRefused, SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["PrivateKey", "Seals", "new_key"]


class Seals:
    """The public keys that are believed, each of 32 octets in base64; without any, nothing has to be signed.

    Raises :class:`~gatepost.errors.SettingsError` for what is no key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [_octets(key) for key in keys]
        if self._keys:
            _check_library()

    def check(self, content: bytes, signature: bytes) -> None:
        """Raise :class:`~gatepost.errors.ReleaseRefused` unless one of the keys has signed this."""
        if self._keys and not any(_has_signed(key, content, signature) for key in self._keys):
            what = "is not signed by a key that is believed here" if signature else "is not signed"
            raise ReleaseRefused(
                f"the release {what}",
                id="signatures.release.unsigned",
                remedy="Sign it with --key FILE; the keys that are believed are the setting signature_keys.",
            )


def _has_signed(key: bytes, content: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _octets(key: str) -> bytes:
    try:
        octets = base64.b64decode(key, validate=True)
    except ValueError:
        octets = b""
    if len(octets) != 32:
        raise SettingsError(
            "signature_keys holds something that is no Ed25519 public key",
            id="settings.invalid",
            remedy="Write each key as `gatepost signatures key` prints it: 32 octets in base64.",
        )
    return octets


def _check_library() -> None:
    if find_spec("cryptography") is None:
        raise SettingsError(
            "signed releases need cryptography, which is not installed",
            id="settings.signature-keys.library",
            remedy="pip install 'gatepost[signing]'",
        )


class PrivateKey:
    """A private key of a PEM file, to sign releases with."""

    def __init__(self, key: "Ed25519PrivateKey") -> None:
        self._key = key

    @classmethod
    def read(cls, file: Path) -> "PrivateKey":
        """The key in a file. Raises :class:`~gatepost.errors.GatepostError`."""
        _check_library()
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(file.read_bytes(), None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _no_key(file) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise _no_key(file)
        return cls(key)

    @property
    def public(self) -> str:
        """The public key, as the setting ``signature_keys`` has it."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode("ascii")

    def sign(self, content: bytes) -> bytes:
        """The signature of octets."""
        return self._key.sign(content)


def _no_key(file: Path) -> GatepostError:
    return GatepostError(
        f"{file} is no Ed25519 private key without a password (PEM)",
        id="signatures.key.file",
        remedy="Make one with gatepost signatures key --new FILE, or openssl genpkey -algorithm ed25519 -out FILE.",
    )


def new_key(file: Path) -> PrivateKey:
    """Make a key, in a new file that only its owner can read. Raises :class:`~gatepost.errors.GatepostError`."""
    _check_library()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    octets = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        file.touch(0o600, exist_ok=False)
        file.write_bytes(octets)
    except OSError as error:
        raise GatepostError(
            f"no key is made in {file}: {error.strerror or error}",
            id="signatures.key.new",
            remedy="Name a file that is not there yet, in a folder that can be written to.",
        ) from error
    return PrivateKey(key)
