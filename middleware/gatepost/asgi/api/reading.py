"""The strict reading of a request to the API: its body, its query, what it accepts and which revision it means.

Rules: a body is counted before it is kept, and read as JSON that every reader takes for the same (RFC 8259, RFC 7493:
no names twice, no numbers beyond IEEE 754, no half surrogate pairs); what is not understood is refused, never guessed.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from gatepost.asgi.doors_security import values_of
from gatepost.asgi.types import Receive, Scope
from gatepost.errors import RequestRefused

__all__ = [
    "BODY_OCTETS",
    "check_accept",
    "expected_revision",
    "idempotency_key",
    "read_body",
    "read_json",
    "read_query",
]

BODY_OCTETS = 1024 * 1024
"""The largest own robots.txt, escaped in the costliest way, and room to spare."""
BODY_SECONDS = 10.0

_DEPTH = 32
_DIGITS = 16
"""2^53, up to which all readers agree on integers, has as many."""
_QUERY_OCTETS = 16 * 1024

Model = TypeVar("Model", bound=BaseModel)


def _refuse(id: str, message: str, remedy: str, places: Sequence[tuple[str, str]] = ()) -> NoReturn:
    raise RequestRefused(message, id=id, remedy=remedy, places=places)


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The body of a request in JSON. Raises :class:`RequestRefused`."""
    _check_content_type(scope)
    length = values_of(scope, b"content-length")
    if any(not value.isdigit() or len(value) > 15 or int(value) > BODY_OCTETS for value in length):
        _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _received(receive)
    except TimeoutError:
        _refuse("api.body.slow", f"the body did not come within {BODY_SECONDS:g} s", "Send it in one go.")


async def _received(receive: Receive) -> bytes:
    octets = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            _refuse("api.body.cut", "the body ends before its end", "Send it again.")
        octets += message.get("body", b"")
        if len(octets) > BODY_OCTETS:
            _too_large()
        if not message.get("more_body", False):
            return bytes(octets)


def _too_large() -> NoReturn:
    _refuse("api.body.size", "the body is too large", f"Send at most {BODY_OCTETS} octets.")


_json_type = re.compile(rb'application/json(?:\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE).fullmatch


def _check_content_type(scope: Scope) -> None:
    types = values_of(scope, b"content-type")
    if len(types) != 1 or not _json_type(types[0][:100]) or values_of(scope, b"content-encoding"):
        _refuse(
            "api.body.type", "the body is not declared as plain JSON", "Send Content-Type: application/json, uncoded."
        )


def read_json(octets: bytes) -> object:
    """A body as values. Raises :class:`RequestRefused`."""
    try:
        text = octets.decode("utf-8")
        _check_depth(text)
        value: object = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_no_number
        )
    except UnicodeDecodeError:
        _no_json("it is not UTF-8")
    except json.JSONDecodeError as error:
        _no_json(f"{error.msg} in line {error.lineno}, column {error.colno}")
    _check_text(value)
    return value


def _no_json(why: str) -> NoReturn:
    _refuse("api.body.json", f"the body cannot be read as JSON: {why}", "Send one JSON object as RFC 8259 has it.")


# Possessive, and content with a string that does not end: in one pass, whatever a stranger sends.
_strings_and_brackets = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL).finditer


def _check_depth(text: str) -> None:
    """Before it is read, since readers of JSON recurse."""
    depth = 0
    for found in _strings_and_brackets(text):
        if found[0] in "[{":
            depth += 1
        elif found[0] in "]}":
            depth -= 1
        if depth > _DEPTH:
            _no_json(f"it is nested deeper than {_DEPTH}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        _no_json(f"the name {name[:80]!a} is there twice")
    return members


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _DIGITS:
        _no_json("a number has more digits than all readers take")
    return int(digits)


def _number(digits: str) -> float:
    if len(digits) > 40 or abs(number := float(digits)) == float("inf"):
        _no_json("a number is beyond what all readers take")
    return number


def _no_number(word: str) -> NoReturn:
    _no_json(f"{word} is no JSON")


def _check_text(value: object) -> None:
    """No half surrogate pairs and no NUL, which no database keeps."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            _no_json("a text holds a NUL or half a surrogate pair")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name)
            _check_text(member)
    elif isinstance(value, list):
        for member in value:
            _check_text(member)


def checked(model: type[Model], value: object, id: str, what: str) -> Model:
    """A value by its model. Raises :class:`RequestRefused` with every fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        places = [(_place(fault["loc"]), fault["msg"]) for fault in error.errors(include_url=False)[:20]]
        told = "; ".join(f"{place or 'the whole'}: {message}" for place, message in places[:3])
        _refuse(id, f"{what}: {told}", "Send what the OpenAPI document describes.", places)


def _place(location: Iterable[str | int]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)[:200]


def read_query(model: type[Model], query: bytes) -> Model:
    """The parameters of a query. Raises :class:`RequestRefused` for what is unknown, doubled or wrong."""
    try:
        if len(query) > _QUERY_OCTETS:
            raise ValueError("it is too long")
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:  # also what is no UTF-8
        _refuse("api.query", f"the query cannot be read: {error}", "Send NAME=VALUE, percent-encoded UTF-8.")
    values = dict(pairs)
    if len(values) < len(pairs):
        _refuse("api.query", "a parameter is there twice", "Send each parameter once.")
    if any("\0" in value for value in values.values()):
        _refuse("api.query", "a parameter holds a NUL", "Remove it.")
    return checked(model, values, "api.query", "the query")


def check_accept(scope: Scope, content_type: str = "application/json") -> None:
    """Raises :class:`RequestRefused` for who does not take what there is (RFC 9110 §12.5.1)."""
    fields = values_of(scope, b"accept")
    ranges = [part for part in b",".join(fields).decode("latin-1").lower()[:2_000].split(",") if part.strip()]
    weights: dict[str, float] = {}
    for part in ranges:
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        weights[kind] = next((_weight(one) for one in parameters if one.startswith("q=")), 1.0)
    best = next((weights[kind] for kind in (content_type, "application/*", "*/*") if kind in weights), 0.0)
    if ranges and not best:
        what = "JSON" if content_type == "application/json" else "NDJSON"
        _refuse("api.accept", f"the answer is {what}, which is not accepted", f"Send Accept: {content_type}, or none.")


def _weight(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 1.0


_tag = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"').fullmatch


def expected_revision(scope: Scope) -> int | None:
    """The revision that If-Match names; ``None`` for ``*``.

    A tag that is no revision never matches. Raises :class:`RequestRefused` when none is named, or several.
    """
    values = values_of(scope, b"if-match")
    if not values:
        _refuse(
            "api.revision.missing",
            "a change has to name the revision that it is made on",
            'Send If-Match: "REVISION" as the ETag of what you read, or If-Match: * to change whatever is there.',
        )
    text = values[0].decode("latin-1").strip()
    if text == "*" and len(values) == 1:
        return None
    tag = _tag(text)
    if tag is None or len(values) > 1:
        _refuse("api.revision.form", "If-Match is not one entity tag", 'Send If-Match: "REVISION", quotes included.')
    strong_number = not tag[1] and tag[2].isdigit() and len(tag[2]) < 10
    return int(tag[2]) if strong_number else -1


_key = re.compile(rb"[\x21-\x7e]{1,255}").fullmatch


def idempotency_key(scope: Scope) -> str | None:
    """The Idempotency-Key, if there is one. Raises :class:`RequestRefused`."""
    values = values_of(scope, b"idempotency-key")
    if not values:
        return None
    if len(values) > 1 or not _key(values[0]):
        _refuse("api.idempotency.form", "Idempotency-Key is no key", "Send 1 to 255 visible ASCII characters, once.")
    return values[0].decode("ascii")
