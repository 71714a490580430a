"""Forward-auth: the decision for a proxy that asks before it passes a request on.

Rules: only a trusted peer is answered; exactly one family of header fields is listened to, by setting, because
proxies let the other one through from clients; nothing of a body is read; in nginx's family only 200 and 403 are
answered, whatever was asked, because nginx turns anything else into a 500 for the visitor.
"""

from collections.abc import Iterable
from ipaddress import ip_address

from gatepost.asgi.answers import Answer, ambiguous, refusal, unavailable
from gatepost.asgi.types import Receive, Scope, Send
from gatepost.core.directives.response_fields import Fields
from gatepost.core.exposure import Outcome
from gatepost.core.policy import Decision
from gatepost.core.request import CrawlRequest, peer_address, read_request
from gatepost.core.signed_requests import SignedRequest, signed_request
from gatepost.errors import AmbiguousRequest, SettingsError, StoreError
from gatepost.settings import ForwardAuth, Network
from gatepost.wiring import Gate

__all__ = ["ForwardAuthEndpoint", "decision_fields"]

_TARGET = {ForwardAuth.NGINX: b"x-original-uri", ForwardAuth.FORWARDED: b"x-forwarded-uri"}
_HOST = {ForwardAuth.NGINX: b"host", ForwardAuth.FORWARDED: b"x-forwarded-host"}
_DENIED = Answer(403, ((b"content-length", b"0"), (b"cache-control", b"no-store")))


class ForwardAuthEndpoint:
    """The endpoint, as an ASGI app."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._family = gate.settings.forward_auth
        self._trusted = gate.settings.trusted_proxies
        if self._family is ForwardAuth.OFF:
            raise SettingsError(
                "forward_auth is off",
                id="settings.forward-auth.off",
                remedy="Set forward_auth to nginx or forwarded, whichever header fields your proxy sends.",
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """200 when the request may pass, with the decision and the response fields to copy; else the refusal."""
        answer = await self._answer(scope)
        if self._family is ForwardAuth.NGINX and answer.status != 200:
            answer = Answer(403, answer.headers, answer.body, answer.reference)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> Answer:
        client = scope.get("client")
        if client is None or not _is_trusted(client[0], self._trusted):
            return _DENIED
        try:
            request = self._read(scope, client[0])
            snapshot, decision = await self._gate.judge(request, lambda: self._signed(scope))
        except AmbiguousRequest as error:
            return ambiguous(error.id, str(error), error.remedy)
        except StoreError:
            return unavailable()
        fields = snapshot.rendering.fields_at(request.paths)
        # What the app behind answers is not seen here, nor how many octets it has.
        outcome = Outcome.REFUSED if decision.refused else Outcome.SERVED
        self._gate.counting.note(snapshot, decision, request.paths[0], outcome)
        if decision.refused:
            accept = b",".join(_values(scope, b"accept"))
            terms = self._gate.addresses(snapshot.host).terms
            return refusal(decision, snapshot.host, terms, fields, accept)
        return Answer(200, (*decision_fields(decision), *fields, (b"content-length", b"0")))

    def _read(self, scope: Scope, client: str) -> CrawlRequest:
        """The request that the proxy asks about."""
        target = _only(scope, _TARGET[self._family])
        path, _, query = target.partition(b"#")[0].partition(b"?")
        if not path.startswith(b"/"):
            raise AmbiguousRequest(
                f"The request is ambiguous: {_TARGET[self._family].decode()} holds no path.",
                id="request.forwarded.target",
                remedy="Let the proxy send the target as the visitor did; it starts with a slash.",
            )
        headers = [(b"host", _only(scope, _HOST[self._family]))]
        headers += [(name, value) for name, value in scope["headers"] if name in (b"user-agent", b"x-forwarded-for")]
        return read_request(headers, path, query, client, trusted=self._trusted)

    def _signed(self, scope: Scope) -> SignedRequest | None:
        """What it signs, but for the method and the scheme, which no proxy tells for certain.

        Raises :class:`~gatepost.errors.IdentityRefused`.
        """
        return signed_request(scope["headers"], _only(scope, _HOST[self._family]), _only(scope, _TARGET[self._family]))


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def _only(scope: Scope, name: bytes) -> bytes:
    """The value of a field that has to be there exactly once."""
    values = _values(scope, name)
    if len(values) != 1:
        raise AmbiguousRequest(
            f"The request is ambiguous: {len(values)} {name.decode()} fields.",
            id="request.forwarded.field",
            remedy=f"Let the proxy set {name.decode()} itself, exactly once.",
        )
    return values[0]


def _is_trusted(client: str, trusted: Iterable[Network]) -> bool:
    """An address as every other is read: IPv4 behind an IPv6 socket is IPv4 (``::ffff:``), and a zone is none."""
    address = peer_address(client)
    return address is not None and any(ip_address(address) in network for network in trusted)


def decision_fields(decision: Decision) -> Fields:
    """A decision as fields that a proxy may hand on to the app behind."""
    said = (
        ("x-gatepost-action", decision.action),
        ("x-gatepost-reason", decision.reason),
        ("x-gatepost-crawler", decision.crawler),
        ("x-gatepost-standing", decision.standing),
        ("x-gatepost-partner", decision.licence and decision.licence.partner),
        ("x-gatepost-proof", decision.licence and decision.licence.means),
    )
    return tuple((name.encode("ascii"), str(value).encode("ascii")) for name, value in said if value)
