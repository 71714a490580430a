"""The OpenAPI 3.1 document, made of the table of operations and the models that read and write.

Rules: nothing is written here that the table or a model could say; the same table, the same document.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gatepost.asgi.api.operations import Operation
from gatepost.asgi.api.problems import PROBLEM_TYPE, TITLES, Problem
from gatepost.asgi.api.table import DOCUMENT, OPERATIONS

__all__ = ["openapi_document", "openapi_text"]

VERSION = "1.0.0"

Json = dict[str, Any]

_ABOUT = (
    "What the owners of sites want of crawlers, and all that follows from it. A change names the revision that it is "
    "made on (If-Match), and what allows more than before is confirmed with the token that the first attempt is "
    "answered with. Send Idempotency-Key to be able to send a change again. Errors are problems of RFC 9457 with a "
    "stable `id` and a `remedy`."
)

_NAMES = {
    "host": (
        "Any host of the site, in ASCII; or `id:` and the site's id.",
        {"type": "string", "minLength": 1, "maxLength": 256},
    ),
    "other": ("One of its hosts.", {"type": "string", "minLength": 1, "maxLength": 255}),
    "partner": ("The partner's id.", {"type": "string", "pattern": "^[a-z0-9-]{1,63}$"}),
    "day": ("A day in UTC, such as 2026-11-28.", {"type": "string", "format": "date"}),
    "name": ("Its name.", {"type": "string", "pattern": r"^[^/\x00-\x1f\x7f]{1,100}$"}),
}

_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The revision that is changed, as the ETag gave it, in quotes: `"3"`; or `*` for whatever is there.',
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$'},
    "example": '"3"',
}

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same for the same change: what was done is kept for a day, and answered again.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}

_FIELDS = {
    "X-Request-Id": {"description": "What the log calls this request.", "schema": {"type": "string"}},
    "ETag": {"description": "The revision, in quotes.", "schema": {"type": "string"}},
    "X-Next-After": {
        "description": "The revision that the lines end with: `after` of the next request, at once or later.",
        "schema": {"type": "string"},
    },
    "Location": {"description": "Where it is.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {"description": "true: it was done before.", "schema": {"type": "string"}},
}


@cache
def openapi_text(base: str = "/_gatepost/api/v1") -> str:
    """The document as text; ``base`` is where the API is."""
    return json.dumps(openapi_document(base), ensure_ascii=False, indent=1) + "\n"


def openapi_document(base: str) -> Json:
    """The document for an API at ``base``."""
    schemas = _schemas()
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    paths[DOCUMENT] = {"get": _document_operation()}
    queries = {operation.query.__name__ for operation in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gatepost control API", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": base}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in queries},
            "responses": {f"Problem{status}": _problem(status) for status in sorted(TITLES)},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`gatepost tokens add` prints one."}
            },
        },
    }


def _schemas() -> Json:
    """The schema of every model by its name."""
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    for operation in OPERATIONS:
        models.append((operation.query, "validation"))
        models.append((operation.answer, "serialization"))
        models += [(operation.body, "validation")] if operation.body else []
    _, whole = models_json_schema(list(dict.fromkeys(models)), ref_template="#/components/schemas/{model}")
    definitions: Json = whole["$defs"]
    return definitions


def _operation(operation: Operation, schemas: Mapping[str, Json]) -> Json:
    told: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs the scope `{operation.scope}`" + (", for all sites." if operation.every_site else "."),
        "parameters": list(_parameters(operation, schemas)),
        "responses": {
            str(operation.status): _answer(operation),
            **{str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in operation.all_problems},
        },
    }
    if operation.body:
        content = {"schema": _ref(operation.body), "example": operation.example}
        told["requestBody"] = {"required": True, "content": {"application/json": content}}
    return told


def _parameters(operation: Operation, schemas: Mapping[str, Json]) -> Iterable[Json]:
    for name in operation.parameters:
        description, schema = _NAMES[name]
        yield {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
    query = schemas[operation.query.__name__]
    for name, schema in query.get("properties", {}).items():
        required = name in query.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": _without_null(schema)}
    if operation.changes_revision:
        yield _IF_MATCH
    if operation.repeatable:
        yield _KEY


def _without_null(schema: Json) -> Json:
    """A parameter that is left out is no null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default", "title")}
    return {**rest, **choices[0]} if len(choices) == 1 else rest


def _answer(operation: Operation) -> Json:
    names = ["X-Request-Id"]
    names += ["ETag"] if operation.changes_revision or operation.status == 201 else []
    names += ["Location"] if operation.status == 201 else []
    names += ["Idempotency-Replayed"] if operation.repeatable else []
    names += ["X-Next-After"] if operation.lines else []
    content = {"schema": _lines(operation.answer) if operation.lines else _ref(operation.answer)}
    return {
        "description": operation.summary,
        "headers": {name: _FIELDS[name] for name in names},
        "content": {operation.content_type: content},
    }


def _lines(model: type[BaseModel]) -> Json:
    """OpenAPI 3.1 has no word for what a line of NDJSON is, so that the description names it."""
    return {"type": "string", "description": f"Lines of JSON, each a `{model.__name__}` of the schemas."}


def _problem(status: int) -> Json:
    example = {
        "type": "urn:gatepost:problem:the.id",
        "title": TITLES[status],
        "status": status,
        "detail": "What went wrong this time.",
        "instance": "0f1e2d3c4b5a6978",
        "id": "the.id",
        "remedy": "What to do.",
    }
    content = {"schema": _ref(Problem), "example": example}
    return {
        "description": TITLES[status],
        "headers": {"X-Request-Id": _FIELDS["X-Request-Id"], **_more_fields(status)},
        "content": {PROBLEM_TYPE: content},
    }


def _more_fields(status: int) -> Json:
    name = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}.get(status)
    return {name: {"schema": {"type": "string"}}} if name else {}


def _document_operation() -> Json:
    schema = {"type": "object", "required": ["openapi", "info", "paths"]}
    return {
        "operationId": "showOpenApi",
        "summary": "This document; it needs no credential.",
        "security": [],
        "responses": {
            "200": {"description": "This document.", "content": {"application/json": {"schema": schema}}},
            "406": {"$ref": "#/components/responses/Problem406"},
        },
    }


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
