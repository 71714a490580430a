"""What changed in the signature file, for everybody to read and to subscribe to: ``{prefix}/signatures/changelog``.

Rules: nothing here is secret, and it is the same for everyone, so that caches may hold it; a poll that has seen it
costs a 304. A form is written once for all who ask at the same address, as long as nothing is released.
"""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from gatepost.asgi.answers import answer_document
from gatepost.asgi.types import ASGIApp
from gatepost.core.request import site_key
from gatepost.core.signature_changelog import ToldRelease, changelog_atom, changelog_json_feed, changelog_text
from gatepost.core.snapshot import Document
from gatepost.errors import AmbiguousRequest, StoreError

__all__ = ["changelog_routes"]

_PATH = "/signatures/changelog"

_ADDRESSES = 16
"""At which a form is kept; anybody may ask at any."""

Releases = Callable[[], Awaitable[Sequence[ToldRelease]]]
"""The releases, newest first; there is one at least, the set in force."""


def changelog_routes(base: str, releases: Releases) -> list[BaseRoute]:
    """The changelog as text, as Atom and as JSON Feed, below wherever they are mounted.

    ``base`` is where that is from outside, with ``{host}`` for the host that is asked.
    """

    def route(ending: str, content_type: str, render: Callable[[Sequence[ToldRelease], str], bytes]) -> Route:
        path = f"{_PATH}{ending}"
        written: dict[str, tuple[Sequence[ToldRelease], Document]] = {}

        def document(told: Sequence[ToldRelease], address: str) -> Document:
            of, held = written.get(address, (None, None))
            if held is None or of is not told:
                if len(written) >= _ADDRESSES:
                    written.clear()
                held = Document(render(told, address), content_type)
                written[address] = told, held
            return held

        async def answer(request: Request) -> ASGIApp:
            try:
                told = await releases()
            except StoreError:
                return PlainTextResponse("The releases cannot be read right now.\n", 503, {"retry-after": "30"})
            address = _address(base + path, request.headers.get("host", ""))
            return answer_document(document(told, address), dict(request.scope))

        return Route(path, answer, methods=["GET", "HEAD"])

    return [
        route("", "text/plain; charset=utf-8", lambda told, _: changelog_text(told).encode()),
        route(".atom", "application/atom+xml; charset=utf-8", changelog_atom),
        route(".json", "application/feed+json; charset=utf-8", changelog_json_feed),
    ]


def _address(template: str, host: str) -> str:
    """Where a host has the feed; nothing for what is no host."""
    try:
        return template.replace("{host}", site_key(host.encode("latin-1")))
    except AmbiguousRequest:
        return ""
