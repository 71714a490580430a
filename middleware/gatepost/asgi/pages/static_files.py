"""The style sheet and the scripts of the pages: under names that change with their bytes, so that they are kept for
ever; compressed once, as nothing in them is secret."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["StaticFiles"]

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_SHIPPED = ("page.css", "page.js", "htmx.min.js")


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    compressed: bytes
    content_type: str


class StaticFiles:
    """What there is; ``theme`` are CSS variables by name."""

    def __init__(self, theme: Mapping[str, str]) -> None:
        self._files: dict[str, _File] = {}
        self.names: dict[str, str] = {}
        for name in _SHIPPED:
            self._add(name, resources.files(__package__).joinpath("static", name).read_bytes())
        variables = "".join(f"--{name}:{value};" for name, value in theme.items())
        self._add("theme.css", f":root{{{variables}}}\n".encode())

    def _add(self, name: str, body: bytes) -> None:
        stem, _, ending = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
        self.names[name] = hashed
        self._files[hashed] = _File(body, gzip.compress(body, 9, mtime=0), _TYPES[ending])

    async def answer(self, request: Request) -> Response:
        """One file, whoever asks."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response(status_code=404)
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "x-content-type-options": "nosniff",
            "cross-origin-resource-policy": "same-origin",
            "vary": "accept-encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                file.compressed, media_type=file.content_type, headers={**headers, "content-encoding": "gzip"}
            )
        return Response(file.body, media_type=file.content_type, headers=headers)
