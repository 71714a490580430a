"""Signatures of requests (RFC 9421), checked by the library: Ed25519 alone, by keys that are at hand.

Rules: nothing is fetched; a signature has to cover the authority, and may cover only what is known for certain; it has
to be spelled as the library would spell what it has checked, so that there is one way to read it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureComponentResolver,
    MappingKeyResolver,
    VerifyResult,
    algorithms,
)

from gatepost.core.signed_requests import Proof, SignedRequest, proof_of
from gatepost.errors import IdentityRefused

__all__ = ["verified"]

_REQUIRED = ("@authority",)
_DERIVED = ("@authority", "@method", "@scheme", "@path", "@query", "@request-target", "@target-uri")
_REMEDY = "docs/partners.md says how a partner's crawler has to sign."


@dataclass(frozen=True)
class _Message:
    """A request as the library reads it: its URL stands for nothing, as components are ours."""

    headers: Mapping[str, str]
    components: Mapping[str, str]
    method: str = "GET"
    url: str = "https://unused.invalid/"


def _component(name: str, resolver: HTTPSignatureComponentResolver) -> str:
    known: str | None = resolver.message.components.get(name)
    if known is None:
        raise HTTPMessageSignaturesException(f"{name} is not known here")
    return known


class _Components(HTTPSignatureComponentResolver):
    """Gives what the door has read."""

    derived_component_resolvers: ClassVar[dict[str, Callable[..., str]]] = {
        name: partial(_component, name) for name in _DERIVED
    }


class _Verifier(HTTPMessageVerifier):
    """Leaves times to who asks, as he knows what time it may be."""

    def validate_created_and_expires(self, sig_input: object, max_age: object = None) -> None:
        """Nothing is looked at here: see ``core/signed_requests``."""


def verified(request: SignedRequest, keys: Mapping[str, bytes]) -> Proof:
    """What the signature of a request proves. Raises :class:`~gatepost.errors.IdentityRefused`."""
    (result,) = _results(request, {id: _public(key) for id, key in keys.items()})
    if result.covered_components['"@signature-params"'] != request.params:
        raise IdentityRefused("the signature could be read in two ways", id="identity.form", remedy=_REMEDY)
    return proof_of(result.parameters)


def _results(request: SignedRequest, keys: Mapping[str, Ed25519PublicKey]) -> list[VerifyResult]:
    verifier = _Verifier(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys=keys, private_keys={}),
        component_resolver_class=_Components,
    )
    try:
        return verifier.verify(_Message(request.fields, request.components), max_age=None, require_components=_REQUIRED)
    except HTTPMessageSignaturesException as error:
        raise IdentityRefused("the signature does not hold", id="identity.signature", remedy=_REMEDY) from error


@lru_cache(maxsize=1024)
def _public(octets: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(octets)
