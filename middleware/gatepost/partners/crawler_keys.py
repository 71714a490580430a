"""Whether a partner's crawler has signed a request, where the libraries for that are installed.

Rules: they are loaded when some partner has a key, never by a request; where they are missing nobody is verified.
"""

from collections.abc import Mapping
from importlib import import_module

from gatepost.core.signed_requests import Proof, SignedRequest
from gatepost.errors import GatepostError

__all__ = ["KeyVerifier"]


class KeyVerifier:
    """Keeps :class:`~gatepost.ports.SignatureVerifier`."""

    def check(self) -> None:
        """Load what is needed, as the port says."""
        try:
            import_module("gatepost.partners.request_signatures")
        except ImportError as error:
            raise GatepostError(
                f"keys of crawlers prove nothing: {error.name} is not installed",
                id="partners.keys.missing",
                remedy="pip install 'gatepost[partners]'",
            ) from error

    def verified(self, request: SignedRequest, keys: Mapping[str, bytes]) -> Proof:
        """What a signature proves, as the port says."""
        from gatepost.partners.request_signatures import verified

        return verified(request, keys)
