"""Floor 1: what the use cases need of the world, as protocols; ``storage`` and other adapters keep them.

Rules: async throughout; a method either does all that its docstring says or raises an error of :mod:`gatepost.errors`
and has done nothing.
"""

from typing import Protocol

from gatepost.ports.ledger import Ledger
from gatepost.ports.partners import NoticeSender, PartnerStore, SignatureVerifier
from gatepost.ports.stores import (
    AccessStore,
    AnswerKey,
    Changes,
    Claim,
    LastKnown,
    Record,
    SiteStore,
    Standing,
    WorkerReports,
)
from gatepost.ports.world import Clock, Fetched, Outward, SignatureSource

__all__ = [
    "AccessStore",
    "AnswerKey",
    "Changes",
    "Claim",
    "Clock",
    "Fetched",
    "LastKnown",
    "Ledger",
    "NoticeSender",
    "Outward",
    "PartnerStore",
    "Record",
    "SignatureSource",
    "SignatureVerifier",
    "SiteStore",
    "Standing",
    "Store",
    "WorkerReports",
]


class Store(SiteStore, Record, AccessStore, WorkerReports, PartnerStore, Ledger, Protocol):
    """All that a gate keeps."""
