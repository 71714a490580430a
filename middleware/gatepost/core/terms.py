"""What a data partner may do with a site's content for a purpose, and what a change of it asks of the partner.

Rules: made from the policy that every door decides by; what is asked is the most that any part of the change asks, and
in doubt whether content was open before, its removal is asked for; a removal that is still owed is asked for again by
what replaces it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from gatepost.core.crawlers import Purpose
from gatepost.core.export_consents import consent_of
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import SitePolicy
from gatepost.core.sites import Visibility

__all__ = ["NOTHING", "Action", "Asked", "PathTerm", "Terms", "asked_by", "terms_of"]

_FOR_NOW = frozenset({Visibility.PUBLIC, Visibility.SUSPENDED, Visibility.COMING_SOON})
"""Where content that was handed over before may be kept: the platform took the site out of sight, its owner said
nothing of the kind. Private, password-protected and deleted is what an owner says."""


class Action(StrEnum):
    """What a partner is asked to do."""

    STOP = "stop"
    """Use it for nothing new."""
    REMOVE_PAST = "remove_past"
    """That, and remove it from what was collected before."""
    RESTORE = "restore"
    """It may be used again."""


@dataclass(frozen=True, slots=True)
class PathTerm:
    """What the owner says below a pattern, where it is not what holds elsewhere."""

    pattern: PathPattern
    kept: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds between one site and one purpose."""

    open: bool
    """Whether the site is there for everybody; while it is not, nothing of it is to be used, whatever may be kept."""
    kept: bool
    """Whether what was handed over may be kept and, while the site is open, used."""
    paths: tuple[PathTerm, ...] = ()
    """Of several that match a path the longest holds, of several as long the stricter."""

    @property
    def shared(self) -> bool:
        """Whether anything of the site may be used."""
        return self.open and (self.kept or any(path.kept for path in self.paths))

    def below(self, pattern: PathPattern) -> frozenset[bool]:
        """What may hold for content below a pattern: that it is kept, that it is not, or both."""
        meeting = [path for path in self.paths if path.pattern.may_meet(pattern)]
        covering = [path for path in meeting if path.pattern.covers(pattern)]
        longest = max((path.pattern.octets for path in covering), default=0)
        said = [path.kept for path in covering if path.pattern.octets == longest]
        general = all(said) if said else self.kept
        inner = (path for path in meeting if path.pattern.octets >= longest and path not in covering)
        return frozenset({general, *(path.kept and (general or path.pattern.octets > longest) for path in inner)})


NOTHING = Terms(open=False, kept=False)
"""Nothing may be used or kept."""


def terms_of(policy: SitePolicy, purpose: Purpose) -> Terms:
    """What a policy comes to for partners. What is out of sight for now is judged as it would be in sight."""
    said = SitePolicy(policy.preferences)
    consent = consent_of(said, purpose)
    lasting = consent.shares and policy.visibility in _FOR_NOW
    if not lasting:
        return NOTHING
    kept = not consent.denied
    paths = [PathTerm(below.pattern, not below.denied) for below in consent.below]
    if all(path.kept is kept for path in paths):
        paths = []
    opens = policy.public and (kept or bool(paths))
    return Terms(opens, kept, tuple(sorted(paths, key=lambda path: path.pattern.precedence)))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a partner, and of which part of the site; without paths it is the whole."""

    action: Action
    paths: tuple[str, ...] = ()


def asked_by(before: Terms, now: Terms, owed: Collection[Asked] = ()) -> Asked | None:
    """What the change from one to the other asks, and with it removals that are still ``owed``; ``None``: nothing."""
    asked = _asked(before, now, ())
    return _asked(before, now, owed) if asked and owed else asked


def _asked(before: Terms, now: Terms, owed: Collection[Asked]) -> Asked | None:
    whole = any(not asked.paths for asked in owed)
    if not now.kept and (before.kept or whole):
        return Asked(Action.REMOVE_PAST)
    patterns = _touched(before, now, everywhere=whole or now.kept != before.kept)
    patterns |= {PathPattern(text) for asked in owed for text in asked.paths}
    gone = {one.text for one in patterns if False in now.below(one) and _had(before, one, owed)}
    if gone:
        return Asked(Action.REMOVE_PAST, _listed(gone))
    if not now.open:
        return Asked(Action.STOP) if before.open else None
    return _back(before, now, patterns)


def _touched(before: Terms, now: Terms, *, everywhere: bool) -> set[PathPattern]:
    """The patterns of which something new is said. What both say of one is nothing new, unless it is elsewhere."""
    old, new = {*before.paths}, {*now.paths}
    return {path.pattern for path in (old | new if everywhere else old ^ new)}


def _back(before: Terms, now: Terms, patterns: Iterable[PathPattern]) -> Asked | None:
    """What may be used again of a site that is open: the whole where all may be but what its terms leave out."""
    if not before.open or (now.kept and not before.kept):
        return Asked(Action.RESTORE, () if now.kept else _listed(path.pattern.text for path in now.paths if path.kept))
    back = {pattern.text for pattern in patterns if True in now.below(pattern) and False in before.below(pattern)}
    return Asked(Action.RESTORE, _listed(back)) if back else None


def _had(before: Terms, pattern: PathPattern, owed: Iterable[Asked]) -> bool:
    return True in before.below(pattern) or any(not asked.paths or pattern.text in asked.paths for asked in owed)


def _listed(patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(patterns))
