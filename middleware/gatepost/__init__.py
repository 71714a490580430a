"""Gatepost: access control for AI crawlers, for platforms that host other people's sites.

Mount :class:`CrawlerAccessMiddleware` with a gate from :func:`open_gate`; everything else here is what a caller may
touch.
"""

from gatepost.asgi.middleware import CrawlerAccessMiddleware
from gatepost.core.access import Grant, Scope, owner_grant
from gatepost.core.crawlers import Crawler, Match, Purpose, Service, SignatureSet, Standing
from gatepost.core.export_consents import Consents
from gatepost.core.export_items import ExportReason, Item, read_item
from gatepost.core.export_records import share_batches
from gatepost.core.exports import ExportDecision, Verdict, decide_export
from gatepost.core.policy import Action, Decision, Reason
from gatepost.core.preferences import Level, Origin, PreferenceStatement, Sharing, Stance, Stances
from gatepost.core.sites import Actor, ActorKind, Site, Visibility
from gatepost.core.wishes import CrawlerWish, PurposeWish, SharingWish, read_wish
from gatepost.errors import (
    AmbiguousRequest,
    ConfirmationNeeded,
    ExportRefused,
    GatepostError,
    SettingsError,
    SignatureFileError,
    SiteUnknown,
    StatementError,
    StoreError,
)
from gatepost.service.owners import confirmed
from gatepost.settings import Settings
from gatepost.wiring import Gate, open_gate

__all__ = [
    "Action",
    "Actor",
    "ActorKind",
    "AmbiguousRequest",
    "ConfirmationNeeded",
    "Consents",
    "Crawler",
    "CrawlerAccessMiddleware",
    "CrawlerWish",
    "Decision",
    "ExportDecision",
    "ExportReason",
    "ExportRefused",
    "Gate",
    "GatepostError",
    "Grant",
    "Item",
    "Level",
    "Match",
    "Origin",
    "PreferenceStatement",
    "Purpose",
    "PurposeWish",
    "Reason",
    "Scope",
    "Service",
    "Settings",
    "SettingsError",
    "Sharing",
    "SharingWish",
    "SignatureFileError",
    "SignatureSet",
    "Site",
    "SiteUnknown",
    "Stance",
    "Stances",
    "Standing",
    "StatementError",
    "StoreError",
    "Verdict",
    "Visibility",
    "confirmed",
    "decide_export",
    "open_gate",
    "owner_grant",
    "read_item",
    "read_wish",
    "share_batches",
]
