"""The response fields that carry a site's preferences with its content.

Rules: ``X-Robots-Tag`` of ours is a line of its own before the app's, in lower case and without a colon, because one
known reader takes the first line only and another stops at a colon; the app's own lines are never removed. Of fields
that may stand once only, the more restrictive of ours and the app's is kept: any no wins (AIPREF vocab §5.1).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gatepost.core.crawlers import Crawler, PageDirective, Purpose
from gatepost.core.directives.rsl import LINK_TYPE, license_required, licensed_purposes
from gatepost.core.directives.tdmrep import reservation
from gatepost.core.directives.vocabulary import (
    CONTENT_SIGNAL,
    CONTENT_USAGE,
    Addresses,
    content_signal,
    content_usage,
    denies,
    spoken_of,
)
from gatepost.core.directives.written import DirectiveLine
from gatepost.core.preferences import Stance, Stances

__all__ = ["Fields", "field_lines", "merge_fields", "render_fields"]

Fields = tuple[tuple[bytes, bytes], ...]
"""As ASGI has them: lower-case names and values, in order."""


def render_fields(stances: Stances, crawlers: Iterable[Crawler], addresses: Addresses) -> Fields:
    """The fields for content under ``stances``; empty when nothing is said. ``crawlers`` is the whole signature set."""
    fields = _fields(stances, crawlers, addresses)
    return tuple((field.name.encode("ascii"), field.value.encode("ascii")) for field in fields)


def field_lines(stances: Stances, crawlers: Iterable[Crawler], addresses: Addresses) -> Iterable[DirectiveLine]:
    """The same as lines, each with the purposes whose stances it tells."""
    fields = _fields(stances, crawlers, addresses)
    return (DirectiveLine(f"{field.name}: {field.value}", field.purposes) for field in fields)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    value: str
    purposes: tuple[Purpose, ...]


_TRAINING = (Purpose.AI_TRAINING,)


def _fields(stances: Stances, crawlers: Iterable[Crawler], addresses: Addresses) -> Iterable[_Field]:
    lines = list(_robots_tags(stances, crawlers))
    lines.append(_Field("content-usage", content_usage(stances), spoken_of(CONTENT_USAGE, stances)))
    lines.append(_Field("content-signal", content_signal(stances), spoken_of(CONTENT_SIGNAL, stances)))
    reserved = reservation(stances.ai_training)
    if reserved is not None:
        lines.append(_Field("tdm-reservation", str(reserved), _TRAINING))
    if stances.ai_training is Stance.LICENSE:
        lines.append(_Field("tdm-policy", addresses.tdm_policy, _TRAINING))
    if license_required(stances):
        link = f'<{addresses.license}>; rel="license"; type="{LINK_TYPE}"'
        lines.append(_Field("link", link, licensed_purposes(stances)))
    return (line for line in lines if line.value)


def _robots_tags(stances: Stances, crawlers: Iterable[Crawler]) -> Iterable[_Field]:
    """One unscoped line, and a scoped one for each crawler whose directive fits where the unscoped would go too far."""
    directives = {"noindex": (Purpose.SEARCH,)} if denies(stances.search) else {}
    if denies(stances.ai_training):
        directives |= {"noai": _TRAINING, "noimageai": _TRAINING}
    offers = [(crawler, _fitting(crawler, stances)) for crawler in crawlers if crawler.page_directives]
    wanted = _wanted((one for _, one in offers if one), stances)
    unscoped = len(wanted) == 1 and all(one for _, one in offers)
    yield _tags_field({**directives, **wanted} if unscoped else directives)
    for crawler, one in offers:
        if one and not unscoped:
            text = f"{crawler.robots_tokens[0].lower()}: {one.directive}"
            yield _Field(_ROBOTS_TAG, text, _withheld(one, stances))


def _wanted(fitting: Iterable[PageDirective], stances: Stances) -> Mapping[str, tuple[Purpose, ...]]:
    """Directives, each with the purposes that it withholds from any of those who offer it."""
    wanted: dict[str, tuple[Purpose, ...]] = {}
    for one in fitting:
        wanted[one.directive] = (*wanted.get(one.directive, ()), *_withheld(one, stances))
    return wanted


def _tags_field(directives: Mapping[str, tuple[Purpose, ...]]) -> _Field:
    told = {purpose for purposes in directives.values() for purpose in purposes}
    return _Field(_ROBOTS_TAG, ", ".join(directives), tuple(purpose for purpose in Purpose if purpose in told))


def _withheld(one: PageDirective, stances: Stances) -> tuple[Purpose, ...]:
    """The denied purposes that a directive withholds something from."""
    return tuple(purpose for purpose in Purpose if purpose in one.withholds and denies(stances.of(purpose)))


def _fitting(crawler: Crawler, stances: Stances) -> PageDirective | None:
    """The strongest directive that withholds something denied, and nothing that the owner allows by name."""
    fitting = [
        one
        for one in crawler.page_directives
        if _withheld(one, stances) and not any(stances.of(purpose) is Stance.ALLOW for purpose in one.withholds)
    ]
    return max(fitting, key=lambda one: (len(one.withholds), one.directive), default=None)


_ROBOTS_TAG = "x-robots-tag"
_NO = frozenset({"n", "no", "0"})


def merge_fields(app: Sequence[tuple[bytes, bytes]], ours: Fields) -> list[tuple[bytes, bytes]]:
    """The header fields of a response of the app's, with ours.

    >>> merge_fields([(b"x-robots-tag", b"noindex")], ((b"x-robots-tag", b"noai"),))
    [(b'x-robots-tag', b'noai'), (b'x-robots-tag', b'noindex')]
    """
    if _ONCE.isdisjoint([name.lower() for name, _ in app]):
        return [*ours, *app]
    once = {name: value for name, value in ours if name in _COMBINED}
    for name, value in app:
        if name.lower() in once:
            once[name.lower()] = _COMBINED[name.lower()](once[name.lower()], value)
    return [
        *((name, once.get(name, value)) for name, value in ours),
        *((name, value) for name, value in app if name.lower() not in once),
    ]


def _stricter_labels(ours: bytes, theirs: bytes) -> bytes:
    """Two Dictionaries of labels as one: any no wins, labels of either are kept."""
    mine, other = _labels(ours), _labels(theirs)
    merged = {**other, **mine, **{label: value for label, value in other.items() if value in _NO}}
    return ", ".join(f"{label}={value}" for label, value in merged.items()).encode("ascii", "replace")


def _labels(value: bytes) -> Mapping[str, str]:
    pairs = (part.strip().partition("=") for part in value.decode("latin-1").split(","))
    return {label.strip(): stance.strip() for label, equals, stance in pairs if equals}


def _stricter_reservation(ours: bytes, theirs: bytes) -> bytes:
    return b"1" if b"1" in (ours, theirs.strip()) else ours


def _ours(ours: bytes, theirs: bytes) -> bytes:
    return ours


_COMBINED = {
    b"content-usage": _stricter_labels,
    b"content-signal": _stricter_labels,
    b"tdm-reservation": _stricter_reservation,
    b"tdm-policy": _ours,
}
"""Fields that may stand once only, and how two become one."""

_ONCE = frozenset(_COMBINED)
