"""One GET or POST over httpx, to addresses that the caller has checked.

Rules: nothing is followed, no proxy of the environment is used, nothing is unpacked; the certificate is good for the
name, never for the address; header fields are bounded by the HTTP parser (100 KiB), the body by the caller.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import cache

import httpx

from gatepost.errors import OutwardError
from gatepost.ports import Fetched
from gatepost.sources.version import own_version

__all__ = ["get", "post", "trust"]

_LIMITS = httpx.Timeout(None, connect=2.0)
"""In seconds, for one address, so that there is time for the next one; the whole time is limited by the caller."""

_REST_SECONDS = 1.0
"""For the body of an answer that nobody reads."""


async def get(urls: Sequence[str], fields: Sequence[tuple[str, str]], name: str, most_octets: int) -> Fetched:
    """The answer of the first URL that can be connected to; each has an address for a host, and the same meaning.

    ``name`` is whose certificate the server has to show. Raises :class:`OutwardError`.
    """
    async with _answered("GET", urls, fields, name, b"") as response:
        return await _read(response, most_octets)


async def post(
    urls: Sequence[str], fields: Sequence[tuple[str, str]], name: str, body: bytes, most_octets: int
) -> Fetched:
    """The same of a POST, whose answer is its status; what else there is of it is read for a moment, then left."""
    async with _answered("POST", urls, fields, name, body) as response:
        return Fetched(response.status_code, _fields(response), await _beginning(response, most_octets))


@asynccontextmanager
async def _answered(
    method: str, urls: Sequence[str], fields: Sequence[tuple[str, str]], name: str, body: bytes
) -> AsyncIterator[httpx.Response]:
    """The response, of which only the header has been read; whatever the client raises is ours."""
    sent = [*fields, ("accept-encoding", "identity"), ("user-agent", f"Gatepost/{own_version()}")]
    try:
        async with httpx.AsyncClient(verify=trust(), trust_env=False, timeout=_LIMITS) as client:
            requests = [_request(client, method, url, sent, name, body) for url in urls]
            response = await _connected(client, requests)
            async with aclosing(response):
                yield response
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # ValueError: a field that cannot be sent
        raise _told(error) from error


@cache
def trust() -> ssl.SSLContext:
    """Whose certificates are believed: those of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``, else the web's."""
    return httpx.create_ssl_context()


async def _connected(client: httpx.AsyncClient, requests: Sequence[httpx.Request]) -> httpx.Response:
    *others, last = requests
    for request in others:
        try:
            return await client.send(request, stream=True, follow_redirects=False)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if _certificate_fault(error):
                raise
    return await client.send(last, stream=True, follow_redirects=False)


def _request(
    client: httpx.AsyncClient, method: str, url: str, fields: Sequence[tuple[str, str]], name: str, body: bytes
) -> httpx.Request:
    named = {"sni_hostname": name} if name else {}
    return client.build_request(method, url, headers=fields, content=body or None, extensions=named)


async def _read(response: httpx.Response, most_octets: int) -> Fetched:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        message = "the answer is packed, which nobody asked for"
        raise OutwardError(message, id="outward.encoding", remedy="Answer as Accept-Encoding asks: plainly.")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most_octets:
            message = f"the answer has more than {most_octets:,} octets"
            raise OutwardError(message, id="outward.large", remedy="Answer with less.")
    return Fetched(response.status_code, _fields(response), bytes(body))


async def _beginning(response: httpx.Response, most_octets: int) -> bytes:
    """What comes of the body in a moment."""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_REST_SECONDS):
            async for chunk in response.aiter_raw(most_octets):
                return chunk
    return b""


def _fields(response: httpx.Response) -> Sequence[tuple[str, str]]:
    return [(name.lower(), value) for name, value in response.headers.multi_items()]


def _told(error: Exception) -> OutwardError:
    """An error of the client as ours."""
    fault = _certificate_fault(error)
    if fault:
        message = f"the server shows no certificate that can be believed: {fault.verify_message}"
        remedy = "Give it a valid certificate for this name."
        return OutwardError(message, id="outward.certificate", remedy=remedy)
    message = f"the server cannot be asked: {error or type(error).__name__}"
    remedy = "Look whether it runs, and whether it can be reached from here."
    return OutwardError(message, id="outward.unreachable", remedy=remedy)


def _certificate_fault(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """What is wrong with the certificate, if that is what an error comes from."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause
