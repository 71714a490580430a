"""Items for the tests of the export gate: one that may be shared, and one of every class that must not be."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gatepost.core.crawlers import Purpose
from gatepost.core.export_consents import Consent, Consents, NamesTable
from gatepost.core.export_items import ExportReason
from gatepost.core.partners import Partner
from gatepost.storage import open_store
from licences import hold

OPEN = Consent(public=True, shares=True, denied=False)
SITES = {
    "open.example": OPEN,
    "other.example": OPEN,
    "private.example": Consent(public=False, shares=True, denied=False),
    "silent.example": Consent(public=True, shares=False, denied=False),
    "no-training.example": Consent(public=True, shares=True, denied=True),
}

SHARED: dict[str, Any] = {
    "id": "post 1",
    "site": "open.example",
    "authors": [],
    "path": "/2024/a-post",
    "visibility": "public",
    "state": "live",
    "explicit": False,
    "password": False,
    "unanswered_question": False,
    "private_answer": False,
    "message": False,
    "paid": False,
    "partner_owned": False,
    "content": "a post",
}

R = ExportReason
CLOSED: list[tuple[str, Any, ExportReason]] = [
    ("visibility", "private", R.PRIVATE),
    ("state", "draft", R.DRAFT),
    ("state", "scheduled", R.SCHEDULED),
    ("state", "deleted", R.DELETED),
    ("state", "suspended", R.SUSPENDED),
    ("explicit", True, R.EXPLICIT),
    ("password", True, R.PASSWORD),
    ("unanswered_question", True, R.UNANSWERED_QUESTION),
    ("private_answer", True, R.PRIVATE_ANSWER),
    ("message", True, R.MESSAGE),
    ("paid", True, R.PAID),
    ("partner_owned", True, R.PARTNER_OWNED),
]
"""Every class of what was swept in in 2024: a private post on a public site, a post that is no longer there..."""
OF_SITES: list[tuple[str, Any, ExportReason]] = [
    ("site", "private.example", R.SITE_NOT_PUBLIC),
    ("site", "silent.example", R.SITE_REFUSES_SHARING),
    ("site", "no-training.example", R.SITE_DENIES_PURPOSE),
    ("authors", ["other.example", "private.example"], R.AUTHOR_NOT_PUBLIC),
    ("authors", ["other.example", "silent.example"], R.AUTHOR_REFUSES_SHARING),
    ("authors", ["other.example", "no-training.example"], R.AUTHOR_DENIES_PURPOSE),
]
UNKNOWN: list[tuple[str, Any, ExportReason]] = [
    ("friends_only", True, R.UNKNOWN_FIELD),
    ("id", "", R.UNKNOWN_ID),
    ("site", "nobody.example", R.UNKNOWN_SITE),
    ("authors", ["nobody.example"], R.UNKNOWN_AUTHORS),
    ("path", "a-post", R.UNKNOWN_PATH),
    ("visibility", "Public ", R.UNKNOWN_VISIBILITY),
    ("state", "LIVE", R.UNKNOWN_STATE),
    ("explicit", 0, R.UNKNOWN_EXPLICIT),
    ("password", "", R.UNKNOWN_PASSWORD),
    ("unanswered_question", None, R.UNKNOWN_UNANSWERED_QUESTION),
    ("private_answer", "false", R.UNKNOWN_PRIVATE_ANSWER),
    ("message", [], R.UNKNOWN_MESSAGE),
    ("paid", 0.0, R.UNKNOWN_PAID),
    ("partner_owned", {}, R.UNKNOWN_PARTNER_OWNED),
]
FIXTURES = CLOSED + OF_SITES + UNKNOWN
"""One field that is otherwise, and why that is withheld."""


AT = datetime(2026, 11, 28, tzinfo=UTC)
PARTNER = Partner("acme", "Acme", frozenset({Purpose.AI_TRAINING}), AT)


def consents(sites: Mapping[str, Consent] = SITES) -> Consents:
    """What these sites say of training."""
    table = NamesTable.packed((name, place) for place, name in enumerate(sites))
    at = AT
    return Consents(PARTNER, Purpose.AI_TRAINING, 1, at, None, len(sites), table, tuple(sites.values()))


def license_partner(url: str, **otherwise: Any) -> None:
    """Let the database have the partner that items are handed to."""

    async def keep() -> None:
        store = open_store(url)
        await hold(store, replace(PARTNER, **otherwise), AT)
        await store.close()

    asyncio.run(keep())
