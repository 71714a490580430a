"""An operation of the API: what it is called, what it takes and gives, who may do it, and the function that does it.

Rules: the dispatcher, the OpenAPI document and the tests read the same table of these; what every operation of a kind
is answered with follows from its fields.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from gatepost.asgi.api.forms import Nothing
from gatepost.asgi.api.told import Told
from gatepost.core.access import Grant, Scope, check, site_unseen
from gatepost.core.host_names import ascii_name
from gatepost.core.request import site_key
from gatepost.core.sites import Site
from gatepost.errors import AmbiguousRequest, RequestRefused
from gatepost.service.owners import BY_ID, Owners
from gatepost.wiring import Gate

__all__ = ["Call", "Done", "Operation", "key_in_body", "key_of", "named", "wrong_in_body"]

Query = TypeVar("Query")
Body = TypeVar("Body")


@dataclass(frozen=True)
class Call(Generic[Query, Body]):
    """One request, read and let in."""

    gate: Gate
    grant: Grant
    scope: Scope
    path: Mapping[str, str]
    query: Query
    body: Body
    revision: int | None = None
    """The only revision that may be changed; ``None`` is any."""

    def owners(self, site: Site | None) -> Owners:
        """The use cases, for this site alone, at the named revision alone."""
        return self.gate.owners.only_at(self.revision, site.id if site else None)

    async def site(self) -> Site:
        """The site that the path names, by a host, or by :data:`BY_ID` and its id.

        Raises :class:`SiteUnknown` for one that the grant does not see, too.
        """
        name = self.path["host"]
        if not name.isprintable():
            raise site_unseen()
        site = await self.gate.owners.show(name if name.startswith(BY_ID) else key_of(name))
        check(self.grant, self.scope, site.id)
        return site

    def host_of(self, site: Site) -> str:
        """The host that the path names, or the canonical one. Raises :class:`RequestRefused` for a site without."""
        if not self.path["host"].startswith(BY_ID):
            return key_of(self.path["host"])
        if not site.hosts:
            raise RequestRefused("the site has no host", id="api.unknown", remedy="Add one to it first.")
        return site.host


def named(site: Site) -> str:
    """What the use cases call a site, whatever becomes of its hosts meanwhile."""
    return BY_ID + site.id


def key_of(host: str) -> str:
    """The site key of a host in a path. Raises :class:`~gatepost.errors.SiteUnknown` for what is no host."""
    try:
        return site_key(host.encode("ascii"))
    except (AmbiguousRequest, ValueError) as error:
        raise site_unseen() from error


def key_in_body(host: str, place: str) -> str:
    """The site key of a host in a body, in any script (UTS #46). Raises :class:`RequestRefused` for what is no host."""
    try:
        return site_key(ascii_name(host).encode("ascii"))
    except (AmbiguousRequest, ValueError) as error:
        raise wrong_in_body(place, "this is no host name") from error


def wrong_in_body(place: str, message: str) -> RequestRefused:
    """Says what is wrong in a body, and where."""
    return RequestRefused(
        f"the body: {message}",
        id="api.body.invalid",
        remedy="Send what the OpenAPI document describes.",
        places=((place, message),),
    )


@dataclass(frozen=True, slots=True)
class Done:
    """What an operation answers; ``revision`` becomes the ETag, ``location`` is below the API."""

    told: Told | None = None
    revision: int | None = None
    location: str = ""
    lines: Sequence[Told] = ()
    """In place of ``told``, where the operation answers with lines."""
    after: int | None = None
    """Where those lines end."""

    def spelled(self) -> bytes:
        """The body."""
        if self.told is not None:
            return self.told.model_dump_json().encode()
        return b"".join(line.model_dump_json().encode() + b"\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table."""

    name: str
    method: str
    path: str
    summary: str
    scope: Scope
    act: Callable[[Call[Any, Any]], Awaitable[Done]]
    answer: type[Told]
    query: type[BaseModel] = Nothing
    body: type[BaseModel] | None = None
    example: Any = None
    """Of the body."""
    status: int = 200
    changes_revision: bool = False
    """Whether it changes something that exists, so that If-Match has to name its revision."""
    writes: bool = False
    changes_sites: bool = True
    """Whether what it writes changes what sites say, so that this worker has to take it up."""
    every_site: bool = False
    """Whether it needs a credential for all sites."""
    lines: bool = False
    """Whether it answers with NDJSON, of which each line is an ``answer``."""
    problems: tuple[int, ...] = ()
    """The statuses of problems that do not follow from the rest."""

    @property
    def content_type(self) -> str:
        """Of what it is answered with."""
        return "application/x-ndjson" if self.lines else "application/json"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in its path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def repeatable(self) -> bool:
        """Whether it takes an idempotency key: what is read may be asked again anyway."""
        return self.writes and self.body is not None

    @property
    def all_problems(self) -> tuple[int, ...]:
        """Every status of a problem that it may be answered with."""
        found = {400, 401, 403, 406, 429, 500, 503, *self.problems}
        found |= {404} if self.parameters else set()
        found |= {408, 413, 415, 422} if self.body else set()
        found |= {409} if self.writes else set()
        found |= {412, 428} if self.changes_revision else set()
        return tuple(sorted(found))
