"""The keys under which servers log a request as JSON, and how a value is found under one.

Rules: a line is hostile input: what is no JSON object, too deep or too large a number is no entry; a value of another
type than the expected is no value.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["DIALECTS", "Dialect", "Entry", "Keys", "read_entry"]

Keys: TypeAlias = tuple[tuple[str, ...], ...]
"""Ways to a value, of which the first that is there counts; each a key, and keys of the objects within."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the values stand."""

    name: str
    user_agent: Keys
    address: Keys
    host: Keys
    path: Keys
    status: Keys
    time: Keys


def _keys(text: str) -> Keys:
    """``"a b.c"``: the value of ``a``, else that of ``c`` in ``b``."""
    return tuple(tuple(way.split(".")) for way in text.split())


DIALECTS = (
    Dialect(
        "nginx",  # which has no JSON of its own: these are the names of its variables, as guides write them
        user_agent=_keys("http_user_agent"),
        address=_keys("remote_addr realip_remote_addr"),
        host=_keys("http_host host server_name"),
        path=_keys("request_uri uri"),
        status=_keys("status"),
        time=_keys("time_iso8601 msec time_local"),
    ),
    Dialect(
        "Caddy",
        user_agent=_keys("request.headers.User-Agent"),
        address=_keys("request.client_ip request.remote_ip request.remote_addr"),
        host=_keys("request.host"),
        path=_keys("request.uri"),
        status=_keys("status"),
        time=_keys("ts"),
    ),
    Dialect(
        "Traefik",  # with fields.headers.names.User-Agent: keep
        user_agent=_keys("request_User-Agent"),
        address=_keys("ClientHost ClientAddr"),
        host=_keys("RequestHost RequestAddr"),
        path=_keys("RequestPath"),
        status=_keys("DownstreamStatus"),
        time=_keys("StartUTC time"),
    ),
    Dialect(
        "Cloudflare",  # Logpush, data set http_requests
        user_agent=_keys("ClientRequestUserAgent"),
        address=_keys("ClientIP"),
        host=_keys("ClientRequestHost"),
        path=_keys("ClientRequestURI ClientRequestPath"),
        status=_keys("EdgeResponseStatus"),
        time=_keys("EdgeStartTimestamp"),
    ),
    Dialect(
        "plain",
        user_agent=_keys("user_agent useragent ua"),
        address=_keys("address ip remote_ip client_ip"),
        host=_keys("host"),
        path=_keys("path uri url"),
        status=_keys("status"),
        time=_keys("time timestamp at"),
    ),
)


class Entry:
    """A line's values."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def has(self, keys: Keys) -> bool:
        """Whether there is a value."""
        return self._find(keys) is not None

    def text(self, keys: Keys) -> str:
        """The value as text; empty where there is none."""
        value = self._find(keys)
        return "" if value is None else str(value)

    def octets(self, keys: Keys) -> bytes:
        """The same as the octets that were logged."""
        text = self.text(keys)
        try:
            return text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half a pair, which JSON can spell and no text can hold
            return text.encode("utf-8", "surrogatepass")

    def number(self, keys: Keys) -> int | None:
        """A whole number of at most nine digits."""
        text = self.text(keys)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None

    def _find(self, keys: Keys) -> str | int | float | None:
        for way in keys:
            value: object = self._values
            for key in way:
                value = value.get(key) if isinstance(value, Mapping) else None
            if isinstance(value, list) and value:
                value = value[0]
            if isinstance(value, str | int | float):
                return value
        return None


def read_entry(line: bytes) -> Entry | None:
    """The entry that a line holds, if it is a JSON object."""
    if line[:1] != b"{":
        return None
    try:
        values = json.loads(line.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return None
    return Entry(values)
