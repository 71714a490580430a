"""The box in which an owner tries a crawler: what would happen if it came for a page, and why.

Rules: the decision is the one that the doors make; nothing is written.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gatepost.asgi.pages.doorway import Doorway
from gatepost.core.access import Grant, Scope
from gatepost.core.explanation import Explanation, Question
from gatepost.core.request import read_request
from gatepost.errors import AmbiguousRequest, GatepostError

__all__ = ["TryingPage"]

_LONGEST_QUESTION = 2_048


@dataclass(frozen=True)
class TryingPage:
    """The handlers."""

    door: Doorway

    async def test(self, request: Request, grant: Grant) -> Response:
        """What would happen to one request, as things stand."""
        await self.door.site(request, grant, Scope.SITES_READ)
        host = request.path_params["host"]
        url, agent = (request.query_params.get(name, "").strip()[:_LONGEST_QUESTION] for name in ("url", "agent"))
        answer: Explanation | None = None
        error: GatepostError | None = None
        try:
            answer = await self.door.gate.overviews.explain(_question(host, url, agent))
        except AmbiguousRequest as fault:
            error = fault
        template = "part_test.html" if "hx-request" in request.headers else "test.html"
        return self.door.pages.response(
            request,
            template,
            400 if error else 200,
            host=host,
            url=url,
            agent=agent,
            answer=answer,
            error=error,
            rule=_rule(answer) if answer else "",
        )

    @property
    def handlers(self) -> dict[tuple[str, str], Callable[[Request, Grant], Awaitable[Response]]]:
        """Every handler by method and path below ``sites/{host}``."""
        return {("GET", "/test"): self.test}


def _question(host: str, url: str, agent: str) -> Question:
    """Raises :class:`~gatepost.errors.AmbiguousRequest` for what could be read in two ways."""
    path = _path_of(url)
    path = path if path.startswith("/") else f"/{path}"
    raw, _, query = path.encode("utf-8", "surrogateescape").partition(b"?")
    headers = [(b"host", host.encode("ascii", "replace")), (b"user-agent", agent.encode("utf-8", "surrogateescape"))]
    return Question(host, path, read_request(headers, quote(raw, safe="/%:@!$&'()*+,;=~").encode(), query, None))


def _path_of(url: str) -> str:
    """The path of an address, with its query; what is no address is a path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts.path + (f"?{parts.query}" if parts.query else "") if parts.netloc else url


def _rule(answer: Explanation) -> str:
    decision = answer.decision
    return f"{decision.purpose or decision.crawler}={decision.stance}" if decision.stance else ""
