"""What went wrong, as RFC 9457 has it: one shape for every error of the API.

Rules: the status follows from the error's id or its type, in the two tables here and nowhere else; nothing is said
about what a credential may not see.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gatepost.asgi.answers import Answer
from gatepost.core.directives.response_fields import Fields
from gatepost.errors import (
    AccessDenied,
    AmbiguousRequest,
    ConfirmationNeeded,
    CredentialRefused,
    GatepostError,
    HostTaken,
    PartnerError,
    ReceiptRefused,
    RequestRefused,
    RevisionConflict,
    SettingsError,
    SiteUnknown,
    StatementError,
    StoreUnavailable,
    TooManyRequests,
)

__all__ = ["PROBLEM_TYPE", "TITLES", "Place", "Problem", "fault", "problem_of", "status_of"]

PROBLEM_TYPE = "application/problem+json"

_RETRY_SECONDS = 5

_BY_ID = {
    "access.link.used": 403,
    "api.path": 404,
    "api.unknown": 404,
    "api.method": 405,
    "api.accept": 406,
    "api.body.slow": 408,
    "api.body.size": 413,
    "api.body.type": 415,
    "api.body.invalid": 422,
    "api.idempotency.reused": 422,
    "api.idempotency.busy": 409,
    "api.revision.missing": 428,
    "consent.actor": 403,
    "site.host.last": 409,
    "undo.late": 409,
    "undo.nothing": 409,
    "site.id.taken": 409,
    "partner.unknown": 404,
    "receipt.action": 409,
    "receipt.differs": 409,
}

_BY_TYPE: Sequence[tuple[type[GatepostError], int]] = (
    (ConfirmationNeeded, 409),
    (StatementError, 422),
    (PartnerError, 422),
    (ReceiptRefused, 422),
    (CredentialRefused, 401),
    (AccessDenied, 403),
    (SiteUnknown, 404),
    (HostTaken, 409),
    (RevisionConflict, 412),
    (TooManyRequests, 429),
    (StoreUnavailable, 503),
    (SettingsError, 503),
    (AmbiguousRequest, 400),
    (RequestRefused, 400),
)

TITLES = {
    400: "The request cannot be read",
    401: "The credential lets nobody in",
    403: "Not allowed",
    404: "Not found",
    405: "Not done here",
    406: "Not available in this form",
    408: "The request took too long to come",
    409: "It does not go together with how things stand",
    412: "It has changed meanwhile",
    413: "The request is too large",
    415: "The request's form is not taken",
    422: "It is not what it has to be",
    428: "The revision has to be named",
    429: "Too many requests",
    500: "A fault of ours",
    503: "Not possible right now",
}

_TOLD_OTHERWISE = {
    # Whose host it is is not told to whom it does not belong.
    "store.host.taken": ("another site has this host", "Ask the platform to settle whose host it is."),
    "site.id.taken": ("another site has this id", "Add the host to that site, or choose another id."),
    "partner.unknown": ("there is no such partner", "GET partners to see those that there are."),
    "site.unknown": ("no site that this credential may see has this host", "Check the spelling, or add the site."),
}

_REMEDIES = {
    "consent.widening.unconfirmed": 'Repeat it with "confirmation": the token given here, if that is meant.',
    "statement.search.unconfirmed": 'Repeat it with "confirm_search": true, if search is to be touched.',
    "site.host.last": "Add another host first, or make the site's visibility deleted.",
    "undo.late": "Say anew what is wanted; the site's history shows what was said.",
}
"""What is to be done here rather than on the command line."""


class Place(BaseModel):
    """One thing that is wrong, and where."""

    place: str = Field(description="A JSON Pointer into the body, or the name of a parameter.")
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(frozen=True, title="Problem")

    type: str = Field(description="urn:gatepost:problem: and the id.")
    title: str
    status: int
    detail: str = Field(description="What went wrong this time, for people.")
    instance: str = Field(description="The request's id, as in X-Request-Id and in the log.")
    id: str = Field(description="Stable; what programs go by.")
    remedy: str = Field(description="What to do.")
    errors: list[Place] | None = Field(None, description="Every fault of the body or of the parameters.")
    token: str | None = Field(None, description="What confirms this very change, as `confirmation`.")
    effects: list[str] | None = Field(None, description="What would be allowed, or how search would be touched.")
    revision: int | None = Field(None, description="The present revision.")


def status_of(error: GatepostError) -> int:
    """The status that an error is answered with."""
    if error.id in _BY_ID:
        return _BY_ID[error.id]
    return next((status for kind, status in _BY_TYPE if isinstance(error, kind)), 500)


def problem_of(error: GatepostError, instance: str, fields: Fields = ()) -> Answer:
    """An error as an answer."""
    message, remedy = _TOLD_OTHERWISE.get(error.id, (str(error), _REMEDIES.get(error.id, error.remedy)))
    if isinstance(error, StoreUnavailable):
        message = "the store does not answer; nothing was changed"  # the cause is for the log
    status = status_of(error)
    return _answer(status, error.id, message, remedy, instance, _more(error), (*fields, *_fields_of(error, status)))


def fault(instance: str) -> Answer:
    """The answer to a fault of ours, of which only the log tells more."""
    remedy = "Tell the platform the instance of this problem."
    return _answer(500, "api.fault", "something went wrong here", remedy, instance, {}, ())


def _more(error: GatepostError) -> Mapping[str, Any]:
    if isinstance(error, ConfirmationNeeded):
        return {"token": error.token or None, "effects": list(error.effects)}
    if isinstance(error, RevisionConflict):
        return {"revision": error.revision}
    if isinstance(error, RequestRefused) and error.places:
        return {"errors": [Place(place=place, message=message) for place, message in error.places]}
    return {}


def _fields_of(error: GatepostError, status: int) -> Fields:
    if status == 401:
        return ((b"www-authenticate", b'Bearer realm="gatepost"'),)
    if status == 503:
        return ((b"retry-after", b"%d" % _RETRY_SECONDS),)
    if isinstance(error, TooManyRequests):
        return ((b"retry-after", b"%d" % max(1, ceil(error.seconds))),)
    return ()


def _answer(
    status: int, id: str, message: str, remedy: str, instance: str, more: Mapping[str, Any], fields: Fields
) -> Answer:
    problem = Problem(
        type=f"urn:gatepost:problem:{id}",
        title=TITLES[status],
        status=status,
        detail=message,
        instance=instance,
        id=id,
        remedy=remedy,
        **more,
    )
    body = problem.model_dump_json(exclude_none=True).encode("utf-8", "backslashreplace")
    return Answer(status, ((b"content-type", PROBLEM_TYPE.encode("ascii")), *fields), body)
