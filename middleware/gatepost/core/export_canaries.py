"""Canary items: one of every class that must never pass, sent the same way as all others.

Rules: made from the tables that the gate decides by, and each wants one thing alone, so that a check that is lost lets
its canary pass; one item that may be shared goes with them, because a gate that withholds everything would prove
nothing. Their sites exist for them alone: what an item of the real world names is never one of these.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gatepost.core.export_consents import Consent, Consents
from gatepost.core.export_items import FIELDS, ClosedField, Item
from gatepost.core.exports import Judging
from gatepost.errors import ExportRefused

__all__ = ["CANARY_SITES", "canary_records", "check_canaries"]

_OPEN = "canary-open.invalid"  # RFC 2606 §2: a name that nobody can have

CANARY_SITES: Mapping[str, tuple[Consent, ...]] = {
    _OPEN: (Consent(True, True, False),),
    "canary-not-public.invalid": (Consent(False, True, False),),
    "canary-refuses-sharing.invalid": (Consent(True, False, False),),
    "canary-denies-purpose.invalid": (Consent(True, True, True),),
    "canary-unknown.invalid": (),
}
"""What the canaries' sites say."""

_SHARED: Mapping[str, object] = {
    "id": "canary",
    "site": _OPEN,
    "authors": [_OPEN],
    "path": "/canary",
    **{field.name: field.permits for field in FIELDS if isinstance(field, ClosedField)},
}


def check_canaries(items: Iterable[Item], consents: Consents) -> None:
    """Raise :class:`~gatepost.errors.ExportRefused` unless the first canary passes, and none of the others.

    ``items`` are :func:`canary_records`, read as all other items of the run are.
    """
    admits = Judging(consents.with_names(CANARY_SITES)).admits
    first, *others = items
    if not admits(first):
        raise ExportRefused(
            "the canary that may be shared was withheld, so that what else is withheld proves nothing",
            id="export.canary.withheld",
            remedy="Nothing was handed over. Install Gatepost anew, and report this.",
        )
    passed = next((other for other in others if admits(other)), None)
    if passed is not None:
        raise ExportRefused(
            f"{passed.id} passed the gate, and is one of those that never may",
            id="export.canary.passed",
            remedy="Nothing was handed over. Install Gatepost anew, and report this.",
        )


def canary_records() -> Iterator[Mapping[str, object]]:
    """Every canary as a record; the first one alone may be shared, and the ids of the others say what they want."""
    yield _SHARED
    for field in FIELDS:
        closed = field if isinstance(field, ClosedField) else None
        for value in _wrong(field.name, closed):
            yield {**_SHARED, field.name: value, **_named(field.name, value)}
        yield {
            name: value for name, value in {**_SHARED, **_named(field.name, "missing")}.items() if name != field.name
        }
    for site in CANARY_SITES:
        if site != _OPEN:
            yield {**_SHARED, "site": site, **_named("site", site)}
            yield {**_SHARED, "authors": [_OPEN, site], **_named("authors", site)}
    yield {**_SHARED, "friends_only": False, **_named("friends_only", "strange")}


def _named(field: str, value: object) -> Mapping[str, object]:
    """The id of the canary of a value, unless the id itself is what is wrong."""
    return {} if field == "id" else {"id": f"canary {field} {value!r}"}


_MISSHAPEN: Mapping[str, Sequence[object]] = {
    "id": ("", "x" * 513),
    "site": ("", 7),
    "authors": ("", _OPEN, [None], {}),
    "path": ("", 7, "canary", "/\ncanary"),
}
"""Values of the open fields that are none."""


def _wrong(name: str, closed: ClosedField | None) -> Iterator[object]:
    """Values that withhold: those that are known, and some of every kind that is not."""
    yield None
    if closed is None:
        yield from _MISSHAPEN[name]
        return
    yield from closed.withholds
    spelled = str(closed.permits).lower()
    yield from (spelled.upper(), spelled.title() + " ", 1, 0, [], "new value")
    if isinstance(closed.permits, bool):
        yield spelled
