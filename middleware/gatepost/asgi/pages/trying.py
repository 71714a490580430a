"""The box in which an owner tries a crawler: what would happen if it came for a page, and why.

Rules: the decision is the one that the doors make; nothing is written; nobody is answered about another page than the
one that they asked for.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gatepost.asgi.pages.doorway import Doorway, status_of
from gatepost.asgi.pages.forms import changed_wishes, read_form
from gatepost.core.access import Grant, Scope
from gatepost.core.explanation import Explanation, Question
from gatepost.core.host_names import ascii_name
from gatepost.core.request import read_request, site_key
from gatepost.core.sites import Site
from gatepost.core.wishes import Wish, read_wish, spell_wish
from gatepost.errors import AmbiguousRequest, GatepostError, StatementError

__all__ = ["TryingPage"]

_ASKED = ("url", "agent")
_LONGEST_QUESTION = 2_048
_MOST_WISHES = 256


@dataclass(frozen=True)
class TryingPage:
    """The handlers."""

    door: Doorway

    async def linked(self, request: Request, grant: Grant) -> Response:
        """The answer by what is saved, and by the wishes that a link names."""
        site = await self.door.site(request, grant, Scope.SITES_READ)
        query, signatures = request.query_params, self.door.gate.signatures
        asked = [query.get(name, "") for name in _ASKED]
        return await self._answer(
            request, site, asked, lambda: [read_wish(wish, signatures) for wish in query.getlist("wish")[:_MOST_WISHES]]
        )

    async def test(self, request: Request, grant: Grant) -> Response:
        """The answer by the choices of the form that the page has, saved or not."""
        site = await self.door.site(request, grant, Scope.SITES_READ)
        form, signatures = await read_form(request), self.door.gate.signatures
        asked = [form.get(name) for name in _ASKED]
        return await self._answer(
            request, site, asked, lambda: changed_wishes(form, site.statement, signatures, datetime.now(UTC))
        )

    async def _answer(
        self, request: Request, site: Site, asked: Sequence[str], read: Callable[[], Sequence[Wish]]
    ) -> Response:
        """What would happen to one request, or what is wrong with the question."""
        host = request.path_params["host"]
        url, agent = (text.strip()[:_LONGEST_QUESTION] for text in asked)
        wishes: Sequence[Wish] = ()
        answer: Explanation | None = None
        error: GatepostError | None = None
        try:
            wishes = read()
            answer = await self.door.gate.overviews.explain(_question(site, host, url, agent), wishes)
        except (AmbiguousRequest, StatementError) as fault:
            error = fault
        spelled = [spell_wish(wish) for wish in wishes]
        template = "part_test.html" if "hx-request" in request.headers else "test.html"
        return self.door.pages.response(
            request,
            template,
            _status(request, error),
            here=f"{request.url.path}?{_query(url, agent, spelled)}",
            host=host,
            url=url,
            agent=agent,
            wishes=spelled,
            query=_query(url, agent, spelled),
            answer=answer,
            error=error,
            rule=_rule(answer) if answer else "",
        )

    @property
    def handlers(self) -> dict[tuple[str, str], Callable[[Request, Grant], Awaitable[Response]]]:
        """Every handler by method and path below ``sites/{host}``."""
        return {("GET", "/test"): self.linked, ("POST", "/test"): self.test}


def _query(url: str, agent: str, wishes: Sequence[str]) -> str:
    """What a link to an answer says."""
    return urlencode([("url", url), ("agent", agent), *(("wish", wish) for wish in wishes)])


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
