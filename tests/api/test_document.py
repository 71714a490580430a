"""The OpenAPI document is valid, is the table, and is what the server keeps to when it is tried at random."""

import asyncio
import json
from datetime import UTC, datetime

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from typer.testing import CliRunner

from api.conftest import BASE, OPEN, PLATFORM, SECRET, settings_with
from gatepost import Gate, Scope
from gatepost.asgi.api.app import _methods
from gatepost.asgi.api.document import openapi_document, openapi_text
from gatepost.asgi.api.table import DOCUMENT, OPERATIONS
from gatepost.asgi.owner_app import owner_app
from gatepost.cli import app as commands
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner
from gatepost.sources import load_signatures
from gatepost.storage import open_store

DOCUMENTED = openapi_document(BASE)


def test_the_document_is_valid():
    OpenAPIV31SpecValidator(DOCUMENTED).validate()


def test_every_route_is_in_the_document_and_every_path_of_the_document_is_a_route():
    in_document = {(method.upper(), path) for path, methods in DOCUMENTED["paths"].items() for method in methods}
    in_table = {(operation.method, operation.path) for operation in OPERATIONS}
    assert in_document == in_table | {("GET", DOCUMENT)}
    for method, path in in_document:
        filled = path.replace("{host}", "a.example").replace("{other}", "b.example").replace("{name}", "x")
        filled = filled.replace("{partner}", "acme").replace("{day}", "2026-11-28")
        assert method in _methods("/api/v1" + filled)


def test_every_operation_says_what_it_takes_and_every_way_it_can_end():
    for path, methods in DOCUMENTED["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].endswith("."), path
            if path == DOCUMENT:
                continue
            assert {"400", "401", "403", "406", "429", "500", "503"} <= operation["responses"].keys()
            assert ("requestBody" in operation) is (method in ("post", "patch"))
            assert all("example" in content for content in operation.get("requestBody", {}).get("content", {}).values())
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.body], ids=lambda one: one.name)
def test_every_example_is_what_its_model_takes(operation):
    operation.body.model_validate(operation.example)


def test_the_command_prints_what_a_server_serves():
    printed = CliRunner().invoke(commands, ["openapi"]).stdout
    assert json.loads(printed) == DOCUMENTED
    assert printed == openapi_text(BASE)


# ------------------------------------------------------------------------------------------------ tried at random


def _served():
    """An app on a store of its own, with two sites and a token for everything."""
    gate = Gate(settings_with(secret=SECRET), load_signatures(), open_store("sqlite://"))

    async def prepare():
        await gate.owners.add_site(["a.example", "www.a.example"], PLATFORM, "site-a")
        await gate.partners.add(Partner("acme", "Acme", frozenset({Purpose.AI_TRAINING}), datetime.now(UTC)))
        token, _ = await gate.access.add_token(PLATFORM, list(Scope))
        return token

    app = owner_app(gate, limits=OPEN)

    async def mounted(scope, receive, send):
        """As a framework mounts it; Starlette's own Mount answers itself where a path holds a line end."""
        await app({**scope, "root_path": "/_gatepost"}, receive, send)

    return mounted, asyncio.run(prepare())


APP, TOKEN = _served()
schema = schemathesis.openapi.from_asgi(f"{BASE}/openapi.json", APP)
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])

EXCLUDED = {
    "ignored_auth",  # tests/api/test_tenants.py asks every operation with every credential
    "missing_required_header",  # test_strictness.py: 428, which this check does not know
    "positive_data_acceptance",  # what a schema takes may still not go together with how things stand
    "unsupported_method",  # test_strictness.py: 405 with Allow, which OPTIONS has too
}
CHECKED = [check for name, check in ((check.__name__, check) for check in CHECKS.get_all()) if name not in EXCLUDED]


@pytest.mark.slow
@schema.parametrize()
@hypothesis.seed(20261122)
@settings(
    max_examples=20,
    deadline=None,
    derandomize=False,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_is_answered_as_the_document_says(case):
    if "host" in case.path_parameters and case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
        case.path_parameters["host"] = "a.example"
    if "partner" in case.path_parameters and case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
        case.path_parameters["partner"] = "acme"
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {TOKEN}"}
    case.call_and_validate(checks=CHECKED)
