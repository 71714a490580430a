"""The shapes of the signature file and of an overlay as JSON Schema (draft 2020-12), for editors and other programs.

Rules: they are made of the models that the reader goes by, and a test compares those that are shipped with them. To
write them anew, in ``middleware/gatepost``:

    python -c "from gatepost.core.json_schemas import *; print(json_schema_text('NAME'), end='')" > new
    mv new NAME
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

from gatepost.core.signature_schema import OverlayFile, SignatureFile

__all__ = ["SCHEMAS", "json_schema_text"]

SCHEMAS: Mapping[str, tuple[type[BaseModel], str]] = MappingProxyType(
    {
        "crawler_signatures.schema.json": (SignatureFile, "Gatepost crawler signatures"),
        "signatures_overlay.schema.json": (OverlayFile, "Gatepost signature overlay"),
    }
)
"""The model and the title of each, by the name of its file beside the package's own."""


def json_schema_text(name: str) -> str:
    """One of :data:`SCHEMAS`."""
    model, title = SCHEMAS[name]
    dialect = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": dialect, **model.model_json_schema(), "title": title}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
