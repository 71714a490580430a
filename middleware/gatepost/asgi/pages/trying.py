"""The box in which an owner tries a crawler: what would happen if it came for a page, and why.

Rules: the decision is the one that the doors make; nothing is written; nobody is answered about another page than the
one that they asked for.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gatepost.asgi.pages.doorway import Doorway, status_of
from gatepost.core.access import Grant, Scope
from gatepost.core.explanation import Explanation, Question
from gatepost.core.host_names import ascii_name
from gatepost.core.request import read_request, site_key
from gatepost.core.sites import Site
from gatepost.errors import AmbiguousRequest, GatepostError, StatementError

__all__ = ["TryingPage"]

_LONGEST_QUESTION = 2_048


@dataclass(frozen=True)
class TryingPage:
    """The handlers."""

    door: Doorway

    async def test(self, request: Request, grant: Grant) -> Response:
        """What would happen to one request, as things stand."""
        site = await self.door.site(request, grant, Scope.SITES_READ)
        host = request.path_params["host"]
        url, agent = (request.query_params.get(name, "").strip()[:_LONGEST_QUESTION] for name in ("url", "agent"))
        answer: Explanation | None = None
        error: GatepostError | None = None
        try:
            answer = await self.door.gate.overviews.explain(_question(site, host, url, agent))
        except (AmbiguousRequest, StatementError) as fault:
            error = fault
        template = "part_test.html" if "hx-request" in request.headers else "test.html"
        return self.door.pages.response(
            request,
            template,
            _status(request, error),
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


def _status(request: Request, error: GatepostError | None) -> int:
    """How a test is answered: an error is a good answer to a script, which shows no other."""
    return status_of(error) if error and "hx-request" not in request.headers else 200


def _question(site: Site, host: str, url: str, agent: str) -> Question:
    """Raises :class:`~gatepost.errors.AmbiguousRequest` for what could be read in two ways, and
    :class:`StatementError` for what is on another host than the site's."""
    asked, path = _address(site, url)
    path = path if path.startswith("/") else f"/{path}"
    raw, _, query = path.encode("utf-8", "surrogateescape").partition(b"?")
    headers = [(b"host", (asked or host).encode("ascii", "replace"))]
    headers.append((b"user-agent", agent.encode("utf-8", "surrogateescape")))
    request = read_request(headers, quote(raw, safe="/%:@!$&'()*+,;=~").encode(), query, None)
    return Question(asked or host, path, request)


def _address(site: Site, url: str) -> tuple[str, str]:
    """The host that an address names, if any, and its path with its query; what is no address is a path.

    Raises what :func:`_question` does.
    """
    try:
        parts = urlsplit(url)
        named = parts.netloc if parts.netloc.isascii() else ascii_name(parts.hostname or "")
    except ValueError:
        return "", url
    if not named:
        first, slash, rest = url.partition("/")
        return (first.lower(), slash + rest) if first.lower() in site.hosts else ("", url)
    host = site_key(named.encode("ascii"))
    if host not in site.hosts:
        raise StatementError(
            f"{host} is not a host of this site",
            id="test.address.other",
            remedy=f"Write a path, or an address at {site.host}.",
        )
    return host, parts.path + (f"?{parts.query}" if parts.query else "")


def _rule(answer: Explanation) -> str:
    decision = answer.decision
    return f"{decision.purpose or decision.crawler}={decision.stance}" if decision.stance else ""
