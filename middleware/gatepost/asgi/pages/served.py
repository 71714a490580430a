"""The files that a site was served at a time, by their SHA-256, so that an owner can compare one that they saved.

Rules: they are looked for when somebody asks; what the record does not have is said to be made again, or not known.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gatepost.asgi.pages.doorway import Doorway
from gatepost.core.access import Grant, Scope
from gatepost.core.periods import lenient_moment, moment_text

__all__ = ["ServedPages"]

_MOST_DIGITS = 9


@dataclass(frozen=True)
class ServedPages:
    """The handler."""

    door: Doorway

    async def show(self, request: Request, grant: Grant) -> Response:
        """The files of then: a part of the history, or a page of its own without JavaScript."""
        site = await self.door.site(request, grant, Scope.SITES_READ)
        served, asked = self.door.gate.served, request.query_params
        revision = _revision(asked.get("revision", ""))
        at = lenient_moment(asked["at"]) if "at" in asked else await served.last_moment(site, revision)
        if at is None:
            return PlainTextResponse("There is no such change, and no such time.\n", 404)
        at = min(at, served.now)
        part = "hx-request" in request.headers
        return self.door.pages.response(
            request,
            "part_served.html" if part else "served.html",
            part=part,
            here=f"{request.url.path}?at={moment_text(at)}",
            host=request.path_params["host"],
            at=at,
            now=served.now,
            files=await served.files(site, at),
        )

    @property
    def handlers(self) -> dict[tuple[str, str], Callable[[Request, Grant], Awaitable[Response]]]:
        """By method and path below ``sites/{host}``."""
        return {("GET", "/served"): self.show}


def _revision(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
