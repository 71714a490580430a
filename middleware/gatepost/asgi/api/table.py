"""All operations of the API, and which of them a request asks for."""

from collections.abc import Mapping
from urllib.parse import unquote

from gatepost.asgi.api.crawlers import CRAWLERS
from gatepost.asgi.api.defaults import DEFAULTS
from gatepost.asgi.api.exposures import EXPOSURES
from gatepost.asgi.api.operations import Operation
from gatepost.asgi.api.overviews import OVERVIEWS
from gatepost.asgi.api.partners import PARTNERS
from gatepost.asgi.api.reach import REACH
from gatepost.asgi.api.sites import SITES
from gatepost.asgi.api.statements import STATEMENTS

__all__ = ["DOCUMENT", "OPERATIONS", "Found", "find"]

OPERATIONS: tuple[Operation, ...] = (
    *SITES,
    *OVERVIEWS,
    *STATEMENTS,
    *REACH,
    *EXPOSURES,
    *CRAWLERS,
    *DEFAULTS,
    *PARTNERS,
)

DOCUMENT = "/openapi.json"
"""Where the OpenAPI document is, which needs no credential."""

Found = tuple[Mapping[str, Operation], Mapping[str, str]]
"""Operations by method, and the parameters of the path."""

_BY_PATTERN: dict[tuple[str, ...], dict[str, Operation]] = {}
for _operation in OPERATIONS:
    _BY_PATTERN.setdefault(tuple(_operation.path.split("/")), {})[_operation.method] = _operation


def find(path: str) -> Found | None:
    """The operations on a percent-encoded path below the API, and what stands in it for the parameters."""
    parts = tuple(unquote(part) for part in path.split("/"))
    for pattern, operations in _BY_PATTERN.items():
        if len(pattern) == len(parts) and all(_fits(*pair) for pair in zip(pattern, parts, strict=True)):
            named = zip(pattern, parts, strict=True)
            return operations, {name[1:-1]: part for name, part in named if name.startswith("{")}
    return None


def _fits(wanted: str, part: str) -> bool:
    return bool(part) if wanted.startswith("{") else wanted == part
